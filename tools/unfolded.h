/* SPDX-License-Identifier: BSD-2-Clause */
/* The partitions of a disk image as folders of this machine, by mtools: copies, which are removed afterwards. */
#ifndef BERTH_TOOL_UNFOLDED_H
#define BERTH_TOOL_UNFOLDED_H

#include "../install/medium.h"
#include "../install/volume.h"

struct unfolded {
	char folder[HOST_PATH]; /* empty: there is none */
	char esp[HOST_PATH], boot[HOST_PATH];
	bool has_boot;
};

/* As image_open(), and IO_ERROR when there is no room for the copies. unfolded_close() in any case. */
enum status unfolded_open(struct unfolded *unfolded, const char *image, struct fail *why) MUST_CHECK;
void unfolded_close(struct unfolded *unfolded);

#endif
