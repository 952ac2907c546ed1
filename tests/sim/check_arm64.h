/* SPDX-License-Identifier: BSD-2-Clause */
/* For sim.check_entered: what must hold when a kernel for arm64 was entered. */
#ifndef BERTH_TESTS_CHECK_ARM64_H
#define BERTH_TESTS_CHECK_ARM64_H

#include "check.h"

void check_arm64(const struct entry *entry, const char *scenario);

#endif
