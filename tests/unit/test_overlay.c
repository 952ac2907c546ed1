/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An overlay is merged into a copy of a tree, or refused by name and the tree is as it was. No offset, path or depth in
 * one makes libfdt leave the memory that it was given, which is of exactly its size here. Source: dtc's
 * Documentation/dt-object-internal.txt for what overlays hold.
 */
#include "given.h"
#include "tree_file.h"

#include "../../protocol/tree/overlay.h"
#include "../../protocol/tree/tree.h"

#define FIXUP "/fragment@1:target:0"

/* What an overlay says; the usual one is right. */
struct said {
	const char *path, *fixup, *symbol;
	size_t path_size, fixup_size; /* 0: with its NUL */
	bool fixup_is_empty;
	uint32_t offset;   /* in __local_fixups__ */
	const char *local; /* the property there */
	size_t local_size; /* 0: one offset */
	const char *node;  /* of it, under the root; NULL: where that property is */
	unsigned int depth;
};

static const struct said usual = {
    .path = "/chosen",
    .fixup = FIXUP,
    .symbol = "/fragment@0/__overlay__/leaf",
    .offset = 4,
    .local = "refers",
    .depth = 1,
};

static void end(struct tree_file *file)
{
	tree_file_end(file);
	tree_file_set(file->structure, file->structure_size, 9);
	file->structure_size += 4;
}

/* Copies of exactly this size, in blocks aligned to 8. */
static uint8_t *exact(const struct tree_file *file, size_t *size)
{
	static uint8_t written[TREE_FILE_SIZE];
	uint8_t *copy;

	*size = tree_file_write(file, written);
	copy = aligned_alloc(8, (*size + 7) / 8 * 8);
	assert_non_null(copy);
	memcpy(copy, written, *size);
	return copy;
}

static void base_file(struct tree_file *file, const char *symbol, unsigned int depth)
{
	static const uint8_t seven[4] = {0, 0, 0, 7};

	*file = (struct tree_file){.reservations = 1};
	tree_file_node(file, "");
	tree_file_node(file, "chosen");
	tree_file_end(file);
	tree_file_node(file, "aliases");
	tree_file_property(file, "loop", "loop", 5);
	tree_file_end(file);
	tree_file_node(file, "uart");
	tree_file_property(file, "phandle", seven, 4);
	for (unsigned int i = 0; i < depth; i++)
		tree_file_node(file, "n");
	for (unsigned int i = 0; i < depth; i++)
		tree_file_end(file);
	tree_file_end(file);
	tree_file_node(file, "__symbols__");
	tree_file_property(file, "label", symbol, strlen(symbol) + 1);
	tree_file_end(file);
	end(file);
}

static void add_fragments(struct tree_file *file, const struct said *said)
{
	static const uint8_t unknown[4] = {255, 255, 255, 255}, one[4] = {0, 0, 0, 1},
			     refers[8] = {9, 9, 9, 9, 0, 0, 0, 1};

	tree_file_node(file, "fragment@0");
	tree_file_property(file, "target-path", said->path,
			   said->path_size != 0 ? said->path_size : strlen(said->path) + 1);
	tree_file_node(file, "__overlay__");
	tree_file_property(file, "berth,told", "yes", 4);
	for (unsigned int i = 0; i < said->depth; i++)
		tree_file_node(file, "leaf");
	tree_file_property(file, "phandle", one, 4);
	for (unsigned int i = 0; i < said->depth; i++)
		tree_file_end(file);
	tree_file_end(file);
	tree_file_end(file);
	tree_file_node(file, "fragment@1");
	tree_file_property(file, "target", unknown, 4);
	tree_file_node(file, "__overlay__");
	tree_file_property(file, "status", "okay", 5);
	tree_file_property(file, "refers", refers, 8);
	tree_file_property(file, "tiny", refers, 2);
	tree_file_property(file, "target-path", "/chosen", 8);
	tree_file_property(file, "linux,phandle", one, 4);
	tree_file_end(file);
	tree_file_end(file);
}

