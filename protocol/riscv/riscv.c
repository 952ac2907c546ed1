/* SPDX-License-Identifier: BSD-2-Clause */
#include "riscv.h"

#include "../flat/flat_image.h"
#include "../tree/chosen.h"
#include "../command_line.h"
#include "riscv_tree.h"

#define BIG_ENDIAN 1u /* boot-image-header.rst, flags, bit 0 */
#define PMD_SIZE   MIB(2)
/* arch/riscv/include/uapi/asm/setup.h, COMMAND_LINE_SIZE: since Linux 5.13; older kernels do not say. */
#define MOST_LINE 1023
#define MOST_TREE MIB(2) /* arch/riscv/include/asm/fixmap.h, MAX_FDT_SIZE */

static enum status identify(struct image *image, struct bytes head, struct fail *why)
{
	struct riscv *k = (struct riscv *)(void *)image->own;
	struct flat_image flat;
	uint64_t window;

	TRY(flat_image_read(&flat, image, head, ELF_RISCV, why));
	if ((flat.flags & BIG_ENDIAN) != 0)
		return fail(why, BAD_INPUT,
			    "%s: a big-endian kernel (flags %#" PRIx64 "), and UEFI's RISC-V is little-endian\n"
			    "  try: a little-endian kernel",
			    image->name, flat.flags);
	if (flat.image_size == 0)
		return fail_by(why, BAD_INPUT, R1,
			       "%s: image_size is 0: the kernel does not say how much memory it needs\n"
			       "  try: a newer kernel",
			       image->name);
	/*
	 * Up to a PMD's edge: setup_bootmem reserves that much for the kernel, and then drops an initrd that begins
	 * before it ("overlaps in-use memory region"). Room for the file as well: its tail, a signature, say, is read
	 * too although the kernel never uses it.
	 */
	window = flat.image_size > flat.file_size ? flat.image_size : flat.file_size;
	if (checked_align_up(window, PMD_SIZE, &window))
		return fail_by(why, BAD_INPUT, R1, "%s: image_size %#" PRIx64 " does not fit into any memory",
			       image->name, flat.image_size);
	/* The rest is BSS, which the kernel clears itself (arch/riscv/kernel/head.S). */
	image->piece[0] = (struct image_piece){.size = flat.file_size, .memory = flat.file_size};
	image->n_pieces = 1;
	k->window_size = window;
	return OK;
}

uint64_t riscv_reach(uint64_t ram_start, unsigned int levels, const char *command_line)
{
	/* vm-layout.rst: a quarter of what the page tables span, 2^39, 2^48 or 2^57 bytes. */
	static const uint64_t span[] = {GIB(128), TIB(64), TIB(64) * 512};
	/* arch/riscv/kernel/pi/cmdline_early.c looks for the letters, be they a word or part of one. */
	unsigned int most = command_line_has_letters(command_line, "no4lvl")   ? 3
			    : command_line_has_letters(command_line, "no5lvl") ? 4
									       : 5;
	uint64_t end;

	if (levels < 3 || levels > 5)
		levels = 3;
	if (levels > most)
		levels = most;
	/* arch/riscv/mm/init.c, setup_bootmem: the map begins where memory does, rounded down to a PMD. */
	return checked_add(align_down(ram_start, PMD_SIZE), span[levels - 3], &end) ? UINT64_MAX : end;
}

static enum status demand(const struct image *image, const struct cargo *cargo, const struct findings *found,
			  struct request request[N_PARTS], struct fail *why)
{
	uint64_t reach = riscv_reach(found->ram_start, found->levels, cargo->command_line);

	if (!found->has_hart)
		return fail(why, IO_ERROR,
			    "%s: nothing tells which hart this is: firmware has neither "
			    "RISCV_EFI_BOOT_PROTOCOL nor a device tree with /chosen/boot-hartid\n"
			    "  try: newer firmware",
			    image->name);
	TRY(command_line_check_length(cargo->command_line, MOST_LINE, image->name, "COMMAND_LINE_SIZE of RISC-V", why));
	request_init(&request[PART_KERNEL], PART_KERNEL, riscv_of(image)->window_size);
	request[PART_KERNEL].align = request[PART_KERNEL].least_align = (struct bound){PMD_SIZE, R1};
	request_init(&request[PART_INITRD], PART_INITRD, cargo->initrd_size);
	request_init(&request[PART_HANDOFF], PART_HANDOFF, 0); /* sized when all of it is known */
	for (size_t i = PART_KERNEL; i <= PART_HANDOFF; i++)
		at_most(&request[i].max, reach, R2);
	for (size_t i = 0; i < N_PARTS; i++) {
		if (found->mem_end != 0) /* setup_bootmem: memblock_enforce_memory_limit, and nothing is added back */
			reach_at_most(&request[i], found->mem_end, C9);
		reach_at_least(&request[i], found->resident_end, R3);
	}
	return chosen_demand(cargo, riscv_protocol.most_tree, &request[PART_HANDOFF], why);
}

static void describe(const struct image *image, const struct cargo *cargo, const struct plan *plan,
		     const struct machine *machine, const struct findings *found, struct handoff *handoff)
{
	chosen_describe(image, cargo, plan, machine, found, handoff);
	handoff->hart = found->hart;
}

const struct protocol riscv_protocol = {
    .name = "Image for RISC-V",
    .is_linux = true,
    .mem = MEM_IS_LEAST_AMOUNT,
    .is_flat = true,
    .may_be_packed = true,
    .most_tree = {MOST_TREE, R2},
    .trees = &tree_reader,
    .identify = identify,
    .learn_tree = riscv_learn_tree,
    .demand = demand,
    .describe = describe,
    .finish = chosen_finish,
};
