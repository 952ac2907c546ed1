/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a cpio archive in the form that Linux unpacks as an initrd ("newc"). Folders come before what is in them. The
 * same routine measures and writes: run with at == NULL it only counts. All numbers that are no contents' are the same
 * on every machine, so that the archive's sum is.
 *
 * Sources: Linux Documentation/driver-api/early-userspace/buffer-format.rst; where that leaves a choice, systemd,
 * src/boot/cpio.c, whose archives are measured: links, letters of hexadecimal numbers, what the last record is.
 */
#ifndef BERTH_CPIO_H
#define BERTH_CPIO_H

#include "bytes.h"

struct cpio {
	uint8_t *at;	/* NULL: measuring */
	uint64_t used;	/* bytes; a multiple of 4 between records */
	uint32_t inode; /* of the last record */
};

/* @mode: of its permissions alone. */
void cpio_folder(struct cpio *cpio, const char *path, uint32_t mode);

/* Returns how far behind the archive's start the file's @size bytes belong; what follows them is 0 already. */
uint64_t cpio_file(struct cpio *cpio, const char *folder, const char *name, uint32_t mode, uint32_t size);

void cpio_end(struct cpio *cpio);

#endif
