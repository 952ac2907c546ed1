/* SPDX-License-Identifier: BSD-2-Clause */
#include "steps.h"

#include "variables.h"

#include "../base/range.h"
#include "../config/entry.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FAT's largest cluster is of 32 KiB in all but odd sizes; a file or folder takes whole ones, and so may its name. */
#define CLUSTER KIB(32)

#define LINE (2 * MEDIUM_PATH) /* bytes of an undo line */

static char *copy_text(struct steps *steps, const char *text)
{
	char *copy = strdup(text);

	steps->is_too_long = steps->is_too_long || copy == NULL;
	return copy;
}

static void keep_bytes(struct steps *steps, struct step *step, struct bytes bytes)
{
	uint8_t *copy = malloc(bytes.size + 1);

	step->data.at = copy;
	step->data.size = copy != NULL ? bytes.size : 0;
	if (copy == NULL)
		steps->is_too_long = true;
	else if (bytes.size != 0)
		memcpy(copy, bytes.at, bytes.size);
}

/* The next step, with its texts; NULL when there is no room for one more. */
static struct step *add(struct steps *steps, enum step_kind kind, struct medium *medium, const char *target,
			const char *what, const char *undo)
{
	struct step *step = &steps->step[steps->n];
	char line[LINE] = "";

	if (steps->n == STEPS_MOST) {
		steps->is_too_long = true;
		return NULL;
	}
	steps->n++;
	if (undo == NULL && medium != NULL)
		medium_undo(medium, kind == STEP_FOLDER, target, line, sizeof(line));
	*step = (struct step){
	    .kind = kind,
	    .medium = medium,
	    .target = copy_text(steps, target),
	    .what = copy_text(steps, what),
	    .undo = copy_text(steps, undo != NULL ? undo : line),
	};
	return step;
}

void steps_folder(struct steps *steps, struct medium *medium, const char *path)
{
	(void)add(steps, STEP_FOLDER, medium, path, "a folder", NULL);
}

void steps_file(struct steps *steps, struct medium *medium, const char *path, struct bytes data, uint64_t old_size,
		const char *what, const char *undo)
{
	struct step *step = add(steps, STEP_FILE, medium, path, what, undo);

	if (step == NULL)
		return;
	keep_bytes(steps, step, data);
	step->new_size = data.size;
	step->old_size = old_size;
}

void steps_copy(struct steps *steps, struct medium *medium, const char *path, const char *source, uint64_t new_size,
		uint64_t old_size, const char *what, const char *undo)
{
	struct step *step = add(steps, STEP_COPY, medium, path, what, undo);

	if (step == NULL)
		return;
	step->source = copy_text(steps, source);
	step->new_size = new_size;
	step->old_size = old_size;
}

void steps_remove(struct steps *steps, struct medium *medium, const char *path, uint64_t size, const char *what,
		  const char *undo)
{
	struct step *step = add(steps, STEP_REMOVE, medium, path, what, undo);

	if (step != NULL)
		step->old_size = size;
}

void steps_remove_folder(struct steps *steps, struct medium *medium, const char *path, const char *undo)
{
	(void)add(steps, STEP_REMOVE_FOLDER, medium, path, "a folder that is empty", undo);
}

void steps_variable(struct steps *steps, const char *name, struct bytes value, bool is_secret, const char *what,
		    const char *undo)
{
	struct step *step = add(steps, STEP_VARIABLE, NULL, name, what, undo);

	if (step == NULL)
		return;
	keep_bytes(steps, step, value);
	step->is_secret = is_secret;
}

void steps_remove_variable(struct steps *steps, const char *name, const char *what, const char *undo)
{
	(void)add(steps, STEP_REMOVE_VARIABLE, NULL, name, what, undo);
}

void steps_note(struct steps *steps, const char *format, ...)
{
	char line[FAIL_TEXT];
	struct text text = TEXT(line);
	va_list args;

	va_start(args, format);
	text_vadd(&text, format, args);
	va_end(args);
	if (steps->n_notes == NOTES_MOST)
		steps->is_too_long = true;
	else
		steps->note[steps->n_notes++] = copy_text(steps, line);
}

static bool is_of(const struct step *step, const struct medium *medium, const char *path)
{
	return step->medium == medium && step->target != NULL && word_is_ascii_case(word_of(step->target), path);
}

bool steps_removes(const struct steps *steps, const struct medium *medium, const char *path)
{
	for (size_t i = 0; i < steps->n; i++) {
		const struct step *step = &steps->step[i];

		if ((step->kind == STEP_REMOVE || step->kind == STEP_REMOVE_FOLDER) && is_of(step, medium, path))
			return true;
	}
	return false;
}

bool steps_write(const struct steps *steps, const struct medium *medium, const char *path)
{
	for (size_t i = 0; i < steps->n; i++) {
		const struct step *step = &steps->step[i];

		if ((step->kind == STEP_FILE || step->kind == STEP_COPY) && is_of(step, medium, path))
			return true;
	}
	return false;
}

void steps_append(struct steps *steps, struct steps *from)
{
	for (size_t i = 0; i < from->n; i++) {
		if (steps->n == STEPS_MOST) {
			steps->is_too_long = true;
			break;
		}
		steps->step[steps->n++] = from->step[i];
		from->step[i] = (struct step){.kind = STEP_FOLDER};
	}
	for (size_t i = 0; i < from->n_notes; i++)
		steps_note(steps, "%s", from->note[i]);
	steps->is_too_long = steps->is_too_long || from->is_too_long;
	steps_free(from);
	from->n = from->n_notes = 0;
}

