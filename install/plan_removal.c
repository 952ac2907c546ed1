/* SPDX-License-Identifier: BSD-2-Clause */
/* berth remove: what was there before is there again; what a person or another program has changed since then stays. */
#include "site.h"

#include "../config/entry.h"

#include <string.h>

/* Left by an installation that was interrupted. */
static enum status plan_beside(struct site *site, struct steps *steps, struct medium *medium, const char *path,
			       struct fail *why)
{
	char beside[MAX_PATH_TEXT];
	struct text text = TEXT(beside);
	struct found found;

	text_add(&text, "%s%s", path, BESIDE);
	TRY(site_read(medium, beside, &found, why));
	if (found.is_there)
		steps_remove(steps, medium, beside, found.data.size, "left by an interrupted installation",
			     site->install_line);
	found_free(&found);
	return OK;
}

static void plan_put_back(struct site *site, struct steps *steps, const struct loader_names *names,
			  const struct found *now, const struct found *kept)
{
	char words[FOUND_WORDS], what[FOUND_WORDS + 32];
	struct text text = TEXT(what);

	found_words(kept, words);
	text_add(&text, "%s, put back", words);
	steps_file(steps, &site->esp, names->removable, kept->data, now->data.size, what, site->install_line);
	steps_remove(steps, &site->esp, names->kept, kept->data.size, "no longer kept", site->install_line);
}

/* Only what is still Berth's gives way. */
static void plan_removable_path(struct site *site, struct steps *steps, const struct loader_names *names,
				const struct found *now, const struct found *kept)
{
	char shown[MEDIUM_PATH];

	if (kept->is_there && (!now->is_there || now->loader.is_berth)) {
		plan_put_back(site, steps, names, now, kept);
	} else if (kept->is_there && now->data.size == kept->data.size &&
		   memcmp(now->data.at, kept->data.at, now->data.size) == 0) {
		steps_remove(steps, &site->esp, names->kept, kept->data.size, "a copy of what is in its place",
			     site->install_line);
	} else if (kept->is_there) {
		medium_shown(&site->esp, names->kept, shown);
		steps_note(steps, "%s stays: another program has put a loader in its place since then", shown);
	} else if (now->loader.is_berth) {
		steps_remove(steps, &site->esp, names->removable, now->data.size, "Berth's loader", site->install_line);
	}
}

static enum status plan_machine(struct site *site, struct steps *steps, const struct loader_names *names,
				struct fail *why)
{
	struct found now, kept, own;
	enum status status;

	TRY(site_read(&site->esp, names->removable, &now, why));
	status = site_read(&site->esp, names->kept, &kept, why);
	if (status == OK) {
		plan_removable_path(site, steps, names, &now, &kept);
		found_free(&kept);
	}
	found_free(&now);
	TRY(status);
	TRY(site_read(&site->esp, names->own, &own, why));
	if (own.is_there)
		steps_remove(steps, &site->esp, names->own, own.data.size, "Berth's loader", site->install_line);
	found_free(&own);
	return OK;
}

/* Before anything is written under such a name again. */
static enum status plan_all_beside(struct site *site, struct steps *steps, struct fail *why)
{
	static const char *const paths[] = {MANIFEST_PATH, CONF_PATH, SEED_PATH};
	struct loader_names names;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		TRY(plan_beside(site, steps, &site->esp, paths[i], why));
	TRY(plan_beside(site, steps, site_boot(site), ENTRIES_KIND_PATH, why));
	for (size_t i = 0; loader_names(i, &names); i++) {
		TRY(plan_beside(site, steps, &site->esp, names.removable, why));
		TRY(plan_beside(site, steps, &site->esp, names.kept, why));
		TRY(plan_beside(site, steps, &site->esp, names.own, why));
	}
	return OK;
}

/* ---- settings, and folders ---- */

static enum status plan_text(struct site *site, struct steps *steps, const struct manifest *manifest, bool boot,
			     const char *path, struct fail *why)
{
	struct medium *medium = boot ? site_boot(site) : &site->esp;
	char shown[MEDIUM_PATH];
	struct found found;

	TRY(site_read(medium, path, &found, why));
	if (found.is_there && manifest_has_file(manifest, boot && site->has_boot, path, found.data)) {
		steps_remove(steps, medium, path, found.data.size, "as `berth install` has made it",
			     site->install_line);
	} else if (found.is_there) {
		medium_shown(medium, path, shown);
		steps_note(steps, "%s stays: it was there before, or was changed since then", shown);
	}
	found_free(&found);
	return OK;
}

