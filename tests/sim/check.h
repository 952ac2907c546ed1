/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold after every simulated boot, whatever firmware did: a whole handoff, or nothing left behind. */
#ifndef BERTH_TESTS_CHECK_H
#define BERTH_TESTS_CHECK_H

#include "sim.h"

extern uint64_t clauses_checked; /* that were kept, in all boots so far */

/* Fails the running test with the fault that was injected and what came of it. */
void check_outcome(const struct entry *entry, const char *scenario);

#endif
