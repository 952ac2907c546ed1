/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clauses about efi_info, setup_data, ACPI's root pointer and the screen.
 * Source: bootparam.h, struct efi_info; boot.rst, setup_data; UEFI 2.10, 4.3 and 4.6; ACPI 6.5, 5.2.5; screen_info.h.
 */
#include "clauses_local.h"

/* ---- setup_data ---- */

#define RNG_SEED       9
#define SETUP_INDIRECT UINT64_C(0x80000000)

static uint32_t node_type(const struct view *v, size_t n)
{
	return (uint32_t)get(memory_of(v, v->node[n], 16) + 8, 4);
}

static struct finding types(const struct view *v)
{
	for (size_t i = 0; i < v->n_nodes; i++)
		if (node_type(v, i) != SETUP_INDIRECT && (node_type(v, i) == 0 || node_type(v, i) > RNG_SEED))
			return broken("type", node_type(v, i), RNG_SEED);
	return kept();
}

static struct finding types_allowed(const struct view *v)
{
	if (v->n_nodes == 0)
		return does_not_apply("no setup_data");
	if (v->f->setup_type_max == 0)
		return does_not_apply("no kernel_info");
	for (size_t i = 0; i < v->n_nodes; i++)
		/* The highest type, and with SETUP_INDIRECT set whether that is known: two limits in one number. */
		if ((node_type(v, i) & ~SETUP_INDIRECT) > (v->f->setup_type_max & ~SETUP_INDIRECT) ||
		    node_type(v, i) > v->f->setup_type_max)
			return broken("type, and setup_type_max", node_type(v, i), v->f->setup_type_max);
	return kept();
}

/* struct setup_indirect: type 4, reserved 4, len 8, addr 8. */
static struct finding indirect(const struct view *v)
{
	bool any = false;

	for (size_t i = 0; i < v->n_nodes; i++) {
		const uint8_t *node = memory_of(v, v->node[i], 16);

		if (node_type(v, i) != SETUP_INDIRECT)
			continue;
		any = true;
		if (get(node + 12, 4) < 24)
			return broken("bytes of it", get(node + 12, 4), 24);
		if (get(node + 20, 4) != 0 || (get(node + 16, 4) & ~SETUP_INDIRECT) == 0)
			return broken("its type and what is reserved", get(node + 16, 8), SETUP_INDIRECT | 1);
		if (memory_of(v, get(node + 32, 8), get(node + 24, 8)) == NULL)
			return broken("its data cannot be read", get(node + 32, 8), 0);
	}
	return any ? kept() : does_not_apply("no SETUP_INDIRECT");
}

static struct finding seed(const struct view *v)
{
	for (size_t i = 0; i < v->n_nodes; i++) {
		const uint8_t *node = memory_of(v, v->node[i], 16);
		uint64_t length = get(node + 12, 4);
		unsigned int any = 0;

		if (node_type(v, i) != RNG_SEED)
			continue;
		for (uint64_t at = 0; at < length; at++)
			any |= node[16 + at];
		return any != 0 ? kept() : broken("a seed of zeros; bytes", length, 32);
	}
	return does_not_apply("no SETUP_RNG_SEED");
}

static struct finding alone(const struct view *v, const struct part *node)
{
	for (size_t i = 0; i < v->n_nodes; i++)
		for (size_t j = 0; j < i; j++)
			if (v->node[i] == v->node[j])
				return broken("twice in the list", v->node[i], 0);
	return node == NULL ? does_not_apply("no setup_data") : kept();
}

void check_setup_data(struct view *v)
{
	const char *source = "boot.rst, setup_data";

	clause_tell(v, "every node of setup_data can be read, with its data", source,
		    v->list_readable ? kept() : broken("nodes before it", v->n_nodes, 0));
	clause_tell(v, "the list of setup_data ends with a 0", source,
		    v->list_ends ? kept() : broken("nodes, and no end", v->n_nodes, 0));
	clause_tell(v, "no node of setup_data is there twice", source, alone(v, part_of(v, HANDED_SETUP_DATA)));
	clause_tell(v, "every node of setup_data has a type that the kernel knows", "setup_data.h, SETUP_*", types(v));
	clause_tell(v, "no node of setup_data has a type above setup_type_max",
		    "boot.rst, The kernel_info, setup_type_max", types_allowed(v));
	clause_tell(v, "a SETUP_INDIRECT names data of another type, that can be read",
		    "boot.rst, setup_data, setup_indirect", indirect(v));
	clause_tell(v, "a seed has entropy", "setup_data.h, SETUP_RNG_SEED", seed(v));
}