static uint64_t in_clusters(uint64_t size)
{
	return (size + CLUSTER - 1) / CLUSTER * CLUSTER; /* of files that this machine has */
}

uint64_t steps_need(const struct steps *steps, const struct medium *medium, uint64_t *stays)
{
	uint64_t used = 0, freed = 0, most = 0;

	for (size_t i = 0; i < steps->n; i++) {
		const struct step *step = &steps->step[i];

		if (step->medium != medium)
			continue;
		if (step->kind == STEP_FOLDER)
			used += CLUSTER;
		else if (step->kind == STEP_FILE || step->kind == STEP_COPY)
			used += in_clusters(step->new_size);
		if (used > freed && used - freed > most)
			most = used - freed;
		freed += in_clusters(step->old_size); /* what is replaced goes after the new one is there */
	}
	*stays = used > freed ? used - freed : 0;
	return most != 0 ? most + CLUSTER : 0; /* a folder's own table may grow */
}

static enum status has_room_on(const struct steps *steps, struct medium *medium, struct fail *why)
{
	uint64_t stays, needed = steps_need(steps, medium, &stays), room;

	if (needed == 0)
		return OK;
	TRY(medium->calls->room(medium, &room, why));
	if (needed <= room)
		return OK;
	return fail(why, NO_PLACE,
		    "%s: %s are free, and up to %s are needed: %" PRIu64 " bytes more\n"
		    "  try: remove old kernels there; nothing was changed",
		    medium->name, size_words(room).at, size_words(needed).at, needed - room);
}

enum status steps_fit(const struct steps *steps, struct fail *why)
{
	if (steps->is_too_long)
		return fail(why, IO_ERROR, "no memory for so many steps");
	for (size_t i = 0; i < steps->n; i++)
		if (steps->step[i].medium != NULL)
			TRY(has_room_on(steps, steps->step[i].medium, why));
	return OK;
}

/* ---- doing it ---- */

static enum status put_file(struct medium *medium, const struct step *step, const char *path, struct fail *why)
{
	return step->kind == STEP_COPY ? medium->calls->copy(medium, path, step->source, why)
				       : medium->calls->write(medium, path, step->data, why);
}

static enum status write_file(struct medium *medium, const struct step *step, struct fail *why)
{
	const struct medium_calls *calls = medium->calls;
	char beside[MAX_PATH_TEXT];
	struct fail none;

	if (snprintf(beside, sizeof(beside), "%s%s", step->target, BESIDE) >= (int)sizeof(beside))
		return fail(why, BAD_INPUT, "%s: too long", step->target);
	/* Of an image nobody sees a moment between, and to rename there is to write once more. */
	if (medium->image != NULL && step->kind == STEP_COPY)
		return put_file(medium, step, step->target, why);
	TRY(put_file(medium, step, beside, why));
	if (calls->rename(medium, beside, step->target, why) == OK)
		return OK;
	(void)calls->remove(medium, beside, &none);
	return IO_ERROR;
}

static enum status change(struct medium *medium, const struct step *step, struct fail *why)
{
	switch (step->kind) {
	case STEP_FOLDER:
		return medium->calls->make_folder(medium, step->target, why);
	case STEP_FILE:
	case STEP_COPY:
		return write_file(medium, step, why);
	case STEP_REMOVE:
		return medium->calls->remove(medium, step->target, why);
	default:
		return medium->calls->remove_folder(medium, step->target, why);
	}
}

static enum status do_step(const struct steps *steps, const struct step *step, struct fail *why)
{
	if (step->medium != NULL)
		return change(step->medium, step, why);
	if (step->kind == STEP_VARIABLE)
		return variable_write(steps->variables, step->target, VARIABLE_KEPT, step->data, step->is_secret, why);
	return variable_delete(steps->variables, step->target, why);
}

static enum status finish(struct medium *medium, struct fail *why)
{
	return medium != NULL ? medium->calls->finish(medium, why) : OK;
}

static enum status do_all(const struct steps *steps, struct medium **last,
			  void (*done)(void *context, const struct step *step), void *context, struct fail *why)
{
	for (size_t i = 0; i < steps->n; i++) {
		const struct step *step = &steps->step[i];

		/* A variable that names a file is for one that is there for good. */
		if (step->medium == NULL)
			TRY(finish(*last, why));
		*last = step->medium;
		TRY(do_step(steps, step, why));
		done(context, step);
	}
	return finish(*last, why);
}

enum status steps_do(const struct steps *steps, void (*done)(void *context, const struct step *step), void *context,
		     struct fail *why)
{
	struct medium *last = NULL;
	enum status status = do_all(steps, &last, done, context, why);

	if (status != OK && last != NULL && last->image != NULL)
		fail_add(why, "  the image is as it was before: no step has changed it");
	return status;
}

static void say_nothing(void *context, const struct step *step)
{
	(void)context;
	(void)step;
}

enum status steps_do_quietly(const struct steps *steps, struct fail *why)
{
	return steps_do(steps, say_nothing, NULL, why);
}

void steps_free(struct steps *steps)
{
	for (size_t i = 0; i < steps->n; i++) {
		free(steps->step[i].target);
		free(steps->step[i].what);
		free(steps->step[i].undo);
		free(steps->step[i].source);
		free((void *)(uintptr_t)steps->step[i].data.at);
	}
	for (size_t i = 0; i < steps->n_notes; i++)
		free(steps->note[i]);
}
