/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmlinux.h"

#include "../elf/elf_image.h"
#include "../elf/prepared.h"
#include "../../base/mem.h"
#include "boot_params.h"
#include "linux_relocs.h"
#include "pvh.h"
#include "x86_linux.h"

/* arch/x86/include/asm/page_64_types.h, __START_KERNEL_map: physical address 0 of the kernel's own mapping. */
#define KERNEL_MAP	  UINT64_C(0xffffffff80000000)
#define KERNEL_IMAGE_SIZE GIB(1) /* the same file, with RANDOMIZE_BASE */

#define HEADER_END	  AT_kernel_info_offset /* of 2.12, which does not have that yet */
#define COMMAND_LINE_SIZE 2048			/* arch/x86/include/asm/setup.h, with the NUL */
#define INITRD_MAX	  0x7fffffff
#define MOST_TABLE	  MIB(64)

/*
 * Where Linux links itself: every segment's physical address is its virtual one less __START_KERNEL_map, and e_entry is
 * physical (vmlinux.lds.S, phys_startup_64). The segment of the first CPU's variables had virtual addresses from 0
 * until Linux 6.15 (PERCPU_VADDR). NetBSD and unikernels are linked the same way: then the notes decide.
 */
static bool is_linked_as_linux(const struct elf *elf)
{
	if (elf->machine != ELF_X86_64 || elf->movable || !elf->entry_is_physical)
		return false;
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *s = &elf->segment[i];

		if (s->vaddr != 0 && s->vaddr - KERNEL_MAP != elf->window.start + s->place)
			return false;
	}
	return true;
}

/* The setup header that boot_params gets when no bzImage brings one: 2.12, which is the first with xloadflags. */
static void make_header(struct bzimage *k)
{
	k->header_size = HEADER_END - BZIMAGE_HEADER_AT;
	HEADER_PUT(k, boot_flag, BOOT_FLAG);
	HEADER_PUT(k, jump, 0xeb | (HEADER_END - JUMP_FROM) << 8);
	HEADER_PUT(k, header, HEADER_MAGIC);
	HEADER_PUT(k, version, k->version);
	HEADER_PUT(k, loadflags, LOADFLAGS_HIGH);
	HEADER_PUT(k, initrd_addr_max, k->initrd_addr_max);
	HEADER_PUT(k, kernel_alignment, k->kernel_alignment);
	HEADER_PUT(k, relocatable_kernel, 1);
	HEADER_PUT(k, xloadflags, k->xloadflags);
	HEADER_PUT(k, cmdline_size, k->cmdline_size);
	HEADER_PUT(k, pref_address, k->pref_address);
	HEADER_PUT(k, init_size, k->window_size);
}

/* What a bzImage's header would say about it. */
static enum status describe_itself(struct bzimage *k, const struct elf *elf, struct fail *why)
{
	uint64_t size;

	if (elf->align > GIB(1) || checked_align_up(range_size(elf->window), EFI_PAGE, &size) || size > GIB(4) - 1)
		return fail_by(why, BAD_INPUT, E1,
			       "%s: %" PRIu64 " bytes in memory, aligned to %#" PRIx64
			       ": no Linux kernel is that large",
			       elf->name, range_size(elf->window), elf->align);
	*k = (struct bzimage){
	    .version = 0x020c,
	    .xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G,
	    .kernel_alignment = (uint32_t)(elf->align < MIB(2) ? MIB(2) : elf->align),
	    .least_alignment = (uint32_t)MIB(2), /* arch/x86/kernel/head64.c, __startup_64: steps of 2 MiB */
	    .initrd_addr_max = INITRD_MAX,
	    .cmdline_size = COMMAND_LINE_SIZE - 1,
	    .pref_address = elf->window.start,
	    .window_size = size,
	    .relocatable = true,
	};
	make_header(k);
	return OK;
}

/* A bzImage's init_size has room for its decompressor too; if the kernel alone is larger, that counts. */
static enum status fit_window(struct bzimage *k, const struct elf *elf, struct fail *why)
{
	uint64_t size;

