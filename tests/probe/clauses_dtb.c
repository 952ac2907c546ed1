/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a flattened device tree. Source: Devicetree Specification v0.4, 5.2 to 5.5. */
#include "clauses_tree.h"

#define HEADER 40

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool breaks(struct dtb *tree, bool broken, const char *what, uint64_t where)
{
	if (broken && tree->broken == NULL) {
		tree->broken = what;
		tree->where = where;
	}
	return broken;
}

/* Bytes of a text with its NUL, of at most @most; 0: it does not end there. */
static uint32_t text_size(const uint8_t *at, uint32_t most)
{
	for (uint32_t n = 0; n < most; n++)
		if (at[n] == '\0')
			return n + 1;
	return 0;
}

static uint32_t whole_words(uint32_t size)
{
	return (size + 3) & ~UINT32_C(3);
}

static bool next_node(const struct dtb *tree, uint32_t at, struct token *token)
{
	uint32_t size = text_size(tree->at + tree->structure + at, tree->structure_size - at);

	token->name = (const char *)tree->at + tree->structure + at;
	token->next = at + whole_words(size);
	return size != 0 && token->next <= tree->structure_size;
}

static bool next_property(const struct dtb *tree, uint32_t at, struct token *token)
{
	const uint8_t *bytes = tree->at + tree->structure + at;
	uint32_t room = tree->structure_size - at, name;

	if (room < 8)
		return false;
	token->value_size = be32(bytes);
	name = be32(bytes + 4);
	if (token->value_size > room - 8 || name >= tree->strings_size ||
	    text_size(tree->at + tree->strings + name, tree->strings_size - name) == 0)
		return false;
	token->name = (const char *)tree->at + tree->strings + name;
	token->value = bytes + 8;
	token->next = at + 8 + whole_words(token->value_size);
	return token->next <= tree->structure_size;
}

bool dtb_next(const struct dtb *tree, uint32_t *at, struct token *token)
{
	bool good = true;

	token->kind = TREE_ENDS;
	if (*at > tree->structure_size || tree->structure_size - *at < 4)
		return false;
	token->kind = be32(tree->at + tree->structure + *at);
	token->next = *at + 4;
	if (token->kind == NODE_BEGINS)
		good = next_node(tree, *at + 4, token);
	else if (token->kind == PROPERTY)
		good = next_property(tree, *at + 4, token);
	else if (token->kind != NODE_ENDS && token->kind != TREE_NOP)
		return false;
	*at = token->next;
	return good;
}

/* Nodes open and close, one root holds all, properties stand before child nodes, and FDT_END is the last word. */
static void check_structure(struct dtb *tree)
{
	uint32_t at = 0, depth = 0, roots = 0;
	bool after_child = false;
	struct token token;

	while (dtb_next(tree, &at, &token)) {
		if (token.kind == NODE_BEGINS) {
			roots += depth++ == 0;
			after_child = false;
		} else if (token.kind == NODE_ENDS) {
			if (breaks(tree, depth == 0, "a node ends that never began, at", at))
				return;
			depth--;
			after_child = true;
		} else if (token.kind == PROPERTY) {
			breaks(tree, depth == 0 || after_child, "a property outside of a node, or behind a child, at",
			       at);
		}
	}
	breaks(tree, token.kind != TREE_ENDS, "no token at", at);
	breaks(tree, depth != 0, "nodes that do not end", depth);
	breaks(tree, roots != 1, "roots", roots);
	breaks(tree, at + 4 != tree->structure_size, "FDT_END is not the last word of the structure block but at", at);
}

static void check_reservations(struct dtb *tree)
{
	uint64_t at = tree->reservations;

	if (breaks(tree, at % 8 != 0 || at < HEADER, "reservations at", at))
		return;
	for (;; at += 16) {
		bool any = false;

		if (breaks(tree, at + 16 > tree->size, "reservations without an end, from", tree->reservations))
			return;
		for (unsigned int i = 0; i < 16; i++)
			any = any || tree->at[at + i] != 0;
		if (!any)
			return;
	}
}