static void overlay_file(struct tree_file *file, const struct said *said)
{
	uint8_t offset[4];

	*file = (struct tree_file){0};
	tree_file_node(file, "");
	add_fragments(file, said);
	tree_file_node(file, "__fixups__");
	tree_file_property(file, "label", said->fixup,
			   said->fixup_is_empty	   ? 0
			   : said->fixup_size != 0 ? said->fixup_size
						   : strlen(said->fixup) + 1);
	tree_file_end(file);
	tree_file_node(file, "__local_fixups__");
	tree_file_node(file, said->node != NULL ? said->node : "fragment@1");
	if (said->node == NULL)
		tree_file_node(file, "__overlay__");
	tree_file_set(offset, 0, said->offset);
	tree_file_property(file, said->local, offset, said->local_size != 0 ? said->local_size : 4);
	if (said->node == NULL)
		tree_file_end(file);
	tree_file_end(file);
	tree_file_end(file);
	tree_file_node(file, "__symbols__");
	tree_file_property(file, "new", said->symbol, strlen(said->symbol) + 1);
	tree_file_end(file);
	end(file);
}

static uint8_t *merged_at; /* what the last one was merged to */

static enum status merge(const struct tree_file *base_file, const struct tree_file *file, struct tree *merged,
			 struct fail *why)
{
	size_t base_size, size;
	uint8_t *base_at = exact(base_file, &base_size), *before = exact(base_file, &base_size),
		*at = exact(file, &size);
	struct tree_room to;
	struct tree base;
	enum status status;

	assert_int_equal(tree_check(&base, "base", (struct bytes){base_at, base_size}, why), OK);
	to.size = (base_size + overlay_growth(size) + 7) / 8 * 8;
	free(merged_at);
	merged_at = to.at = aligned_alloc(8, to.size);
	assert_non_null(to.at);
	status = overlay_merge(&base, "over.dtbo", (struct tree_room){at, size}, to, merged, why);
	assert_memory_equal(base_at, before, base_size);
	free(at);
	free(before);
	free(base_at);
	return status;
}

static enum status merge_said(const struct said *said, struct tree *merged, struct fail *why)
{
	struct tree_file base, file;

	base_file(&base, "/uart", 0);
	overlay_file(&file, said);
	return merge(&base, &file, merged, why);
}

static void expect_not_merged(const struct said *said, const char *words)
{
	struct tree merged;
	struct fail why;

	assert_int_equal(merge_said(said, &merged, &why), BAD_INPUT);
	assert_true(why.rule == C11 && strncmp(why.text, "over.dtbo: ", 11) == 0);
	if (strstr(why.text, words) == NULL)
		fail_msg("the message lacks \"%s\":\n%s", words, why.text);
}

static void what_an_overlay_says_is_in_the_tree_then(void **state)
{
	struct tree merged;
	struct fail why;
	int leaf, uart;

	(void)state;
	assert_int_equal(merge_said(&usual, &merged, &why), OK);
	assert_true(merged.at == merged_at && merged.size != 0);
	assert_string_equal((const char *)tree_get(merged.at, "chosen", "berth,told").at, "yes");
	leaf = tree_find(merged.at, tree_find(merged.at, 0, "chosen"), "leaf");
	assert_true(leaf > 0);
	/* Its handle comes behind all that were there, and what refers to it has the same. */
	assert_memory_equal(tree_property(merged.at, leaf, "phandle").at, "\0\0\0\10", 4);
	uart = tree_find(merged.at, 0, "uart");
	assert_string_equal((const char *)tree_property(merged.at, uart, "status").at, "okay");
	assert_memory_equal(tree_property(merged.at, uart, "refers").at, "\11\11\11\11\0\0\0\10", 8);
	assert_string_equal((const char *)tree_get(merged.at, "__symbols__", "new").at, "/chosen/leaf");
}

