/* SPDX-License-Identifier: BSD-2-Clause */
#include "verdict.h"

#include "../install/loader.h"
#include "dropped.h"
#include "dry.h"
#include "volume_read.h"

#include <stdlib.h>
#include <string.h>

/*
 * An entry that is not the last one finds a little less free memory than that did, or more: the loader has read other
 * files into its own. By so much each free run is shortened to see whether that matters.
 */
#define SPARE_MEMORY KIB(256)

struct judging {
	const struct checked_tree *tree;
	const struct known *known;
	const struct fw_volume *esp;
	struct checked *checked;
	struct dry_machine machine;
};

const char *verdict_words(enum verdict_kind kind)
{
	static const char *const words[] = {"unknown", "will boot", "likely boots", "will not boot"};

	return words[kind];
}

void verdict_places(struct text *out, const struct verdict *verdict)
{
	const char *comma = "";

	for (size_t i = PART_KERNEL; i <= PART_INITRD; i++) {
		const struct placement *p = &verdict->plan.part[i];

		if (range_is_empty(p->at))
			continue;
		if (verdict->is_random)
			text_add(out, "%s%s drawn at random", comma, part_name((enum part)i));
		else
			text_add(out, "%s%s at %#" PRIx64, comma, part_name((enum part)i), p->at.start);
		text_add(out, " [%s]", rule_row(p->by)->id);
		comma = ", ";
	}
}

static bool may_be_trusted(void *context, struct bytes program)
{
	const struct judging *j = context;

	return known_may_trust(j->known, program);
}

static void say(void *context, const char *sentence)
{
	struct judging *j = context;

	checked_say(&j->checked->said, false, "%s", sentence);
}

static void doubt(const struct judging *j, const char *sentence)
{
	checked_say(&j->checked->verdict.doubts, false, "%s", sentence);
}

static void fails(struct judging *j, const struct fail *why)
{
	j->checked->verdict.kind = VERDICT_FAILS;
	j->checked->verdict.why = *why;
	j->checked->said.is_wrong = true;
}

static enum verdict_kind surest(const struct judging *j)
{
	return j->known->is_exact && j->known->doubts.n == 0 && j->checked->verdict.doubts.n == 0 ? VERDICT_BOOTS
												  : VERDICT_LIKELY;
}

/* ---- what would make it boot ---- */

/* The plan of an entry that is a little otherwise; false when there is none. */
static bool plans(const struct judging *j, const struct entry *entry, const struct loader_conf *conf,
		  const struct sized *file, uint64_t cut, struct dry_outcome *outcome)
{
	struct dry_machine machine = j->machine;

	machine.plan_only = true;
	machine.say = NULL;
	machine.cut_file = file != NULL ? file->path : NULL;
	machine.cut = cut;
	dry_boot(&machine, entry, conf, outcome);
	return outcome->status == OK;
}

static void tell_way(const struct judging *j, const char *what, const struct dry_outcome *outcome)
{
	struct verdict then = {.plan = outcome->plan, .is_random = outcome->wish.policy == PLACE_RANDOM};
	char line[512];
	struct text text = TEXT(line);

	verdict_places(&text, &then);
	checked_say(&j->checked->verdict.ways, false, "%s: %s", what, line);
}

/* The fewest bytes by which the largest initrd is too large. */
static void find_cut(const struct judging *j, const struct sized *initrd)
{
	const struct loader_conf *conf = &j->tree->conf;
	uint64_t fails_at = 0, cut = initrd->size;
	struct dry_outcome outcome;
	char line[MAX_PATH_TEXT + 128];
	struct text text = TEXT(line);

	if (cut == 0 || !plans(j, &j->checked->entry, conf, initrd, cut, &outcome))
		return;
	while (cut - fails_at > 1) {
		uint64_t middle = fails_at + (cut - fails_at) / 2;

		if (plans(j, &j->checked->entry, conf, initrd, middle, &outcome))
			cut = middle;
		else
			fails_at = middle;
	}
	if (!plans(j, &j->checked->entry, conf, initrd, cut, &outcome))
		return;
	text_add(&text, "%s smaller by %" PRIu64 " bytes (%s)", initrd->path, cut, size_words(cut).at);
	tell_way(j, line, &outcome);
}

