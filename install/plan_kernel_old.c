/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernels that go: the one that is named, and old ones that make room, or are too many. */
#include "plan_kernel.h"
#include "site.h"

#include <stdlib.h>
#include <string.h>

/* ---- removing ---- */

static enum status remove_file(struct medium *boot, struct steps *steps, const char *path, const char *what,
			       const char *undo, struct fail *why)
{
	uint64_t size = 0;
	bool is_same;

	TRY(boot->calls->compare(boot, path, NULL, &size, &is_same, why));
	steps_remove(steps, boot, path, size, what, undo);
	return OK;
}

/* Files of a folder, as they are listed. */
struct removing {
	struct medium *boot;
	struct steps *steps;
	const char *token, *version, *undo;
	const struct kernel_wish *but; /* not NULL: only what no entry of this wish may name, or what was interrupted */
	bool has_folder;	       /* that somebody else has made there */
	enum status status;
	struct fail *why;
};

/* An interrupted run has left it, and this one does not write what it was to become. */
static bool is_interrupted(const struct removing *in, const char *name)
{
	size_t length = strlen(name), beside = strlen(BESIDE);
	char path[MAX_PATH_TEXT];

	if (length <= beside || strcmp(name + length - beside, BESIDE) != 0)
		return false;
	kernel_path(path, in->token, in->version, name);
	path[strlen(path) - beside] = '\0';
	return !steps_write(in->steps, in->boot, path);
}

static bool is_left(const struct removing *in, const char *name)
{
	return is_interrupted(in, name) || (in->but->prepared.at == NULL && kernel_is_same(name, PREPARED_FILE));
}

static void remove_listed(void *context, const char *name)
{
	struct removing *in = context;
	char path[MAX_PATH_TEXT];

	if (in->status != OK || (in->but != NULL && !is_left(in, name)))
		return;
	kernel_path(path, in->token, in->version, name);
	in->status = remove_file(in->boot, in->steps, path,
				 in->but != NULL ? "no longer needed" : "a file of that kernel", in->undo, in->why);
	if (in->status == BAD_INPUT) {
		in->has_folder = true;
		in->status = OK;
	}
}

/* Entries first: none ever names a file that is gone. */
enum status kernel_remove_entries(struct medium *boot, const struct kernel_list *list, const char *version,
				  const char *but, const char *undo, struct steps *steps, struct fail *why)
{
	char path[MAX_PATH_TEXT];

	for (size_t i = 0; i < list->n; i++)
		if (kernel_is_same(list->at[i].version, version) &&
		    (but == NULL || !kernel_is_same(list->at[i].file, but))) {
			kernel_entry_path(path, list->at[i].file);
			TRY(remove_file(boot, steps, path, but != NULL ? "the entry as it was" : "the entry", undo,
					why));
		}
	return OK;
}

/* *is_whole: nothing stays. */
static enum status remove_version(struct medium *boot, const struct kernel_list *list, const char *token,
				  const char *version, struct steps *steps, bool *is_whole, struct fail *why)
{
	char undo[KERNEL_UNDO], path[MAX_PATH_TEXT], shown[MEDIUM_PATH];
	struct removing in = {boot, steps, token, version, undo, NULL, false, OK, why};
	enum status status;

	kernel_undo(undo, version, "of its package");
	TRY(kernel_remove_entries(boot, list, version, NULL, undo, steps, why));
	kernel_path(path, token, version, NULL);
	*is_whole = true;
	status = boot->calls->list(boot, path, remove_listed, &in, why);
	if (status == NOT_FOUND)
		return OK;
	TRY(status);
	TRY(in.status);
	*is_whole = !in.has_folder;
	medium_shown(boot, path, shown);
	if (*is_whole)
		steps_remove_folder(steps, boot, path, undo);
	else
		steps_note(steps, "%s stays: there is a folder in it, which no kernel has", shown);
	return OK;
}

enum status kernel_remove_left(struct medium *boot, const struct kernel_wish *wish, struct steps *steps,
			       struct fail *why)
{
	char path[MAX_PATH_TEXT], undo[KERNEL_UNDO];
	struct removing removing = {boot, steps, wish->token, wish->version, undo, wish, false, OK, why};
	enum status status;

	kernel_undo(undo, wish->version, "that were there before");
	kernel_path(path, wish->token, wish->version, NULL);
	status = boot->calls->list(boot, path, remove_listed, &removing, why);
	return status == OK ? removing.status : status == NOT_FOUND ? OK : status;
}

enum status plan_kernel_remove(struct medium *boot, const char *token, const char *version, struct steps *steps,
			       struct fail *why)
{
	struct kernel_list list;
	enum status status = kernel_list(boot, token, &list, why);
	bool is_whole;

	if (status == OK)
		status = remove_version(boot, &list, token, version, steps, &is_whole, why);
	kernel_list_free(&list);
	if (status == OK && steps->n == 0 && steps->n_notes == 0)
		steps_note(steps, "%s has no kernel %s of %s", boot->name, version, token);
	return status;
}

/* ---- which old ones go ---- */

struct pruning {
	struct medium *boot;
	const struct kernel_wish *wish;
	const struct kernel_list *list;
	bool *is_gone; /* of the list's */
	size_t n_left; /* versions, with the new one */
};

static bool is_running(const struct kernel_wish *wish, const char *version)
{
	return wish->running != NULL && kernel_is_same(version, wish->running);
}

static bool is_older(const char *a, const char *b)
{
	return version_compare(word_of(a), word_of(b)) < 0;
}

