/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which loader a file is: by its section .sdmagic, where bootctl(1) looks too, and by .sbat where it is shim. Pure.
 * Sources: systemd, src/bootctl/bootctl-util.c, get_file_version; shim, SBAT.md.
 */
#ifndef BERTH_INSTALL_LOADER_H
#define BERTH_INSTALL_LOADER_H

#include "../base/machine.h"
#include "../base/pe.h"

#define LOADER_WORD 64 /* bytes of a name or version, with the NUL; what is longer is cut */

struct loader {
	enum elf_machine machine;  /* 0: not one that Berth is for */
	char product[LOADER_WORD]; /* "Berth", "systemd-boot"; empty when it does not say */
	char version[LOADER_WORD];
	bool is_berth, is_shim;
	bool has_signature; /* somebody's; whether firmware accepts it only firmware knows */
};

/* False when it is no PE file, or its headers are cut off: then *loader says nothing. */
bool loader_read(struct bytes file, struct loader *loader);

/* A CPU's names, from the one that firmware looks for ("BOOTX64.EFI"). */
struct loader_names {
	enum elf_machine machine;
	const char *file;		       /* under the folder of loaders, and the removable path */
	char arch[12];			       /* as entries and bootctl call it: "x64" */
	char own[32], removable[32], kept[48]; /* paths on the partition */
};

#define LOADER_MACHINES 4

/* The names of the @n-th CPU in base/machines.def, from 0; false past the last. */
bool loader_names(size_t n, struct loader_names *names);

#endif
