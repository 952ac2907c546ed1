/* SPDX-License-Identifier: BSD-2-Clause */
/* The entries of an EFI system partition, and of an XBOOTLDR one, as the loader will find them. */
#ifndef BERTH_TOOL_CATALOGUE_H
#define BERTH_TOOL_CATALOGUE_H

#include "../arch/arch.h"
#include "../config/interface.h"
#include "volume.h"

#define MOST_SAID 40 /* about one entry */

/* What is told of an entry, or of the rest. */
struct said {
	char *at[MOST_SAID];
	size_t n;
	bool is_wrong; /* one of them will keep something from working */
};

struct checked {
	struct entry entry; /* first: lists have pointers to it */
	char *name, *text, *title;
	bool is_hidden; /* the loader does not show it */
	struct said said;
};

struct checked_tree {
	const struct arch *arch; /* whose loader it is */
	struct checked **all;	 /* as they were read, hidden ones too */
	size_t n_all;
	struct entry **shown; /* in the order of the menu */
	size_t n_shown;
	size_t chosen; /* the one that boots unasked; n_shown: none does */
	struct loader_conf conf;
	char *conf_text;
	struct said said; /* of loader.conf, and of what is not there */
};

/* @xbootldr: NULL when there is none. IO_ERROR when memory or a folder's files cannot be had. */
enum status checked_read(struct checked_tree *tree, const struct fw_volume *esp, const struct fw_volume *xbootldr,
			 struct fail *why) MUST_CHECK;
void checked_free(struct checked_tree *tree);

#endif
