/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The title of Windows is found in hives as Windows has them, and in none that is damaged anywhere; each hive lies in a
 * buffer of exactly its size.
 */
#include "given.h"
#include "hive.h"

#include "../../config/bcd.h"

static struct hive hive;

static bool title_of(size_t size, char out[BCD_TITLE_ROOM])
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);
	bool found;

	memcpy(copy, hive.bytes, size);
	memset(out, '#', BCD_TITLE_ROOM);
	found = bcd_title((struct bytes){copy, size}, out);
	free(copy);
	assert_true(!found || memchr(out, '\0', BCD_TITLE_ROOM) != NULL);
	return found;
}

static void expect_title(const char *wanted)
{
	char title[BCD_TITLE_ROOM];

	if (!title_of(hive.size, title))
		fail_msg("no title, and not \"%s\"", wanted);
	assert_string_equal(title, wanted);
}

static void expect_none(const char *what)
{
	char title[BCD_TITLE_ROOM];

	if (title_of(hive.size, title))
		fail_msg("%s: the title is \"%s\"", what, title);
}

static void one_system_has_its_title(void **state)
{
	(void)state;
	hive_of_windows(&hive, "Windows 10", false);
	expect_title("Windows 10");
	hive_of_windows(&hive, "W\xc3\xbcndows \xe6\x97\xa5", false);
	expect_title("W\xc3\xbcndows \xe6\x97\xa5");
	hive_of_windows(&hive, "x", false);
	expect_title("x");
}

/* systemd, src/boot/bcd.c: which of them will run is for Windows' boot manager to ask. */
static void several_systems_have_none(void **state)
{
	(void)state;
	hive_of_windows(&hive, "Windows 10", true);
	expect_none("two systems");
}

static void a_title_that_is_none_is_not_taken(void **state)
{
	static char title[300];

	(void)state;
	hive_of_windows(&hive, "", false);
	expect_none("empty");
	hive_of_windows(&hive, "a\033[2Jb", false);
	expect_none("a control character");
	hive_of_windows(&hive, "\033[2Jb", false);
	expect_none("a control character, first of all");
	hive_of_windows(&hive, "a\x7f", false);
	expect_none("DEL");
	memset(title, 'a', 250);
	hive_of_windows(&hive, title, false);
	expect_title(title);
	memset(title, 'a', 256);
	hive_of_windows(&hive, title, false);
	expect_none("too long");
}

/* The boot manager's object is called so in the order and in its key. */
static void a_name_with_a_control_character_is_none(void **state)
{
	uint8_t *name = hive.bytes;

	(void)state;
	hive_of_windows(&hive, "Windows 10", false);
	while (memcmp(name, "{0123", 5) != 0)
		name++;
	name[1] = 'z';
	store_le(hive.bytes + hive.order_data + 2, 2, 'z');
	expect_title("Windows 10");
	name[1] = 0x7f;
	store_le(hive.bytes + hive.order_data + 2, 2, 0x7f);
	expect_none("DEL");
}

/* Windows' own have it; the size of the data tells the end all the same. */
static void a_title_may_lack_its_nul(void **state)
{
	(void)state;
	hive_of_windows(&hive, "Windows 10", false);
	store_le(hive.bytes + hive.description + 4, 4, 20);
	expect_title("Windows 10");
}

static void a_value_is_found_behind_others(void **state)
{
	uint32_t values[2];

	(void)state;
	hive_of_windows(&hive, "Windows 10", false);
	values[0] = (uint32_t)(hive.order - 4096 - 4);
	values[1] = (uint32_t)(hive.description - 4096 - 4);
	store_le(hive.bytes + hive.element + 36, 4, 2);
	store_le(hive.bytes + hive.element + 40, 4, hive.size - 4096 - 4);
	for (size_t i = 0; i < COUNT_OF(values); i++, hive.size += 4)
		store_le(hive.bytes + hive.size, 4, values[i]);
	expect_title("Windows 10");
}

static void damage(const char *what, size_t at, unsigned int width, uint64_t value)
{
	hive_of_windows(&hive, "Windows 10", false);
	store_le(hive.bytes + at, width, value);
	expect_none(what);
}

