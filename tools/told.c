/* SPDX-License-Identifier: BSD-2-Clause */
#include "told.h"

#include <string.h>

#include "tool.h"

static const struct action {
	const char *did, *would, *word;
} actions[] = {
    [STEP_FOLDER] = {"made", "would make", "make-folder"},
    [STEP_FILE] = {"wrote", "would write", "write"},
    [STEP_COPY] = {"wrote", "would write", "write"},
    [STEP_REMOVE] = {"removed", "would remove", "remove"},
    [STEP_REMOVE_FOLDER] = {"removed", "would remove", "remove-folder"},
    [STEP_VARIABLE] = {"set", "would set", "set-variable"},
    [STEP_REMOVE_VARIABLE] = {"deleted", "would delete", "delete-variable"},
};

/* A variable by its name alone, without the GUID behind. */
static void show_target(const struct step *step, char out[MEDIUM_PATH])
{
	if (step->medium != NULL)
		medium_shown(step->medium, step->target, out);
	else
		snprintf(out, MEDIUM_PATH, "%.*s", (int)strcspn(step->target, "-"), step->target);
}

/* What each step is told by. */
struct step_telling {
	struct json *json; /* NULL: text */
	bool dry_run;
};

/* Names on a partition may have anything in them, and a terminal would obey some of that. */
static void print_step(const char *verb, const char *target, const struct step *step)
{
	printf("%s ", verb);
	print_word(stdout, word_of(target));
	printf(": %s\n  undo: ", step->what);
	print_word(stdout, word_of(step->undo));
	putchar('\n');
}

static void tell_step(void *context, const struct step *step)
{
	const struct step_telling *telling = context;
	const struct action *action = &actions[step->kind];
	char target[MEDIUM_PATH];

	show_target(step, target);
	if (telling->json == NULL) {
		print_step(telling->dry_run ? action->would : action->did, target, step);
		return;
	}
	json_object(telling->json, NULL);
	json_string(telling->json, "action", action->word);
	json_string(telling->json, "target", target);
	json_string(telling->json, "what", step->what);
	json_string(telling->json, "undo", step->undo);
	json_close(telling->json, '}');
}

static void tell_notes(const struct step_telling *telling, const struct steps *steps, const char *more)
{
	if (telling->json != NULL) {
		json_array(telling->json, "notes");
		for (size_t i = 0; i < steps->n_notes; i++)
			json_string(telling->json, NULL, steps->note[i]);
		if (more != NULL)
			json_string(telling->json, NULL, more);
		json_close(telling->json, ']');
		return;
	}
	for (size_t i = 0; i < steps->n_notes; i++)
		printf("%s\n", steps->note[i]);
	if (more != NULL)
		printf("%s\n", more);
}

static void begin(const struct step_telling *telling)
{
	if (telling->json == NULL)
		return;
	json_object(telling->json, NULL);
	json_bool(telling->json, "dry_run", telling->dry_run);
	json_array(telling->json, "steps");
}

static void end(const struct step_telling *telling, enum status status, const struct fail *why)
{
	if (telling->json != NULL && status != OK)
		json_string(telling->json, "error", why->text);
	if (telling->json != NULL)
		json_close(telling->json, '}');
	else if (telling->dry_run)
		puts("nothing was changed (--dry-run)");
}

enum status tell_or_do(const struct steps *steps, const struct telling *telling, struct fail *why)
{
	struct json json = {.out = stdout};
	struct step_telling each = {telling->is_json ? &json : NULL, telling->dry_run};
	enum status status;

	TRY(steps_fit(steps, why));
	begin(&each);
	status = telling->dry_run ? OK : steps_do(steps, tell_step, &each, why);
	for (size_t i = 0; telling->dry_run && i < steps->n; i++)
		tell_step(&each, &steps->step[i]);
	if (each.json != NULL)
		json_close(each.json, ']');
	tell_notes(&each, steps, telling->note);
	if (telling->behind != NULL && status == OK && !telling->dry_run)
		telling->behind(telling->context, each.json);
	end(&each, status, why);
	return status;
}

int told_status(enum status status, const struct fail *why)
{
	if (status == OK)
		return EXIT_YES;
	(void)complain("%s", why->text);
	return status == NO_PLACE || status == REFUSED ? EXIT_NO : EXIT_USAGE;
}
