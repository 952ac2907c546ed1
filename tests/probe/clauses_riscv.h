/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The promises that Linux's boot protocol for 64-bit RISC-V makes to a kernel under UEFI, as clauses. An independent
 * reading of the documents: nothing here comes from the loader.
 * Source: Linux Documentation/arch/riscv/boot.rst, boot-image-header.rst, vm-layout.rst; arch/riscv/mm/init.c; RISC-V
 * Privileged Architecture; RISC-V SBI Specification 1.0, 9, Hart State Management.
 */
#ifndef BERTH_TESTS_CLAUSES_RISCV_H
#define BERTH_TESTS_CLAUSES_RISCV_H

#include "clauses_tree.h"

/* What an Image knows of its own file; make_image.py writes it. */
struct riscv_facts {
	uint64_t image_size;
	uint64_t payload_at, payload_size; /* bytes behind the code, from the load address */
	uint64_t payload_sum;		   /* their Adler-32 */
};

/* SBI 1.0, 9.3. */
enum { HART_STARTED, HART_STOPPED, HART_NOBODY_KNOWS = 255 };

struct found_riscv {
	uint64_t load, code_size; /* of the image, without payload */
	uint64_t a0, a1, satp, sstatus, sie;
	uint32_t (*hart_state)(void *context, uint64_t hart);
	const struct riscv_facts *facts;
	struct looking looking;
};

/* As clauses_check and clauses_check_unchanged. */
unsigned int riscv_check(const struct found_riscv *found, struct clause_report *report);
unsigned int riscv_check_unchanged(const struct found_riscv *found, struct clause_report *report, bool scribbled);

#endif
