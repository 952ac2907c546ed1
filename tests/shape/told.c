/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory map that the loader is told. What a line of the map file wishes is allocated as that type, so that
 * firmware itself tells so; what firmware cannot allocate (unaccepted, persistent or soft-reserved memory, descriptors
 * of other sizes, out of order or overlapping) is written into the map on its way to the loader. The key stays
 * firmware's own.
 */
#include "shape.h"

#define PAGE	      4096
#define MAP_ROOM      (1 << 20)
#define MAX_TOLD      (MAP_ROOM / sizeof(EFI_MEMORY_DESCRIPTOR))
#define LARGE	      0x4000000 /* runs of 64 MiB get another descriptor over their middle */
#define MIDDLE	      0x100000
#define TYPE_UNLISTED EfiReservedMemoryType

static struct told told[MAX_RANGES];
static size_t n_told;
static bool by_descriptor; /* some line is told that way */
static UINT8 raw[MAP_ROOM];
static EFI_MEMORY_DESCRIPTOR out[MAX_TOLD];
static size_t n_out;

/* ---- the file: START-END TYPE [ATTRIBUTE], as berth plan takes them; ascending ---- */

static UINT64 take_size(const char **at)
{
	static const char suffix[] = "KMGT";
	UINT64 n = is_word(at, "0x") ? number(at, 16) : number(at, 10);

	for (unsigned int i = 0; i < 4; i++)
		if (is_word(at, (char[]){suffix[i], '\0'}))
			return n << (10 * (i + 1));
	return n;
}

static bool take_type(const char **at, UINT32 *type)
{
	static const struct {
		const char *word;
		UINT32 type;
	} table[] = {
	    {"free", EfiConventionalMemory},
	    {"reserved", EfiReservedMemoryType},
	    {"mmio", EfiMemoryMappedIO},
	    {"runtime-code", EfiRuntimeServicesCode},
	    {"runtime-data", EfiRuntimeServicesData},
	    {"runtime", EfiRuntimeServicesData},
	    {"acpi", EfiACPIReclaimMemory},
	    {"nvs", EfiACPIMemoryNVS},
	    {"loader-code", EfiLoaderCode},
	    {"loader-data", EfiLoaderData},
	    {"loader", EfiLoaderData},
	    {"boot-code", EfiBootServicesCode},
	    {"boot-data", EfiBootServicesData},
	    {"boot", EfiBootServicesData},
	    {"unusable", EfiUnusableMemory},
	    {"pmem", 14},
	    {"unaccepted", 15},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (is_word(at, table[i].word)) {
			*type = table[i].type;
			return true;
		}
	if (!is_word(at, "0x"))
		return false;
	*type = (UINT32)number(at, 16);
	return true;
}

static void take_line(const char *at)
{
	struct told *t = &told[n_told];

	while (*at == ' ')
		at++;
	if (*at < '0' || *at > '9' || n_told == MAX_RANGES)
		return; /* empty, or a comment */
	*t = (struct told){.start = take_size(&at)};
	if (!is_word(&at, "-"))
		return;
	t->end = take_size(&at);
	if (!take_type(&at, &t->type) || t->end <= t->start)
		return;
	if (is_word(&at, "sp"))
		t->attribute = 0x40000;
	if (is_word(&at, "hotplug"))
		t->attribute = 0x100000;
	if (is_word(&at, "reliable"))
		t->attribute = 0x10000;
	t->by_descriptor = t->attribute != 0 || (t->type >= 13 && t->type < 0x70000000);
	by_descriptor = by_descriptor || t->by_descriptor;
	n_told++;
}

static void read_map_file(EFI_FILE_HANDLE root)
{
	UINTN size;
	char *text = read_all(root, wish.map_name, 1 << 18, &size);

	if (text == NULL || size >= 1 << 18)
		return;
	text[size] = '\0';
	for (UINTN i = 0; i < size; i++)
		if (i == 0 || text[i - 1] == '\n')
			take_line(text + i);
	bs->FreePool(text);
}

/* ---- memory that firmware has free becomes what the file says ---- */

/* The first range that ends above @at; NULL when there is none. */
static const struct told *told_from(UINT64 at)
{
	size_t low = 0, high = n_told;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (told[middle].end > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low < n_told ? &told[low] : NULL;
}

static void cannot(const char *what, UINT64 start, UINT64 end, UINT32 type)
{
	tell_start();
	tell(what);
	tell_hex(start);
	tell("-");
	tell_hex(end);
	tell(" type ");
	tell_hex(type);
	tell_end();
}

static void make(UINT64 start, UINT64 end, const struct told *t)
{
	UINT32 type = t == NULL ? (UINT32)TYPE_UNLISTED : t->type;
	EFI_PHYSICAL_ADDRESS at = start;

	if (t != NULL && t->by_descriptor && t->attribute != 0x10000)
		type = EfiReservedMemoryType; /* nobody may have it, whatever the loader is told */
	if (type == EfiConventionalMemory || start >= end)
		return;
	if (EFI_ERROR(bs->AllocatePages(AllocateAddress, (EFI_MEMORY_TYPE)type, (end - start) / PAGE, &at)))
		cannot("cannot be had: ", start, end, type);
}

static void make_within(UINT64 start, UINT64 end)
{
	while (start < end) {
		const struct told *t = told_from(start);
		UINT64 until = t == NULL || t->start >= end ? end : t->start > start ? t->start : t->end;

		if (t != NULL && t->start > start)
			t = NULL; /* what lies before it is not listed */
		if (until > end)
			until = end;
		make(start, until, t);
		start = until;
	}
}

static void tell_held(const EFI_MEMORY_DESCRIPTOR *d, UINT64 end)
{
	for (const struct told *t = told_from(d->PhysicalStart); t != NULL && t < told + n_told && t->start < end; t++)
		if (t->type != d->Type || t->by_descriptor)
			cannot("held: ", d->PhysicalStart > t->start ? d->PhysicalStart : t->start,
			       end < t->end ? end : t->end, d->Type);
}

static UINTN read_raw(UINTN *key, UINTN *desc_size, UINT32 *version)
{
	UINTN size = sizeof(raw);

	if (EFI_ERROR(bs->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)(void *)raw, key, desc_size, version)))
		return 0;
	return size;
}