static void find_ways(const struct judging *j, const struct dry_outcome *failed)
{
	struct entry entry = j->checked->entry;
	struct loader_conf conf = j->tree->conf;
	struct dry_outcome outcome;

	if (entry.wish.said) {
		entry.wish = (struct wish){.policy = PLACE_HIGH};
		if (plans(j, &entry, &conf, NULL, 0, &outcome))
			tell_way(j, "without its `placement`", &outcome);
		entry.wish = j->checked->entry.wish;
	}
	if (failed->status != NO_PLACE)
		return;
	if (conf.keep_free_below_4g != 0) {
		conf.keep_free_below_4g = 0;
		if (plans(j, &entry, &conf, NULL, 0, &outcome))
			tell_way(j, "without `keep-free-below-4g` in loader.conf", &outcome);
	}
	if (entry.loader_unpacks) {
		entry.loader_unpacks = false;
		if (plans(j, &entry, &j->tree->conf, NULL, 0, &outcome))
			tell_way(j, "with `decompress kernel`", &outcome);
	}
	find_cut(j, &failed->largest);
}

/* ---- how sure it is ---- */

/* The map with each free run a little shorter; false without memory for it. */
static bool shorten(struct map_source *shorter, const struct map_source *map)
{
	struct memory *entry = calloc(map->map.count + 1, sizeof(*entry));

	if (entry == NULL)
		return false;
	*shorter = *map;
	shorter->map = (struct memmap){entry, 0, map->map.count};
	for (size_t i = 0; i < map->map.count; i++) {
		struct memory memory = map->map.entry[i];

		if (memory_is_free(&memory))
			memory.at.end -= range_size(memory.at) < SPARE_MEMORY ? range_size(memory.at) : SPARE_MEMORY;
		if (!range_is_empty(memory.at))
			entry[shorter->map.count++] = memory;
	}
	return true;
}

static bool has_spare_memory(const struct judging *j)
{
	struct judging less = *j;
	struct map_source shorter;
	struct dry_outcome outcome;
	bool has;

	if (!shorten(&shorter, j->machine.memory))
		return false;
	less.machine.memory = &shorter;
	has = plans(&less, &j->checked->entry, &j->tree->conf, NULL, 0, &outcome);
	free(shorter.map.entry);
	return has;
}

static void find_doubts(const struct judging *j, const struct dry_outcome *outcome)
{
	bool is_last = strcmp(j->known->booted, j->checked->entry.id) == 0;

	if (j->machine.secure_boot == SECURE_BOOT_ENABLED)
		doubt(j, "whether firmware knows who has signed it");
	if (!arch_enters(j->tree->arch, ELF_I386))
		doubt(j, "firmware's device tree and ACPI tables");
	if (!j->known->is_exact)
		return;
	if (outcome->held != 0)
		checked_say(&j->checked->verdict.doubts, false,
			    "where firmware has the %" PRIu64
			    " bytes in which the kernel's file is measured before Berth plans",
			    outcome->held);
	if (!is_last && !has_spare_memory(j))
		checked_say(&j->checked->verdict.doubts, false,
			    "whether there is as much memory as when %s booted: less than %s of it is to spare",
			    j->known->booted[0] != '\0' ? j->known->booted : "the last entry",
			    size_words(SPARE_MEMORY).at);
}

/* ---- kernels ---- */

static void judge_kernel(struct judging *j)
{
	struct verdict *verdict = &j->checked->verdict;
	const struct entry *entry = &j->checked->entry;
	struct dry_outcome outcome;

	dry_boot(&j->machine, entry, &j->tree->conf, &outcome);
	if (outcome.status != OK && outcome.is_own) {
		verdict->why = outcome.why;
		return;
	}
	if (outcome.status == NO_PLACE && j->known->map.incomplete[0] != '\0') {
		verdict->why = outcome.why;
		doubt(j, "what is missing from the map, which may have the place");
		return;
	}
	if (outcome.status != OK) {
		fails(j, &outcome.why);
		find_ways(j, &outcome);
		return;
	}
	verdict->has_plan = true;
	verdict->plan = outcome.plan;
	verdict->is_random = outcome.wish.policy == PLACE_RANDOM;
	find_doubts(j, &outcome);
	verdict->kind = surest(j);
}

