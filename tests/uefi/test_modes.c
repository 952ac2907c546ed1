/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console's modes: which one `auto` finds hard to read, which one is set for each wish, and that firmware is asked
 * for none that it does not tell of. Sources: UEFI 2.10, 12.4.5 and 12.4.6; systemd, src/boot/console.c.
 */
#include "../unit/given.h"

#include "../../efi/screen.h"

static EFI_GUID const graphics_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;

static EFI_SYSTEM_TABLE table;
static EFI_BOOT_SERVICES services;
static SIMPLE_TEXT_OUTPUT_INTERFACE console;
static SIMPLE_TEXT_OUTPUT_MODE mode;
static EFI_GRAPHICS_OUTPUT_PROTOCOL graphics;
static EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE graphics_mode;
static EFI_GRAPHICS_OUTPUT_MODE_INFORMATION info;

static struct {
	UINTN columns, rows;
	uint32_t refused; /* modes that cannot be set, a bit each */
	UINTN tried[8];
	size_t n_tried;
} fw;

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **to)
{
	assert_ptr_equal(handle, &console);
	assert_memory_equal(guid, &graphics_guid, sizeof(*guid));
	*to = &graphics;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI query_mode(SIMPLE_TEXT_OUTPUT_INTERFACE *this, UINTN number, UINTN *columns, UINTN *rows)
{
	assert_ptr_equal(this, &console);
	assert_int_equal(number, mode.Mode);
	*columns = fw.columns;
	*rows = fw.rows;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_mode(SIMPLE_TEXT_OUTPUT_INTERFACE *this, UINTN number)
{
	assert_ptr_equal(this, &console);
	assert_true(fw.n_tried < COUNT_OF(fw.tried));
	fw.tried[fw.n_tried++] = number;
	if (number < 32 && (fw.refused >> number & 1) != 0)
		return EFI_DEVICE_ERROR;
	mode.Mode = (INT32)number;
	return EFI_SUCCESS;
}

static void given(INT32 modes, INT32 now)
{
	memset(&fw, 0, sizeof(fw));
	fw.columns = 80;
	fw.rows = 25;
	mode = (SIMPLE_TEXT_OUTPUT_MODE){.MaxMode = modes, .Mode = now};
	console = (SIMPLE_TEXT_OUTPUT_INTERFACE){.QueryMode = query_mode, .SetMode = set_mode, .Mode = &mode};
	info = (EFI_GRAPHICS_OUTPUT_MODE_INFORMATION){.HorizontalResolution = 1280,
						      .VerticalResolution = 800,
						      .PixelsPerScanLine = 4000,
						      .PixelFormat = PixelBlueGreenRedReserved8BitPerColor};
	graphics_mode = (EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE){.Info = &info, .FrameBufferBase = 0x80000000};
	graphics = (EFI_GRAPHICS_OUTPUT_PROTOCOL){.Mode = &graphics_mode};
	services = (EFI_BOOT_SERVICES){.HandleProtocol = handle_protocol};
	table = (EFI_SYSTEM_TABLE){.ConsoleOutHandle = &console, .ConOut = &console, .BootServices = &services};
	efi = (struct efi_state){.system = &table, .boot = &services};
}

static bool sets(unsigned int how, uint32_t number)
{
	struct console_mode wish = {CONSOLE_KEEP, number};

	wish.how = how;
	return console_set_mode(&wish);
}

static void expect_tried(const char *what, size_t n, ...)
{
	va_list wanted;

	if (fw.n_tried != n)
		fail_msg("%s: %zu modes were tried, not %zu", what, fw.n_tried, n);
	va_start(wanted, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(fw.tried[i], va_arg(wanted, int));
	va_end(wanted);
	fw.n_tried = 0;
}

/* A character has 8 by 19 pixels, and all of them must cover more than a tenth of a screen above 1920 by 1080. */
static void auto_leaves_a_console_that_can_be_read(void **state)
{
	static const struct {
		unsigned int width, height, columns, rows;
		bool readable;
	} row[] = {
	    {1920, 1080, 20, 5, true},	 {1921, 1080, 20, 5, false},  {1920, 1081, 20, 5, false},
	    {3840, 2160, 80, 25, false}, {3840, 2160, 240, 56, true}, {3040, 2000, 100, 40, false},
	    {3040, 2000, 100, 41, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given(3, 0);
		info.HorizontalResolution = row[i].width;
		info.VerticalResolution = row[i].height;
		fw.columns = row[i].columns;
		fw.rows = row[i].rows;
		assert_true(sets(CONSOLE_AUTO, 0));
		if ((fw.n_tried == 0) != row[i].readable)
			fail_msg("row %zu: %zu modes were tried", i, fw.n_tried);
		assert_int_equal(console_mode(), row[i].readable ? 0 : 2);
	}
}

static void the_largest_that_can_be_set_is_the_last_one(void **state)
{
	(void)state;
	given(3, 0);
	assert_true(sets(CONSOLE_MAX, 0));
	expect_tried("the last", 1, 2);
	given(3, 0);
	fw.refused = 4;
	assert_true(sets(CONSOLE_MAX, 0));
	expect_tried("the last but one", 2, 2, 1);
	given(3, 0);
	fw.refused = 6;
	assert_true(sets(CONSOLE_MAX, 0));
	expect_tried("it stays", 2, 2, 1);
	given(3, 2);
	assert_true(sets(CONSOLE_MAX, 0));
	expect_tried("it is that already", 0);
	given(0, 0);
	assert_false(sets(CONSOLE_MAX, 0));
	expect_tried("there is none", 0);
}

static void a_number_is_set_where_there_is_that_mode(void **state)
{
	(void)state;
	given(3, 1);
	assert_true(sets(CONSOLE_NUMBER, 2));
	expect_tried("another", 1, 2);
	assert_true(sets(CONSOLE_NUMBER, 2));
	expect_tried("the same", 0);
	assert_false(sets(CONSOLE_NUMBER, 3));
	expect_tried("none", 0);
	fw.refused = 1;
	assert_false(sets(CONSOLE_NUMBER, 0));
	expect_tried("refused", 1, 0);
	assert_int_equal(console_mode(), 2);
	assert_true(sets(CONSOLE_KEEP, 0));
	expect_tried("kept", 0);
}

static void the_next_one_is_each_once_and_then_none(void **state)
{
	uint32_t number = 9;

	(void)state;
	given(3, 0);
	assert_true(console_next_mode(&number));
	assert_int_equal(number, 1);
	assert_true(console_next_mode(&number));
	assert_true(console_next_mode(&number));
	assert_int_equal(number, 0);
	expect_tried("around", 3, 1, 2, 0);
	fw.refused = 2;
	assert_true(console_next_mode(&number));
	assert_int_equal(number, 2);
	expect_tried("one refused", 2, 1, 2);
	fw.refused = 7;
	assert_false(console_next_mode(&number));
	assert_int_equal(number, 2);
	expect_tried("all refused", 2, 0, 1);
	given(1, 0);
	assert_false(console_next_mode(&number));
	expect_tried("alone", 0);
}

/* 12.4.1: MaxMode and Mode are signed. */
static void what_firmware_tells_of_its_modes_is_not_believed(void **state)
{
	static const INT32 none[] = {0, -1, INT32_MIN};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(none); i++) {
		given(none[i], 1);
		assert_int_equal(console_mode(), 0);
		assert_false(sets(CONSOLE_NUMBER, 0));
	}
	given(3, -1); /* no mode was set yet */
	assert_int_equal(console_mode(), 0);
	given(3, 1);
	assert_int_equal(console_mode(), 1);
	for (INT32 modes = 255; modes <= 257; modes++) {
		given(modes, 0);
		assert_int_equal(sets(CONSOLE_NUMBER, 255), modes > 255);
		assert_false(sets(CONSOLE_NUMBER, 256));
	}
	given(3, 1);
	console.Mode = NULL;
	assert_int_equal(console_mode(), 0);
	assert_false(sets(CONSOLE_NUMBER, 1));
	given(3, 1);
	table.ConOut = NULL;
	assert_int_equal(console_mode(), 0);
	assert_false(sets(CONSOLE_NUMBER, 1));
	expect_tried("nothing", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(auto_leaves_a_console_that_can_be_read),
	    cmocka_unit_test(the_largest_that_can_be_set_is_the_last_one),
	    cmocka_unit_test(a_number_is_set_where_there_is_that_mode),
	    cmocka_unit_test(the_next_one_is_each_once_and_then_none),
	    cmocka_unit_test(what_firmware_tells_of_its_modes_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
