/* SPDX-License-Identifier: BSD-2-Clause */
#include "riscv_tree.h"

/* Devicetree Specification, 2.2.4: numbers are big-endian. */
static uint64_t load_be(const uint8_t *at, size_t width)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value = value << 8 | at[i];
	return value;
}

/* Devicetree Specification, 2.3.4: a node without `status` is there. */
static bool is_there(const uint8_t *tree, int node)
{
	struct bytes status = tree_property(tree, node, "status");

	return status.at == NULL || text_is(status, "okay") || text_is(status, "ok");
}

/* Linux drivers/firmware/efi/libstub/riscv.c, get_boot_hartid_from_fdt: 4 bytes or 8. */
static void read_hart(const uint8_t *tree, struct findings *found)
{
	struct bytes hart = tree_get(tree, "chosen", "boot-hartid");

	if (found->has_hart || (hart.size != 4 && hart.size != 8))
		return;
	found->has_hart = true;
	found->hart = load_be(hart.at, hart.size);
}

/* Linux Documentation/devicetree/bindings/riscv/cpus.yaml, mmu-type. */
static unsigned int levels_of(const uint8_t *tree, int cpu)
{
	struct bytes type = tree_property(tree, cpu, "mmu-type");

	return text_is(type, "riscv,sv57") ? 5 : text_is(type, "riscv,sv48") ? 4 : text_is(type, "riscv,sv39") ? 3 : 0;
}

/* The least of all harts that are there: Linux has one kind of page tables for all. */
static unsigned int read_levels(const uint8_t *tree)
{
	int cpus = tree_find(tree, 0, "cpus");
	unsigned int least = 0;
	bool any = false;

	for (int cpu = tree_first_child(tree, cpus); cpu >= 0; cpu = tree_next_child(tree, cpu)) {
		unsigned int levels;

		if (!text_is(tree_property(tree, cpu, "device_type"), "cpu") || !is_there(tree, cpu))
			continue;
		levels = levels_of(tree, cpu);
		least = !any || levels < least ? levels : least;
		any = true;
	}
	return least;
}

/* Devicetree Specification, 2.3.5: 2 and 1 where a node does not say; buses may have more than 2, memory does not. */
static size_t cells(const uint8_t *tree, int node, const char *name, size_t otherwise)
{
	struct bytes value = tree_property(tree, node, name);
	uint64_t n = value.size == 4 ? load_be(value.at, 4) : otherwise;

	return n == 1 || n == 2 ? (size_t)n : 0;
}

static enum status add_reserved(struct findings *found, uint64_t start, uint64_t size, struct fail *why)
{
	struct range at;
	uint64_t page;

	/* What wraps, or lies where no memory can, is not memory. */
	if (size == 0 || checked_range(start, size, &at) || checked_align_up(at.end, EFI_PAGE, &page))
		return OK;
	if (found->n_reserved == MAX_RESERVED)
		return fail_by(why, BAD_INPUT, R3,
			       "the device tree has more than %u ranges in /reserved-memory\n"
			       "  try: a tree with fewer, with a `devicetree` line in the entry",
			       (unsigned int)MAX_RESERVED);
	found->reserved[found->n_reserved++] = at;
	return OK;
}

/*
 * All that has a `reg`, with `no-map` or without: U-Boot 2023.01 (Debian 12) has no `no-map` for what OpenSBI 1.1
 * keeps, and its memory map calls that boot services data, which is the kernel's after exit.
 */
static enum status read_reserved(const uint8_t *tree, struct findings *found, struct fail *why)
{
	int parent = tree_find(tree, 0, "reserved-memory");
	size_t address = 4 * cells(tree, parent, "#address-cells", 2), size = 4 * cells(tree, parent, "#size-cells", 1);

	if (address == 0 || size == 0)
		return OK;
	for (int node = tree_first_child(tree, parent); node >= 0; node = tree_next_child(tree, node)) {
		struct bytes reg = tree_property(tree, node, "reg");

		if (!is_there(tree, node) || reg.size % (address + size) != 0)
			continue;
		for (size_t at = 0; at < reg.size; at += address + size)
			TRY(add_reserved(found, load_be(reg.at + at, address), load_be(reg.at + at + address, size),
					 why));
	}
	return OK;
}

enum status riscv_learn_tree(const struct tree *tree, const struct machine *machine, struct findings *found,
			     struct fail *why)
{
	found->n_reserved = 0;
	found->levels = 0;
	found->has_hart = machine->has_hart;
	found->hart = machine->hart;
	if (tree->at == NULL)
		return OK;
	read_hart(tree->at, found);
	found->levels = read_levels(tree->at);
	return read_reserved(tree->at, found, why);
}
