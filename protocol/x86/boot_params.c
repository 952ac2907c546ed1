/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot_params.h"

#include "e820.h"
#include "../command_line.h"
#include "../image.h"

/* zero-page.rst: offsets in boot_params, by the names of bootparam.h. */
enum {
	ORIG_VIDEO_IS_VGA = 0x00f,
	LFB_WIDTH = 0x012,
	LFB_HEIGHT = 0x014,
	LFB_DEPTH = 0x016,
	LFB_BASE = 0x018,
	LFB_SIZE = 0x01c,
	LFB_LINELENGTH = 0x024,
	RED_SIZE = 0x026, /* then red_pos, green_size, … rsvd_pos */
	CAPABILITIES = 0x036,
	EXT_LFB_BASE = 0x03a,
	ACPI_RSDP_ADDR = 0x070,
	EXT_RAMDISK_IMAGE = 0x0c0,
	EXT_RAMDISK_SIZE = 0x0c4,
	EXT_CMD_LINE_PTR = 0x0c8,
	EFI_INFO = 0x1c0,
	E820_ENTRIES = 0x1e8,
	SECURE_BOOT = 0x1ec,
	E820_TABLE = 0x2d0,
};

enum {
	LOADER_UNDEFINED = 0xff,    /* boot.rst, type_of_loader: no id assigned */
	VIDEO_TYPE_EFI = 0x70,	    /* include/uapi/linux/screen_info.h */
	VIDEO_CAPABILITY_64BIT = 2, /* the same, VIDEO_CAPABILITY_64BIT_BASE */
	SETUP_E820_EXT = 1,	    /* setup_data.h */
	SETUP_DATA_HEADER = 16,	    /* next 8, type 4, len 4 */
	/*
	 * Linux include/linux/efi.h, EFI32_LOADER_SIGNATURE: how to read the system table. It is firmware's width and
	 * not the kernel's, which calls runtime services when both are the same, or in mixed mode from 64 bits.
	 */
	EFI32_SIGNATURE = 0x32334c45, /* "EL32" */
	EFI64_SIGNATURE = 0x34364c45, /* "EL64" */
};

static void store_split(uint8_t *bp, unsigned int low, unsigned int high, uint64_t value)
{
	store_le(bp + low, 4, value);
	store_le(bp + high, 4, value >> 32);
}

static void describe_screen(uint8_t *bp, const struct screen *s)
{
	const struct channel *channel[] = {&s->red, &s->green, &s->blue, &s->reserved};
	unsigned int depth = 0;

	if (s->width == 0)
		return; /* zeros: no console that the kernel could draw on */
	for (size_t i = 0; i < 4; i++) {
		store_le(bp + RED_SIZE + 2 * i, 1, channel[i]->size);
		store_le(bp + RED_SIZE + 2 * i + 1, 1, channel[i]->position);
		depth += channel[i]->size;
	}
	store_le(bp + ORIG_VIDEO_IS_VGA, 1, VIDEO_TYPE_EFI);
	store_le(bp + LFB_WIDTH, 2, s->width);
	store_le(bp + LFB_HEIGHT, 2, s->height);
	store_le(bp + LFB_DEPTH, 2, depth);
	store_le(bp + LFB_LINELENGTH, 2, s->line_bytes);
	store_le(bp + LFB_SIZE, 4, (uint64_t)s->line_bytes * s->height);
	store_split(bp, LFB_BASE, EXT_LFB_BASE, s->base);
	if (s->base >> 32 != 0)
		store_le(bp + CAPABILITIES, 4, VIDEO_CAPABILITY_64BIT);
}

static void describe_header(uint8_t *bp, const struct bzimage *k, const struct cargo *cargo, const struct plan *plan)
{
	uint64_t load = plan->part[PART_KERNEL].at.start;

	for (size_t i = 0; i < k->header_size; i++)
		bp[BZIMAGE_HEADER_AT + i] = k->header[i];
	SETUP_PUT(bp, type_of_loader, LOADER_UNDEFINED);
	if (cargo->randomised)
		SETUP_PUT(bp, loadflags, SETUP_GET(bp, loadflags) | LOADFLAGS_KASLR);
	/*
	 * The kernel itself looks for this flag alone (arch/x86/boot/startup/sme.c). Its decompressor and its stub set
	 * it by the command line, and where the kernel is entered without either, nobody else would.
	 */
	if (bzimage_has_entry_64(k) && command_line_lists(cargo->command_line, "mem_encrypt", "on"))
		SETUP_PUT(bp, xloadflags, SETUP_GET(bp, xloadflags) | XLF_MEM_ENCRYPTION);
	/* 32 bits only; no entry that Berth takes reads it, but a stale 0x100000 would be a lie. */
	SETUP_PUT(bp, code32_start, load >> 32 == 0 ? load : 0);
	/*
	 * boot.rst, min_alignment: a lower value that was used is written back; the decompressor aligns itself to it
	 * again. Never a higher one: the kernel did not offer it.
	 */
	if (k->relocatable && plan->part[PART_KERNEL].align < SETUP_GET(bp, kernel_alignment))
		SETUP_PUT(bp, kernel_alignment, plan->part[PART_KERNEL].align);
	if (bzimage_has_setup_data(k))
		SETUP_PUT(bp, setup_data, 0); /* a file cannot know an address in memory: the list is the loader's */
	/* Both are 0 without an initrd, whatever the file had there. */
	store_split(bp, AT_ramdisk_image, EXT_RAMDISK_IMAGE, plan->part[PART_INITRD].at.start);
	store_split(bp, AT_ramdisk_size, EXT_RAMDISK_SIZE, cargo->initrd_size);
}