bool make_map(EFI_FILE_HANDLE root)
{
	UINTN size, key, desc_size = 48;
	UINT32 version;

	if (wish.map_name[0] == 0)
		return true;
	read_map_file(root);
	size = read_raw(&key, &desc_size, &version);
	if (n_told == 0 || size == 0)
		return false;
	for (UINTN at = 0; at + desc_size <= size; at += desc_size) {
		EFI_MEMORY_DESCRIPTOR *d = (EFI_MEMORY_DESCRIPTOR *)(void *)(raw + at);
		UINT64 end = d->PhysicalStart + d->NumberOfPages * PAGE;

		if (d->Type == EfiConventionalMemory)
			make_within(d->PhysicalStart, end);
		else
			tell_held(d, end);
	}
	say_number("ranges of the map ", n_told);
	return true;
}

/* ---- what the loader is told ---- */

static void add(const EFI_MEMORY_DESCRIPTOR *like, UINT64 start, UINT64 end, UINT32 type, UINT64 attribute)
{
	if (n_out == MAX_TOLD)
		return;
	out[n_out] = *like;
	out[n_out].PhysicalStart = start;
	out[n_out].NumberOfPages = (end - start) / PAGE;
	out[n_out].Type = type;
	out[n_out++].Attribute = attribute;
}

static void add_pieces(const EFI_MEMORY_DESCRIPTOR *d)
{
	UINT64 start = d->PhysicalStart, end = start + d->NumberOfPages * PAGE;

	while (start < end && by_descriptor) {
		const struct told *t = told_from(start);
		bool changed = t != NULL && t->start <= start && t->by_descriptor &&
			       (d->Type == EfiReservedMemoryType || d->Type == EfiConventionalMemory);
		UINT64 until = t == NULL || t->start >= end ? end : t->start > start ? t->start : t->end;

		if (until > end)
			until = end;
		add(d, start, until, changed ? t->type : d->Type, d->Attribute | (changed ? t->attribute : 0));
		start = until;
	}
	if (start < end)
		add(d, start, end, d->Type, d->Attribute);
	if (!wish.overlapping || d->Type != EfiConventionalMemory || d->NumberOfPages * PAGE < LARGE)
		return;
	start = d->PhysicalStart + d->NumberOfPages / 2 * PAGE;
	add(d, start, start + MIDDLE, EfiReservedMemoryType, d->Attribute);
	add(d, d->PhysicalStart, start, EfiConventionalMemory, d->Attribute);
}

static void shuffle(void)
{
	for (size_t i = 0, step = 7; i + step < n_out; i++) {
		size_t other = (i * 7919 + step) % n_out;
		EFI_MEMORY_DESCRIPTOR swap = out[i];

		out[i] = out[other];
		out[other] = swap;
	}
}

EFI_STATUS told_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key, UINTN *desc_size, UINT32 *version)
{
	UINTN have = *size, whole;

	if (wish.desc_size == 0 && !by_descriptor && !wish.shuffled && !wish.overlapping)
		return real.GetMemoryMap(size, map, key, desc_size, version);
	*desc_size = 48;
	whole = read_raw(key, desc_size, version);
	n_out = 0;
	for (UINTN at = 0; at + *desc_size <= whole; at += *desc_size)
		add_pieces((EFI_MEMORY_DESCRIPTOR *)(void *)(raw + at));
	if (wish.shuffled)
		shuffle();
	*desc_size = wish.desc_size == 0 ? sizeof(out[0]) + 8 : wish.desc_size;
	*size = n_out * *desc_size;
	if (have < *size)
		return EFI_BUFFER_TOO_SMALL;
	for (size_t i = 0; i < n_out; i++) {
		memset((UINT8 *)map + i * *desc_size, 0xee, *desc_size);
		memcpy((UINT8 *)map + i * *desc_size, &out[i], sizeof(out[i]));
	}
	return EFI_SUCCESS;
}
