/* SPDX-License-Identifier: BSD-2-Clause */
/* The entries of an EFI system partition, and of an XBOOTLDR one, as the loader will find them. */
#ifndef BERTH_TOOL_CATALOGUE_H
#define BERTH_TOOL_CATALOGUE_H

#include "../arch/arch.h"
#include "../config/interface.h"
#include "../install/volume.h"
#include "../plan/request.h"
#include "tool.h"

#define MOST_SAID 40 /* about one entry */

/* What is told of an entry, or of the rest: in the order in which it was, MOST_SAID at most. */
struct said {
	struct sentence {
		struct sentence *next;
		char text[];
	} * first, *last;
	unsigned int n;
	bool is_wrong; /* one of them will keep something from working */
};

enum verdict_kind {
	VERDICT_UNKNOWN, /* nothing was found wrong, and there was no memory to plan on */
	VERDICT_BOOTS,
	VERDICT_LIKELY, /* by all that is known, which is not all */
	VERDICT_FAILS,
};

/* What becomes of an entry at the next boot (verdict.h). */
struct verdict {
	enum verdict_kind kind;
	bool has_plan;	    /* Berth places it: */
	bool is_random;	    /* anew at each boot, or */
	struct plan plan;   /* here */
	struct fail why;    /* when it fails: the loader's own sentence */
	struct said doubts; /* about this entry, beside those about the machine */
	struct said ways;   /* what would make it boot */
};

struct checked {
	struct entry entry; /* first: lists have pointers to it */
	struct checked *next;
	char *name, *text, *title;
	bool is_hidden; /* the loader does not show it */
	struct said said;
	struct verdict verdict;
};

struct checked_tree {
	const struct arch *arch; /* whose loader it is */
	struct checked *first;	 /* as they were read, hidden ones too */
	size_t n_all;
	struct entry **shown; /* in the order of the menu */
	size_t n_shown;
	size_t chosen; /* the one that boots unasked; n_shown: none does, or another that is not here may */
	struct loader_conf conf;
	char *conf_text;
	struct said said; /* of loader.conf, and of what is not there */
};

/* @xbootldr: NULL when there is none. IO_ERROR when memory or a folder's files cannot be had. */
enum status checked_read(struct checked_tree *tree, const struct fw_volume *esp, const struct fw_volume *xbootldr,
			 struct fail *why) MUST_CHECK;
void checked_free(struct checked_tree *tree);

/* The CPU that entries call so, or this machine's when it is NULL; NULL when there is no loader for it. */
const struct arch *checked_arch(const char *name);

/* Another one of the tree's, with nothing known but the name of its file; NULL without memory. */
struct checked *checked_new(struct checked_tree *tree, const char *name);

/* Adds a sentence; what is said without memory for it is wrong all the same. */
__attribute__((format(printf, 3, 4))) void checked_say(struct said *said, bool is_wrong, const char *format, ...);

/* The first line of @text stands there already. */
bool said_has(const struct said *said, const char *text);

void said_free(struct said *said);

#endif
