/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events of measurements, byte for byte as systemd-boot and Linux's EFI stub make them. Sources: systemd,
 * src/fundamental/tpm2-pcr.h; Linux drivers/firmware/efi/libstub/efi-stub-helper.c; TCG EFI Protocol Specification,
 * revision 00.13, 6.6.
 */
#include "given.h"

#include "../../codecs/sha256.h"
#include "../../config/measure.h"

static const struct bytes two = {(const uint8_t *)"q\0\0", 4};

static void each_event_has_its_register_type_tag_and_words(void **state)
{
	static const struct {
		enum measured what;
		uint32_t pcr, type, tag;
		const char *words;
		size_t step;
	} row[] = {
	    {MEASURED_CONF, 5, 6, 0xf5bc582a, "loader.conf", 2},
	    {MEASURED_OPTIONS, 9, 6, 0x8f3b22ed, "LOADED_IMAGE::LoadOptions", 1},
	    {MEASURED_INITRD, 9, 6, 0x8f3b22ec, "Linux initrd", 1},
	    {MEASURED_SMBIOS_1, 1, 6, 0xd5cb7cbc, "smbios:type1", 2},
	    {MEASURED_SMBIOS_2, 1, 6, 0xe0d47bc8, "smbios:type2", 2},
	    {MEASURED_SMBIOS_11, 1, 6, 0xc0b3bd23, "smbios:type11", 2},
	};
	uint8_t event[128];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		size_t words = (strlen(row[i].words) + 1) * row[i].step;

		memset(event, 0xee, sizeof(event));
		assert_int_equal(event_size(row[i].what, 12345), 18 + 8 + words);
		event_compose(row[i].what, two, event);
		assert_int_equal(load_le(event, 4), 18 + 8 + words);
		assert_int_equal(load_le(event + 4, 4), 14);
		assert_int_equal(load_le(event + 8, 2), 1);
		assert_int_equal(load_le(event + 10, 4), row[i].pcr);
		assert_int_equal(load_le(event + 14, 4), row[i].type);
		assert_true(load_le(event + 18, 4) == row[i].tag && load_le(event + 22, 4) == words);
		for (size_t k = 0; k < words; k++)
			assert_int_equal(event[26 + k],
					 k % row[i].step == 0 ? (uint8_t)row[i].words[k / row[i].step] : 0);
		assert_int_equal(event[26 + words], 0xee);
	}
}

/* Words alone, and no text that was passed, which is in one of these registers too. */
static void archives_of_extra_have_words_and_no_tag(void **state)
{
	static const struct {
		enum measured what;
		uint8_t pcr;
		const char *words;
	} row[] = {
	    {MEASURED_CREDENTIALS, 12, "Entry credentials initrd"},
	    {MEASURED_SYSEXTS, 13, "Entry system extension initrd"},
	    {MEASURED_CONFEXTS, 12, "Entry configuration extension initrd"},
	};
	uint8_t bytes[128];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		size_t words = 2 * (strlen(row[i].words) + 1);
		struct event event = {.pcr = row[i].pcr, .type = 0xd, .data = {bytes + 18, words}};

		memset(bytes, 0xee, sizeof(bytes));
		assert_int_equal(event_size(row[i].what, 12345), 18 + words);
		event_compose(row[i].what, two, bytes);
		assert_int_equal(load_le(bytes + 10, 4), row[i].pcr);
		assert_int_equal(load_le(bytes + 14, 4), 0xd);
		for (size_t k = 0; k < words; k++)
			assert_int_equal(bytes[18 + k], k % 2 == 0 ? (uint8_t)row[i].words[k / 2] : 0);
		assert_int_equal(bytes[18 + words], 0xee);
		for (enum measured what = 0; what < N_MEASURED; what++)
			assert_int_equal(event_is(&event, what), what == row[i].what);
		bytes[18] ^= 1; /* then it is a text */
		assert_false(event_is(&event, row[i].what));
		assert_int_equal(event_is(&event, MEASURED_TEXT), row[i].pcr == 12);
	}
}

