/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields of the setup header, by their names in boot.rst: where each is, how wide, and since which version. */
#ifndef BERTH_SETUP_HEADER_H
#define BERTH_SETUP_HEADER_H

#include "../../base/bytes.h"

enum {
#define FIELD(name, offset, width, since, meaning) AT_##name = offset, WIDTH_##name = width, SINCE_##name = since,
#include "bzimage_fields.def"
#undef FIELD
};

#define BZIMAGE_HEADER_AT  AT_setup_sects /* of the setup header, in the file and in boot_params */
#define BZIMAGE_HEADER_MAX (0x290 - BZIMAGE_HEADER_AT)

#define BOOT_FLAG	0xaa55
#define HEADER_MAGIC	0x53726448 /* "HdrS" */
#define JUMP_FROM	0x202	   /* what the second byte of the jump counts from */
#define LOADFLAGS_HIGH	1	   /* LOADED_HIGH */
#define LOADFLAGS_KASLR (1 << 1)   /* KASLR_FLAG: set by what randomised the kernel */

/* @page: the first byte of the file's first sector, or of boot_params. */
#define SETUP_GET(page, name)	     load_le((page) + AT_##name, WIDTH_##name)
#define SETUP_PUT(page, name, value) store_le((page) + AT_##name, WIDTH_##name, value)

#endif
