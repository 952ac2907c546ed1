/* SPDX-License-Identifier: BSD-2-Clause */
#include "pvh.h"

#include "../elf/elf_image.h"
#include "../elf/elf_reloc.h"
#include "e820.h"
#include "x86.h"

/* start_info.h, struct hvm_start_info, version 1. */
enum {
	MAGIC = 0,
	VERSION = 4,
	NR_MODULES = 12,
	MODLIST_PADDR = 16,
	CMDLINE_PADDR = 24,
	RSDP_PADDR = 32,
	MEMMAP_PADDR = 40,
	MEMMAP_ENTRIES = 48,
	START_INFO_SIZE = 56,
};

enum { MODULE_PADDR = 0, MODULE_LENGTH = 8, MODULE_SIZE = 32 }; /* the same file, struct hvm_modlist_entry */
enum { MEMMAP_TYPE = 16, MEMMAP_SIZE = 24 };			/* and struct hvm_memmap_table_entry */
enum { START_MAGIC = 0x336ec578, START_VERSION = 1 };

static enum status check_machine(const struct elf *elf, struct fail *why)
{
	if (elf->machine == ELF_I386 || elf->machine == ELF_X86_64)
		return OK;
	return fail(why, BAD_INPUT,
		    "%s: an ELF file for %s, whose kernels are entered as an Image\n  try: the Image of the same build",
		    elf->name, machine_name(elf->machine));
}

static enum status no_note(const struct image *image, struct fail *why)
{
	return fail(why, BAD_INPUT,
		    "%s: an ELF file that is not Linux for x86-64 and has no PVH note (XEN_ELFNOTE_PHYS32_ENTRY): "
		    "nothing says how it is entered\n  try: a vmlinux, a bzImage, or a kernel that has the note",
		    image->name);
}

enum status pvh_take(struct image *image, struct fail *why)
{
	struct x86 *own = x86_own(image);
	const struct elf *elf = &own->elf;

	if (!own->pvh.has_entry)
		return no_note(image, why);
	own->setup = (struct bzimage){.header_size = 0};
	image->protocol = &pvh_protocol;
	elf_take_segments(elf, image);
	image->image_end = elf->file_end;
	image->entry_at = own->pvh.entry;
	image->preferred = elf->window.start;
	image->in_one_piece = elf->movable;
	image->moves_itself = image->keeps_levels = image->takes_five_levels = false;
	image->entered_in_32_bits = true;
	image->argument_in_ebx = true;
	return OK;
}

static enum status identify(struct image *image, struct bytes head, struct fail *why)
{
	struct x86 *own = x86_own(image);

	*own = (struct x86){.setup = {.header_size = 0}};
	TRY(elf_parse(&own->elf, image->name, head, image->file_size, why));
	TRY(check_machine(&own->elf, why));
	image->machine = own->elf.machine;
	image->image_end = own->elf.file_end;
	TRY(elf_want_notes(&own->elf, image, why));
	return image->n_wants == 0 ? no_note(image, why) : OK;
}

static enum status learn(struct image *image, size_t which, struct bytes piece, struct fail *why)
{
	struct x86 *own = x86_own(image);

	TRY(elf_read_pvh(&own->elf, which, piece, &own->pvh, why));
	return which + 1 == image->n_wants ? pvh_take(image, why) : OK;
}

/* elfnote.h: an image with the note relocates itself; its base is the window's start. */
static void demand_limits(const struct elf_pvh *pvh, struct request *kernel)
{
	uint64_t align = pvh->align > kernel->align.value ? pvh->align : kernel->align.value;

	kernel->exact = (struct bound){0, RULE_NONE};
	kernel->align = kernel->least_align = (struct bound){align, E4};
	at_least(&kernel->min, pvh->min, E4);
	at_most(&kernel->max, (uint64_t)pvh->max + 1, E4);
}

static enum status demand(const struct image *image, const struct cargo *cargo, const struct findings *found,
			  struct request request[N_PARTS], struct fail *why)
{
	const struct x86 *own = x86_of(image);

