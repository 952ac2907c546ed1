/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of entries, and each of them with what it points into; catalogue.h reads them. */
#ifndef BERTH_EFI_LISTED_H
#define BERTH_EFI_LISTED_H

#include "efi_local.h"

#define COUNTER_ROOM 2 /* bytes by which a file's name grows when it is counted for the first time */

struct catalogue {
	struct loader_conf conf;
	struct entry **sorted;
	const struct entry *boots_unasked; /* when nobody comes; NULL: none */
	struct fw_volume *volume;	   /* that is being read; NULL: the one that the loader came from */
	size_t n, room, hidden;		   /* hidden: files with nothing that this loader can start */
	size_t actions;			   /* the index of the first that is firmware's, behind all others */
	bool disks_connected;		   /* firmware was made to look at all that it has */
	char *conf_text;		   /* which conf points into */
};

/* An entry with what it points into. */
struct listed {
	struct entry entry; /* the first, by which catalogue->sorted knows it */
	struct catalogue *catalogue;
	char *text;   /* a pool, or NULL */
	char *title;  /* another */
	char *edited; /* options that a person typed, another pool, or NULL */
	char name[];  /* of the file, with COUNTER_ROOM behind it */
};

/* Room for one more, which is kept or dropped. IO_ERROR when there is no memory for it. */
enum status listed_new(struct catalogue *catalogue, const char *name, struct listed **listed,
		       struct fail *why) MUST_CHECK;
void listed_keep(struct catalogue *catalogue, struct listed *listed);
void listed_drop(struct listed *listed);

/* The file of @entry has another name, which is longer by COUNTER_ROOM at most; other profiles of it learn of that. */
void listed_renamed(const struct entry *entry, const char *name);

/* A person has typed these options for an entry of the catalogue; they are a pool, which is the list's now. */
void listed_edited(struct entry *entry, char *options);

#endif
