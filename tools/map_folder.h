/* SPDX-License-Identifier: BSD-2-Clause */
/* A folder of files, which is how Linux shows firmware's memory map. */
#ifndef BERTH_MAP_FOLDER_H
#define BERTH_MAP_FOLDER_H

#include "map_kinds.h"

/* Reads /sys/firmware/memmap or a copy. */
enum status map_read_folder(struct reader *reader, const char *path) MUST_CHECK;

#endif
