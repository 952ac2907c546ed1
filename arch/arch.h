/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every CPU offers the loader. The C of this folder writes bytes that a CPU reads, and runs on any host; only
 * the assembly reads or writes system registers.
 */
#ifndef BERTH_ARCH_H
#define BERTH_ARCH_H

#include "../protocol/handoff.h"
#include "../protocol/image.h"

/* What arch_cpu finds out about the running CPU. */
struct cpu {
	bool gib_pages;	  /* 1 GiB blocks in page tables */
	bool five_levels; /* runs in 5-level paging now */
};

/* The name of this CPU in the Boot Loader Specification's `architecture` key. */
#define ARCH_NAME "x64"

void arch_cpu(struct cpu *cpu);

/* A counter of the CPU that runs at a fixed rate; its rate is the caller's business. */
uint64_t arch_ticks(void);

/* A number from the CPU's own source of entropy; false, and nothing written, when it has none. */
bool arch_random(uint64_t *number);

/* Narrows where the handoff block may lie, for what this CPU must do in it (rule X8). */
void arch_demand(const struct cpu *cpu, const struct image *image, struct request *handoff);

/*
 * Carves page tables, descriptor tables and code out of handoff->block and fills them; with block.at == NULL it only
 * measures. Maps identically all memory in @map, which holds every part of the plan.
 */
void arch_prepare(const struct cpu *cpu, const struct image *image, const struct memmap *map, struct handoff *handoff);

/* After ExitBootServices: enters the kernel. */
__attribute__((noreturn)) void arch_enter(const struct handoff *handoff);

#endif
