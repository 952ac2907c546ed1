/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The framebuffer that a kernel is told of, for each kind of graphics card: UEFI 2.10, 12.9. What a kernel could not
 * draw in is not told of at all.
 */
#include "../unit/given.h"

#include "../../efi/efi_local.h"

#define MOST_CARDS 4

static EFI_GUID const graphics_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;

static EFI_SYSTEM_TABLE table;
static EFI_BOOT_SERVICES services;
static int console_handle;

struct card {
	EFI_GRAPHICS_OUTPUT_PROTOCOL graphics;
	EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE mode;
	EFI_GRAPHICS_OUTPUT_MODE_INFORMATION info;
	EFI_STATUS status; /* of HandleProtocol */
	bool is_null;	   /* success without a protocol */
};

/* The console's own, and those that LocateHandleBuffer tells of. */
static struct {
	struct card console, card[MOST_CARDS];
	EFI_HANDLE handles[MOST_CARDS];
	UINTN n;
	EFI_STATUS locate;
	bool no_list;
	unsigned int lists, freed, asked;
} fw;

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **to)
{
	struct card *card = handle == &console_handle ? &fw.console : handle;

	assert_memory_equal(guid, &graphics_guid, sizeof(*guid));
	fw.asked += card != &fw.console;
	if (card->status == EFI_SUCCESS)
		*to = card->is_null ? NULL : &card->graphics;
	return card->status;
}