/* Of those that have not failed, with the new one: it boots by default, also when it is an older one that changes. */
static bool is_newest(const struct pruning *in, const struct kernel_entry *entry)
{
	bool is = !entry->is_exhausted && !is_older(entry->version, in->wish->version);

	for (size_t i = 0; i < in->list->n; i++) {
		const struct kernel_entry *other = &in->list->at[i];

		is = is && (!other->is_ours || other->is_exhausted || !is_older(entry->version, other->version));
	}
	return is;
}

static bool may_go(const struct pruning *in, size_t i)
{
	const struct kernel_entry *entry = &in->list->at[i];

	return !in->is_gone[i] && entry->is_ours && !kernel_is_same(entry->version, in->wish->version) &&
	       !is_running(in->wish, entry->version) && !is_newest(in, entry);
}

/* The first to go: one that has failed all its tries, then the oldest. */
static bool goes_before(const struct kernel_entry *a, const struct kernel_entry *b)
{
	if (a->is_exhausted != b->is_exhausted)
		return a->is_exhausted;
	return is_older(a->version, b->version);
}

static const struct kernel_entry *next_to_go(struct pruning *in)
{
	const struct kernel_entry *next = NULL;

	/* Beside the new one, which nobody has tried yet, one stays. */
	if (in->n_left <= 2)
		return NULL;
	for (size_t i = 0; i < in->list->n; i++)
		if (may_go(in, i) && (next == NULL || goes_before(&in->list->at[i], next)))
			next = &in->list->at[i];
	for (size_t i = 0; next != NULL && i < in->list->n; i++)
		in->is_gone[i] = in->is_gone[i] || kernel_is_same(in->list->at[i].version, next->version);
	in->n_left -= next != NULL;
	return next;
}

static size_t count_versions(const struct kernel_list *list, const char *new)
{
	size_t n = kernel_list_has(list, new) ? 0 : 1;

	for (size_t i = 0; i < list->n; i++) {
		bool is_first = true;

		for (size_t j = 0; j < i; j++)
			is_first = is_first && !kernel_is_same(list->at[i].version, list->at[j].version);
		n += is_first && (list->at[i].is_ours || kernel_is_same(list->at[i].version, new));
	}
	return n;
}

static uint64_t freed_by(const struct steps *steps, size_t from)
{
	uint64_t freed = 0;

	for (size_t i = from; i < steps->n; i++)
		freed += steps->step[i].old_size; /* of files on one partition */
	return freed;
}

static enum status remove_old(struct pruning *in, const struct kernel_entry *old, struct steps *steps, struct fail *why)
{
	bool is_whole;

	return remove_version(in->boot, in->list, in->wish->token, old->version, steps, &is_whole, why);
}

/* Those without which the new one does not fit, or too little stays free. */
static enum status make_room(struct pruning *in, const struct steps *adding, struct steps *steps, struct fail *why)
{
	uint64_t stays, need = steps_need(adding, in->boot, &stays), room;
	const struct kernel_entry *old;

	if (!in->wish->makes_room || need == 0)
		return OK;
	TRY(in->boot->calls->room(in->boot, &room, why));
	room += freed_by(steps, 0);
	while ((room < need || room - stays < in->wish->keep_free) && (old = next_to_go(in)) != NULL) {
		size_t before = steps->n;

		TRY(remove_old(in, old, steps, why));
		room += freed_by(steps, before);
	}
	return OK;
}

static enum status keep_number(struct pruning *in, struct steps *steps, struct fail *why)
{
	const struct kernel_entry *old;

	while (in->wish->keep != 0 && in->n_left > in->wish->keep && (old = next_to_go(in)) != NULL)
		TRY(remove_old(in, old, steps, why));
	return OK;
}

/* What was to go already when power failed. */
struct unnamed {
	const struct pruning *in;
	struct steps *steps;
};

static enum status remove_unnamed(void *context, const char *version, struct fail *why)
{
	static struct steps own;
	const struct unnamed *unnamed = context;
	const struct pruning *in = unnamed->in;
	enum status status;
	bool is_whole = false;

	if (kernel_is_same(version, in->wish->version) || is_running(in->wish, version) ||
	    kernel_list_has(in->list, version))
		return OK;
	memset(&own, 0, sizeof(own));
	status = remove_version(in->boot, in->list, in->wish->token, version, &own, &is_whole, why);
	if (status == OK && is_whole) /* with a folder in it, it was never a kernel's */
		steps_append(unnamed->steps, &own);
	steps_free(&own);
	return status;
}

/* Only where Berth is to take kernels away at all. Of an image all is done or nothing, and nothing is left of that. */
static enum status remove_interrupted(const struct pruning *in, struct steps *steps, struct fail *why)
{
	struct unnamed unnamed = {in, steps};

	if (in->boot->image != NULL || (in->wish->keep == 0 && !in->wish->makes_room))
		return OK;
	return kernel_each_unnamed(in->boot, in->wish->token, remove_unnamed, &unnamed, why);
}

enum status kernel_plan_around(struct medium *boot, const struct kernel_wish *wish, const struct kernel_list *list,
			       struct steps *adding, struct steps *steps, struct fail *why)
{
	struct pruning in = {boot, wish, list, calloc(list->n + 1, sizeof(bool)), count_versions(list, wish->version)};
	enum status status;

	if (in.is_gone == NULL)
		return fail(why, IO_ERROR, "no memory for %zu entries", list->n);
	status = remove_interrupted(&in, steps, why);
	if (status == OK)
		status = make_room(&in, adding, steps, why);
	steps_append(steps, adding);
	if (status == OK)
		status = keep_number(&in, steps, why);
	free(in.is_gone);
	return status;
}
