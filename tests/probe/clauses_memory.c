/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clauses about the two memory maps, each held against the other entry by entry.
 * Source: zero-page.rst; setup_data.h, struct boot_e820_entry; UEFI 2.10, 7.2; ACPI 6.5, 15.4.
 */
#include "clauses_local.h"

enum { RAM = 1, RESERVED, ACPI, NVS, UNUSABLE, PMEM = 7, PRAM = 12 };
#define SOFT_RESERVED 0xefffffffu
#define ATTRIBUTE_SP  UINT64_C(0x40000)

size_t e820_count(const struct view *v)
{
	return v->n_zero_page + v->n_extra;
}

struct entry e820_entry(const struct view *v, size_t n)
{
	const uint8_t *at = n < v->n_zero_page ? v->bp + 0x2d0 + 20 * n : v->extra + 20 * (n - v->n_zero_page);

	return (struct entry){get(at, 8), get(at, 8) + get(at + 8, 8), (uint32_t)get(at + 16, 4)};
}

static struct descriptor descriptor(const struct view *v, size_t n)
{
	const uint8_t *at = v->efi_map + v->desc_size * n;

	return (struct descriptor){(uint32_t)get(at, 4), get(at + 8, 8), get(at + 8, 8) + get(at + 24, 8) * 4096,
				   get(at + 32, 8)};
}

/* Whether entries of @type cover [start, end); otherwise *hole is the first byte that none does. */
static bool covered(const struct view *v, uint64_t start, uint64_t end, uint32_t type, uint64_t *hole)
{
	size_t count = e820_count(v);

	while (start < end) {
		size_t i = 0;
		struct entry e = {0, 0, 0};

		for (; i < count; i++) {
			e = e820_entry(v, i);
			if (e.type == type && e.start <= start && start < e.end)
				break;
		}
		if (i == count) {
			*hole = start;
			return false;
		}
		start = e.end;
	}
	return true;
}

bool is_ram(const struct view *v, uint64_t start, uint64_t end, uint64_t *hole)
{
	return covered(v, start, end, RAM, hole);
}

/* The type that an EFI descriptor has in e820; 0: more than one will do. */
static uint32_t type_of(const struct descriptor *d)
{
	switch (d->type) {
	case 1: /* loader code and data, boot services code and data, conventional */
	case 2:
	case 3:
	case 4:
	case 7:
		return (d->attribute & ATTRIBUTE_SP) != 0 ? SOFT_RESERVED : RAM;
	case 8:
		return UNUSABLE;
	case 9:
		return ACPI;
	case 10:
		return NVS;
	case 14:
		return PMEM;
	case 15: /* unaccepted: RAM or nothing, by what the kernel can do */
		return 0;
	default:
		return RESERVED;
	}
}

/* A descriptor of another type than RAM that holds @at: firmware whose map contradicts itself is not the loader's. */
static bool is_disputed(const struct view *v, uint64_t at, uint64_t *until)
{
	for (size_t i = 0; i < v->n_descriptors; i++) {
		struct descriptor d = descriptor(v, i);

		if (type_of(&d) == RAM || d.start > at || d.end <= at)
			continue;
		*until = d.end;
		return true;
	}
	return false;
}

/* Every descriptor that is @type in e820 has its bytes there as that. */
static struct finding told_as(const struct view *v, uint32_t type)
{
	bool any = false;

	for (size_t i = 0; i < v->n_descriptors; i++) {
		struct descriptor d = descriptor(v, i);
		uint64_t hole = 0, at = d.start;

		if (type_of(&d) != type || d.end <= d.start)
			continue;
		any = true;
		while (!covered(v, at, d.end, type, &hole)) {
			if (type != RAM || !is_disputed(v, hole, &at))
				return broken("not so in e820, from a descriptor that begins at", hole, d.start);
			if (at >= d.end)
				break;
		}
	}
	return any ? kept() : does_not_apply("the EFI memory map has none");
}

/* Nothing that stays firmware's or a device's is RAM. A hole of e820 serves as well as a reserved entry. */
static struct finding never_ram(const struct view *v)
{
	size_t count = e820_count(v);

	for (size_t i = 0; i < v->n_descriptors; i++) {
		struct descriptor d = descriptor(v, i);

		if (type_of(&d) != RESERVED)
			continue;
		for (size_t j = 0; j < count; j++) {
			struct entry e = e820_entry(v, j);

			if (e.type == RAM && meets(e.start, e.end, d.start, d.end))
				return broken("RAM by e820 at, but of EFI type", d.start, d.type);
		}
	}
	return kept();
}

static struct finding ram_is_firmwares(const struct view *v)
{
	for (size_t i = 0; i < e820_count(v); i++) {
		struct entry e = e820_entry(v, i);

		for (uint64_t at = e.start; e.type == RAM && at < e.end;) {
			size_t j = 0;
			struct descriptor d = {0, 0, 0, 0};

			for (; j < v->n_descriptors; j++) {
				d = descriptor(v, j);
				if ((type_of(&d) == RAM || d.type == 15) && d.start <= at && at < d.end)
					break;
			}
			if (j == v->n_descriptors)
				return broken("RAM by e820 alone, in the entry from", at, e.start);
			at = d.end;
		}
	}
	return kept();
}