/* ---- EFI ---- */

/*
 * UEFI 2.10, 4.2 and 4.3: HeaderSize, which is 72 where firmware's pointers have 32 bits and 120 where they have 64;
 * and where the number of configuration tables stands, and the pointer to them.
 */
static bool firmware_has_32_bits(const struct view *v)
{
	return v->system_table != NULL && get(v->system_table + 12, 4) == 72;
}

/* The ACPI 2.0 table of the system table, 0: none. */
static uint64_t firmwares_rsdp(const struct view *v)
{
	static const uint8_t acpi_20[16] = {0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
					    0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81};
	unsigned int width = firmware_has_32_bits(v) ? 4 : 8, size = 16 + width;
	uint64_t count = v->system_table == NULL ? 0 : get(v->system_table + (width == 4 ? 64 : 104), width);
	uint64_t at = v->system_table == NULL ? 0 : get(v->system_table + (width == 4 ? 68 : 112), width);
	const uint8_t *table = count == 0 || count > 1000 ? NULL : memory_of(v, at, count * size);

	for (uint64_t i = 0; table != NULL && i < count; i++) {
		unsigned int n = 0;

		while (n < 16 && table[size * i + n] == acpi_20[n])
			n++;
		if (n == 16)
			return get(table + size * i + 16, width);
	}
	return 0;
}

static struct finding root_pointer(const struct view *v)
{
	uint64_t at = param(v, 0x070, 8), size;
	const uint8_t *rsdp = memory_of(v, at, 36);
	uint8_t sum = 0;

	if (at == 0)
		return does_not_apply("acpi_rsdp_addr is 0");
	if (rsdp == NULL || get(rsdp, 8) != UINT64_C(0x2052545020445352)) /* "RSD PTR " */
		return broken("no RSD PTR at", at, 0);
	size = rsdp[15] >= 2 ? 36 : 20;
	for (uint64_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + rsdp[i]);
	return equal("its sum", sum, 0);
}

static struct finding system_table(const struct view *v)
{
	if (v->system_table == NULL)
		return broken("not readable", v->system_table_at, 0);
	return equal("its signature", get(v->system_table, 8), UINT64_C(0x5453595320494249)); /* "IBI SYST" */
}

static struct finding whole_descriptors(const struct view *v)
{
	if (v->desc_size < 40 || v->desc_size % 8 != 0)
		return broken("efi_memdesc_size", v->desc_size, 48);
	if (v->efi_map_size == 0 || v->efi_map_size % v->desc_size != 0)
		return broken("efi_memmap_size and efi_memdesc_size", v->efi_map_size, v->desc_size);
	return kept();
}

/* The range is in the EFI memory map, whoever's it is there. */
static struct finding map_knows(const struct view *v, uint64_t at)
{
	for (size_t i = 0; i < v->n_descriptors; i++) {
		const uint8_t *d = v->efi_map + v->desc_size * i;
		uint64_t start = get(d + 8, 8);

		if (start <= at && at - start < get(d + 24, 8) * 4096)
			return get(d, 4) != 0 && get(d, 4) != 11 && get(d, 4) != 12
				   ? kept()
				   : broken("type of memory", get(d, 4), 2);
	}
	return broken("not in the map", at, 0);
}

void check_efi(struct view *v)
{
	const char *source = "bootparam.h, struct efi_info";
	uint64_t rsdp = param(v, 0x070, 8), firmwares = firmwares_rsdp(v);

	clause_tell(
	    v, "efi_info says EL64, or EL32 of firmware with 32 bits", source,
	    equal("efi_loader_signature", param(v, 0x1c0, 4), firmware_has_32_bits(v) ? 0x32334c45 : 0x34364c45));
	clause_tell(v, "efi_systab leads to an EFI system table", source, system_table(v));
	clause_tell(v, "efi_memdesc_version is 1", "UEFI 2.10, 7.2, EFI_MEMORY_DESCRIPTOR_VERSION",
		    equal("efi_memdesc_version", param(v, 0x1cc, 4), 1));
	clause_tell(v, "efi_memmap can be read for all of its size", source,
		    v->efi_map != NULL ? kept() : broken("efi_memmap", v->efi_map_at, 0));
	clause_tell(v, "efi_memmap_size is a number of whole descriptors", source, whole_descriptors(v));
	clause_tell(v, "the EFI memory map has memory where the kernel lies", "UEFI 2.10, 7.2",
		    map_knows(v, v->f->load));
	clause_tell(v, "the EFI memory map has memory where boot_params lie", "UEFI 2.10, 7.2",
		    map_knows(v, v->f->rsi));
	clause_tell(v, "acpi_rsdp_addr leads to an ACPI root pointer", "zero-page.rst, acpi_rsdp_addr; ACPI 6.5, 5.2.5",
		    root_pointer(v));
	clause_tell(v, "acpi_rsdp_addr is the firmware's", "zero-page.rst, acpi_rsdp_addr; UEFI 2.10, 4.6",
		    rsdp == 0 || firmwares == 0 ? does_not_apply("one of them is not told")
						: equal("acpi_rsdp_addr", rsdp, firmwares));
}