static void c11_what_is_no_overlay_for_the_tree_is_refused_by_name(void **state)
{
	struct said said = usual;

	(void)state;
	said.path = "/nowhere";
	expect_not_merged(&said, "cannot be merged into the device tree: the tree has no label, or no node");
	said = usual;
	said.symbol = "chosen";
	expect_not_merged(&said, "FDT_ERR_BADVALUE");
	said = usual;
	said.symbol = "/fragment@9/__overlay__/leaf";
	expect_not_merged(&said, "it is no overlay");
}

/* libfdt follows "loop" to itself for ever. */
static void c11_a_target_by_an_alias_is_refused(void **state)
{
	struct tree_file base, file;
	struct said said = usual;
	struct tree merged;
	struct fail why;

	(void)state;
	said.path = "loop";
	expect_not_merged(&said, "a target-path that is not a whole path");
	said.path = "";
	expect_not_merged(&said, "a target-path that is not a whole path");
	said.path = "/chosen";
	said.path_size = 7; /* without its NUL */
	expect_not_merged(&said, "a target-path that is not a whole path");
	said.path = "/cho\0en";
	said.path_size = 8; /* with two */
	expect_not_merged(&said, "a target-path that is not a whole path");
	base_file(&base, "loop", 0);
	overlay_file(&file, &usual);
	assert_int_equal(merge(&base, &file, &merged, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "the device tree that it is for is broken: a label in __symbols__"));
	base_file(&base, "/uart", 0);
	base.structure[base.structure_size - 15] = 'x'; /* its NUL, before its padding and three tags */
	assert_int_equal(merge(&base, &file, &merged, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "the device tree that it is for is broken: a label in __symbols__"));
}

static void c11_offsets_end_within_their_property(void **state)
{
	static const uint32_t offset[] = {5, 8, 4096, 0x7fffffff, 0xfffffffc, 0xffffffff};
	static const char *const fixup[] = {
	    "/fragment@1:target:4294967292",
	    "/fragment@1:target:4294967295",
	    "/fragment@1:target:-4",
	    "/fragment@1:target:",
	    "/fragment@1:target",
	    "/fragment@1",
	    "fragment@1:target:0",
	    "",
	    "/__fixups__:label:0",
	    "//__fixups__:label:0",
	    "/fragment@0:target-path:0",
	    "/fragment@1:target:0x0",
	};
	struct said said = usual;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(offset); i++) {
		said.offset = offset[i];
		expect_not_merged(&said, "an offset in __local_fixups__ behind the end of its property");
	}
	said = usual;
	for (size_t i = 0; i < COUNT_OF(fixup); i++) {
		said.fixup = fixup[i];
		expect_not_merged(&said, "a text in __fixups__ that is not PATH:PROPERTY:OFFSET");
	}
	said.fixup = FIXUP "23456789";
	expect_not_merged(&said, "it refers behind the end of a property");
	said.fixup = FIXUP;
	said.fixup_size = sizeof(FIXUP) - 1;
	expect_not_merged(&said, "a label in __fixups__ without a text");
	said = usual;
	said.local = "elsewhere";
	expect_not_merged(&said, "a property in __local_fixups__ that is not there");
	said.local = "phandle";
	expect_not_merged(&said, "a property in __local_fixups__ that holds no phandles of others");
	said.local = "linux,phandle";
	said.offset = 0;
	expect_not_merged(&said, "a property in __local_fixups__ that holds no phandles of others");
	said.local = "target-path";
	expect_not_merged(&said, "a property in __local_fixups__ that holds no phandles of others");
	said.local = "tiny"; /* of two bytes */
	expect_not_merged(&said, "an offset in __local_fixups__ behind the end of its property");
	said = usual;
	said.local_size = 3;
	expect_not_merged(&said, "a property in __local_fixups__ that is no list of offsets");
	said = usual;
	said.fixup_is_empty = true;
	expect_not_merged(&said, "a label in __fixups__ without a text");
}

