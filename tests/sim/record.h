/* SPDX-License-Identifier: BSD-2-Clause */
/* What berth.sums has of an entry (config/sums.h), made of the simulated files that it names. */
#ifndef BERTH_TESTS_RECORD_H
#define BERTH_TESTS_RECORD_H

#include "check.h"

#include "../../config/sums.h"

/* The lines behind `entry`, as the files are now; they stay until the next call. */
const char *record_of(const struct entry *entry);

/* The parts that a kernel was entered with are those of @record; ends the test when one is not. */
void record_check(struct word record, const struct entry *entry, const char *scenario);

#endif
