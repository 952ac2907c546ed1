/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What efi/file.c asks of the file system, argument by argument, and what it makes of each answer: UEFI 2.10, 13.4 and
 * 13.5. Every handle and every buffer is given back, whatever goes wrong.
 */
#include "one_file.h"

/* ---- opening ---- */

static void a_file_is_opened_to_be_read_by_its_path_and_closed(void **state)
{
	struct fw_file *one, *two;
	struct fail why;
	uint64_t size = 0;

	(void)state;
	given_volume();
	one_file.size = GIB(5);
	assert_int_equal(fw_open(NULL, "\\vmlinuz", &one, &size, &why), OK);
	assert_int_equal(size, GIB(5));
	assert_memory_equal(one_file.opened, L"\\vmlinuz", sizeof(L"\\vmlinuz"));
	assert_int_equal(fw_open(NULL, "\\one", &two, &size, &why), OK);
	assert_true(one_file.volumes == 1 && one_file.files_open == 2);
	fw_close(one);
	fw_close(two);
	fw_close(NULL);
	assert_true(one_file.files_open == 0 && one_file.roots_open == 1);
	expect_closed("two files");
	expect_closed("nothing is left");
}

#define expect_unopened(wanted, words, fault)                                                                          \
	do {                                                                                                           \
		given_volume();                                                                                        \
		one_file.fault;                                                                                        \
		try_to_open(#fault, wanted, words);                                                                    \
	} while (0)

static void try_to_open(const char *what, enum status wanted, const char *words)
{
	struct fail why = {.text = ""};
	struct fw_file *one;
	uint64_t size;
	enum status status = fw_open(NULL, "\\vmlinuz", &one, &size, &why);

	if (status != wanted || strstr(why.text, words) == NULL)
		fail_msg("%s: %d \"%s\"", what, (int)status, why.text);
	expect_closed(what);
}

static void what_cannot_be_opened_is_told_by_name_and_leaves_nothing_open(void **state)
{
	(void)state;
	expect_unopened(NOT_FOUND, "\\vmlinuz: no such file", open = EFI_NOT_FOUND);
	expect_unopened(IO_ERROR, "\\vmlinuz: cannot be opened: access denied", open = EFI_ACCESS_DENIED);
	expect_unopened(IO_ERROR, "\\vmlinuz: cannot be opened: unsupported", no_handle = true);
	expect_unopened(IO_ERROR, "the volume that Berth was started from cannot be read: uns",
			protocol = EFI_UNSUPPORTED);
	expect_unopened(IO_ERROR, "cannot be read: unsupported", no_protocol = true);
	expect_unopened(IO_ERROR, "cannot be read: no medium", open_volume = EFI_NO_MEDIA);
	expect_unopened(IO_ERROR, "cannot be read: unsupported", no_root = true);
	expect_unopened(IO_ERROR, "\\vmlinuz: cannot tell its size: device error", info = EFI_DEVICE_ERROR);
	expect_unopened(BAD_INPUT, "\\vmlinuz: is a folder", attribute = EFI_FILE_DIRECTORY);
	expect_unopened(IO_ERROR, "\\vmlinuz: no memory to open it", no_pool = 1);
	expect_unopened(IO_ERROR, "firmware describes it in 79 bytes", info_says = FILE_INFO_SIZE - 1);
	expect_unopened(IO_ERROR, "firmware describes it in", info_says = sizeof(EFI_FILE_INFO) + 513);
}

static void an_information_of_the_least_and_of_the_largest_size_is_one(void **state)
{
	struct fail why;
	struct fw_file *one;
	uint64_t size;

	(void)state;
	for (int least = 0; least < 2; least++) {
		given_volume();
		one_file.info_says = least ? FILE_INFO_SIZE : sizeof(EFI_FILE_INFO) + 512;
		assert_int_equal(fw_open(NULL, "\\k", &one, &size, &why), OK);
		fw_close(one);
		expect_closed("information");
	}
}

/* What the stack held before is in whatever is not written. */
static __attribute__((noinline)) void fill_stack(void)
{
	volatile uint8_t bytes[16384];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = 0xa5;
}

static void what_firmware_does_not_tell_of_a_file_is_none(void **state)
{
	struct fail why;
	struct fw_file *one;
	uint64_t size = 5;

	(void)state;
	given_volume();
	one_file.tells_nothing = true;
	fill_stack();
	assert_int_equal(fw_open(NULL, "\\k", &one, &size, &why), OK);
	assert_int_equal(size, 0);
	fw_close(one);
	expect_closed("no information");
}

static void a_path_has_room_up_to_its_end(void **state)
{
	static char path[MAX_PATH_TEXT + 1];
	struct fail why;
	struct fw_file *one;
	uint64_t size;
	size_t got;

	(void)state;
	for (size_t length = MAX_PATH_TEXT - 2; length <= MAX_PATH_TEXT; length++) {
		given_volume();
		memset(path, 'p', length);
		path[length] = '\0';
		if (length < MAX_PATH_TEXT) {
			assert_int_equal(fw_open(NULL, path, &one, &size, &why), OK);
			one_file.read = EFI_DEVICE_ERROR;
			assert_int_equal(fw_read(one, 0, path, 0, &got, &why), IO_ERROR);
			assert_memory_equal(why.text, path, FAIL_TEXT - 4); /* more has no room in the message */
			fw_close(one);
		} else {
			assert_int_equal(fw_open(NULL, path, &one, &size, &why), BAD_INPUT);
		}
		expect_closed("a long path");
	}
}

/* ---- writing ---- */

#define expect_to_write(makes, wanted, words, opened, fault)                                                           \
	do {                                                                                                           \
		given_volume();                                                                                        \
		one_file.writes = true;                                                                                \
		one_file.fault;                                                                                        \
		try_to_open_to_write(#fault, makes, wanted, words, opened);                                            \
	} while (0)

static void try_to_open_to_write(const char *what, bool makes, enum status wanted, const char *words,
				 unsigned int opened)
{
	struct fail why = {.text = ""};
	struct fw_file *one;
	uint64_t size;
	enum status status = efi_open_to_write("\\k", makes, &one, &size, &why);

	if (status != wanted || strstr(why.text, words) == NULL || one_file.opens != opened)
		fail_msg("%s: %d \"%s\", opened %u times", what, (int)status, why.text, one_file.opens);
	if (status == OK) {
		assert_int_equal(size, one_file.size);
		fw_close(one);
	}
	expect_closed(what);
}

static void a_file_is_made_where_it_is_missing_and_may_be(void **state)
{
	(void)state;
	expect_to_write(true, OK, "", 1, size = 7);
	assert_int_equal(one_file.made, 0);
	expect_to_write(true, OK, "", 2, missing = true);
	assert_int_equal(one_file.made, 1);
	expect_to_write(false, NOT_FOUND, "\\k: no such file", 1, missing = true);
	expect_to_write(true, IO_ERROR, "\\k: cannot be opened: device error", 1, open = EFI_DEVICE_ERROR);
}

/* Where nothing can be written there is no fault to look for: the caller goes on without. */
static void what_may_not_be_written_is_refused(void **state)
{
	(void)state;
	expect_to_write(true, REFUSED, "\\k: is read-only", 1, attribute = EFI_FILE_READ_ONLY);
	expect_to_write(true, OK, "", 1, attribute = EFI_FILE_ARCHIVE | EFI_FILE_SYSTEM);
	expect_to_write(true, REFUSED, "\\k: cannot be opened: write-protected", 1, open = EFI_WRITE_PROTECTED);
	expect_to_write(true, REFUSED, "\\k: cannot be opened: access denied", 1, open = EFI_ACCESS_DENIED);
	expect_to_write(true, IO_ERROR, "\\k: cannot be opened: out of res", 1, open = EFI_OUT_OF_RESOURCES);
}

#define expect_write(wanted, words, n_writes, n_flushes, fault)                                                        \
	do {                                                                                                           \
		given_volume();                                                                                        \
		one_file.writes = true;                                                                                \
		one_file.fault;                                                                                        \
		try_to_write(#fault, wanted, words);                                                                   \
		assert_true(one_file.writes_made == (n_writes) && one_file.flushes == (n_flushes));                    \
	} while (0)

static void try_to_write(const char *what, enum status wanted, const char *words)
{
	struct fail why = {.text = ""};
	struct fw_file *one;
	uint64_t size;
	enum status status;

	assert_int_equal(efi_open_to_write("\\k", false, &one, &size, &why), OK);
	status = efi_write(one, 600, "bytes", 5, &why);
	if (status != wanted || strstr(why.text, words) == NULL)
		fail_msg("%s: %d \"%s\"", what, (int)status, why.text);
	assert_int_equal(one_file.at, 600);
	fw_close(one);
	expect_closed(what);
}

/* UEFI 2.10, 13.5, EFI_FILE_PROTOCOL.Flush(): what is not flushed may be lost when the machine is reset. */
static void what_is_written_is_on_the_disk_or_told(void **state)
{
	(void)state;
	expect_write(OK, "", 1, 1, size = 7);
	expect_write(IO_ERROR, "\\k: writing 5 bytes at byte 600 failed: device error", 1, 1, flush = EFI_DEVICE_ERROR);
	expect_write(IO_ERROR, "\\k: writing 5 bytes at byte 600 failed: device error", 1, 0, write = EFI_DEVICE_ERROR);
	expect_write(IO_ERROR, "\\k: writing 5 bytes at byte 600 failed: unsup", 0, 0, position = EFI_UNSUPPORTED);
	expect_write(IO_ERROR, "\\k: firmware wrote 4 bytes when 5 were asked for", 1, 0, write_says = 4);
}

#define expect_file(wanted, words, n_sets, n_writes, fault)                                                            \
	do {                                                                                                           \
		given_volume();                                                                                        \
		one_file.writes = true;                                                                                \
		one_file.fault;                                                                                        \
		try_to_write_file(#fault, wanted, words);                                                              \
		assert_true(one_file.sets == (n_sets) && one_file.writes_made == (n_writes));                          \
	} while (0)

static void try_to_write_file(const char *what, enum status wanted, const char *words)
{
	struct fail why = {.text = ""};
	enum status status = efi_write_file("\\k", "bytes", 5, &why);

	if (status != wanted || strstr(why.text, words) == NULL)
		fail_msg("%s: %d \"%s\"", what, (int)status, why.text);
	expect_closed(what);
}

/* What is longer than its new text is cut first: its old end would stand behind. */
static void a_file_is_as_long_as_what_is_written_to_it(void **state)
{
	(void)state;
	expect_file(OK, "", 0, 1, size = 4);
	expect_file(OK, "", 0, 1, size = 5);
	expect_file(OK, "", 1, 1, size = 6);
	assert_int_equal(one_file.cut_to, 5);
	expect_file(IO_ERROR, "\\k: cannot tell its size: device error", 0, 0, no_info = 2; one_file.size = 6);
	expect_file(IO_ERROR, "\\k: cannot be cut to 5 bytes: write-protected", 1, 0, set = EFI_WRITE_PROTECTED;
		    one_file.size = 6);
}

/* UEFI 2.10, 13.5, EFI_FILE_INFO; the longest name has 255 characters, and the firmware's room may be for few more. */
static void a_file_gets_a_name_that_fits_and_no_other(void **state)
{
	char name[400];
	bool is_written = false;
	struct fail why;

	(void)state;
	given_volume();
	one_file.writes = true;
	assert_int_equal(efi_rename(NULL, "\\a+1.conf", "a+0-1.conf", &is_written, &why), OK);
	assert_memory_equal(one_file.renamed, L"a+0-1.conf", sizeof(L"a+0-1.conf"));
	assert_true(is_written && one_file.flushes == 1);
	expect_closed("renamed");
	given_volume();
	one_file.writes = true;
	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	assert_int_equal(efi_rename(NULL, "\\a", name, &is_written, &why), OK);
	name[255] = 'n';
	name[399] = '\0';
	assert_int_equal(efi_rename(NULL, "\\a", name, &is_written, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "\\a: the new name is too long"));
	assert_int_equal(one_file.flushes, 1);
	expect_closed("too long");
}

/* ---- reading ---- */

static void a_read_starts_where_it_is_wanted_and_tells_how_much_came(void **state)
{
	struct fail why = {.text = ""};
	struct fw_file *one;
	uint64_t size;
	size_t got = 0;
	char to[16];

	(void)state;
	given_volume();
	assert_int_equal(fw_open(NULL, "\\k", &one, &size, &why), OK);
	assert_int_equal(fw_read(one, GIB(4) + 5, to, 8, &got, &why), OK);
	assert_true(one_file.at == GIB(4) + 5 && one_file.asked == 8 && got == 8);
	one_file.read_says = 3;
	assert_true(fw_read(one, 5, to, 8, &got, &why) == OK && got == 3);
	one_file.read_says = 9;
	assert_int_equal(fw_read(one, 5, to, 8, &got, &why), IO_ERROR);
	assert_non_null(strstr(why.text, "\\k: firmware says that it read 9 bytes when 8 were asked for"));
	one_file.read_says = 0;
	one_file.read = EFI_DEVICE_ERROR;
	assert_int_equal(fw_read(one, 5, to, 8, &got, &why), IO_ERROR);
	assert_non_null(strstr(why.text, "\\k: reading 8 bytes at byte 5 failed: device error"));
	one_file.read = EFI_SUCCESS;
	one_file.position = EFI_UNSUPPORTED;
	one_file.asked = 0;
	assert_int_equal(fw_read(one, 5, to, 8, &got, &why), IO_ERROR);
	assert_int_equal(one_file.asked, 0); /* from the wrong place nothing is read */
	fw_close(one);
	expect_closed("reads");
}

static void a_small_file_is_read_whole_with_a_nul_behind_it(void **state)
{
	struct fail why;
	char *text;
	size_t size;

	(void)state;
	given_volume();
	assert_int_equal(efi_read_file(NULL, "\\c", 10, &text, &size, &why), OK);
	assert_true(size == 10 && one_file.asked == 10 && one_file.at == 0 && one_file.pool_size >= 11 &&
		    one_file.files_open == 0);
	assert_string_equal(text, "rrrrrrrrrr");
	efi_free(text);
	one_file.read_says = 4; /* it became shorter */
	assert_int_equal(efi_read_file(NULL, "\\c", 10, &text, &size, &why), OK);
	assert_true(size == 4 && strcmp(text, "rrrr") == 0);
	efi_free(text);
	one_file.size = 0;
	one_file.asked = 99;
	assert_int_equal(efi_read_file(NULL, "\\c", 10, &text, &size, &why), OK);
	assert_true(size == 0 && text[0] == '\0' && one_file.asked == 99);
	efi_free(text);
	efi_free(NULL);
	expect_closed("small files");
}

static void a_file_that_cannot_be_read_whole_gives_nothing(void **state)
{
	struct fail why;
	char *text = (char *)&why;
	size_t size;

	(void)state;
	given_volume();
	assert_int_equal(efi_read_file(NULL, "\\c", 9, &text, &size, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "\\c: has 10 bytes; at most 9 are read"));
	expect_closed("too large");
	given_volume();
	one_file.no_pool = 2;
	assert_int_equal(efi_read_file(NULL, "\\c", 10, &text, &size, &why), IO_ERROR);
	assert_true(text == NULL && strstr(why.text, "\\c: no memory to read it") != NULL);
	expect_closed("no memory");
	given_volume();
	one_file.read = EFI_DEVICE_ERROR;
	assert_true(efi_read_file(NULL, "\\c", 10, &text, &size, &why) == IO_ERROR && text == NULL);
	expect_closed("an error");
	given_volume();
	one_file.open = EFI_NOT_FOUND;
	assert_int_equal(efi_read_file(NULL, "\\c", 10, &text, &size, &why), NOT_FOUND);
	expect_closed("no file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_is_opened_to_be_read_by_its_path_and_closed),
	    cmocka_unit_test(what_cannot_be_opened_is_told_by_name_and_leaves_nothing_open),
	    cmocka_unit_test(an_information_of_the_least_and_of_the_largest_size_is_one),
	    cmocka_unit_test(what_firmware_does_not_tell_of_a_file_is_none),
	    cmocka_unit_test(a_path_has_room_up_to_its_end),
	    cmocka_unit_test(a_file_is_made_where_it_is_missing_and_may_be),
	    cmocka_unit_test(what_may_not_be_written_is_refused),
	    cmocka_unit_test(what_is_written_is_on_the_disk_or_told),
	    cmocka_unit_test(a_file_is_as_long_as_what_is_written_to_it),
	    cmocka_unit_test(a_file_gets_a_name_that_fits_and_no_other),
	    cmocka_unit_test(a_read_starts_where_it_is_wanted_and_tells_how_much_came),
	    cmocka_unit_test(a_small_file_is_read_whole_with_a_nul_behind_it),
	    cmocka_unit_test(a_file_that_cannot_be_read_whole_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
