/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMBIOS (DMTF DSP0134 3.7): where structures lie by each entry point, which strings those of type 11 have, and what
 * strings ask of a boot loader (systemd, man/smbios-type-11.xml).
 */
#include "given.h"

#include "../../config/smbios.h"

/* ---- entry points ---- */

static uint8_t entry[SMBIOS_2_ENTRY];

static void close_sum(size_t length, size_t at)
{
	uint8_t sum = 0;

	entry[at] = 0;
	for (size_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + entry[i]);
	entry[at] = (uint8_t)-sum;
}

/* Bytes that no reader needs hold noise. */
static void given_3(uint64_t address, uint32_t size)
{
	memset(entry, 0xa5, sizeof(entry));
	memcpy(entry, "_SM3_", 5);
	entry[6] = SMBIOS_3_ENTRY;
	store_le(entry + 12, 4, size);
	store_le(entry + 16, 8, address);
	close_sum(SMBIOS_3_ENTRY, 5);
}

static void given_2(uint32_t address, uint16_t size)
{
	memset(entry, 0xa5, sizeof(entry));
	memcpy(entry, "_SM_", 4);
	memcpy(entry + 16, "_DMI_", 5);
	entry[5] = SMBIOS_2_ENTRY;
	store_le(entry + 22, 2, size);
	store_le(entry + 24, 4, address);
	close_sum(SMBIOS_2_ENTRY, 4);
}

static void expect_table(bool (*read)(const uint8_t *entry, struct range *table), uint64_t start, uint64_t end)
{
	struct range table = {1, 1};

	assert_int_equal(read(entry, &table), end != 0);
	if (end != 0)
		assert_true(table.start == start && table.end == end);
}

static void an_entry_point_tells_where_structures_lie(void **state)
{
	(void)state;
	given_3(UINT64_C(0x123456789000), 500);
	expect_table(smbios_3_table, UINT64_C(0x123456789000), UINT64_C(0x123456789000) + 500);
	expect_table(smbios_2_table, 0, 0);
	given_3(0x1000, UINT32_MAX);
	expect_table(smbios_3_table, 0x1000, 0x1000 + SMBIOS_MOST);
	given_3(0x1001, 0x1000010);
	expect_table(smbios_3_table, 0x1001, 0x1001 + SMBIOS_MOST);
	given_3(0x1001, 500);
	expect_table(smbios_3_table, 0x1001, 0x1001 + 500);
	given_2(0xf1234567, UINT16_MAX);
	expect_table(smbios_2_table, 0xf1234567, 0xf1234567 + UINT64_C(65535));
	given_2(0xf1234567, 0x102);
	expect_table(smbios_2_table, 0xf1234567, 0xf1234567 + UINT64_C(0x102));
	expect_table(smbios_3_table, 0, 0);
	entry[5] = SMBIOS_2_ENTRY - 1; /* as 2.1 has it */
	close_sum(SMBIOS_2_ENTRY - 1, 4);
	expect_table(smbios_2_table, 0xf1234567, 0xf1234567 + UINT64_C(0x102));
}

static void what_is_no_entry_point_leads_nowhere(void **state)
{
	(void)state;
	given_3(0x1000, 500);
	entry[17]++;
	expect_table(smbios_3_table, 0, 0);
	given_3(0x1000, 500);
	entry[6]++;
	close_sum(SMBIOS_3_ENTRY + 1, 5);
	expect_table(smbios_3_table, 0, 0);
	given_3(0x1000, 500);
	entry[6]--;
	close_sum(SMBIOS_3_ENTRY - 1, 5);
	expect_table(smbios_3_table, 0, 0);
	given_3(0x1000, 0);
	expect_table(smbios_3_table, 0, 0);
	given_3(0, 500);
	expect_table(smbios_3_table, 0, 0);
	given_3(UINT64_MAX - 10, 500);
	expect_table(smbios_3_table, 0, 0);
	given_2(0x1000, 0);
	expect_table(smbios_2_table, 0, 0);
	given_2(0x1000, 500);
	entry[23]++;
	expect_table(smbios_2_table, 0, 0);
	given_2(0x1000, 500);
	entry[5] = SMBIOS_2_ENTRY + 1;
	expect_table(smbios_2_table, 0, 0);
	given_2(0x1000, 500);
	entry[5] = SMBIOS_2_ENTRY - 2;
	close_sum(SMBIOS_2_ENTRY - 2, 4);
	expect_table(smbios_2_table, 0, 0);
	for (size_t i = 0; i < 5; i++) {
		given_3(0x1000, 500);
		entry[i] ^= 1;
		close_sum(SMBIOS_3_ENTRY, 5);
		expect_table(smbios_3_table, 0, 0);
		given_2(0x1000, 500);
		entry[16 + i] ^= 1;
		close_sum(SMBIOS_2_ENTRY, 4);
		expect_table(smbios_2_table, 0, 0);
	}
	for (size_t i = 0; i < 4; i++) {
		given_2(0x1000, 500);
		entry[i] ^= 1;
		close_sum(SMBIOS_2_ENTRY, 4);
		expect_table(smbios_2_table, 0, 0);
	}
}