static enum status plan_thing(struct site *site, struct steps *steps, const struct manifest *manifest, const char *path,
			      struct fail *why)
{
	struct found found;

	if (!manifest_has_thing(manifest, path))
		return OK;
	TRY(site_read(&site->esp, path, &found, why));
	if (found.is_there)
		steps_remove(steps, &site->esp, path, found.data.size, "made by `berth install`", site->install_line);
	found_free(&found);
	return OK;
}

struct emptied {
	const struct steps *steps;
	const struct medium *medium;
	const char *folder;
	bool is_there, has_more;
};

static void see_name(void *context, const char *name)
{
	struct emptied *emptied = context;
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);

	text_add(&text, "%s\\%s", emptied->folder, name);
	if (!steps_removes(emptied->steps, emptied->medium, path))
		emptied->has_more = true;
}

/* One that nothing will be in, and that was made for this: a name of Berth's own, or the manifest says so. */
static enum status plan_folder_away(struct site *site, struct steps *steps, bool is_ours, bool boot, const char *path,
				    struct fail *why)
{
	struct medium *medium = boot ? site_boot(site) : &site->esp;
	struct emptied emptied = {.steps = steps, .medium = medium, .folder = path};
	enum status status;

	if (!is_ours)
		return OK;
	status = medium->calls->list(medium, path, see_name, &emptied, why);
	if (status == NOT_FOUND)
		return OK;
	TRY(status);
	if (!emptied.has_more)
		steps_remove_folder(steps, medium, path, site->install_line);
	return OK;
}

static enum status plan_made_folder(struct site *site, struct steps *steps, const struct manifest *manifest, bool boot,
				    const char *path, struct fail *why)
{
	return plan_folder_away(site, steps, manifest_has_folder(manifest, boot && site->has_boot, path), boot, path,
				why);
}

static enum status plan_rest(struct site *site, struct steps *steps, const struct manifest *manifest, struct fail *why)
{
	TRY(plan_text(site, steps, manifest, false, CONF_PATH, why));
	TRY(plan_text(site, steps, manifest, true, ENTRIES_KIND_PATH, why));
	TRY(plan_thing(site, steps, manifest, SEED_PATH, why));
	TRY(plan_made_folder(site, steps, manifest, true, ENTRIES_PATH, why));
	if (site->has_boot)
		TRY(plan_made_folder(site, steps, manifest, true, "\\loader", why));
	TRY(plan_made_folder(site, steps, manifest, false, "\\loader", why));
	return plan_made_folder(site, steps, manifest, false, "\\EFI\\BOOT", why);
}

static enum status plan_manifest_away(struct site *site, struct steps *steps, const struct manifest *manifest,
				      struct fail *why)
{
	if (manifest->used != 0)
		steps_remove(steps, &site->esp, MANIFEST_PATH, manifest->used, "nothing is left that it tells of",
			     site->install_line);
	TRY(plan_folder_away(site, steps, true, false, OWN_FOLDER, why));
	return plan_made_folder(site, steps, manifest, false, "\\EFI", why);
}

enum status plan_removal(struct site *site, struct steps *steps, struct fail *why)
{
	struct loader_names names;
	struct manifest manifest;

	TRY(site_manifest(site, &manifest, why));
	TRY(plan_remove_options(site, steps, why));
	if (site->variables != NULL && manifest_has_thing(&manifest, TOKEN_NAME))
		steps_remove_variable(steps, TOKEN_NAME, "made by `berth install`", site->install_line);
	TRY(plan_all_beside(site, steps, why));
	for (size_t i = 0; loader_names(i, &names); i++)
		TRY(plan_machine(site, steps, &names, why));
	TRY(plan_rest(site, steps, &manifest, why));
	TRY(plan_manifest_away(site, steps, &manifest, why));
	if (steps->n == 0 && steps->n_notes == 0)
		steps_note(steps, "%s has nothing of Berth's", site->esp.name);
	return OK;
}