static EFI_STATUS EFIAPI locate_handle_buffer(EFI_LOCATE_SEARCH_TYPE how, EFI_GUID *guid, VOID *key, UINTN *n,
					      EFI_HANDLE **to)
{
	assert_int_equal(how, ByProtocol);
	assert_memory_equal(guid, &graphics_guid, sizeof(*guid));
	assert_null(key);
	fw.lists++;
	if (fw.locate != EFI_SUCCESS)
		return fw.locate;
	*n = fw.n;
	*to = fw.no_list ? NULL : fw.handles;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pool(VOID *pool)
{
	assert_ptr_equal(pool, fw.handles);
	fw.freed++;
	return EFI_SUCCESS;
}

/* A card as QEMU's standard one is: 1280 by 800, 32 bits a pixel. */
static void given_card(struct card *card)
{
	*card = (struct card){.info = {.HorizontalResolution = 1280,
				       .VerticalResolution = 800,
				       .PixelFormat = PixelBlueGreenRedReserved8BitPerColor,
				       .PixelsPerScanLine = 1300},
			      .mode = {.Info = &card->info, .FrameBufferBase = 0x80000000},
			      .graphics = {.Mode = &card->mode}};
}

static void given_machine(UINTN cards)
{
	memset(&fw, 0, sizeof(fw));
	services = (EFI_BOOT_SERVICES){
	    .HandleProtocol = handle_protocol, .LocateHandleBuffer = locate_handle_buffer, .FreePool = free_pool};
	table = (EFI_SYSTEM_TABLE){.ConsoleOutHandle = &console_handle, .BootServices = &services};
	efi = (struct efi_state){.system = &table, .boot = &services};
	given_card(&fw.console);
	for (UINTN i = 0; i < cards; i++) {
		given_card(&fw.card[i]);
		fw.card[i].info.HorizontalResolution = (UINT32)(640 + i);
		fw.handles[i] = &fw.card[i];
	}
	fw.n = cards;
}

static struct screen told(void)
{
	struct screen screen;

	memset(&screen, 0xa5, sizeof(screen));
	efi_screen(&screen);
	return screen;
}

static void expect_none(const char *what)
{
	struct screen screen = told();

	if (screen.width != 0 || screen.height != 0 || screen.line_bytes != 0 || screen.base != 0 ||
	    screen.red.size != 0 || screen.green.size != 0 || screen.blue.size != 0 || screen.reserved.size != 0)
		fail_msg("%s: %u by %u at %#llx", what, screen.width, screen.height, (unsigned long long)screen.base);
}

static void expect_channel(const char *what, struct screen screen, const uint8_t wanted[8])
{
	const uint8_t is[8] = {screen.red.position,  screen.red.size,  screen.green.position,	 screen.green.size,
			       screen.blue.position, screen.blue.size, screen.reserved.position, screen.reserved.size};

	for (size_t i = 0; i < 8; i++)
		if (is[i] != wanted[i])
			fail_msg("%s: channel number %zu is %u, not %u", what, i, is[i], wanted[i]);
}

static void the_consoles_own_screen_is_told_whole(void **state)
{
	struct screen screen;

	(void)state;
	given_machine(1);
	screen = told();
	assert_int_equal(screen.width, 1280);
	assert_int_equal(screen.height, 800);
	assert_int_equal(screen.line_bytes, 1300 * 4);
	assert_int_equal(screen.base, 0x80000000);
	assert_int_equal(fw.lists, 0); /* nobody else is asked */
}

/* UEFI 2.10, 12.9.1, EFI_GRAPHICS_PIXEL_FORMAT: which byte of a pixel is which colour. */
static void each_pixel_format_has_its_colours(void **state)
{
	static const struct {
		EFI_GRAPHICS_PIXEL_FORMAT format;
		EFI_PIXEL_BITMASK mask;
		uint8_t channels[8]; /* position and size: red, green, blue, reserved */
		uint32_t bytes;
	} rows[] = {
	    {PixelRedGreenBlueReserved8BitPerColor, {1, 2, 4, 8}, {0, 8, 8, 8, 16, 8, 24, 8}, 4},
	    {PixelBlueGreenRedReserved8BitPerColor, {1, 2, 4, 8}, {16, 8, 8, 8, 0, 8, 24, 8}, 4},
	    {PixelBitMask, {0xf800, 0x7e0, 0x1f, 0}, {11, 5, 5, 6, 0, 5, 0, 0}, 2},
	    {PixelBitMask, {0x7c00, 0x3e0, 0x1f, 0x8000}, {10, 5, 5, 5, 0, 5, 15, 1}, 2},
	    {PixelBitMask, {0x7c00, 0x3e0, 0x1f, 0}, {10, 5, 5, 5, 0, 5, 0, 0}, 2},
	    {PixelBitMask, {0xff0000, 0xff00, 0xff, 0}, {16, 8, 8, 8, 0, 8, 0, 0}, 3},
	    {PixelBitMask, {0x3ff00000, 0xffc00, 0x3ff, 0xc0000000}, {20, 10, 10, 10, 0, 10, 30, 2}, 4},
	    {PixelBitMask, {0xe0, 0x1c, 3, 0}, {5, 3, 2, 3, 0, 2, 0, 0}, 1},
	    {PixelBitMask, {0x100, 0xe0, 0x1f, 0}, {8, 1, 5, 3, 0, 5, 0, 0}, 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char name[32];
		struct screen screen;

		snprintf(name, sizeof(name), "row %zu", i);
		given_machine(0);
		fw.console.info.PixelFormat = rows[i].format;
		fw.console.info.PixelInformation = rows[i].mask;
		screen = told();
		expect_channel(name, screen, rows[i].channels);
		if (screen.line_bytes != 1300 * rows[i].bytes)
			fail_msg("%s: %u bytes in a line", name, screen.line_bytes);
	}
}

/* Linux include/uapi/linux/screen_info.h: lfb_width, lfb_height and lfb_linelength have 16 bits. */
static void what_has_no_room_in_screen_info_is_not_told(void **state)
{
	(void)state;
	given_machine(0);
	fw.console.info.HorizontalResolution = fw.console.info.PixelsPerScanLine = 65536;
	expect_none("65,536 columns");
	given_machine(0);
	fw.console.info.PixelInformation = (EFI_PIXEL_BITMASK){0xe0, 0x1c, 3, 0};
	fw.console.info.PixelFormat = PixelBitMask;
	fw.console.info.HorizontalResolution = fw.console.info.PixelsPerScanLine = 65535;
	assert_int_equal(told().width, 65535);
	fw.console.info.HorizontalResolution = 65536;
	expect_none("65,536 columns in a line of 65,535");
	given_machine(0);
	fw.console.info.VerticalResolution = 65535;
	assert_int_equal(told().height, 65535);
	fw.console.info.VerticalResolution = 65536;
	expect_none("65,536 rows");
	given_machine(0);
	fw.console.info.PixelsPerScanLine = 16383;
	assert_int_equal(told().line_bytes, 65532);
	fw.console.info.PixelsPerScanLine = 16384;
	expect_none("a line of 65,536 bytes");
	fw.console.info.PixelsPerScanLine = 0x40000001; /* times 4 is 4, in 32 bits */
	expect_none("a line of 4 GiB and 4 bytes");
	given_machine(0);
	fw.console.info.HorizontalResolution = 1;
	assert_int_equal(told().width, 1);
}

static void what_a_kernel_cannot_draw_in_is_no_screen(void **state)
{
	(void)state;
	given_machine(0);
	fw.console.info.PixelFormat = PixelBltOnly; /* firmware's own drawing alone, which ends at exit */
	expect_none("PixelBltOnly");
	fw.console.info.PixelFormat = PixelFormatMax;
	expect_none("a format that UEFI does not know");
	given_machine(0);
	fw.console.mode.FrameBufferBase = 0;
	expect_none("a framebuffer without an address");
	given_machine(0);
	fw.console.info.HorizontalResolution = 0;
	expect_none("no columns");
	given_machine(0);
	fw.console.info.PixelFormat = PixelBitMask;
	expect_none("pixels without bits");
	given_machine(0);
	fw.console.mode.Info = NULL;
	expect_none("a mode without information");
	given_machine(0);
	fw.console.graphics.Mode = NULL;
	expect_none("a protocol without a mode");
	given_machine(0);
	fw.console.is_null = true;
	expect_none("success without a protocol");
}

/* With two cards the console's protocol stands for both and has no memory (UEFI 2.10, 12.10, the console splitter). */
static void of_several_cards_the_first_that_has_memory_is_told(void **state)
{
	(void)state;
	given_machine(3);
	fw.console.info.PixelFormat = PixelBltOnly;
	assert_int_equal(told().width, 640);
	assert_int_equal(fw.asked, 1);
	assert_true(fw.lists == 1 && fw.freed == 1);

	given_machine(3);
	fw.console.status = EFI_UNSUPPORTED; /* a console without graphics, a serial line */
	fw.card[0].status = EFI_UNSUPPORTED;
	fw.card[1].info.PixelFormat = PixelBltOnly;
	assert_int_equal(told().width, 642);
	assert_true(fw.asked == 3 && fw.freed == 1);

	given_machine(2);
	fw.console.status = EFI_UNSUPPORTED;
	fw.card[0].mode.FrameBufferBase = 0;
	fw.card[1].status = EFI_DEVICE_ERROR; /* and what was given for the one before is not looked at again */
	expect_none("no card has memory");
	assert_true(fw.asked == 2 && fw.freed == 1);

	given_machine(2);
	fw.console.status = EFI_UNSUPPORTED;
	fw.card[0].is_null = true;
	assert_int_equal(told().width, 641);
}

static void where_firmware_knows_no_card_there_is_no_screen(void **state)
{
	(void)state;
	given_machine(1);
	fw.console.status = EFI_UNSUPPORTED;
	fw.locate = EFI_NOT_FOUND;
	expect_none("no card");
	assert_int_equal(fw.freed, 0);
	given_machine(1);
	fw.console.status = EFI_UNSUPPORTED;
	fw.no_list = true;
	expect_none("a list that is not there");
	assert_true(fw.asked == 0 && fw.freed == 0);
	given_machine(0);
	fw.console.status = EFI_UNSUPPORTED;
	expect_none("an empty list");
	assert_int_equal(fw.freed, 1);
}

/* A card that is looked at and cannot be used leaves nothing behind. */
static void a_screen_that_is_refused_leaves_no_colours(void **state)
{
	(void)state;
	given_machine(1);
	fw.console.status = EFI_UNSUPPORTED;
	fw.card[0].info.PixelsPerScanLine = 20000;
	expect_none("a line that is too long, of the last card");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_consoles_own_screen_is_told_whole),
	    cmocka_unit_test(each_pixel_format_has_its_colours),
	    cmocka_unit_test(what_has_no_room_in_screen_info_is_not_told),
	    cmocka_unit_test(what_a_kernel_cannot_draw_in_is_no_screen),
	    cmocka_unit_test(of_several_cards_the_first_that_has_memory_is_told),
	    cmocka_unit_test(where_firmware_knows_no_card_there_is_no_screen),
	    cmocka_unit_test(a_screen_that_is_refused_leaves_no_colours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