static struct piece take_setup_data(struct handoff *handoff, uint32_t type, uint32_t size)
{
	struct piece piece = block_take(&handoff->block, SETUP_DATA_HEADER + (uint64_t)size, 16);

	if (piece.at != NULL) {
		store_le(piece.at + 8, 4, type);
		store_le(piece.at + 12, 4, size);
	}
	return piece;
}

/* Room for the final map, and for the e820 entries past the zero page's 128, where the kernel has a field for them. */
static void take_map_room(const struct bzimage *k, struct handoff *handoff, const struct findings *found)
{
	size_t room = found->map_room;

	handoff_take_map(handoff, found);
	handoff->e820_extra_room =
	    bzimage_has_setup_data(k) && room > E820_ZEROPAGE_ROOM ? room - E820_ZEROPAGE_ROOM : 0;
	if (handoff->e820_extra_room != 0)
		handoff->e820_extra =
		    take_setup_data(handoff, SETUP_E820_EXT, (uint32_t)(handoff->e820_extra_room * E820_ENTRY_SIZE));
}

void boot_params_describe(const struct bzimage *k, const struct cargo *cargo, const struct plan *plan,
			  const struct machine *machine, const struct findings *found, struct handoff *handoff)
{
	uint8_t *bp;

	handoff->boot_params = block_take(&handoff->block, BOOT_PARAMS_SIZE, EFI_PAGE);
	handoff->command_line = handoff_take_text(handoff, cargo->command_line);
	if (found->has_seed && bzimage_has_setup_data(k))
		handoff->seed = take_setup_data(handoff, SETUP_RNG_SEED, SEED_SIZE);
	take_map_room(k, handoff, found);
	bp = handoff->boot_params.at;
	if (bp == NULL)
		return;

	describe_header(bp, k, cargo, plan);
	describe_screen(bp, &machine->screen);
	store_split(bp, AT_cmd_line_ptr, EXT_CMD_LINE_PTR, handoff->command_line.address);
	store_le(bp + ACPI_RSDP_ADDR, 8, machine->rsdp);
	store_le(bp + SECURE_BOOT, 1, machine->secure_boot);
	/*
	 * uapi/asm/bootparam.h, struct efi_info: signature, systab, descriptor size and version, map address and size.
	 */
	store_le(bp + EFI_INFO, 4, machine->efi_32_bits ? EFI32_SIGNATURE : EFI64_SIGNATURE);
	store_split(bp, EFI_INFO + 4, EFI_INFO + 24, machine->system_table);
	if (handoff->seed.at != NULL) {
		for (size_t i = 0; i < SEED_SIZE; i++)
			handoff->seed.at[SETUP_DATA_HEADER + i] = found->seed[i];
		SETUP_PUT(bp, setup_data, handoff->seed.address);
	}
}

static void finish_e820(struct handoff *handoff, const struct memmap *map)
{
	uint8_t *bp = handoff->boot_params.at;
	uint8_t *extra = handoff->e820_extra.at;
	struct e820_table table = {
	    .zeropage = bp + E820_TABLE,
	    .extra = extra == NULL ? NULL : extra + SETUP_DATA_HEADER,
	    .zeropage_room = E820_ZEROPAGE_ROOM,
	    .extra_room = handoff->e820_extra_room,
	    .soft_reserved_is_ram = command_line_lists((const char *)handoff->command_line.at, "efi", "nosoftreserve"),
	};

	e820_from_map(map, &table);
	if (extra == NULL || table.count <= E820_ZEROPAGE_ROOM) {
		store_le(bp + E820_ENTRIES, 1, table.count);
		return;
	}
	store_le(bp + E820_ENTRIES, 1, E820_ZEROPAGE_ROOM);
	store_le(extra + 12, 4, (table.count - E820_ZEROPAGE_ROOM) * E820_ENTRY_SIZE);
	/* At the head of the list, before the seed. */
	store_le(extra, 8, SETUP_GET(bp, setup_data));
	SETUP_PUT(bp, setup_data, handoff->e820_extra.address);
}

void boot_params_finish(struct handoff *handoff, const struct final_map *final)
{
	uint8_t *bp = handoff->boot_params.at;
	struct memmap map = handoff_sort_map(handoff, final);

	if (map.count != 0)
		finish_e820(handoff, &map);
	store_le(bp + EFI_INFO + 8, 4, final->desc_size);
	store_le(bp + EFI_INFO + 12, 4, final->desc_version);
	store_split(bp, EFI_INFO + 16, EFI_INFO + 28, final->address);
	store_le(bp + EFI_INFO + 20, 4, final->size);
}