	if ((k->relocatable && elf->align > k->kernel_alignment) ||
	    checked_align_up(range_size(elf->window), EFI_PAGE, &size))
		return fail_by(why, BAD_INPUT, E1,
			       "%s: the kernel inside is aligned to %#" PRIx64 ", and kernel_alignment is %#x",
			       elf->name, elf->align, k->kernel_alignment);
	if (k->window_size < size)
		k->window_size = size;
	return OK;
}

static void take_pieces(struct image *image)
{
	struct x86 *own = x86_own(image);
	const struct elf *elf = &own->elf;

	elf_take_segments(elf, image);
	image->machine = elf->machine;
	image->entry_at = elf->entry;
	image->image_end = elf->file_end;
	own->virtual_base = elf->virtual_base;
	image->preferred = own->setup.pref_address;
	image->in_one_piece = true;
	image->moves_itself = false;
	image->keeps_levels = true;
	/* boot.rst, xloadflags: the code for five levels is there, and so is CONFIG_X86_5LEVEL. */
	image->takes_five_levels =
	    (own->setup.xloadflags & XLF_5LEVEL) != 0 && (own->setup.xloadflags & XLF_5LEVEL_ENABLED) != 0;
	image->protocol = &vmlinux_protocol;
}

static enum status take(struct image *image, struct fail *why)
{
	struct x86 *own = x86_own(image);

	if (own->setup.header_size == 0)
		TRY(describe_itself(&own->setup, &own->elf, why));
	else
		TRY(fit_window(&own->setup, &own->elf, why));
	take_pieces(image);
	return OK;
}

enum status vmlinux_take(struct image *image, struct bytes head, struct fail *why)
{
	const struct elf *elf = &x86_own(image)->elf;

	TRY(elf_parse(&x86_own(image)->elf, image->name, head, image->file_size, why));
	if (is_linked_as_linux(elf))
		return take(image, why);
	return fail_by(why, NOT_FOUND, E1,
		       "%s: an ELF file that is not a Linux kernel for x86-64: its segments are not linked %#" PRIx64
		       " above their physical addresses, or its entry is not a physical address\n"
		       "  try: a vmlinux, or a bzImage",
		       image->name, KERNEL_MAP);
}

/* It is Linux, for a bzImage has it inside; the header that came with it stays. */
enum status vmlinux_take_payload(struct image *image, struct bytes head, struct fail *why)
{
	enum status status = vmlinux_take(image, head, why);
	uint64_t magic = 0;

	if (status != NOT_FOUND || !bytes_get(head, 0, 4, &magic) || magic != ELF_MAGIC)
		return status;
	return fail(why, BAD_INPUT,
		    "%s: what it has inside is not Linux for x86-64\n  try: the entry without `decompress loader`",
		    image->name);
}

/* ---- what `berth prepare` has made of a bzImage ---- */

/* The header that its decompressor would have passed on, held against the original's size as in its own file. */
static enum status take_header(struct image *image, const struct prepared *prepared, struct fail *why)
{
	uint8_t head[BZIMAGE_HEADER_AT + BZIMAGE_HEADER_MAX] = {0};
	struct bzimage *k = &x86_own(image)->setup;
	enum status status;

	if (prepared->header.size == 0)
		return OK;
	_Static_assert(PREPARED_SETUP == BZIMAGE_HEADER_MAX, "a record has what boot_params has room for");
	memcpy(head + BZIMAGE_HEADER_AT, prepared->header.at, prepared->header.size);
	status = bzimage_parse(k, image->name, (struct bytes){head, sizeof(head)}, prepared->size, why);
	if (status == NOT_FOUND || (status == OK && !bzimage_has_entry_64(k)))
		status =
		    fail(why, BAD_INPUT, "%s: the setup header in its record is none of a 64-bit kernel", image->name);
	return status == OK ? take(image, why) : status;
}

/* Nothing follows the table, and where there is none the file ends with the last segment. */
static enum status take_table(struct image *image, const struct prepared *prepared, struct fail *why)
{
	uint64_t end = UINT64_MAX;

