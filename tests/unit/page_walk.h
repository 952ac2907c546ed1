/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables of x86-64 as the CPU reads them: written from the Intel SDM, and not from the code that built them. */
#ifndef BERTH_TESTS_PAGE_WALK_H
#define BERTH_TESTS_PAGE_WALK_H

#include "given.h"

#include "../../arch/tables.h"

#define TABLES_AT UINT64_C(0x7f000000) /* the address that their block pretends to have */
#define UNMAPPED  UINT64_MAX

struct built {
	struct block block;
	struct tables tables;
	struct table_format format;
	uint64_t from;	    /* address of what was carved first */
	uint64_t mapped_by; /* bytes of the entry that the last walk ended in */
};

/* Where @va leads from @root, or UNMAPPED. */
uint64_t walk(struct built *b, uint64_t root, unsigned int levels, uint64_t va);

#endif
