/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmlinux.h"

#include "boot_params.h"
#include "../image.h"
#include "linux_relocs.h"
#include "pvh.h"

/* arch/x86/include/asm/page_64_types.h, __START_KERNEL_map: physical address 0 of the kernel's own mapping. */
#define KERNEL_MAP	  UINT64_C(0xffffffff80000000)
#define KERNEL_IMAGE_SIZE GIB(1) /* the same file, with RANDOMIZE_BASE */

/* The setup header that boot_params gets when no bzImage brings one: 2.12, which is the first with xloadflags. */
enum {
	HEADER_END = 0x268,
	BOOT_FLAG = 0x1fe,
	JUMP = 0x200,
	MAGIC = 0x202,
	VERSION = 0x206,
	LOADFLAGS = 0x211,
	INITRD_ADDR_MAX = 0x22c,
	KERNEL_ALIGNMENT = 0x230,
	RELOCATABLE_KERNEL = 0x234,
	XLOADFLAGS = 0x236,
	CMDLINE_SIZE = 0x238,
	PREF_ADDRESS = 0x258,
	INIT_SIZE = 0x260,
};

#define LOADED_HIGH	  1
#define COMMAND_LINE_SIZE 2048 /* arch/x86/include/asm/setup.h, with the NUL */
#define INITRD_MAX	  0x7fffffff
#define MOST_TABLE	  MIB(64)

/*
 * Where Linux links itself: every segment's physical address is its virtual one less __START_KERNEL_map, and e_entry is
 * physical (vmlinux.lds.S, phys_startup_64). The segment of the first CPU's variables had virtual addresses from 0
 * until Linux 6.15 (PERCPU_VADDR). NetBSD and unikernels link themselves alike: what decides then are the notes.
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

static void put(struct bzimage *k, unsigned int at, unsigned int width, uint64_t value)
{
	store_le(k->header + (at - BZIMAGE_HEADER_AT), width, value);
}

static void make_header(struct bzimage *k)
{
	k->header_size = HEADER_END - BZIMAGE_HEADER_AT;
	put(k, BOOT_FLAG, 2, 0xaa55);
	put(k, JUMP, 2, 0xeb | (HEADER_END - 0x202) << 8);
	put(k, MAGIC, 4, 0x53726448);
	put(k, VERSION, 2, k->version);
	put(k, LOADFLAGS, 1, LOADED_HIGH);
	put(k, INITRD_ADDR_MAX, 4, k->initrd_addr_max);
	put(k, KERNEL_ALIGNMENT, 4, k->kernel_alignment);
	put(k, RELOCATABLE_KERNEL, 1, 1);
	put(k, XLOADFLAGS, 2, k->xloadflags);
	put(k, CMDLINE_SIZE, 4, k->cmdline_size);
	put(k, PREF_ADDRESS, 8, k->pref_address);
	put(k, INIT_SIZE, 4, k->window_size);
}

/* What a bzImage's header would say of it. */
static enum status describe_itself(struct bzimage *k, const struct elf *elf, struct fail *why)
{
	uint64_t size;

