/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variables are asked for by the names and the GUID that UEFI gives them, and answers of any size or status are no
 * overflow; load options of any size neither.
 */
#include "../unit/given.h"

#include "../../efi/efi_local.h"

static EFI_GUID const global = EFI_GLOBAL_VARIABLE;

static EFI_SYSTEM_TABLE table;
static EFI_RUNTIME_SERVICES runtime;
static EFI_LOADED_IMAGE image;

struct variable {
	EFI_STATUS status;
	UINTN size;
	UINT8 value;
};

static struct {
	struct variable secure, setup;
	unsigned int asked;
	bool setup_asked;
} fw;

static EFI_STATUS EFIAPI get_variable(CHAR16 *name, EFI_GUID *guid, UINT32 *attributes, UINTN *size, VOID *to)
{
	static const CHAR16 secure[] = L"SecureBoot", setup[] = L"SetupMode";
	const struct variable *variable = &fw.secure;

	assert_memory_equal(guid, &global, sizeof(*guid));
	assert_null(attributes);
	assert_true(*size >= 1 && *size <= 8);
	if (memcmp(name, setup, sizeof(setup)) == 0)
		variable = &fw.setup, fw.setup_asked = true;
	else
		assert_memory_equal(name, secure, sizeof(secure));
	fw.asked++;
	if (variable->size <= *size)
		memset(to, variable->value, variable->size);
	*size = variable->size;
	return variable->status;
}

static EFI_STATUS EFIAPI no_shim(EFI_GUID *guid, VOID *registration, VOID **protocol)
{
	(void)registration;
	assert_memory_equal(guid, &efi_shim_guid, sizeof(*guid));
	*protocol = NULL;
	return EFI_NOT_FOUND;
}

static EFI_BOOT_SERVICES services = {.LocateProtocol = no_shim};

static void given_variables(struct variable secure, struct variable setup)
{
	memset(&fw, 0, sizeof(fw));
	fw.secure = secure;
	fw.setup = setup;
	runtime = (EFI_RUNTIME_SERVICES){.GetVariable = get_variable};
	table = (EFI_SYSTEM_TABLE){.RuntimeServices = &runtime};
	image = (EFI_LOADED_IMAGE){.LoadOptionsSize = 0};
	efi = (struct efi_state){.system = &table, .boot = &services, .loaded = &image};
}