/* ---- what firmware starts ---- */

static bool has_unaccepted(const struct judging *j)
{
	const struct map_source *map = j->machine.memory;

	for (size_t i = 0; map != NULL && i < map->map.count; i++)
		if (map->map.entry[i].type == MEMORY_UNACCEPTED)
			return true;
	return false;
}

/* By path: of an image, its own file; else what the entry names. */
static enum status read_program(const struct checked *checked, char path[MAX_PATH_TEXT], struct bytes *file,
				struct fail *why)
{
	const struct entry *entry = &checked->entry;
	struct text text = {path, MAX_PATH_TEXT, 0};

	if (entry->program.at != NULL)
		TRY(entry_path(entry->program, path, MAX_PATH_TEXT, why));
	else
		text_add(&text, "%s\\%s", entry->folder, checked->name);
	return volume_read(entry->volume, path, file, why);
}

static enum status judge_file(const struct judging *j, const char *path, struct bytes file, struct fail *why)
{
	struct loader loader;

	if (!loader_read(file, &loader) || loader.machine != j->tree->arch->enters[0])
		return fail(why, BAD_INPUT, "%s: firmware does not take it for a program for this CPU", path);
	if (j->machine.secure_boot == SECURE_BOOT_ENABLED && !known_may_trust(j->known, file))
		return fail(why, REFUSED,
			    "%s: firmware does not trust it: nobody has signed it\n"
			    "  try: a file signed with a key that the firmware knows",
			    path);
	return OK;
}

static void judge_program(struct judging *j)
{
	char path[MAX_PATH_TEXT];
	struct bytes file;
	struct fail why;
	enum status status = read_program(j->checked, path, &file, &why);

	if (status == OK) {
		status = judge_file(j, path, file, &why);
		free((void *)(uintptr_t)file.at);
	}
	if (status != OK) {
		fails(j, &why);
		return;
	}
	doubt(j, j->checked->entry.kind == ENTRY_LINUX
		     ? "where firmware loads it, and where its EFI stub places the kernel"
		     : "where firmware loads it, and what it does then");
	if (j->machine.secure_boot == SECURE_BOOT_ENABLED)
		doubt(j, "whether firmware knows who has signed it");
	j->checked->verdict.kind = VERDICT_LIKELY;
}

/* ---- all of them ---- */

static void judge(struct judging *j)
{
	struct entry *entry = &j->checked->entry;

	if (entry->broken && entry->broken_why.text[0] != '\0') {
		fails(j, &entry->broken_why);
	} else if (entry->kind == ENTRY_UKI_URL) {
		doubt(j, "what firmware fetches from there");
		j->checked->verdict.kind = VERDICT_LIKELY;
	} else if (entry->kind != ENTRY_LINUX || entry->by_stub || has_unaccepted(j)) {
		judge_program(j);
	} else {
		dropped_into(entry, j->esp);
		judge_kernel(j);
	}
}

void verdict_make(struct checked_tree *tree, struct checked *checked, const struct known *known,
		  const struct fw_volume *esp)
{
	struct judging j = {.tree = tree, .known = known, .esp = esp, .checked = checked};

	j.machine = (struct dry_machine){
	    .arch = tree->arch,
	    .memory = known->has_map ? &known->map : NULL,
	    .esp = esp,
	    .secure_boot = known->secure_boot,
	    .measures = known->measures,
	    .may_be_trusted = may_be_trusted,
	    .say = say,
	    .context = &j,
	};
	judge(&j);
}

void verdicts_make(struct checked_tree *tree, const struct known *known, const struct fw_volume *esp)
{
	for (struct checked *checked = tree->first; checked != NULL; checked = checked->next)
		if (!checked->is_hidden)
			verdict_make(tree, checked, known, esp);
}
