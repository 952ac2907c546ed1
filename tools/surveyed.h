/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine's memory as the loader finds it, from a map that was read from a text. */
#ifndef BERTH_TOOL_SURVEYED_H
#define BERTH_TOOL_SURVEYED_H

#include "../policy/situation.h"
#include "map_source.h"

/*
 * The look at memory that firmware's map would give, and the CPU as the log describes it. Other kinds of map describe
 * only memory: then it has 4-level paging, 1 GiB pages and an entropy source, as nearly all machines do. IO_ERROR when
 * this machine has no memory left for it; surveyed_free() in any case.
 */
enum status surveyed_make(struct survey *survey, const struct map_source *source, struct fail *why) MUST_CHECK;
void surveyed_free(struct survey *survey);
void surveyed_cpu(struct cpu *cpu, const struct map_source *source);
bool surveyed_seed(const struct map_source *source);

#endif