/* Whatever its type: the loader has no other source than this map. */
static struct finding known_to_firmware(const struct view *v)
{
	for (size_t i = 0; i < e820_count(v); i++) {
		struct entry e = e820_entry(v, i);

		for (uint64_t at = e.start; at < e.end;) {
			size_t j = 0;
			struct descriptor d = {0, 0, 0, 0};

			for (; j < v->n_descriptors; j++) {
				d = descriptor(v, j);
				if (d.start <= at && at < d.end)
					break;
			}
			if (j == v->n_descriptors)
				return broken("in e820 alone, in the entry from", at, e.start);
			at = d.end;
		}
	}
	return kept();
}

static struct finding known_types(const struct view *v)
{
	for (size_t i = 0; i < e820_count(v); i++) {
		uint32_t type = e820_entry(v, i).type;

		if (type == 0 || type == 6 || (type > PMEM && type != PRAM && type != SOFT_RESERVED))
			return broken("entry and type", i, type);
	}
	return kept();
}

static struct finding sound_entries(const struct view *v)
{
	for (size_t i = 0; i < e820_count(v); i++) {
		struct entry e = e820_entry(v, i);

		if (e.end <= e.start)
			return broken("an entry without bytes, or past the end", e.start, e.end);
	}
	return kept();
}

static struct finding ordered(const struct view *v)
{
	for (size_t i = 1; i < e820_count(v); i++)
		if (e820_entry(v, i).start < e820_entry(v, i - 1).end)
			return broken("an entry begins before the last one ends", e820_entry(v, i).start,
				      e820_entry(v, i - 1).end);
	return kept();
}

static struct finding extension(const struct view *v)
{
	if (v->n_extensions == 0)
		return does_not_apply("no SETUP_E820_EXT");
	if (v->n_extensions > 1)
		return broken("as many of them", v->n_extensions, 1);
	if (v->extra_bytes % 20 != 0 || v->extra_bytes == 0)
		return broken("bytes that are no whole entries", v->extra_bytes, 20);
	return equal("entries in the zero page", v->n_zero_page, 128);
}

static struct finding page_descriptors(const struct view *v)
{
	for (size_t i = 0; i < v->n_descriptors; i++) {
		struct descriptor d = descriptor(v, i);

		if (d.start % 4096 != 0 || d.end <= d.start)
			return broken("a descriptor", d.start, d.end);
	}
	return kept();
}

void check_memory_maps(struct view *v)
{
	const char *zero_page = "zero-page.rst, e820_entries and e820_table";
	const char *types = "UEFI 2.10, 7.2; ACPI 6.5, 15.4";

	clause_tell(v, "the zero page has 1 to 128 e820 entries", zero_page,
		    v->bp[0x1e8] >= 1 && v->bp[0x1e8] <= 128 ? kept() : broken("entries", v->bp[0x1e8], 128));
	clause_tell(v, "more entries follow in one SETUP_E820_EXT, and only when the zero page is full",
		    "boot.rst, setup_data; setup_data.h, SETUP_E820_EXT", extension(v));
	clause_tell(v, "every e820 entry has bytes and ends before the end of addresses", zero_page, sound_entries(v));
	clause_tell(v, "every e820 entry has a type that the kernel knows", "Linux arch/x86/include/asm/e820/types.h",
		    known_types(v));
	clause_tell(v, "e820 entries ascend and do not overlap", zero_page, ordered(v));
	clause_tell(v, "every EFI descriptor has whole pages", "UEFI 2.10, 7.2, EFI_MEMORY_DESCRIPTOR",
		    page_descriptors(v));
	clause_tell(v, "what is RAM in the EFI memory map is RAM in e820", types, told_as(v, RAM));
	clause_tell(v, "what is RAM in e820 is RAM in the EFI memory map", types, ram_is_firmwares(v));
	clause_tell(v, "e820 tells of nothing that the EFI memory map does not tell of",
		    "Linux drivers/firmware/efi/libstub/x86-stub.c, setup_e820", known_to_firmware(v));
	clause_tell(v, "what stays firmware's or a device's is never RAM in e820", types, never_ram(v));
	clause_tell(v, "ACPI's tables have their type in e820", types, told_as(v, ACPI));
	clause_tell(v, "ACPI's NVS memory has its type in e820", types, told_as(v, NVS));
	clause_tell(v, "persistent memory has its type in e820", types, told_as(v, PMEM));
	clause_tell(v, "unusable memory has its type in e820", types, told_as(v, UNUSABLE));
	clause_tell(v, "soft-reserved memory has its type in e820", "Linux arch/x86/include/asm/e820/types.h",
		    told_as(v, SOFT_RESERVED));
}