/* ---- the screen: screen_info.h ---- */

static struct finding channels(const struct view *v)
{
	uint64_t depth = param(v, 0x016, 2), used = 0;

	for (unsigned int i = 0; i < 4; i++) {
		uint64_t size = param(v, 0x026 + 2 * i, 1), position = param(v, 0x027 + 2 * i, 1);
		uint64_t mask = size >= 64 || position >= 64 ? 0 : ((UINT64_C(1) << size) - 1) << position;

		if (position + size > depth)
			return broken("a channel's end, and lfb_depth", position + size, depth);
		if ((used & mask) != 0)
			return broken("channels that overlap", used, mask);
		used |= mask;
	}
	return used != 0 ? kept() : broken("no channel", 0, 0);
}

static struct finding lines(const struct view *v)
{
	uint64_t width = param(v, 0x012, 2), height = param(v, 0x014, 2), depth = param(v, 0x016, 2);
	uint64_t line = param(v, 0x024, 2), size = param(v, 0x01c, 4);

	if (width == 0 || height == 0 || depth == 0)
		return broken("width, height or depth", 0, 1);
	if (line < width * depth / 8)
		return broken("lfb_linelength", line, width * depth / 8);
	return size >= line * height ? kept() : broken("lfb_size", size, line * height);
}

static struct finding frame(const struct view *v)
{
	uint64_t base = param(v, 0x018, 4), size = param(v, 0x01c, 4);

	if ((param(v, 0x036, 4) & 2) != 0) /* VIDEO_CAPABILITY_64BIT_BASE */
		base |= param(v, 0x03a, 4) << 32;
	else if (param(v, 0x03a, 4) != 0)
		return broken("ext_lfb_base without its capability", param(v, 0x03a, 4), 0);
	if (base == 0)
		return broken("lfb_base", 0, 1);
	for (size_t i = 0; i < e820_count(v); i++) {
		struct entry e = e820_entry(v, i);

		if (e.type == 1 && meets(base, base + size, e.start, e.end))
			return broken("lfb_base in RAM from", base, e.start);
	}
	return kept();
}

static struct finding no_screen(const struct view *v)
{
	for (unsigned int at = 0; at < 0x40; at++)
		if (v->bp[at] != 0)
			return broken("a byte at an offset", (uint64_t)at << 8 | v->bp[at], (uint64_t)at << 8);
	return kept();
}

void check_screen(struct view *v)
{
	const char *source = "zero-page.rst, screen_info; screen_info.h";
	const uint8_t *told = option_of(v, "probe.screen=");
	bool screen = param(v, 0x00f, 1) != 0;
	struct finding none = does_not_apply("no screen");
	struct finding expected = does_not_apply("no probe.screen= on the command line");

	if (told != NULL)
		expected = equal("orig_video_isVGA", param(v, 0x00f, 1), *told == 'y' ? 0x70 : 0);
	clause_tell(v, "screen_info tells of a screen exactly when there is one", source, expected);
	clause_tell(v, "without a screen, screen_info is empty", source,
		    screen ? does_not_apply("a screen") : no_screen(v));
	clause_tell(v, "a screen is an EFI frame buffer", "screen_info.h, VIDEO_TYPE_EFI",
		    screen ? equal("orig_video_isVGA", param(v, 0x00f, 1), 0x70) : none);
	clause_tell(v, "a screen's lines hold its width, and its size all lines", source, screen ? lines(v) : none);
	clause_tell(v, "a screen's frame buffer has an address outside of RAM", source, screen ? frame(v) : none);
	clause_tell(v, "a screen's colours lie side by side within its depth", source, screen ? channels(v) : none);
}