	(void)found;
	(void)why;
	elf_demand(&own->elf, &request[PART_KERNEL]);
	if (own->pvh.has_limits)
		demand_limits(&own->pvh, &request[PART_KERNEL]);
	request_init(&request[PART_INITRD], PART_INITRD, cargo->initrd_size);
	request_init(&request[PART_HANDOFF], PART_HANDOFF, 0); /* sized when all of it is known */
	for (size_t i = PART_KERNEL; i <= PART_HANDOFF; i++)
		at_most(&request[i].max, GIB(4), E3);
	return OK;
}

/* The ABI has no field for it. */
static bool takes_seed(const struct image *image, struct bytes payload)
{
	(void)image;
	(void)payload;
	return false;
}

/* An ET_EXEC whose note lets it be moved finds out by itself where it is. */
static enum status relocate(const struct image *image, uint8_t *window, uint64_t start, struct fail *why)
{
	const struct elf *elf = &x86_of(image)->elf;
	struct elf_image loaded = {elf, window, (size_t)range_size(elf->window)};
	uint64_t n;

	if (!elf->movable)
		return OK;
	return elf_relocate(&loaded, start - elf->window.start, &n, why);
}

/* The initrds, joined as for Linux, are one module; without any there is none. */
static void describe_module(uint8_t *info, const struct piece *module, const struct cargo *cargo,
			    const struct plan *plan)
{
	if (cargo->initrd_size == 0 || module->at == NULL)
		return;
	store_le(info + NR_MODULES, 4, 1);
	store_le(info + MODLIST_PADDR, 8, module->address);
	store_le(module->at + MODULE_PADDR, 8, plan->part[PART_INITRD].at.start);
	store_le(module->at + MODULE_LENGTH, 8, cargo->initrd_size);
}

static void describe(const struct image *image, const struct cargo *cargo, const struct plan *plan,
		     const struct machine *machine, const struct findings *found, struct handoff *handoff)
{
	struct piece module;
	uint8_t *info;

	handoff->start_info = block_take(&handoff->block, START_INFO_SIZE, 8);
	module = block_take(&handoff->block, MODULE_SIZE, 8);
	handoff->memory_table = block_take(&handoff->block, (uint64_t)found->map_room * MEMMAP_SIZE, 8);
	handoff->command_line = handoff_take_text(handoff, cargo->command_line);
	handoff_take_map(handoff, found);
	handoff->entry = plan->part[PART_KERNEL].at.start + image->entry_at;
	handoff->argument = handoff->start_info.address;
	info = handoff->start_info.at;
	if (info == NULL)
		return;
	store_le(info + MAGIC, 4, START_MAGIC);
	store_le(info + VERSION, 4, START_VERSION);
	store_le(info + CMDLINE_PADDR, 8, handoff->command_line.address);
	store_le(info + RSDP_PADDR, 8, machine->rsdp);
	describe_module(info, &module, cargo, plan);
}

/* start_info.h knows ACPI's types only; "soft reserved" is Linux's own. */
static void name_types(uint8_t *table, size_t count)
{
	for (size_t i = 0; i < count; i++, table += MEMMAP_SIZE)
		if (load_le(table + MEMMAP_TYPE, 4) == (uint32_t)E820_SOFT_RESERVED)
			store_le(table + MEMMAP_TYPE, 4, E820_RESERVED);
}

static void finish(struct handoff *handoff, const struct final_map *final)
{
	struct memmap map = handoff_sort_map(handoff, final);
	struct e820_table table = {
	    .zeropage = handoff->memory_table.at,
	    .zeropage_room = handoff->sorted_room,
	    .padding = MEMMAP_SIZE - E820_ENTRY_SIZE,
	};

	e820_from_map(&map, &table);
	name_types(table.zeropage, table.count);
	store_le(handoff->start_info.at + MEMMAP_PADDR, 8, handoff->memory_table.address);
	store_le(handoff->start_info.at + MEMMAP_ENTRIES, 4, table.count);
}

const struct protocol pvh_protocol = {
    .name = "ELF, 32-bit entry by PVH",
    .may_be_packed = true,
    .identify = identify,
    .learn = learn,
    .demand = demand,
    .takes_seed = takes_seed,
    .relocate = relocate,
    .describe = describe,
    .finish = finish,
};