/* ---- strings ---- */

/* The strings, each with a "|" behind it. In memory of exactly that size: what is read behind it is found. */
static void expect_strings(const char *structures, size_t size, const char *wanted)
{
	uint8_t *bytes = malloc(size + (size == 0));
	struct oem_strings walk = {.rest = {bytes, size}};
	char told[256] = "";
	struct word string;
	size_t used = 0;

	memcpy(bytes, structures, size);
	while (oem_string_next(&walk, &string))
		used += (size_t)snprintf(told + used, sizeof(told) - used, "%.*s|", WORD(string));
	assert_string_equal(told, wanted);
	free(bytes);
}

#define EXPECT(structures, wanted) expect_strings(structures, sizeof(structures), wanted)

static void strings_of_type_11_are_found(void **state)
{
	(void)state;
	EXPECT("\13\5bb\2one\0two\0\0\177\4zz\0", "one|two|");
	EXPECT("\0\6aa\1\2Vendor\0001.0\0\0\13\5bb\1one\0\0\177\4zz\0", "one|");
	EXPECT("\1\5aa\0\0\0\13\5bb\0\0\0\13\6bb\1xone\0\0\2\4cc\0\0\13\5bb\1two\0\0\177\4zz\0", "one|two|");
	EXPECT("\13\5bb\1one\0\0\177\4zz\0\0\13\5bb\1two\0\0", "one|");
	EXPECT("\13\4bbone\0\0\177\4zz\0", "one|");
	/* Not as it should be: one NUL alone where there is no string. */
	EXPECT("\1\5aa\0\0\13\5bb\1one\0\0\177\4zz\0", "one|");
	EXPECT("\13\5aa\0\0\13\5bb\1one\0\0\177\4zz\0", "one|");
	EXPECT("\13\5aa\0\0", "");
}

/*
 * 7.1.2.2, bit 4: in the 20th byte of type 0, wherever that stands, if all of that is there; systemd,
 * src/boot/smbios.c, smbios_in_hypervisor.
 */
static void a_virtual_machine_says_so(void **state)
{
	static const char is[] = "\1\5aa\1x\0\0\0\24bb\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\20Vendor\0\0\177\4zz\0";

	(void)state;
	for (size_t size = 0; size < sizeof(is); size++)
		for (unsigned int bits = 0; bits < 256; bits++) {
			uint8_t *bytes = malloc(size + (size == 0));

			memcpy(bytes, is, size);
			if (size > 27)
				bytes[27] = (uint8_t)bits;
			if (smbios_is_virtual((struct bytes){bytes, size}) != (size >= 36 && (bits & 0x10) != 0))
				fail_msg("%zu bytes, bits %#x", size, bits);
			free(bytes);
		}
	/* One byte shorter than that; behind the end; of another type. */
	assert_false(
	    smbios_is_virtual((struct bytes){(const uint8_t *)"\0\23bb\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\377\0\0", 22}));
	assert_false(smbios_is_virtual(
	    (struct bytes){(const uint8_t *)"\177\4zz\0\0\0\24bb\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\377\0\0", 28}));
	assert_false(
	    smbios_is_virtual((struct bytes){(const uint8_t *)"\2\24bb\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\377\0\0", 22}));
}

static bool is_ampere(const char *structures, size_t size)
{
	uint8_t *bytes = malloc(size);
	bool is;

	memcpy(bytes, structures, size);
	is = smbios_is_ampere((struct bytes){bytes, size});
	free(bytes);
	return is;
}

/* A processor's structure (DSP0134, 7.5) of 17 bytes: its ID, the number of its version, and its strings. */
#define CPU(id, version, strings) "\4\21cc\1\1\1\1" id "zzzz" version strings "\0\0"
#define IS_AMPERE(structures)	  is_ampere(structures, sizeof(structures) - 1)

