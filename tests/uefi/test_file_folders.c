/* SPDX-License-Identifier: BSD-2-Clause */
/* What efi/file.c makes of a folder, whatever firmware lists: UEFI 2.10, 13.5, EFI_FILE_PROTOCOL.Read(). */
#include "one_file.h"

static char listed[4096];
static unsigned int calls;

static enum status each(void *context, const char *name, struct fail *why)
{
	assert_ptr_equal(context, listed);
	calls++;
	if (strlen(listed) + strlen(name) + 2 < sizeof(listed))
		strcat(strcat(listed, name), "|");
	return strcmp(name, "stop") == 0 ? fail(why, REFUSED, "stopped") : OK;
}

static enum status list(const struct in_folder *folder, size_t n, struct fail *why)
{
	enum status status;

	given_volume();
	one_file.attribute = EFI_FILE_DIRECTORY;
	one_file.folder = folder;
	one_file.n = n;
	listed[0] = '\0';
	calls = 0;
	why->text[0] = '\0';
	status = efi_list_folder(NULL, "\\f", each, listed, why);
	expect_closed("a folder");
	return status;
}

#define LIST(why, ...)                                                                                                 \
	list((const struct in_folder[]){__VA_ARGS__},                                                                  \
	     sizeof((const struct in_folder[]){__VA_ARGS__}) / sizeof(struct in_folder), why)

static void every_file_of_a_folder_is_told_and_no_folder_in_it(void **state)
{
	static CHAR16 name[256];
	struct fail why;

	(void)state;
	assert_int_equal(LIST(&why, {.name = L"a"}, {.name = L"sub", .attribute = EFI_FILE_DIRECTORY},
			      {.name = L"\xe4.conf", .attribute = EFI_FILE_READ_ONLY}, {.name = L"z"}),
			 OK);
	assert_string_equal(listed, "a|\xc3\xa4.conf|z|");
	for (size_t i = 0; i < 255; i++)
		name[i] = (CHAR16)('a' + i % 26);
	assert_int_equal(LIST(&why, {.name = name}), OK);
	assert_int_equal(strlen(listed), 256);
	for (size_t i = 0; i < 255; i++)
		assert_int_equal(listed[i], 'a' + i % 26);
	assert_int_equal(list(NULL, 0, &why), OK);
	assert_int_equal(calls, 0);
}

static void a_folder_that_breaks_off_is_an_error_after_what_was_told(void **state)
{
	struct fail why;

	(void)state;
	assert_int_equal(LIST(&why, {.name = L"a"}, {.name = L"b", .status = EFI_DEVICE_ERROR}, {.name = L"c"}),
			 IO_ERROR);
	assert_string_equal(listed, "a|");
	assert_non_null(strstr(why.text, "\\f: cannot be listed: device error"));
	assert_int_equal(LIST(&why, {.name = L"a"}, {.name = L"stop"}, {.name = L"c"}), REFUSED);
	assert_string_equal(listed, "a|stop|");
	assert_int_equal(LIST(&why, {.name = L"a"}, {.name = L"b", .size = FILE_INFO_SIZE - 1}, {.name = L"c"}),
			 IO_ERROR);
	assert_string_equal(listed, "a|");
	assert_int_equal(LIST(&why, {.name = L"b", .size = SIZE_MAX}), IO_ERROR);
	assert_int_equal(calls, 0);
}

static void a_file_in_the_place_of_a_folder_is_none(void **state)
{
	struct fail why;

	(void)state;
	given_volume();
	calls = 0;
	assert_int_equal(efi_list_folder(NULL, "\\f", each, listed, &why), NOT_FOUND);
	assert_non_null(strstr(why.text, "\\f: is not a folder"));
	expect_closed("a file");
	given_volume();
	one_file.open = EFI_NOT_FOUND;
	assert_true(efi_list_folder(NULL, "\\f", each, listed, &why) == NOT_FOUND && calls == 0);
	expect_closed("nothing");
}

/* FAT's folders have at most 65,536 entries (Microsoft FAT specification, "directory size"). */
static void a_folder_without_an_end_is_firmwares_and_is_not_read_for_ever(void **state)
{
	static const struct in_folder again = {.name = L"a"};
	static struct in_folder many[65536];
	struct fail why;

	(void)state;
	given_volume();
	one_file.attribute = EFI_FILE_DIRECTORY;
	one_file.folder = &again;
	one_file.n = 1;
	one_file.never_ends = true;
	calls = 0;
	assert_int_equal(efi_list_folder(NULL, "\\f", each, listed, &why), IO_ERROR);
	assert_int_equal(calls, 65536);
	expect_closed("without an end");
	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = again;
	assert_int_equal(list(many, COUNT_OF(many), &why), OK);
	assert_int_equal(calls, 65536);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_file_of_a_folder_is_told_and_no_folder_in_it),
	    cmocka_unit_test(a_folder_that_breaks_off_is_an_error_after_what_was_told),
	    cmocka_unit_test(a_file_in_the_place_of_a_folder_is_none),
	    cmocka_unit_test(a_folder_without_an_end_is_firmwares_and_is_not_read_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
