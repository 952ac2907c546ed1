/* SPDX-License-Identifier: BSD-2-Clause */
/* Packs what the loader unpacks: by upstream's encoders, which no loader has. */
#ifndef BERTH_TOOL_PACK_H
#define BERTH_TOOL_PACK_H

#include "../base/bytes.h"
#include "../base/fail.h"

/*
 * As `lz4 -l --fast=16` does (lz4_Frame_format.md, "Legacy frame"): blocks of 8 MiB, each of which the loader unpacks
 * in one go. What unpacking costs goes by the number of matches: of Debian's 7.2, 60.0 MB, level 9 makes 21.7 MB that
 * take 128 million instructions, this 31.6 MB and 71 million. The caller frees out->at. IO_ERROR: no memory.
 */
enum status pack_lz4(struct bytes in, struct bytes *out, struct fail *why) MUST_CHECK;

/* One frame of zstd (RFC 8878) with a checksum, whose window is 8 MiB. The same. */
enum status pack_zstd(struct bytes in, struct bytes *out, struct fail *why) MUST_CHECK;

#endif