static void ampere_is_known_by_its_chip_or_its_name(void **state)
{
	(void)state;
	assert_true(IS_AMPERE(CPU("\1\0\x16\x0a", "\0", "")));
	assert_true(IS_AMPERE(CPU("\xf2\xff\x16\x0a", "\0", ""))); /* another revision does not matter */
	assert_true(IS_AMPERE(CPU("\0\0\0\0", "\2", "socket\0eMAG 8180")));
	assert_true(IS_AMPERE("\1\5aa\1x\0\0" CPU("\0\0\0\0", "\1", "Arm")
				  CPU("\0\0\0\0", "\3", "a\0b\0Ampere(TM) Altra(TM) Processor Q80-30\0d")));
	assert_false(IS_AMPERE(CPU("\3\0\x16\x0a", "\0", "")));
	assert_false(IS_AMPERE(CPU("\1\0\x16\x0b", "\0", "")));
	assert_false(IS_AMPERE(CPU("\0\0\0\0", "\0", "eMAG")));		/* no string is its version */
	assert_false(IS_AMPERE(CPU("\0\0\0\0", "\1", "socket\0eMAG"))); /* nor is another one */
	assert_false(IS_AMPERE(CPU("\0\0\0\0", "\3", "a\0eMAG")));	/* there are not so many */
	assert_false(IS_AMPERE(CPU("\0\0\0\0", "\1", "eMA")));
	assert_false(IS_AMPERE("\4\20cc\1\1\1\1\1\0\x16\x0azzzz\0\0")); /* too short to have a version */
	assert_false(IS_AMPERE("\2\21cc\1\1\1\1\1\0\x16\x0azzzz\0\0\0"));
	for (size_t size = 1; size < 18; size++) /* cut off before the NUL that ends it */
		assert_false(is_ampere(CPU("\1\0\x16\x0a", "\0", ""), size));
}

static void what_is_cut_off_ends_the_walk(void **state)
{
	static const char whole[] = "\1\5aa\1x\0\0\13\5bb\2one\0two\0\0\2\4cc\0\0\13\5bb\1end\0";

	(void)state;
	for (size_t size = 0; size <= sizeof(whole); size++)
		expect_strings(whole, size,
			       size < 17   ? ""
			       : size < 21 ? "one|"
			       : size < 37 ? "one|two|"
					   : "one|two|end|");
	EXPECT("\13\3bb\1one\0\0", "");
	EXPECT("\1\0aa\1\0\0\13\5bb\1one\0\0", "");
	EXPECT("\1\377aa\1\0\0\13\5bb\1one\0\0", "");
}

/* ---- what they ask for ---- */

static bool is(struct word word, const char *text)
{
	return word.at != NULL && word_is(word, text);
}

static void the_first_string_of_a_kind_counts(void **state)
{
	static const char structures[] = "\13\5bb\10io.systemd.stub.kernel-cmdline-extra=another program's\0"
					 "io.systemd.boot.timeout=5\0io.systemd.boot.timeout=6\0"
					 "io.systemd.boot.kernel-cmdline-extra=a b=c\0"
					 "io.systemd.boot.kernel-cmdline-extra=d\0io.systemd.boot.loglevel=\0"
					 "io.systemd.boot.loglevel=err\0io.systemd.boot.timeou\0\0\177\4zz\0";
	struct oem oem;

	(void)state;
	oem_read((struct bytes){(const uint8_t *)structures, sizeof(structures)}, &oem);
	assert_true(is(oem.timeout, "5") && is(oem.options, "a b=c") && is(oem.level, ""));
	oem_read((struct bytes){(const uint8_t *)structures, 4}, &oem);
	assert_true(oem.timeout.at == NULL && oem.options.at == NULL && oem.level.at == NULL);
	assert_int_equal(oem.timeout.length + oem.options.length + oem.level.length, 0);
}

/* The sizes of the structures that a walk takes off, and that they lie one behind the other; 0 ends the list. */
static void expect_structures(const char *at, size_t size, const size_t wanted[4])
{
	struct bytes rest = {(const uint8_t *)at, size}, structure;
	size_t n = 0, used = 0;

	for (; smbios_next(&rest, &structure); n++) {
		assert_ptr_equal(structure.at, (const uint8_t *)at + used);
		assert_int_equal(structure.size, wanted[n]);
		used += structure.size;
	}
	assert_int_equal(wanted[n], 0);
	assert_int_equal(rest.size, size - used);
}

/* 6.1.3: strings, each with its NUL, and one more; without any, two. */
static void structures_are_taken_with_their_strings(void **state)
{
	static const char some[] = "\1\4hh\0\0\2\6hhxxone\0two\0\0\13\5hhx\0\0\177\4hh\0\0";

	(void)state;
	expect_structures(some, sizeof(some) - 1, (size_t[4]){6, 15, 7});
	expect_structures(some, 6, (size_t[4]){6});
	expect_structures(some, 5, (size_t[4]){5}); /* the second NUL is cut off */
	expect_structures(some, 4, (size_t[4]){0});
	expect_structures(some, 20, (size_t[4]){6, 0});
	expect_structures(some, 21, (size_t[4]){6, 15});
	expect_structures("\1\3hh\0\0", 6, (size_t[4]){0}); /* shorter than its own header */
	expect_structures("\1\11hh\0\0", 6, (size_t[4]){0});
	expect_structures("", 0, (size_t[4]){0});
	/* What begins with a NUL behind strings is the next, of type 0. */
	expect_structures("\2\5hhxa\0\0\0\4hh\0\0", 14, (size_t[4]){8, 6});
}