static void what_is_not_as_it_must_be_is_not_believed(void **state)
{
	(void)state;
	hive_of_windows(&hive, "Windows 10", false);
	damage("no hive", 0, 1, 'R');
	damage("no root", 36, 4, UINT32_MAX);
	damage("a root that is no key", 36, 4, 0);
	damage("a key of another kind", hive.objects, 1, 'v');
	damage("another name", hive.objects + 76, 1, 'o' + 1);
	damage("a longer name", hive.objects + 72, 2, 8);
	damage("a name past the end", hive.objects + 72, 2, 65535);
	damage("no list of keys", hive.objects + 28, 4, UINT32_MAX);
	damage("a list of another kind", hive.objects + 28, 4, 0);
	damage("a list that ends before", load_le(hive.bytes + hive.root + 28, 4) + 4100 + 2, 2, 1);
	damage("a value of another kind", hive.order, 1, 'n');
	damage("a value of another name", hive.order + 20, 1, 'F');
	damage("a value of a longer name", hive.description + 2, 2, 0x107);
	damage("one text", hive.order + 12, 4, 1);
	damage("texts", hive.description + 12, 4, 7);
	damage("data past the end", hive.description + 8, 4, UINT32_MAX);
	damage("more data than there is", hive.description + 4, 4, 0x7fffffff);
	damage("data in the value itself", hive.description + 4, 4, 0x80000004);
	damage("a GUID of other characters", hive.order_data + 2, 2, ' ');
	damage("a GUID of no ASCII", hive.order_data + 2, 2, 0x130);
	damage("a short GUID", hive.order_data + 10, 2, 0);
	damage("a GUID that does not end", hive.order_data + 76, 2, '}');
	damage("another system", hive.order_data + 2, 2, '9');
}

static void a_hive_may_end_anywhere(void **state)
{
	char title[BCD_TITLE_ROOM];
	size_t found = 0;

	(void)state;
	hive_of_windows(&hive, "Windows 10", false);
	for (size_t size = 0; size <= hive.size; size++)
		found += title_of(size, title);
	assert_true(found >= 1 && found < 64); /* the root's own name is what is last, and not looked at */
}

/* The cell that @pointer names is copied to behind all others, and of it only the first bytes are there. */
static size_t titles_with_the_last_cell_cut(size_t pointer, size_t contents, size_t size)
{
	char title[BCD_TITLE_ROOM];
	size_t found = 0;

	for (size_t some = 0; some <= size; some++) {
		hive_of_windows(&hive, "Windows 10", false);
		memcpy(hive.bytes + hive.size, hive.bytes + contents, some);
		store_le(hive.bytes + pointer, 4, hive.size - 4096 - 4);
		hive.size += some;
		found += title_of(hive.size, title);
	}
	return found;
}

static void each_cell_may_be_cut_anywhere(void **state)
{
	(void)state;
	hive_of_windows(&hive, "Windows 10", false);
	/* A key is read up to the end of its name; the root, up to the length of its name, which may be cut. */
	assert_int_equal(titles_with_the_last_cell_cut(36, hive.root, 76), 76 - 31);
	assert_int_equal(
	    titles_with_the_last_cell_cut(hive.objects + 28, load_le(hive.bytes + hive.objects + 28, 4) + 4100, 20),
	    1 + 4);
	assert_int_equal(titles_with_the_last_cell_cut(hive.element + 40, hive.values, 4), 1);
	assert_int_equal(titles_with_the_last_cell_cut(hive.values, hive.description, 27), 1);
	assert_int_equal(titles_with_the_last_cell_cut(hive.description + 8,
						       load_le(hive.bytes + hive.description + 8, 4) + 4100, 22),
			 1);
}

static void lists_that_say_more_than_there_is_end(void **state)
{
	char title[BCD_TITLE_ROOM];

	(void)state;
	hive_of_windows(&hive, "Windows 10", false);
	store_le(hive.bytes + load_le(hive.bytes + hive.objects + 28, 4) + 4100 + 2, 2, 65535);
	(void)title_of(hive.size, title);
	store_le(hive.bytes + hive.values, 4, 0);
	store_le(hive.bytes + hive.element + 36, 4, UINT32_MAX);
	expect_none("a value that is none, and no other");
	store_le(hive.bytes + hive.element + 40, 4, UINT32_MAX - 4096);
	expect_none("no list of values");
}

/* Keys of which each is below itself end, too: no path is longer than what is looked for. */
static void a_circle_of_keys_ends(void **state)
{
	uint32_t key, self = 0;

	(void)state;
	hive_begin(&hive);
	key = hive_key(&hive, "Objects", &self, 1, UINT32_MAX);
	hive_set_root(&hive, key);
	store_le(hive.bytes + hive_at(0) + 4, 4, key);
	expect_none("a circle");
}

