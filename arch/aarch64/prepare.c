/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an arm64 CPU is entered with: nothing but its registers. The MMU is off, so there are no tables; the last steps
 * run from the loader's own code, which alone is certain to be executable where firmware enforces W^X. Source: Linux
 * Documentation/arch/arm64/booting.rst, 4.
 */
#include "../arch.h"

/* The pages that the flags of an Image name (rule A2), by what ID_AA64MMFR0_EL1 says of the CPU. */
static enum status demand(const struct cpu *cpu, const struct image *image, struct request *handoff, struct fail *why)
{
	uint32_t page = image->arm64.page_size;

	(void)handoff;
	if (page == 0 || (cpu->page_sizes & page) != 0)
		return OK;
	return fail_by(why, BAD_INPUT, A2,
		       "%s was built for pages of %u KiB, which this CPU does not have\n"
		       "  try: a kernel for pages of %u KiB",
		       image->name, page / 1024, (cpu->page_sizes & -cpu->page_sizes) / 1024);
}

static void prepare(const struct cpu *cpu, const struct image *image, const struct memmap *map, struct handoff *handoff)
{
	(void)cpu;
	(void)image;
	(void)map;
	handoff->tables_size = 0;
}

const struct arch arch_aarch64 = {
    .name = "arm64",
    .bls = "aa64",
    .enters = {ELF_AARCH64},
    .demand = demand,
    .prepare = prepare,
};
