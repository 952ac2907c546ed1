/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold after every simulated boot, whatever firmware did: a whole handoff, or nothing left behind. */
#ifndef BERTH_TESTS_CHECK_H
#define BERTH_TESTS_CHECK_H

#include "sim.h"

#include "../probe/clauses.h"

extern uint64_t clauses_checked; /* that were kept, in all boots so far */

/* Fails the running test with the fault that was injected and what came of it. */
void check_outcome(const struct entry *entry, const char *scenario);

/* ---- for sim.check_entered, of kernels that are told in other ways ---- */

/* The file of that path, NULL when there is none. */
const struct sim_file *check_file_named(struct word path);
/* The file's bytes from @offset lie at @at; long ones are looked at in places. */
void check_bytes(const struct sim_file *file, uint64_t offset, uint64_t at, const char *scenario);
/* The entry's initrds lie joined at @at. */
void check_initrds(const struct entry *entry, uint64_t at, const char *scenario);
void check_exit(const char *scenario);
/* What clauses see of memory, and where they tell; @context: the scenario. */
const uint8_t *check_memory(void *context, uint64_t address, uint64_t size);
void check_say(void *context, unsigned int number, const char *sentence, const char *source,
	       const struct finding *finding);

#endif
