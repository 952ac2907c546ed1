/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A volume that has one file, or one folder, and notes what efi/file.c asks of it: UEFI 2.10, 13.4 and 13.5. Any answer
 * can be another; handles and pools are counted.
 */
#ifndef BERTH_TESTS_UEFI_ONE_FILE_H
#define BERTH_TESTS_UEFI_ONE_FILE_H

#include "../unit/given.h"

#include "../../efi/efi_local.h"

/* What a folder's Read gives, one after the other. */
struct in_folder {
	const CHAR16 *name;
	UINT64 attribute;
	UINTN size; /* that is said; 0: the right one */
	EFI_STATUS status;
};

extern struct one_file {
	EFI_STATUS protocol, open_volume, open, info, position, read;
	bool no_protocol, no_root, no_handle;
	UINT64 attribute, size;
	UINTN info_says; /* 0: the right size */
	UINTN read_says; /* 0: as many as were asked for */
	CHAR16 opened[MAX_PATH_TEXT];
	UINT64 at;
	UINTN asked;
	int files_open, roots_open, pools;
	unsigned int volumes, pool_calls, no_pool; /* the so many-th is refused */
	uint64_t pool_size;
	const struct in_folder *folder;
	size_t n, next;
	bool never_ends;
	bool tells_nothing; /* of a file: its answer is EFI_SUCCESS alone */
	bool writes;	    /* the file is opened to be changed */
	bool missing;	    /* until it is made */
	CHAR16 renamed[300];
	EFI_STATUS write, flush, set;
	unsigned int infos, no_info; /* the so many-th is refused */
	unsigned int sets;
	UINT64 cut_to;
	UINTN write_says; /* 0: as many as were asked for */
	unsigned int opens, made, writes_made, flushes;
} one_file;

/* Firmware with that volume, and a file of ten bytes on it; all answers are as they should be. */
void given_volume(void);

/* Fails when a file, a volume or a pool is not given back; @what: of the message. */
void expect_closed(const char *what);

#endif
