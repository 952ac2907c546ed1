/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The promises of Xen's x86/HVM direct boot ABI (PVH), as clauses. An independent reading of the specification.
 * Source: Xen docs/misc/pvh.pandoc; xen/include/public/arch-x86/hvm/start_info.h; xen/include/public/elfnote.h.
 */
#ifndef BERTH_TESTS_CLAUSES_PVH_H
#define BERTH_TESTS_CLAUSES_PVH_H

#include "clauses.h"

#define PVH_WORDS 4

/* What a kernel knows of its own file; make_pvh.py writes it. */
struct pvh_facts {
	uint64_t linked;		   /* where its first byte is linked */
	uint64_t window;		   /* bytes of memory, from there to the end of its last segment */
	uint64_t payload_at, payload_size; /* of the second segment, from the load address */
	uint64_t least, align, min, last; /* the first byte lies at a multiple of align from min on, the last by last */
	uint32_t payload_sum;
	uint32_t is_32, n_words; /* of word: relocated ones of so many bytes, each with the address of itself */
	uint32_t reserved;
	uint64_t word[PVH_WORDS];
};

struct found_pvh {
	uint64_t load, code_size; /* of the image, without payload */
	uint32_t by;		  /* 1: the note's entry, 2: e_entry */
	uint32_t is_32_bits;	  /* 1: the CPU ran 32-bit code */
	uint32_t ebx, eflags, cr0, cr4, efer, gdt_base;
	uint16_t gdt_limit, cs, ds, es, tr;
	const struct pvh_facts *facts;
	/* The same as in struct found; `probe.ramdisk=SIZE,SUM` on the command line as well. */
	const uint8_t *(*memory)(void *context, uint64_t physical, uint64_t size);
	void *context;
};

/* As clauses_check and clauses_check_unchanged. */
unsigned int pvh_check(const struct found_pvh *found, struct clause_report *report);
unsigned int pvh_check_unchanged(const struct found_pvh *found, struct clause_report *report, bool scribbled);

#endif
