/* SPDX-License-Identifier: BSD-2-Clause */
/* berth install: everything that a machine needs to be booted by Berth, and nothing that is there already. */
#include "site.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "../config/entry.h"
#include "../config/seed.h"

/* Comments alone: where nobody has chosen, the loader's own defaults are what boots. */
static const char conf[] = "# berth(7) has all keys. With a timeout the menu shows for so many seconds.\n"
			   "#timeout 3\n";
static const char type1[] = "type1\n"; /* UAPI.1, "The Partitions": these entries are what that document describes */

static struct bytes text_bytes(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* A folder that is needed, in the order in which they are made. */
struct needed {
	bool boot;
	const char *path;
	bool is_missing;
};

struct installing {
	struct site *site;
	struct steps *steps;
	struct manifest manifest;
	size_t manifest_was; /* bytes of it before */
	struct needed needed[6];
	size_t n_needed;
	bool wants_conf, wants_kind, wants_seed, wants_token;
};

/* Whatever is not Berth's folder. */
static void count_others(void *context, const char *name)
{
	*(size_t *)context += !word_is_ascii_case(word_of(name), "berth");
}

static enum status need(struct installing *in, bool boot, const char *path, struct fail *why)
{
	struct medium *medium = boot ? site_boot(in->site) : &in->site->esp;
	struct needed *needed = &in->needed[in->n_needed++];
	size_t others = 0;
	enum status status = medium->calls->list(medium, path, count_others, &others, why);

	*needed = (struct needed){boot && in->site->has_boot, path, status == NOT_FOUND};
	/*
	 * Two come before the manifest: Berth's own, which needs no line in it, and \EFI, which was made by an
	 * interrupted installation when nothing else is in it.
	 */
	if (strcmp(path, OWN_FOLDER) != 0 && (needed->is_missing || (strcmp(path, "\\EFI") == 0 && others == 0)))
		manifest_add_folder(&in->manifest, needed->boot, path);
	return needed->is_missing ? OK : status;
}

static enum status want(struct installing *in, bool boot, const char *path, struct bytes data, bool *wants,
			struct fail *why)
{
	struct found found;

	TRY(site_read(boot ? site_boot(in->site) : &in->site->esp, path, &found, why));
	*wants = !found.is_there;
	if (*wants && data.size != 0)
		manifest_add_file(&in->manifest, boot && in->site->has_boot, path, data);
	else if (*wants)
		manifest_add_thing(&in->manifest, path);
	found_free(&found);
	return OK;
}

/* A token that systemd's tools have made is as good. */
static enum status want_token(struct installing *in, struct fail *why)
{
	struct variable token;
	enum status status;

	if (in->site->variables == NULL || in->site->no_seed)
		return OK;
	status = variable_read(in->site->variables, TOKEN_NAME, &token, why);
	in->wants_token = status == NOT_FOUND || (status == OK && token.size < SEED_SIZE);
	if (in->wants_token)
		manifest_add_thing(&in->manifest, TOKEN_NAME);
	return OK; /* one that cannot be read stays */
}

static enum status find_out(struct installing *in, struct fail *why)
{
	TRY(site_manifest(in->site, &in->manifest, why));
	in->manifest_was = in->manifest.used;
	TRY(need(in, false, "\\EFI", why));
	TRY(need(in, false, OWN_FOLDER, why));
	if (!in->site->no_removable)
		TRY(need(in, false, "\\EFI\\BOOT", why));
	TRY(need(in, false, "\\loader", why));
	if (in->site->has_boot)
		TRY(need(in, true, "\\loader", why));
	TRY(need(in, true, ENTRIES_PATH, why));
	TRY(want(in, false, CONF_PATH, text_bytes(conf), &in->wants_conf, why));
	TRY(want(in, true, ENTRIES_KIND_PATH, text_bytes(type1), &in->wants_kind, why));
	if (!in->site->no_seed)
		TRY(want(in, false, SEED_PATH, (struct bytes){NULL, 0}, &in->wants_seed, why));
	return want_token(in, why);
}

static void plan_folders(struct installing *in, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (in->needed[i].is_missing)
			steps_folder(in->steps, in->needed[i].boot ? &in->site->boot : &in->site->esp,
				     in->needed[i].path);
}

/* Before what it tells of, so that what an interrupted installation has made is known too. */
static void plan_manifest(struct installing *in)
{
	if (in->manifest.is_changed)
		steps_file(in->steps, &in->site->esp, MANIFEST_PATH,
			   (struct bytes){(const uint8_t *)in->manifest.text, in->manifest.used}, in->manifest_was,
			   "what `berth remove` will take away", in->site->remove_line);
}

/* The loader's own place, and the removable path. */
static enum status plan_places(struct installing *in, const struct loader_names *names, const struct found *new,
			       struct fail *why)
{
	struct site *site = in->site;
	enum placed placed;
	struct found old;

	TRY(site_read(&site->esp, names->own, &old, why));
	placed = plan_loader(site, in->steps, names->own, &old, new);
	found_free(&old);
	if (placed == PLACED_NEW && site_refuses(site, new))
		steps_note(in->steps,
			   "Secure Boot is on, and the loader has no signature: firmware will refuse it until "
			   "it is signed (sbsign)");
	return site->no_removable ? OK : plan_removable(site, in->steps, names, new, why);
}

static enum status plan_machine(struct installing *in, const struct loader_names *names, bool is_native,
				struct fail *why)
{
	enum status status;
	struct found new;

	TRY(site_new_loader(in->site, names, &new, why));
	if (is_native && in->site->is_first && site_refuses(in->site, &new))
		status = fail(why, REFUSED,
			      "Secure Boot is on, and the loader has no signature: as the first boot option it "
			      "would be refused\n  try: sbsign it, or do without --default");
	else
		status = plan_places(in, names, &new, why);
	found_free(&new);
	return status;
}

static enum status random_bytes(uint8_t *out, struct fail *why)
{
	ssize_t got = getrandom(out, SEED_SIZE, 0);

	return got == SEED_SIZE ? OK : fail(why, IO_ERROR, "no random bytes from the kernel: %s", strerror(errno));
}

static enum status plan_secrets(struct installing *in, struct fail *why)
{
	uint8_t secret[SEED_SIZE];
	struct bytes bytes = {secret, sizeof(secret)};

	if (in->wants_seed) {
		TRY(random_bytes(secret, why));
		steps_file(in->steps, &in->site->esp, SEED_PATH, bytes, 0, "a random seed, which each boot changes",
			   NULL);
	}
	if (in->wants_token) {
		TRY(random_bytes(secret, why));
		steps_variable(in->steps, TOKEN_NAME, bytes, true, "what makes this machine's seeds its own",
			       in->site->remove_line);
	}
	return OK;
}

enum status plan_install(struct site *site, struct steps *steps, struct fail *why)
{
	struct installing in = {.site = site, .steps = steps};
	struct loader_names names;

	TRY(find_out(&in, why));
	plan_folders(&in, 0, 2);
	plan_manifest(&in);
	plan_folders(&in, 2, in.n_needed);
	for (size_t i = 0; loader_names(i, &names); i++)
		if (site->wanted[i])
			TRY(plan_machine(&in, &names, i == site->native, why));
	if (in.wants_conf)
		steps_file(steps, &site->esp, CONF_PATH, text_bytes(conf), 0, "the loader's settings, none of them set",
			   NULL);
	if (in.wants_kind)
		steps_file(steps, site_boot(site), ENTRIES_KIND_PATH, text_bytes(type1), 0, "the kind of the entries",
			   NULL);
	TRY(plan_secrets(&in, why));
	return plan_option(site, steps, why);
}
