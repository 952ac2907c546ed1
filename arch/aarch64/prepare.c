/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an arm64 CPU is entered with: nothing but its registers. The MMU is off, so there are no tables; the last steps
 * run from the loader's own code, the only code that is sure to be executable where firmware enforces W^X. Source:
 * Linux Documentation/arch/arm64/booting.rst, 4.
 */
#include "../arch.h"
#include "../tables.h"

/* Firmware's tables, and those that copies are made under, have 48 bits (UEFI 2.10, 2.3.6: 4 KiB pages, TTBR0 alone).
 */
static struct bound reach(const struct cpu *cpu)
{
	(void)cpu;
	return (struct bound){UINT64_C(1) << 48, A2};
}

/* The pages that the flags of an Image name (rule A2), by what ID_AA64MMFR0_EL1 says about the CPU. */
static enum status demand(const struct cpu *cpu, const struct entrance *how, struct request *handoff, struct fail *why)
{
	uint32_t page = how->page_size;

	(void)handoff;
	if (page == 0 || (cpu->page_sizes & page) != 0)
		return OK;
	return fail_by(why, BAD_INPUT, A2,
		       "%s was built for pages of %u KiB, which this CPU does not have\n"
		       "  try: a kernel for pages of %u KiB",
		       how->name, page / 1024, (cpu->page_sizes & -cpu->page_sizes) / 1024);
}

/* Arm ARM (DDI 0487), D19.2.139 and D19.2.140, TCR_EL1 and TCR_EL2. */
#define T0SZ_48_BITS UINT64_C(16)
#define WALKS_CACHED UINT64_C(0x3500)	 /* IRGN0 and ORGN0 write-back, SH0 inner shareable; TG0 4 KiB */
#define NO_TTBR1     (UINT64_C(1) << 23) /* EPD1 */
#define EL2_RES1     (UINT64_C(1) << 31 | UINT64_C(1) << 23)
#define IPS_SHIFT    32
#define PS_SHIFT     16
#define PA_48_BITS   5u /* more takes another format of tables */

/* D8.3.2: a table; a block of memory of attribute 0, accessed, inner shareable, and for EL2 its bit that is always 1.
 */
#define TABLE	  UINT64_C(0x003)
#define BLOCK	  UINT64_C(0x701)
#define BLOCK_EL2 UINT64_C(0x741)

static uint64_t translation_control(const struct cpu *cpu)
{
	uint64_t range = cpu->pa_range < PA_48_BITS ? cpu->pa_range : PA_48_BITS;

	return T0SZ_48_BITS | WALKS_CACHED |
	       (cpu->el2_alone ? EL2_RES1 | range << PS_SHIFT : NO_TTBR1 | range << IPS_SHIFT);
}

/* Tables serve only copies, which are worth having caches for; a CPU without 4 KiB pages copies slowly. */
static void prepare(const struct cpu *cpu, const struct entrance *how, const struct memmap *map,
		    struct handoff *handoff)
{
	struct table_format format = {
	    .levels = 4, .gib_blocks = true, .table = TABLE, .block = cpu->el2_alone ? BLOCK_EL2 : BLOCK};
	struct tables tables = {0};

	(void)how;
	if (handoff->copies_after_exit && (cpu->page_sizes & 4096) != 0)
		tables_build(&format, map, &handoff->block, &tables);
	handoff->table_root = tables.root;
	handoff->tables_size = tables.size;
	handoff->tcr = translation_control(cpu);
}

const struct arch arch_aarch64 = {
    .name = "arm64",
    .bls = "aa64",
    .enters = {ELF_AARCH64},
    .reach = reach,
    .demand = demand,
    .prepare = prepare,
};
