/* SPDX-License-Identifier: BSD-2-Clause */
/* What LZ4's own decoder of frames, lz4frame.c, makes of packed bytes: ours is held against it. */
#ifndef BERTH_TESTS_LZ4_UPSTREAM_H
#define BERTH_TESTS_LZ4_UPSTREAM_H

#include "../../base/bytes.h"

/*
 * Whether @packed is one or more whole frames, which become at most @room bytes; *size: how many came out at @to. Of
 * those that become more it finds so much.
 */
bool lz4_upstream(struct bytes packed, uint8_t *to, size_t room, size_t *size);

#endif