static bool tells_wake_up(uint8_t type, uint8_t formatted)
{
	const uint8_t structure[64] = {type, formatted, 0x7f, 0x7f};

	return smbios_tells_wake_up((struct bytes){structure, sizeof(structure)});
}

/* 7.2: the byte at 0x18, since version 2.1; older structures end before. */
static void how_a_machine_woke_up_is_in_type_1_alone(void **state)
{
	(void)state;
	assert_true(tells_wake_up(1, 0x19) && tells_wake_up(1, 0x1b));
	assert_false(tells_wake_up(1, 0x18) || tells_wake_up(1, 8));
	assert_false(tells_wake_up(2, 0x1b) || tells_wake_up(0x1b, 1) || tells_wake_up(0, 1));
}

/* A structure of type 0 begins with the NUL that would be the second of one without strings. */
static void the_structure_behind_strings_may_be_of_type_0(void **state)
{
	static const uint8_t some[] = "\13\5hh\1one\0\0\0\4hh\0\0\13\5hh\1two\0";
	struct oem_strings walk = {.rest = {some, sizeof(some)}};
	struct word string;

	(void)state;
	assert_true(oem_string_next(&walk, &string) && is(string, "one"));
	assert_true(oem_string_next(&walk, &string) && is(string, "two"));
	assert_false(oem_string_next(&walk, &string));
}

static void expect_entry(const char *string, const char *name, const char *text)
{
	char told[MAX_ENTRY_ID];
	struct word rest = {NULL, 0};
	bool is_one;

	memset(told, 'x', sizeof(told));
	is_one = oem_entry(word_of(string), told, &rest);
	assert_int_equal(is_one, name != NULL);
	if (name != NULL) {
		assert_string_equal(told, name);
		assert_true(is(rest, text));
	}
}

static void an_entry_has_a_name_and_a_text(void **state)
{
	char longest[400] = "io.systemd.boot.entries-extra:";
	char name[MAX_ENTRY_ID] = "";
	size_t start = strlen(longest);

	(void)state;
	expect_entry("io.systemd.boot.entries-extra:a.conf=linux /x\noptions a=b", "a.conf", "linux /x\noptions a=b");
	expect_entry("io.systemd.boot-entries.extra:A+3_@-9.CONF=", "A+3_@-9.CONF", "");
	expect_entry("io.systemd.boot.entries-extra:a.conf", NULL, NULL);
	expect_entry("io.systemd.boot.entries-extra:a.confx", NULL, NULL);
	expect_entry("io.systemd.boot.entries-extra:a=b", NULL, NULL);
	expect_entry("a.conf=b", NULL, NULL);
	expect_entry("io.systemd.boot.entries-extra:=b", NULL, NULL);
	expect_entry("io.systemd.boot.entries-extra:auto-a.conf=b", NULL, NULL);
	expect_entry("io.systemd.boot.entries-extra:../a.conf=b", NULL, NULL);
	expect_entry("io.systemd.boot.entries-extra:a b.conf=b", NULL, NULL);
	expect_entry("io.systemd.boot.entries:a.conf=b", NULL, NULL);
	memset(longest + start, 'a', 250);
	memcpy(longest + start + 250, ".conf=x", 8);
	memcpy(name, longest + start, 255);
	expect_entry(longest, name, "x");
	/* one more than a name's 255 */
	memset(longest + start, 'a', 251);
	memcpy(longest + start + 251, ".conf=x", 8);
	expect_entry(longest, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_entry_point_tells_where_structures_lie),
	    cmocka_unit_test(what_is_no_entry_point_leads_nowhere),
	    cmocka_unit_test(strings_of_type_11_are_found),
	    cmocka_unit_test(a_virtual_machine_says_so),
	    cmocka_unit_test(ampere_is_known_by_its_chip_or_its_name),
	    cmocka_unit_test(what_is_cut_off_ends_the_walk),
	    cmocka_unit_test(the_first_string_of_a_kind_counts),
	    cmocka_unit_test(an_entry_has_a_name_and_a_text),
	    cmocka_unit_test(structures_are_taken_with_their_strings),
	    cmocka_unit_test(how_a_machine_woke_up_is_in_type_1_alone),
	    cmocka_unit_test(the_structure_behind_strings_may_be_of_type_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
