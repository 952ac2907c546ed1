/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a system says of its kernels' entries, in the files that kernel-install(8) reads as well, and in berth.conf:
 * /etc/kernel/NAME, or /usr/lib/kernel/NAME where there is none. Sources: kernel-install(8), "Files"; os-release(5);
 * machine-id(5); machine-info(5).
 */
#ifndef BERTH_TOOL_SYSTEM_H
#define BERTH_TOOL_SYSTEM_H

#include "../base/fail.h"
#include "../install/medium.h"
#include "../install/volume.h"

#define SYSTEM_TEXT 256u /* bytes of a name, a title or an id, with the NUL */

struct kernel_system {
	const char *root; /* empty: this machine's own */
	bool is_here;	  /* the kernel that runs is one of its */
	char title[SYSTEM_TEXT], id[SYSTEM_TEXT], image_id[SYSTEM_TEXT];
	char machine_id[SYSTEM_TEXT]; /* 32 hexadecimal digits; empty: it has none yet */
	char token[SYSTEM_TEXT];      /* of entry-token; empty */
	char tries[SYSTEM_TEXT];      /* digits; empty: boots are not counted */
	char devicetree[HOST_PATH];   /* a file of this machine; empty */
	char options[8192];	      /* the command line */
	bool has_no_options;	      /* nothing says what it is */
	/* berth.conf */
	uint64_t keep, keep_free;
	bool makes_room;	   /* keep-free is said */
	char prepare[SYSTEM_TEXT]; /* "no", or a format of berth prepare's */
};

/*
 * @version: for its device tree. NULL: a kernel is only removed, and no more is read than what names its entry; its
 * package has taken the device tree away, and a mistake in another file is no reason to keep the kernel. BAD_INPUT
 * names the file, the line and what it may have; IO_ERROR: a file is there and cannot be read. KERNEL_INSTALL_CONF_ROOT
 * in the environment names another folder than both.
 */
enum status system_read(struct kernel_system *system, const char *root, bool is_here, const char *version,
			struct fail *why) MUST_CHECK;

/* The token that names its entries: the one that is configured, or the first of its names that has a folder there. */
enum status system_token(struct kernel_system *system, struct medium *boot, struct fail *why) MUST_CHECK;

/* Its sort-key. */
const char *system_sort_key(const struct kernel_system *system);

#endif