void dtb_open(struct dtb *tree, const struct looking *looking, uint64_t address)
{
	const uint8_t *header = address == 0 ? NULL : looking->memory(looking->context, address, HEADER);

	*tree = (struct dtb){.address = address, .broken = "no memory at", .where = address};
	if (header == NULL)
		return;
	tree->broken = NULL;
	if (breaks(tree, be32(header) != 0xd00dfeed, "its magic", be32(header)))
		return;
	tree->size = be32(header + 4);
	tree->structure = be32(header + 8);
	tree->strings = be32(header + 12);
	tree->reservations = be32(header + 16);
	tree->strings_size = be32(header + 32);
	tree->structure_size = be32(header + 36);
	breaks(tree, be32(header + 20) < 17, "its version", be32(header + 20));
	/* 16 by the specification; every reader of version 17 takes 17 as well. */
	breaks(tree, be32(header + 24) > 17, "its last compatible version", be32(header + 24));
	if (breaks(tree, tree->size < HEADER || looking->memory(looking->context, address, tree->size) == NULL,
		   "its size", tree->size) ||
	    breaks(tree, (uint64_t)tree->structure + tree->structure_size > tree->size || tree->structure % 4 != 0,
		   "its structure block at", tree->structure) ||
	    breaks(tree, (uint64_t)tree->strings + tree->strings_size > tree->size, "its strings at", tree->strings))
		return;
	tree->at = header;
	check_reservations(tree);
	check_structure(tree);
}

/* ---- finding ---- */

static bool same_name(const char *name, const char *path, uint32_t *length)
{
	uint32_t n = 0;

	while (name[n] != '\0' && name[n] == path[n])
		n++;
	*length = n;
	return name[n] == '\0' && (path[n] == '\0' || path[n] == '/');
}

uint32_t dtb_child(const struct dtb *tree, uint32_t *at, const char **name)
{
	uint32_t inside, depth = 1;
	struct token token;

	do
		if (!dtb_next(tree, at, &token) || token.kind == NODE_ENDS)
			return 0;
	while (token.kind != NODE_BEGINS);
	*name = token.name;
	inside = *at;
	while (depth != 0 && dtb_next(tree, at, &token)) {
		depth += token.kind == NODE_BEGINS ? 1u : 0u;
		depth -= token.kind == NODE_ENDS ? 1u : 0u;
	}
	return inside;
}

uint32_t dtb_node(const struct dtb *tree, const char *path)
{
	struct token token;
	uint32_t at = 0, length;
	const char *name;

	if (tree->at == NULL || tree->broken != NULL)
		return 0;
	while (dtb_next(tree, &at, &token) && token.kind != NODE_BEGINS)
		;
	while (*path == '/') {
		uint32_t child = at;

		path++;
		do
			child = dtb_child(tree, &at, &name);
		while (child != 0 && !same_name(name, path, &length));
		if (child == 0)
			return 0;
		path += length;
		at = child;
	}
	return at;
}

struct property dtb_property(const struct dtb *tree, uint32_t inside, const char *name)
{
	struct token token;
	uint32_t length;

	while (inside != 0 && dtb_next(tree, &inside, &token) && (token.kind == PROPERTY || token.kind == TREE_NOP))
		if (token.kind == PROPERTY && same_name(token.name, name, &length) && name[length] == '\0')
			return (struct property){token.value, token.value_size};
	return (struct property){NULL, 0};
}

/* @cells words of 32 bits from number @cell on; 0 where there are none. */
uint64_t dtb_cells(struct property property, uint64_t cell, unsigned int cells)
{
	uint64_t value = 0;

	if (property.size < 4 * (cell + cells))
		return 0;
	for (unsigned int i = 0; i < cells; i++)
		value = value << 32 | be32(property.at + 4 * (cell + i));
	return value;
}

bool dtb_is(struct property property, const char *text)
{
	uint64_t n = 0;

	while (n < property.size && text[n] != '\0' && property.at[n] == (uint8_t)text[n])
		n++;
	return n + 1 == property.size && text[n] == '\0' && property.at[n] == '\0';
}
