/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes that an x86-64 CPU is entered with, in firmware of 64 bits: page tables, and what arch/x86 has.
 * Source: Linux Documentation/arch/x86/boot.rst, "64-bit Boot Protocol"; Intel SDM volume 3, 4.5.
 */
#include "../arch.h"
#include "../x86/entry.h"

static bool must_switch_levels(const struct cpu *cpu, const struct entrance *how)
{
	return cpu->five_levels != how->five_levels && !how->in_32_bits;
}

static bool needs_code_32(const struct cpu *cpu, const struct entrance *how)
{
	return how->in_32_bits || must_switch_levels(cpu, how);
}

/* UEFI 2.10, 2.3.4: memory is mapped to itself; the upper half of 48 or 57 bits stands for other addresses. */
static struct bound reach(const struct cpu *cpu)
{
	return (struct bound){UINT64_C(1) << (cpu->five_levels ? 56 : 47), X8};
}

static enum status demand(const struct cpu *cpu, const struct entrance *how, struct request *handoff, struct fail *why)
{
	(void)why;
	/* LA57 changes only while paging is off, in 32-bit code: what that code touches has 32-bit addresses. */
	if (must_switch_levels(cpu, how))
		at_most(&handoff->max, GIB(4), X8);
	if (how->in_32_bits)
		at_most(&handoff->max, GIB(4), E3);
	return OK;
}

/* Tables of five levels serve both modes: the first one below the top is the top of four. */
static void prepare(const struct cpu *cpu, const struct entrance *how, const struct memmap *map,
		    struct handoff *handoff)
{
	struct table_format format = tables_x86(cpu->five_levels || how->five_levels ? 5 : 4, cpu->gib_pages);
	bool with_code_32 = needs_code_32(cpu, how);
	struct tables tables;

	handoff->gdt = x86_take_gdt(&handoff->block, with_code_32, how);
	handoff->stack_top = x86_take_stack(&handoff->block);
	tables_build(&format, map, &handoff->block, &tables);
	handoff->tables_size = tables.size;
	handoff->table_root = cpu->five_levels ? tables.root : tables.four_level_root;
	handoff->trampoline = 0;
	if (with_code_32)
		handoff->trampoline = x86_take_trampoline(handoff, how, how->in_32_bits ? NULL : &tables);
}

const struct arch arch_x86_64 = {
    .name = "x86-64",
    .bls = "x64",
    .enters = {ELF_X86_64, ELF_I386},
    .reach = reach,
    .demand = demand,
    .prepare = prepare,
};
