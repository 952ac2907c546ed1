/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The promises that Linux's boot protocol for arm64 makes to a kernel under UEFI, as clauses. An independent reading of
 * the documents: nothing here comes from the loader.
 * Source: Linux Documentation/arch/arm64/booting.rst; Arm Architecture Reference Manual (DDI 0487).
 */
#ifndef BERTH_TESTS_CLAUSES_ARM64_H
#define BERTH_TESTS_CLAUSES_ARM64_H

#include "clauses_tree.h"

/* What an Image knows of its own file; make_image.py writes it. */
struct arm64_facts {
	uint64_t image_size;
	uint64_t payload_at, payload_size; /* bytes behind the code, from the image's first byte */
	uint64_t payload_sum;		   /* their Adler-32 */
	uint64_t text_offset;
};

struct found_arm64 {
	uint64_t load, code_size; /* of the image, without payload */
	uint64_t x[4];
	uint64_t current_el, daif, sctlr; /* as the registers have them; sctlr of the level that it runs at */
	const struct arm64_facts *facts;
	struct looking looking;
};

/* As clauses_check and clauses_check_unchanged. */
unsigned int arm64_check(const struct found_arm64 *found, struct clause_report *report);
unsigned int arm64_check_unchanged(const struct found_arm64 *found, struct clause_report *report, bool scribbled);

#endif
