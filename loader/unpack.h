/* SPDX-License-Identifier: BSD-2-Clause */
/* A packed kernel is unpacked straight into its place, by one read of its decoder where memory allows that. */
#ifndef BERTH_LOADER_UNPACK_H
#define BERTH_LOADER_UNPACK_H

#include "attempt.h"

/*
 * All places are claimed, and nothing but the kernel is loaded: of what lies below its place the part that the initrd
 * is to get, and free memory, are used for the time. Errors as of packed_load().
 */
enum status boot_unpack(struct boot *b, struct fail *why) MUST_CHECK;

#endif
