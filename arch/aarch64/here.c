/* SPDX-License-Identifier: BSD-2-Clause */
/* The running CPU, by the routines of enter.S. Source: Arm ARM (DDI 0487), D19.2.64, ID_AA64MMFR0_EL1. */
#include "enter.h"

#include "../arch.h"

/* TGran4 and TGran64 are 0 if there are such pages, 1 with 52-bit addresses too, 15 if there are none. */
#define TGRAN4_SHIFT  28
#define TGRAN64_SHIFT 24
#define TGRAN16_SHIFT 20 /* 0: none */
#define PARANGE_SHIFT 0
#define HCR_E2H	      (UINT64_C(1) << 34)

const struct arch *arch_here(void)
{
	return &arch_aarch64;
}

static unsigned int field(uint64_t features, unsigned int shift)
{
	return (unsigned int)(features >> shift & 15);
}

void arch_cpu(struct cpu *cpu)
{
	uint64_t features = aarch64_memory_features();

	*cpu = (struct cpu){
	    .page_sizes = (field(features, TGRAN4_SHIFT) < 8 ? 4096u : 0) |
			  (field(features, TGRAN16_SHIFT) != 0 ? 16384u : 0) |
			  (field(features, TGRAN64_SHIFT) < 8 ? 65536u : 0),
	    .pa_range = field(features, PARANGE_SHIFT),
	    .el2_alone = (aarch64_hcr() & HCR_E2H) == 0,
	};
}

bool arch_speaker(bool sounds)
{
	(void)sounds;
	return false;
}

bool arch_is_confidential(void)
{
	return false;
}

bool arch_is_virtual(void)
{
	return false;
}

uint64_t arch_ticks_per_second(void)
{
	return aarch64_counter_frequency();
}

bool arch_random(uint64_t *number)
{
	return aarch64_random(number) != 0;
}

void arch_enter(const struct handoff *handoff)
{
	struct aarch64_tables tables = {handoff->table_root, handoff->tcr};

	aarch64_enter(handoff->entry, handoff->argument, handoff->written, handoff->n_written, handoff->copies.address,
		      &tables);
}
