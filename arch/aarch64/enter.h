/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by here.c and enter.S. */
#ifndef BERTH_AARCH64_ENTER_H
#define BERTH_AARCH64_ENTER_H

#include <stdint.h>

struct range;

/* The page tables that copies are made under; root 0: the MMU stays off. */
struct aarch64_tables {
	uint64_t root, tcr;
};

uint64_t aarch64_memory_features(void);	   /* ID_AA64MMFR0_EL1 */
uint64_t aarch64_hcr(void);		   /* HCR_EL2; all ones at EL1 */
uint64_t aarch64_counter_frequency(void);  /* CNTFRQ_EL0, which firmware writes; 0 when it has not */
uint32_t aarch64_random(uint64_t *number); /* 0 when the CPU gives none */

/*
 * @written: @n ranges that are cleaned to the point of coherency; @copies: what is moved after that (plan/copies.h).
 */
__attribute__((noreturn)) void aarch64_enter(uint64_t entry, uint64_t argument, const struct range *written, uint64_t n,
					     uint64_t copies, const struct aarch64_tables *tables);

#endif
