/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an installation will do, step by step: made first, then shown or done, so that both are the same. The order of
 * the steps is the plan's: after each of them, and in the middle of each, what was there before boots, or what is new.
 */
#ifndef BERTH_INSTALL_STEPS_H
#define BERTH_INSTALL_STEPS_H

#include "medium.h"

#define STEPS_MOST 256
#define NOTES_MOST 32

enum step_kind {
	STEP_FOLDER,	      /* makes one */
	STEP_FILE,	      /* writes a new one, or replaces one */
	STEP_COPY,	      /* the same, of a file on this machine */
	STEP_REMOVE,	      /* removes a file */
	STEP_REMOVE_FOLDER,   /* that is empty */
	STEP_VARIABLE,	      /* makes or replaces one */
	STEP_REMOVE_VARIABLE, /* that there is */
};

struct step {
	enum step_kind kind;
	struct medium *medium; /* of a file or folder */
	char *target;	       /* its path; or the NAME-GUID of a variable */
	struct bytes data;
	char *source;	   /* of STEP_COPY: a file of this machine, */
	uint64_t new_size; /* and how many bytes it, or data, has */
	bool is_secret;	   /* a variable that nobody but root may read */
	uint64_t old_size; /* bytes of the file that it replaces or removes */
	char *what;	   /* "Berth 0.1, 380416 bytes" */
	char *undo;	   /* one line for a shell */
};

struct steps {
	struct step step[STEPS_MOST];
	size_t n;
	char *note[NOTES_MOST]; /* what is left as it is, and why */
	size_t n_notes;
	const char *variables; /* the folder of them */
	bool is_too_long;      /* no room or memory for a step or note */
};

/* What one of these takes it copies. @undo NULL: the command of the medium's that removes it. */
void steps_folder(struct steps *steps, struct medium *medium, const char *path);
void steps_file(struct steps *steps, struct medium *medium, const char *path, struct bytes data, uint64_t old_size,
		const char *what, const char *undo);
void steps_copy(struct steps *steps, struct medium *medium, const char *path, const char *source, uint64_t new_size,
		uint64_t old_size, const char *what, const char *undo);
void steps_remove(struct steps *steps, struct medium *medium, const char *path, uint64_t size, const char *what,
		  const char *undo);
void steps_remove_folder(struct steps *steps, struct medium *medium, const char *path, const char *undo);
void steps_variable(struct steps *steps, const char *name, struct bytes value, bool is_secret, const char *what,
		    const char *undo);
void steps_remove_variable(struct steps *steps, const char *name, const char *what, const char *undo);
__attribute__((format(printf, 2, 3))) void steps_note(struct steps *steps, const char *format, ...);

/* Whether one of them removes this file or folder; names are the same in upper and lower case. */
bool steps_removes(const struct steps *steps, const struct medium *medium, const char *path);
/* Whether one of them writes this file. */
bool steps_write(const struct steps *steps, const struct medium *medium, const char *path);

/* Moves all steps and notes of @from, which has none then, behind those of @steps. */
void steps_append(struct steps *steps, struct steps *from);

/*
 * Bytes that the partition must have free before the first step, with what its own tables may take; 0: none. *stays: by
 * how many it has less when all is done.
 */
uint64_t steps_need(const struct steps *steps, const struct medium *medium, uint64_t *stays);

/* NO_PLACE, with both numbers, when a partition has less room than the steps need at any moment. */
enum status steps_fit(const struct steps *steps, struct fail *why) MUST_CHECK;

/* Does them in their order, and tells of each that is done. What was done before an error stays. */
enum status steps_do(const struct steps *steps, void (*done)(void *context, const struct step *step), void *context,
		     struct fail *why) MUST_CHECK;

/* Does them, and tells nobody. */
enum status steps_do_quietly(const struct steps *steps, struct fail *why);

void steps_free(struct steps *steps);

/* The name under which a file is written before it gets its own. */
#define BESIDE ".new"

#endif