	if (elf->align > GIB(1) || checked_align_up(range_size(elf->window), EFI_PAGE, &size) || size > GIB(4) - 1)
		return fail_by(why, BAD_INPUT, E1,
			       "%s: %" PRIu64 " bytes in memory, aligned to %#" PRIx64 ": no Linux kernel is so large",
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

/* A bzImage's init_size has room for its decompressor too; should it be less than the kernel alone, that counts. */
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

static void take_pieces(struct image *image, const struct elf *elf)
{
	image_take_segments(image, elf);
	image->machine = elf->machine;
	image->entry_at = elf->entry;
	image->image_end = elf->file_end;
	image->virtual_base = elf->virtual_base;
	image->in_one_piece = true;
	image->moves_itself = false;
	image->keeps_levels = true;
	/* boot.rst, xloadflags: the code for five levels is there, and so is CONFIG_X86_5LEVEL. */
	image->takes_five_levels =
	    (image->bzimage.xloadflags & XLF_5LEVEL) != 0 && (image->bzimage.xloadflags & XLF_5LEVEL_ENABLED) != 0;
	image->five_levels = false;
	image->protocol = &vmlinux_protocol;
}

static enum status take(struct image *image, struct fail *why)
{
	const struct elf *elf = &image->elf;

	if (image->bzimage.header_size == 0)
		TRY(describe_itself(&image->bzimage, elf, why));
	else
		TRY(fit_window(&image->bzimage, elf, why));
	take_pieces(image, elf);
	return OK;
}

enum status vmlinux_take(struct image *image, struct bytes head, uint64_t file_size, struct fail *why)
{
	TRY(elf_parse(&image->elf, image->name, head, file_size, why));
	if (is_linked_as_linux(&image->elf))
		return take(image, why);
	return fail_by(why, NOT_FOUND, E1,
		       "%s: an ELF file that is no Linux kernel for x86-64: its segments are not linked %#" PRIx64
		       " above their physical addresses, or its entry is no physical address\n"
		       "  try: a vmlinux, or a bzImage",
		       image->name, KERNEL_MAP);
}

enum status vmlinux_identify(struct image *image, struct bytes head, uint64_t file_size, struct fail *why)
{
	image->bzimage.header_size = 0;
	TRY(vmlinux_take(image, head, file_size, why));
	return image_want_notes(image, why);
}

/*
 * Linux has notes of its own since 4.19, and names itself in Xen's. A kernel before that, built without Xen, has at
 * most its tools' notes, and no entry by PVH, which came with 4.11.
 */
static enum status learn(struct image *image, size_t which, struct bytes piece, struct fail *why)
{
	elf_read_marks(&image->elf, which, piece, &image->marks);
	if (!image->marks.is_linux)
		TRY(elf_read_pvh(&image->elf, which, piece, &image->pvh, why));
	if (which + 1 < image->n_wants || image->marks.is_linux || (!image->pvh.has_entry && !image->marks.is_foreign))
		return OK;
	return pvh_take(image, why);
}

/* Linux arch/x86/boot/compressed/kaslr.c, find_random_virt_addr: from LOAD_PHYSICAL_ADDR to KERNEL_IMAGE_SIZE. */
static uint64_t random_delta(const struct image *image, uint64_t entropy)
{
	const struct bzimage *k = &image->bzimage;
	uint64_t linked = image->virtual_base - KERNEL_MAP, first, slots;

	if (checked_align_up(k->pref_address, k->kernel_alignment, &first) || first > KERNEL_IMAGE_SIZE ||
	    k->window_size > KERNEL_IMAGE_SIZE - first)
		return 0;
	slots = 1 + (KERNEL_IMAGE_SIZE - first - k->window_size) / k->kernel_alignment;
	/* At most 512 slots: of 2^64 the remainder favours none by more than one in 10^16. */
	return first + entropy % slots * k->kernel_alignment - linked;
}

enum status vmlinux_randomise(struct image *image, uint8_t *window, struct bytes table, const char *table_name,
			      uint64_t entropy, uint64_t *delta, struct fail *why)
{
	struct linux_image loaded = {window, (size_t)image->bzimage.window_size, image->virtual_base};
	struct linux_relocs relocs;
	enum status status = linux_relocs_parse(&relocs, table_name, table, why);

	*delta = 0;
	if (status != OK)
		return status == NOT_FOUND ? OK : status;
	*delta = random_delta(image, entropy);
	TRY(linux_relocs_apply(&relocs, &loaded, *delta, why));
	image->bzimage.randomised = true;
	return OK;
}

enum status vmlinux_check_table_size(const char *name, uint64_t size, struct fail *why)
{
	if (size != 0 && size <= MOST_TABLE)
		return OK;
	return fail(why, BAD_INPUT, "%s: %" PRIu64 " bytes are no relocation table; at most %" PRIu64 " are read", name,
		    size, MOST_TABLE);
}

static enum status identify(struct image *image, struct bytes head, struct fail *why)
{
	return vmlinux_identify(image, head, image->file_size, why);
}

static void inspect(const struct image *image, struct bytes payload, struct machine *machine)
{
	(void)image;
	(void)payload;
	(void)machine;
}

const struct protocol vmlinux_protocol = {
    .name = "vmlinux, 64-bit entry",
    .is_linux = true,
    .identify = identify,
    .learn = learn,
    .demand = bzimage_demand,
    .inspect = inspect,
    .describe = bzimage_describe,
    .finish = boot_params_finish,
};
