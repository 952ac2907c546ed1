/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of the supervisor binary interface. Source: RISC-V SBI Specification 1.0, 3, 5.2 and 9. */
#ifndef BERTH_TESTS_SBI_H
#define BERTH_TESTS_SBI_H

#include <stddef.h>
#include <stdint.h>

#define SBI_PUT_CHARACTER 1
#define SBI_HSM		  0x48534d
#define SBI_HART_STATUS	  2

/* The call's error, 0 for none; its value to *value, unless that is NULL. */
int64_t probe_sbi(uint64_t first, uint64_t second, uint64_t extension, uint64_t function, uint64_t *value);

#endif
