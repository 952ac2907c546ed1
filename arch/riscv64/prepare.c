/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a RISC-V hart is entered with is all in registers: without address translation it needs no tables.
 * Source: Linux Documentation/arch/riscv/boot.rst, "CSR state".
 */
#include "../arch.h"

static enum status demand(const struct cpu *cpu, const struct entrance *how, struct request *handoff, struct fail *why)
{
	(void)cpu;
	(void)how;
	(void)handoff;
	(void)why;
	return OK;
}

static void prepare(const struct cpu *cpu, const struct entrance *how, const struct memmap *map,
		    struct handoff *handoff)
{
	(void)cpu;
	(void)how;
	(void)map;
	(void)handoff;
}

const struct arch arch_riscv64 = {
    .name = "RISC-V",
    .bls = "riscv64",
    .enters = {ELF_RISCV},
    .tree_tells_levels = true,
    .demand = demand,
    .prepare = prepare,
};
