/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels on the partition of entries, as kernel-install(8) lays them out: \TOKEN\VERSION has the files of one, and
 * \loader\entries\TOKEN-VERSION.conf, perhaps with boot counters, starts it. The plans add, complete or remove one, and
 * take old ones away; nothing is changed here (steps.h does). Source: UAPI.1, "Type #1"; kernel-install(8),
 * "90-loaderentry".
 */
#ifndef BERTH_INSTALL_KERNELS_H
#define BERTH_INSTALL_KERNELS_H

#include "steps.h"

#include "../config/entry.h"

#define KERNEL_NAME    "linux"	     /* of the kernel in its folder */
#define RESCUE_VERSION "0-rescue"    /* of the kernel that dracut's kernel-install plugin keeps for emergencies */
#define PREPARED_FILE  "linux.berth" /* and of what `berth prepare` makes of it */

/* Which kernel, and what is to be kept. Texts are checked by kernel_names_fit(). */
struct kernel_wish {
	const char *token, *version;
	/* Files of this machine; absent: NULL. */
	const char *kernel, *initrd[MAX_INITRDS], *devicetree;
	size_t n_initrds;
	struct bytes prepared; /* at NULL: the entry names the original */
	/* Of the entry; absent: empty. */
	const char *title, *sort_key, *machine_id, *options;
	const char *tries;   /* digits, or NULL: its boots are not counted */
	const char *running; /* a version that stays, or NULL */
	uint64_t keep;	     /* how many kernels of this token; 0: all */
	bool makes_room;     /* old ones go, as long as there is too little room for the new one, */
	uint64_t keep_free;  /* and less than so many bytes would stay free */
};

/*
 * BAD_INPUT when token, version or the name of a file cannot be names on a FAT, the token's folder would be the
 * loaders', two files have one name, or the entry's would be longer than 255 bytes.
 */
enum status kernel_names_fit(const struct kernel_wish *wish, struct fail *why) MUST_CHECK;

/* The id of its entry, TOKEN-VERSION.conf. */
void kernel_id(const char *token, const char *version, char out[MAX_ENTRY_ID]);

/* One file of \loader\entries that names a kernel of the token's. */
struct kernel_entry {
	char file[MAX_ENTRY_ID];    /* with its counters */
	char version[MAX_ENTRY_ID]; /* behind the token */
	bool is_exhausted;	    /* no tries are left */
	bool is_ours;		    /* its kernel lies in \TOKEN\VERSION, and is not there for an emergency */
};

struct kernel_list {
	struct kernel_entry *at;
	size_t n;
};

/* In no order; kernel_list_free() in any case. */
enum status kernel_list(struct medium *boot, const char *token, struct kernel_list *list, struct fail *why) MUST_CHECK;
void kernel_list_free(struct kernel_list *list);
bool kernel_list_has(const struct kernel_list *list, const char *version);

/* Both names are one: a FAT does not tell upper from lower case. */
bool kernel_is_same(const char *a, const char *b);

/* What is behind the last slash of a path of this machine. */
const char *kernel_file_name(const char *path);

/* \TOKEN\VERSION, and \NAME behind it, if there is one. */
void kernel_path(char out[MAX_PATH_TEXT], const char *token, const char *version, const char *name);
void kernel_entry_path(char out[MAX_PATH_TEXT], const char *file);

/* Each folder of the token's that no entry names, by no key: an interrupted run has left it. */
enum status kernel_each_unnamed(struct medium *boot, const char *token,
				enum status (*each)(void *context, const char *version, struct fail *why),
				void *context, struct fail *why) MUST_CHECK;

/* The line that undoes what is done to the kernel: it is added again. @which: files. */
#define KERNEL_UNDO (5ul * MAX_ENTRY_ID) /* a quote takes four bytes in quotes */
void kernel_undo(char out[KERNEL_UNDO], const char *version, const char *which);

/*
 * Its files are written and then its entry; what is the same already stays. Old kernels go, as @wish has it: before
 * that when there is no room otherwise, else behind it.
 */
enum status plan_kernel_add(struct medium *boot, const struct kernel_wish *wish, struct steps *steps,
			    struct fail *why) MUST_CHECK;

/* kernel-install has written files and entry: the entry gets the prepared kernel, and old kernels go. NOT_FOUND: none.
 */
enum status plan_kernel_adopt(struct medium *boot, const struct kernel_wish *wish, struct steps *steps,
			      struct fail *why) MUST_CHECK;

/* Its entry goes, and then all in its folder. A note where there is nothing of it. */
enum status plan_kernel_remove(struct medium *boot, const char *token, const char *version, struct steps *steps,
			       struct fail *why) MUST_CHECK;

#endif
