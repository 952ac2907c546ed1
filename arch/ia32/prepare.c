/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes that a kernel is entered with from firmware of 32 bits, whose paging, if any, does not matter: every kernel
 * is entered through the trampoline, a 64-bit one with its own tables.
 * Source: Linux Documentation/arch/x86/boot.rst; UEFI 2.10, 2.3.2, "IA-32 Platforms".
 */
#include "../arch.h"
#include "../x86/entry.h"

static struct bound reach(const struct cpu *cpu)
{
	(void)cpu;
	return (struct bound){GIB(4), X12};
}

static enum status demand(const struct cpu *cpu, const struct entrance *how, struct request *handoff, struct fail *why)
{
	if (cpu->lacks_long_mode && !how->in_32_bits)
		return fail(why, BAD_INPUT,
			    "%s: a 64-bit kernel, but this CPU has no 64-bit mode\n  try: a kernel for i386",
			    how->name);
	at_most(&handoff->max, GIB(4), how->in_32_bits ? E3 : X12);
	return OK;
}

static void prepare(const struct cpu *cpu, const struct entrance *how, const struct memmap *map,
		    struct handoff *handoff)
{
	struct table_format format = tables_x86(how->five_levels ? 5 : 4, cpu->gib_pages);
	struct tables tables = {.root = 0};

	handoff->gdt = x86_take_gdt(&handoff->block, true, how);
	handoff->stack_top = x86_take_stack(&handoff->block);
	if (!how->in_32_bits)
		tables_build(&format, map, &handoff->block, &tables);
	handoff->tables_size = tables.size;
	handoff->table_root = tables.root;
	handoff->trampoline = x86_take_trampoline(handoff, how, how->in_32_bits ? NULL : &tables);
}

const struct arch arch_ia32 = {
    .name = "x86 with 32-bit firmware",
    .bls = "ia32",
    .enters = {ELF_I386, ELF_X86_64},
    .firmware_bits = 32,
    .reach = reach,
    .demand = demand,
    .prepare = prepare,
};
