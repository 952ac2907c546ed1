/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BERTH_IA32_ARITH_H
#define BERTH_IA32_ARITH_H

#include <stdint.h>

uint64_t __udivmoddi4(uint64_t n, uint64_t by, uint64_t *rest);
uint64_t __udivdi3(uint64_t n, uint64_t by);
uint64_t __umoddi3(uint64_t n, uint64_t by);
int __ctzdi2(uint64_t n);

#endif