	if (prepared->has_table)
		TRY(vmlinux_check_table_size(image->name, prepared->table_size, why));
	if (checked_add(image->image_end, prepared->table_size, &end) ||
	    (image->file_size != SIZE_UNKNOWN && image->file_size != end))
		return fail(why, BAD_INPUT,
			    "%s: it was prepared with %" PRIu64 " bytes, %" PRIu64
			    " of them its relocation table, and has %" PRIu64 "\n  try: copy the file again",
			    image->name, end, prepared->table_size, image->file_size);
	image->table_size = prepared->table_size;
	image->has_table = prepared->has_table;
	x86_own(image)->table_sum = prepared->table_sum;
	x86_own(image)->has_sum = prepared->has_table;
	return OK;
}

static enum status identify(struct image *image, struct bytes head, struct fail *why)
{
	struct x86 *own = x86_own(image);
	struct prepared prepared;
	enum status status;

	*own = (struct x86){.setup = {.header_size = 0}};
	TRY(vmlinux_take(image, head, why));
	status = prepared_in_elf(&prepared, &own->elf, head, why);
	if (status == NOT_FOUND)
		return elf_want_notes(&own->elf, image, why);
	TRY(status);
	TRY(take_header(image, &prepared, why));
	return take_table(image, &prepared, why);
}

/*
 * Linux has notes of its own since 4.19, and names itself in Xen's. A kernel before that, built without Xen, has at
 * most its tools' notes, and no entry by PVH, which came with 4.11.
 */
static enum status learn(struct image *image, size_t which, struct bytes piece, struct fail *why)
{
	struct x86 *own = x86_own(image);

	elf_read_marks(&own->elf, which, piece, &own->marks);
	if (!own->marks.is_linux)
		TRY(elf_read_pvh(&own->elf, which, piece, &own->pvh, why));
	if (which + 1 < image->n_wants || own->marks.is_linux || (!own->pvh.has_entry && !own->marks.is_foreign))
		return OK;
	return pvh_take(image, why);
}

/* Linux arch/x86/boot/compressed/kaslr.c, find_random_virt_addr: from LOAD_PHYSICAL_ADDR to KERNEL_IMAGE_SIZE. */
static uint64_t random_delta(const struct image *image, uint64_t entropy)
{
	const struct bzimage *k = &x86_of(image)->setup;
	uint64_t linked = x86_of(image)->virtual_base - KERNEL_MAP, first, slots;

	if (checked_align_up(k->pref_address, k->kernel_alignment, &first) || first > KERNEL_IMAGE_SIZE ||
	    k->window_size > KERNEL_IMAGE_SIZE - first)
		return 0;
	slots = 1 + (KERNEL_IMAGE_SIZE - first - k->window_size) / k->kernel_alignment;
	/* At most 512 slots: the remainder of 2^64 favours none by more than one in 10^16. */
	return first + entropy % slots * k->kernel_alignment - linked;
}

enum status vmlinux_randomise(const struct image *image, uint8_t *window, struct bytes table, const char *table_name,
			      uint64_t entropy, struct virtual_move *move, struct fail *why)
{
	const struct x86 *own = x86_of(image);
	struct linux_image loaded = {window, (size_t)own->setup.window_size, own->virtual_base};
	struct linux_relocs relocs;

	*move = (struct virtual_move){own->virtual_base, 0};
	TRY(linux_relocs_parse(&relocs, table_name, table, why));
	if (own->has_sum)
		relocs.sum = &own->table_sum;
	move->by = random_delta(image, entropy);
	return linux_relocs_apply(&relocs, &loaded, move->by, why);
}

enum status vmlinux_check_table_size(const char *name, uint64_t size, struct fail *why)
{
	if (size != 0 && size <= MOST_TABLE)
		return OK;
	return fail(why, BAD_INPUT, "%s: %" PRIu64 " bytes cannot be a relocation table; at most %" PRIu64 " are read",
		    name, size, MOST_TABLE);
}

const struct protocol vmlinux_protocol = {
    .name = "vmlinux, 64-bit entry",
    .is_linux = true,
    .mem = MEM_IS_ADDRESS,
    .may_be_packed = true,
    .beside = ".relocs", /* as a kernel's build leaves vmlinux.relocs beside vmlinux */
    .identify = identify,
    .learn = learn,
    .check_table = vmlinux_check_table_size,
    .demand = x86_linux_demand,
    .randomise = vmlinux_randomise,
    .describe = x86_linux_describe,
    .finish = boot_params_finish,
};