/* One bit is wrong somewhere: whatever comes of it stays in its bounds. */
static void a_bit_may_be_wrong_anywhere(void **state)
{
	char title[BCD_TITLE_ROOM];
	size_t found = 0, tried = 0;

	(void)state;
	for (size_t at = 0; at < hive.size; at += at == 40 ? 4096 - 40 : 1)
		for (unsigned int bit = 0; bit < 8; bit++) {
			hive_of_windows(&hive, "Windows 10", false);
			hive.bytes[at] ^= (uint8_t)(1u << bit);
			found += title_of(hive.size, title);
			tried++;
		}
	assert_true(found > 0 && found < tried);
}

static void bitlocker_is_known_by_a_volumes_first_block(void **state)
{
	static const uint8_t block[] = "\xeb\x58\x90-FVE-FS-";

	(void)state;
	assert_true(bitlocker_has((struct bytes){block, sizeof(block) - 1}));
	assert_false(bitlocker_has((struct bytes){block + 3, sizeof(block) - 4}));
	for (size_t size = 0; size < sizeof(block) - 1; size++)
		assert_false(bitlocker_has((struct bytes){block, size}));
}

/* UEFI 2.10, 3.1.3: attributes, the length of a path, the description with its NUL, and the path. */
static void an_entry_of_firmwares_is_windows_by_its_name_and_partition(void **state)
{
	static const char name[] = "Windows Boot Manager";
	static const uint8_t partition[16] = "BitLockerOfOurs!", other[16] = "BitLockerOfThem!";
	enum { PATH = 6 + 2 * sizeof(name), PCI = 6, HARD = 42, END = PATH + PCI + HARD };
	uint8_t option[END + 4] = {1, 0, 0, 0, PCI + HARD + 4, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		option[6 + 2 * i] = (uint8_t)name[i];
	memcpy(option + PATH, "\x01\x01\x06\x00\x00\x1f", PCI); /* 10.3.2.1 */
	memcpy(option + PATH + PCI, "\x04\x01\x2a\x00", 4);
	memcpy(option + PATH + PCI + 24, partition, 16);
	option[PATH + PCI + 40] = option[PATH + PCI + 41] = 2;
	memcpy(option + END, "\x7f\xff\x04\x00", 4);
	assert_true(load_option_is_windows((struct bytes){option, sizeof(option)}, partition));
	assert_false(load_option_is_windows((struct bytes){option, sizeof(option)}, other));
	for (size_t size = 0; size < sizeof(option); size++)
		assert_false(load_option_is_windows((struct bytes){option, size}, partition));
	for (size_t i = 6; i < END; i++) {
		bool counts = i < PATH || (i >= PATH + 2 && i < PATH + 4) || (i >= PATH + PCI && i < PATH + PCI + 4) ||
			      (i >= PATH + PCI + 24 && i < PATH + PCI + 40) || i == PATH + PCI + 41;

		option[i] ^= 0x40;
		assert_int_equal(load_option_is_windows((struct bytes){option, sizeof(option)}, partition), !counts);
		option[i] ^= 0x40;
	}
	/* A node that has no length is not gone through without end; a path that is cut ends nowhere. */
	option[PATH + 2] = 0;
	assert_false(load_option_is_windows((struct bytes){option, sizeof(option)}, partition));
	option[PATH + 2] = PCI;
	option[4] = PCI + HARD - 1;
	assert_false(load_option_is_windows((struct bytes){option, sizeof(option)}, partition));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_system_has_its_title),
	    cmocka_unit_test(several_systems_have_none),
	    cmocka_unit_test(a_title_that_is_none_is_not_taken),
	    cmocka_unit_test(a_name_with_a_control_character_is_none),
	    cmocka_unit_test(a_title_may_lack_its_nul),
	    cmocka_unit_test(a_value_is_found_behind_others),
	    cmocka_unit_test(what_is_not_as_it_must_be_is_not_believed),
	    cmocka_unit_test(a_hive_may_end_anywhere),
	    cmocka_unit_test(each_cell_may_be_cut_anywhere),
	    cmocka_unit_test(lists_that_say_more_than_there_is_end),
	    cmocka_unit_test(a_circle_of_keys_ends),
	    cmocka_unit_test(a_bit_may_be_wrong_anywhere),
	    cmocka_unit_test(bitlocker_is_known_by_a_volumes_first_block),
	    cmocka_unit_test(an_entry_of_firmwares_is_windows_by_its_name_and_partition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