static void c11_references_name_nodes_that_are_there_and_no_inner_ones(void **state)
{
	struct said said = usual;

	(void)state;
	said.offset = 0;
	said.node = "elsewhere";
	expect_not_merged(&said, "a node in __local_fixups__ that is not there");
	said.node = "__fixups__"; /* whose texts were checked already */
	said.local = "label";
	expect_not_merged(&said, "a node in __local_fixups__ that is not there");
}

static void c11_depth_and_work_are_bounded(void **state)
{
	struct tree_file base, file;
	struct said said = usual;
	struct tree merged;
	struct fail why;

	(void)state;
	said.symbol = "/fragment@0/__overlay__";
	said.depth = OVERLAY_DEPTH - 3; /* besides the root, the fragment and __overlay__ */
	assert_int_equal(merge_said(&said, &merged, &why), OK);
	said.depth++;
	expect_not_merged(&said, "more nodes lie within each other than it may have");
	overlay_file(&file, &usual);
	base_file(&base, "/uart", 126);
	assert_int_equal(merge(&base, &file, &merged, &why), OK);
	base_file(&base, "/uart", 127);
	assert_int_equal(merge(&base, &file, &merged, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "the device tree that it is for is broken: more nodes"));
}

/* Its sizes alone are looked at, so nothing need be there. */
static void c11_an_overlay_for_which_a_tree_is_too_large_is_refused(void **state)
{
	struct tree_file file;
	struct tree base = {NULL, OVERLAY_WORK / 8}, merged;
	struct tree_room overlay;
	struct fail why;
	size_t size;

	(void)state;
	overlay_file(&file, &usual);
	overlay.at = exact(&file, &size);
	overlay.size = size;
	assert_int_equal(overlay_merge(&base, "over.dtbo", overlay, (struct tree_room){NULL, 0}, &merged, &why),
			 BAD_INPUT);
	assert_non_null(strstr(why.text, "are more than can be looked up in a tree of 268435456 bytes"));
	overlay.size = OVERLAY_MOST + 1;
	assert_int_equal(overlay_merge(&base, "over.dtbo", overlay, (struct tree_room){NULL, 0}, &merged, &why),
			 BAD_INPUT);
	assert_non_null(strstr(why.text, "has 262145 bytes; an overlay has at most 262144"));
	free(overlay.at);
}

static void every_cut_and_every_extreme_word_is_refused_or_harmless(void **state)
{
	static const uint32_t extreme[] = {0, 1, 2, 3, 4, 9, 40, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};
	struct tree_file base, file, changed;
	unsigned int count[2] = {0, 0};
	struct tree merged;
	struct fail why;

	(void)state;
	base_file(&base, "/uart", 0);
	overlay_file(&file, &usual);
	for (size_t at = 0; at < file.structure_size; at += 4)
		for (size_t i = 0; i < COUNT_OF(extreme); i++) {
			changed = file;
			tree_file_set(changed.structure, at, extreme[i]);
			count[merge(&base, &changed, &merged, &why) == OK]++;
		}
	for (size_t at = 0; at < file.strings_size; at++)
		for (unsigned int c = 0; c < 256; c += 47) {
			changed = file;
			changed.strings[at] = (uint8_t)c;
			count[merge(&base, &changed, &merged, &why) == OK]++;
		}
	print_message("refused %u, merged %u\n", count[0], count[1]);
	assert_true(count[0] > 500 && count[1] > 200);
}

static int clean_up(void **state)
{
	(void)state;
	free(merged_at);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_an_overlay_says_is_in_the_tree_then),
	    cmocka_unit_test(c11_what_is_no_overlay_for_the_tree_is_refused_by_name),
	    cmocka_unit_test(c11_a_target_by_an_alias_is_refused),
	    cmocka_unit_test(c11_offsets_end_within_their_property),
	    cmocka_unit_test(c11_references_name_nodes_that_are_there_and_no_inner_ones),
	    cmocka_unit_test(c11_depth_and_work_are_bounded),
	    cmocka_unit_test(c11_an_overlay_for_which_a_tree_is_too_large_is_refused),
	    cmocka_unit_test(every_cut_and_every_extreme_word_is_refused_or_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