/* UEFI 2.10, 3.3, table "Global Variables": one byte each. */
static void secure_boot_is_off_where_it_says_so_and_unknown_where_it_cannot_be_read(void **state)
{
	static const struct {
		struct variable secure, setup;
		enum secure_boot wanted;
		bool setup_asked;
	} rows[] = {
	    {{EFI_SUCCESS, 1, 0}, {EFI_SUCCESS, 1, 0}, SECURE_BOOT_DISABLED, false},
	    {{EFI_NOT_FOUND, 0, 0}, {EFI_SUCCESS, 1, 0}, SECURE_BOOT_DISABLED, false},
	    {{EFI_NOT_FOUND, 1, 1}, {EFI_SUCCESS, 1, 0}, SECURE_BOOT_DISABLED, false},
	    {{EFI_SUCCESS, 1, 1}, {EFI_SUCCESS, 1, 0}, SECURE_BOOT_ENABLED, true},
	    {{EFI_SUCCESS, 1, 1}, {EFI_SUCCESS, 1, 1}, SECURE_BOOT_DISABLED, true},
	    {{EFI_SUCCESS, 1, 1}, {EFI_SUCCESS, 1, 2}, SECURE_BOOT_ENABLED, true},
	    {{EFI_SUCCESS, 1, 1}, {EFI_NOT_FOUND, 0, 0}, SECURE_BOOT_UNKNOWN, true},
	    {{EFI_SUCCESS, 1, 1}, {EFI_DEVICE_ERROR, 1, 1}, SECURE_BOOT_UNKNOWN, true},
	    {{EFI_SUCCESS, 1, 1}, {EFI_SUCCESS, 2, 1}, SECURE_BOOT_UNKNOWN, true},
	    {{EFI_SUCCESS, 1, 1}, {EFI_SUCCESS, 0, 1}, SECURE_BOOT_UNKNOWN, true},
	    {{EFI_SUCCESS, 0, 0}, {EFI_SUCCESS, 1, 1}, SECURE_BOOT_UNKNOWN, false},
	    {{EFI_SUCCESS, 2, 0}, {EFI_SUCCESS, 1, 1}, SECURE_BOOT_UNKNOWN, false},
	    {{EFI_SUCCESS, 8, 0}, {EFI_SUCCESS, 1, 1}, SECURE_BOOT_UNKNOWN, false},
	    {{EFI_BUFFER_TOO_SMALL, 9, 0}, {EFI_SUCCESS, 1, 1}, SECURE_BOOT_UNKNOWN, false},
	    {{EFI_DEVICE_ERROR, 1, 0}, {EFI_SUCCESS, 1, 1}, SECURE_BOOT_UNKNOWN, false},
	    {{EFI_SECURITY_VIOLATION, 1, 1}, {EFI_SUCCESS, 1, 1}, SECURE_BOOT_UNKNOWN, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum secure_boot is;

		given_variables(rows[i].secure, rows[i].setup);
		is = efi_secure_boot();
		if (is != rows[i].wanted || fw.setup_asked != rows[i].setup_asked)
			fail_msg("row %zu: %d", i, (int)is);
	}
}

static bool option(const void *bytes, size_t size, char *out, size_t room)
{
	static _Alignas(2) uint8_t given[16384];

	memset(given, 0xff, sizeof(given));
	memcpy(given, bytes, size);
	given_variables((struct variable){0}, (struct variable){0});
	image.LoadOptions = given;
	image.LoadOptionsSize = (UINT32)size;
	memset(out, 0xee, room);
	return efi_load_option(out, room);
}

static void a_load_option_of_8_kib_is_text_and_a_longer_one_is_not_read(void **state)
{
	static char bytes[8300], out[16384];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_true(option(bytes, 8192, out, sizeof(out)));
	assert_int_equal(strlen(out), 8192);
	assert_false(option(bytes, 8193, out, sizeof(out)));
	assert_true(option(bytes, 100, out, 101));
	assert_int_equal(strlen(out), 100);
	assert_false(option(bytes, 101, out, 101));
	image.LoadOptions = NULL;
	image.LoadOptionsSize = 4;
	assert_false(efi_load_option(out, sizeof(out)));
}

/* Every byte that is no printable ASCII makes it no 8-bit text; and no text at all where it is not UTF-16 either. */
static void eight_bit_text_is_printable_throughout(void **state)
{
	char out[64], bytes[5] = "abcde";

	(void)state;
	for (unsigned int c = 0; c < 256; c++) {
		bytes[2] = (char)c;
		if (option(bytes, 5, out, sizeof(out)) != (c >= ' ' && c <= '~'))
			fail_msg("byte %#x", c);
	}
	memcpy(bytes, "ab\0de", 5);
	assert_false(option(bytes, 5, out, sizeof(out)));
	assert_true(option("abcd\0", 5, out, sizeof(out)));
	assert_string_equal(out, "abcd");
	assert_false(option("\0", 1, out, sizeof(out)));
	assert_false(option("", 0, out, sizeof(out)));
}

/* What firmware marks its own options with is no name: UEFI leaves the bytes to whoever made the option. */
static void utf16_without_a_letter_or_with_a_control_character_is_no_name(void **state)
{
	char out[64];

	(void)state;
	for (CHAR16 c = 1; c < 0x180; c++) {
		CHAR16 with[2] = {c, 'a'}, alone[2] = {0x3b1, c};
		bool is_name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (option(with, 4, out, sizeof(out)) != (c >= ' '))
			fail_msg("unit %#x before a letter", (unsigned int)c);
		if (option(alone, 4, out, sizeof(out)) != is_name)
			fail_msg("unit %#x alone", (unsigned int)c);
	}
	assert_true(option(L"\x3b1 d", 6, out, sizeof(out)));
	assert_string_equal(out, "\xce\xb1 d");
	assert_false(option(L"\x3b1 d", 5, out, sizeof(out)));
	assert_true(option(L"Linux", 12, out, sizeof(out)));
	assert_string_equal(out, "Linux");
	/* Twelve bytes become eighteen of UTF-8, and an end. */
	assert_false(option(L"\x4e00\x4e00\x4e00\x4e00\x4e00"
			    L"a",
			    12, out, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(secure_boot_is_off_where_it_says_so_and_unknown_where_it_cannot_be_read),
	    cmocka_unit_test(a_load_option_of_8_kib_is_text_and_a_longer_one_is_not_read),
	    cmocka_unit_test(eight_bit_text_is_printable_throughout),
	    cmocka_unit_test(utf16_without_a_letter_or_with_a_control_character_is_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
