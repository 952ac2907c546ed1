/* SPDX-License-Identifier: BSD-2-Clause */
/* What is moved after exit (rule C6), as the loop in each CPU's enter.S reads it. */
#ifndef BERTH_MOVES_H
#define BERTH_MOVES_H

#include "../plan/copies.h"
#include "../protocol/handoff.h"

/*
 * Carves the list that the CPU goes through after exit out of handoff->block: from, to and size as 64-bit words; a size
 * of 0 ends it. @room: the most moves that there may be; the list is measured for all of them.
 */
void moves_write(const struct moves *moves, size_t room, struct handoff *handoff);

#endif
