/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The formats that this build knows: those of the folders under protocol/ that PROTOCOLS names. For a loader these are
 * its CPU's (arch/CPU/build.mk), for the host all that there are.
 */
#ifndef BERTH_FORMATS_H
#define BERTH_FORMATS_H

#include "../protocol/image.h"

/*
 * Makes @image, of which name and file_size are given, what its first bytes say. NOT_FOUND when no format knows it,
 * BAD_INPUT when one finds it broken. @unpacked: of the formats whose files may be compressed as a whole.
 */
enum status formats_identify(struct image *image, struct bytes head, bool unpacked, struct fail *why) MUST_CHECK;

/* The first whose kernels are told by a device tree; NULL when this build has none. */
const struct protocol *formats_with_trees(void);

#endif
