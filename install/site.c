/* SPDX-License-Identifier: BSD-2-Clause */
#include "site.h"

#include <stdlib.h>
#include <string.h>

enum status site_read(struct medium *medium, const char *path, struct found *found, struct fail *why)
{
	enum status status;

	*found = (struct found){.is_there = false};
	status = medium->calls->read(medium, path, &found->data, why);
	if (status == NOT_FOUND)
		return OK;
	TRY(status);
	found->is_there = true;
	found->is_loader = loader_read(found->data, &found->loader);
	return OK;
}

void found_free(struct found *found)
{
	free((void *)(uintptr_t)found->data.at);
	*found = (struct found){.is_there = false};
}

void found_words(const struct found *found, char out[FOUND_WORDS])
{
	struct text text = {out, FOUND_WORDS, 0};

	if (!found->is_loader)
		text_add(&text, "no loader");
	else if (found->loader.product[0] != '\0')
		text_add(&text, "%s %s", found->loader.product, found->loader.version);
	else
		text_add(&text, found->loader.is_shim ? "shim" : "another loader");
}

static enum status check_new(const struct loader_names *names, const char *path, const struct found *found,
			     struct fail *why)
{
	if (!found->is_loader || !found->loader.is_berth)
		return fail(why, BAD_INPUT, "%s: not a loader of Berth's, which says so in its section .sdmagic", path);
	if (found->loader.machine != names->machine)
		return fail(why, BAD_INPUT, "%s: a loader for %s, not for %s", path,
			    machine_name(found->loader.machine), machine_name(names->machine));
	return OK;
}

enum status site_new_loader(struct site *site, const struct loader_names *names, struct found *found, struct fail *why)
{
	static const char *const endings[] = {".signed", ""};
	char path[64], shown[MEDIUM_PATH];
	enum status status;

	for (size_t i = 0; i < 2; i++) {
		struct text text = TEXT(path);

		text_add(&text, "\\%s%s", names->file, endings[i]);
		medium_shown(&site->loaders, path, shown);
		TRY(site_read(&site->loaders, path, found, why));
		if (!found->is_there)
			continue;
		status = check_new(names, shown, found, why);
		if (status != OK)
			found_free(found);
		return status;
	}
	return fail(why, NOT_FOUND,
		    "%s: there is no such file\n"
		    "  try: --loaders DIR, where `make install` has put Berth's loaders",
		    shown);
}

enum status site_manifest(struct site *site, struct manifest *manifest, struct fail *why)
{
	struct found found;

	TRY(site_read(&site->esp, MANIFEST_PATH, &found, why));
	manifest_read(found.data, manifest);
	found_free(&found);
	return OK;
}

static bool is_same(const struct found *a, const struct found *b)
{
	return a->data.size == b->data.size && memcmp(a->data.at, b->data.at, a->data.size) == 0;
}

/* "Berth 0.1, 380416 bytes, in place of systemd-boot 252" */
static void plan_write(struct site *site, struct steps *steps, const char *path, const struct found *old,
		       const struct found *new, const char *undo)
{
	char what[2 * FOUND_WORDS + 64], words[FOUND_WORDS];
	struct text text = TEXT(what);

	found_words(new, words);
	text_add(&text, "%s, %zu bytes", words, new->data.size);
	if (old->is_there) {
		found_words(old, words);
		text_add(&text, ", in place of %s", words);
	}
	steps_file(steps, &site->esp, path, new->data, old->data.size, what, undo);
}

bool site_refuses(const struct site *site, const struct found *new)
{
	return site->secure_boot == SECURE_STATE_ON && !new->loader.has_signature;
}

enum placed plan_loader(struct site *site, struct steps *steps, const char *path, const struct found *old,
			const struct found *new)
{
	char shown[MEDIUM_PATH], undo[FOUND_WORDS + 64];
	struct text text = TEXT(undo);

	medium_shown(&site->esp, path, shown);
	if (old->is_there && is_same(old, new)) {
		steps_note(steps, "%s is the same already", shown);
		return PLACED_SAME;
	}
	if (old->is_there && site_refuses(site, new)) {
		steps_note(steps,
			   "%s stays as it is: Secure Boot is on, and the new loader has no signature\n"
			   "  try: sbsign it, as FILE.signed beside it",
			   shown);
		return PLACED_NOT;
	}
	text_add(&text, "berth install --loaders FOLDER, one that has %s %s", old->loader.product, old->loader.version);
	plan_write(site, steps, path, old, new, old->is_there ? undo : NULL);
	return old->is_there ? PLACED_OVER : PLACED_NEW;
}

/* ---- the removable path ---- */

/* What stands there is somebody else's: it is kept beside Berth's own, once. */
static enum status plan_keep(struct site *site, struct steps *steps, const struct loader_names *names,
			     const struct found *old, const struct found *new, struct fail *why)
{
	char words[FOUND_WORDS], what[FOUND_WORDS + 64];
	struct text text = TEXT(what);
	struct found kept;

	TRY(site_read(&site->esp, names->kept, &kept, why));
	found_words(old, words);
	text_add(&text, "%s, kept for `berth remove`", words);
	if (!kept.is_there || !is_same(&kept, old))
		steps_file(steps, &site->esp, names->kept, old->data, kept.data.size, what, NULL);
	found_free(&kept);
	plan_write(site, steps, names->removable, old, new, site->remove_line);
	return OK;
}

enum status plan_removable(struct site *site, struct steps *steps, const struct loader_names *names,
			   const struct found *new, struct fail *why)
{
	char shown[MEDIUM_PATH];
	enum status status = OK;
	struct found old;

	medium_shown(&site->esp, names->removable, shown);
	TRY(site_read(&site->esp, names->removable, &old, why));
	if (old.is_there && old.loader.is_shim)
		steps_note(steps, "%s stays as it is: it is shim, which starts what firmware itself does not verify",
			   shown);
	else if (site_refuses(site, new) && !(old.is_there && is_same(&old, new)))
		steps_note(steps,
			   "%s: nothing goes there, because Secure Boot is on and the loader has no signature\n"
			   "  try: sbsign it, as FILE.signed beside it",
			   shown);
	else if (old.is_there && !old.loader.is_berth)
		status = plan_keep(site, steps, names, &old, new, why);
	else
		(void)plan_loader(site, steps, names->removable, &old, new);
	found_free(&old);
	return status;
}
