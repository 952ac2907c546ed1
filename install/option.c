/* SPDX-License-Identifier: BSD-2-Clause */
#include "option.h"

#include "../base/utf16.h"
#include "../config/scan.h"

#include <string.h>

/* A device path, or the option around it, that grows at @at; what does not fit makes it too long, and is dropped. */
struct growing {
	uint8_t *at;
	size_t used;
	bool is_too_long;
};

static void add(struct growing *out, const void *bytes, size_t size)
{
	if (out->is_too_long || size > OPTION_MOST - out->used) {
		out->is_too_long = true;
		return;
	}
	memcpy(out->at + out->used, bytes, size);
	out->used += size;
}

static void add_number(struct growing *out, unsigned int width, uint64_t value)
{
	uint8_t bytes[8];

	store_le(bytes, width, value);
	add(out, bytes, width);
}

/* With its 0. */
static void add_text(struct growing *out, const char *text)
{
	uint16_t units[OPTION_PATH];
	size_t n = 0;

	if (!utf16_from_utf8(units, OPTION_PATH, text)) {
		out->is_too_long = true;
		return;
	}
	while (units[n++] != 0)
		;
	add(out, units, 2 * n);
}

static void add_node(struct growing *out, unsigned int type, unsigned int subtype, size_t body)
{
	add_number(out, 1, type);
	add_number(out, 1, subtype);
	add_number(out, 2, PATH_NODE + body);
}

/* 10.3.5.1: the format of the table, and the kind of the signature, are both 1 for an MBR and 2 for a GPT. */
static void add_partition(struct growing *out, const struct path_partition *partition)
{
	unsigned int kind = partition->in_mbr ? 1 : 2;

	add_node(out, PATH_MEDIA, PATH_PARTITION, PATH_PARTITION_BODY);
	add_number(out, 4, partition->number);
	add_number(out, 8, partition->start);
	add_number(out, 8, partition->blocks);
	add(out, partition->signature, sizeof(partition->signature));
	add_number(out, 1, kind);
	add_number(out, 1, kind);
}

static void add_file(struct growing *out, const char *path)
{
	size_t start = out->used;

	add_node(out, PATH_MEDIA, PATH_FILE, 0);
	add_text(out, path);
	if (!out->is_too_long)
		store_le(out->at + start + 2, 2, out->used - start);
}

size_t option_make(uint8_t bytes[OPTION_MOST], const char *description, const struct path_partition *partition,
		   const char *path)
{
	struct growing out = {.at = bytes};
	size_t start;

	add_number(&out, 4, LOAD_OPTION_ACTIVE);
	add_number(&out, 2, 0);
	add_text(&out, description);
	start = out.used;
	add_partition(&out, partition);
	add_file(&out, path);
	add_node(&out, PATH_END, 0xff, 0);
	if (out.is_too_long)
		return 0;
	store_le(bytes + 4, 2, out.used - start);
	return out.used;
}

static bool is_path(struct bytes units, const char *path)
{
	char text[3 * OPTION_PATH];
	uint16_t aligned[OPTION_PATH];

	if (units.size % 2 != 0 || units.size > sizeof(aligned))
		return false;
	memcpy(aligned, units.at, units.size);
	return utf8_from_utf16(text, sizeof(text), aligned, units.size / 2) && word_is_ascii_case(word_of(text), path);
}

bool option_starts(struct bytes bytes, const struct path_partition *partition, const char *path)
{
	struct path_partition found;
	struct load_option option;
	struct path_node node;
	bool is_there = false;
	size_t at = 0;

	if (!load_option_read(bytes, &option))
		return false;
	while (path_next(option.path, &at, &node)) {
		if (path_partition(&node, &found))
			is_there = found.in_mbr == partition->in_mbr &&
				   memcmp(found.signature, partition->signature, sizeof(found.signature)) == 0 &&
				   (!found.in_mbr || found.number == partition->number);
		else if (node.type == PATH_MEDIA && node.subtype == PATH_FILE)
			return is_there && is_path(node.body, path);
	}
	return false;
}

void option_words(struct bytes bytes, char out[OPTION_WORDS])
{
	uint16_t units[OPTION_WORDS / 3];
	struct load_option option;
	size_t n;

	out[0] = '\0';
	if (!load_option_read(bytes, &option))
		return;
	n = option.description.size / 2;
	n = n < OPTION_WORDS / 3 - 1 ? n : OPTION_WORDS / 3 - 1;
	memcpy(units, option.description.at, 2 * n);
	(void)utf8_from_utf16(out, OPTION_WORDS, units, n);
}

bool order_read(struct bytes value, struct boot_order *order)
{
	if (value.size % 2 != 0 || value.size > sizeof(order->at))
		return false;
	order->n = value.size / 2;
	for (size_t i = 0; i < order->n; i++)
		order->at[i] = (uint16_t)load_le(value.at + 2 * i, 2);
	return true;
}

bool order_has(const struct boot_order *order, uint16_t number)
{
	for (size_t i = 0; i < order->n; i++)
		if (order->at[i] == number)
			return true;
	return false;
}

void order_drop(struct boot_order *order, uint16_t number)
{
	size_t n = 0;

	for (size_t i = 0; i < order->n; i++)
		if (order->at[i] != number)
			order->at[n++] = order->at[i];
	order->n = n;
}

bool order_put(struct boot_order *order, uint16_t number, bool first)
{
	bool has_it = order_has(order, number);

	if (has_it && !first)
		return true;
	if (!has_it && order->n == ORDER_MOST)
		return false;
	order_drop(order, number);
	if (first) {
		memmove(order->at + 1, order->at, 2 * order->n);
		order->at[0] = number;
	} else {
		order->at[order->n] = number;
	}
	order->n++;
	return true;
}

bool option_number(const char *name, uint16_t *number)
{
	unsigned int value = 0;

	if (strncmp(name, "Boot", 4) != 0)
		return false;
	for (size_t i = 4; i < 8; i++) {
		if (!is_digit(name[i]) && (name[i] < 'A' || name[i] > 'F'))
			return false;
		value = value << 4 | digit_value(name[i]);
	}
	*number = (uint16_t)value;
	return name[8] == '\0';
}