static void a_text_describes_itself(void **state)
{
	static const uint8_t wanted[] = {22, 0, 0, 0, 14, 0, 0, 0, 1, 0, 12, 0, 0, 0, 0xd, 0, 0, 0, 'q', 0, 0, 0, 0xee};
	uint8_t event[sizeof(wanted)];

	(void)state;
	memset(event, 0xee, sizeof(event));
	assert_int_equal(event_size(MEASURED_TEXT, two.size), 22);
	event_compose(MEASURED_TEXT, two, event);
	assert_memory_equal(event, wanted, sizeof(wanted));
	event_set_register(event, 0x01020304);
	assert_int_equal(load_le(event + 10, 4), 0x01020304);
}

static void structures_of_three_types_are_measured(void **state)
{
	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		/* The second byte is the size of the formatted area. */
		uint8_t structure[] = {(uint8_t)type, 2, 0, 0, 0, 0};
		enum measured what = N_MEASURED, wanted = type == 1    ? MEASURED_SMBIOS_1
							  : type == 2  ? MEASURED_SMBIOS_2
							  : type == 11 ? MEASURED_SMBIOS_11
								       : N_MEASURED;

		assert_int_equal(measured_structure((struct bytes){structure, sizeof(structure)}, &what),
				 wanted != N_MEASURED);
		assert_int_equal(what, wanted);
	}
}

/* ---- a log of sums of SHA-256 alone ---- */

static uint8_t log_bytes[2048];
static size_t used;

static void put(uint64_t value, unsigned int width)
{
	store_le(log_bytes + used, width, value);
	used += width;
}

static void given_log(void)
{
	memset(log_bytes, 0, sizeof(log_bytes));
	used = 0;
	put(0, 4);
	put(3, 4);
	used += 20;
	put(33, 4);
	memcpy(log_bytes + used, "Spec ID Event03\0\0\0\0\0\0\2\0\2\1\0\0\0\13\0\40\0", 33);
	used += 33;
}

static void add(uint32_t pcr, uint32_t type, const char *measured, const void *data, size_t size)
{
	struct sha256 sum;

	put(pcr, 4);
	put(type, 4);
	put(1, 4);
	put(0xb, 2);
	sha256_start(&sum);
	sha256_add(&sum, (struct bytes){(const uint8_t *)measured, strlen(measured)});
	sha256_end(&sum, log_bytes + used);
	used += 32;
	put(size, 4);
	memcpy(log_bytes + used, data, size);
	used += size;
}

static bool is_last(enum measured what, const char *text)
{
	struct eventlog walk;

	assert_true(eventlog_start(&walk, (struct bytes){log_bytes, used}, EVENTLOG_ANY));
	return measured_last(&walk, what, (struct bytes){(const uint8_t *)text, strlen(text)});
}

static void what_was_measured_last_of_its_kind_is_known_again(void **state)
{
	(void)state;
	given_log();
	assert_false(is_last(MEASURED_TEXT, "one"));
	add(12, 0xd, "one", "x", 1);
	assert_true(is_last(MEASURED_TEXT, "one"));
	assert_false(is_last(MEASURED_TEXT, "two"));
	add(12, 0xd, "two", "x", 1);
	assert_false(is_last(MEASURED_TEXT, "one"));
	assert_true(is_last(MEASURED_TEXT, "two"));
	/* Others in between, of another register, type, tag, or too short for one, change nothing. */
	add(11, 0xd, "one", "x", 1);
	add(12, 6, "one", "xxxxxxxx", 8);
	assert_true(is_last(MEASURED_TEXT, "two"));
	add(9, 6, "initrd", "\xec\x22\x3b\x8f", 4);
	assert_true(is_last(MEASURED_INITRD, "initrd"));
	assert_false(is_last(MEASURED_OPTIONS, "initrd"));
	add(9, 6, "options", "\xed\x22\x3b\x8f", 4);
	add(9, 6, "short", "\xec\x22\x3b", 3);
	add(5, 6, "other register", "\xec\x22\x3b\x8f", 4);
	add(9, 0xd, "other type", "\xec\x22\x3b\x8f", 4);
	assert_true(is_last(MEASURED_INITRD, "initrd"));
	assert_true(is_last(MEASURED_OPTIONS, "options"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_event_has_its_register_type_tag_and_words),
	    cmocka_unit_test(archives_of_extra_have_words_and_no_tag),
	    cmocka_unit_test(a_text_describes_itself),
	    cmocka_unit_test(structures_of_three_types_are_measured),
	    cmocka_unit_test(what_was_measured_last_of_its_kind_is_known_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
