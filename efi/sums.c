/* SPDX-License-Identifier: BSD-2-Clause */
#include "sums.h"

#include "../base/mem.h"

/* What this start of the loader found. */
static struct {
	bool is_known;
	enum status status; /* not OK: nothing may be started, for the reason in @why */
	struct fail why;
	bool is_demanded;
	struct sums sums; /* no records: there is none, or none that counts */
	char *file;	  /* a pool, where its words lie */
} known;

static enum status read_sums(struct sums *sums, struct fail *why)
{
	struct word text;
	size_t size;

	TRY(efi_read_file(NULL, SUMS_PATH, SUMS_MOST_FILE, &known.file, &size, why));
	TRY(sums_in_file((struct bytes){(const uint8_t *)known.file, size}, SUMS_PATH, &text, why));
	TRY(fw_verify(NULL, SUMS_PATH, known.file, size, why));
	return sums_parse(sums, SUMS_PATH, text, why);
}

/* Appends to what is wrong with the file that the machine demands it. */
static enum status say_demanded(const struct fail *wrong, struct fail *why)
{
	return fail(why, REFUSED,
		    "%s\n"
		    "  this machine starts nothing without the records of " SUMS_PATH "\n"
		    "  try: the one that belongs to it; docs/security.md has how that is undone",
		    wrong->text);
}

/* Does what the file asks for: that it or a later one is demanded from now on, or that none is any more. */
static void obey(const struct sums *sums, uint64_t least)
{
	if (sums->clears && known.is_demanded) {
		known.is_demanded = !efi_sums_clear();
		fw_log(LOG_QUIET, known.is_demanded ? "firmware does not let go of the demand for " SUMS_PATH
						    : SUMS_PATH " is not demanded any more");
	}
	if (sums->least == 0 || (known.is_demanded && sums->least <= least))
		return;
	known.is_demanded = true;
	if (efi_sums_keep(sums->least))
		fw_log(LOG_QUIET, "from now on " SUMS_PATH " of version %" PRIu64 " or later is demanded", sums->least);
	else
		fw_log(LOG_QUIET, "firmware does not keep that " SUMS_PATH " is demanded");
}

static enum status check(const struct sums *sums, uint64_t least, struct fail *why)
{
	if (sums->version >= least)
		return OK;
	return fail(why, BAD_INPUT, SUMS_PATH ": has version %" PRIu64 ", and at least %" PRIu64 " is demanded",
		    sums->version, least);
}

static enum status look(struct fail *why)
{
	uint64_t least = 0;
	enum variable_state state = efi_sums_demand(&least);
	struct sums sums;
	struct fail wrong;
	enum status status;

	known.is_demanded = state != VARIABLE_NONE;
	if (state == VARIABLE_BAD)
		status = fail(&wrong, IO_ERROR, "BerthSums, which tells what is demanded, cannot be read");
	else
		status = read_sums(&sums, &wrong);
	if (status == OK)
		status = check(&sums, least, &wrong);
	if (status != OK && known.is_demanded)
		return say_demanded(&wrong, why);
	if (status != OK) {
		efi_say_unless_missing(status, &wrong);
		return OK;
	}
	known.sums = sums;
	obey(&sums, least);
	return OK;
}

/* A unified kernel image has all of it under its own signature, when nothing is passed to it, or lies beside it. */
static bool is_whole(const struct entry *entry)
{
	return entry_is_image(entry) && entry->n_options == 0 && entry->n_extras == 0 && !entry_wants_tree(entry);
}

enum status fw_record(const struct entry *entry, struct word *record, struct fail *why)
{
	*record = (struct word){NULL, 0};
	if (efi_secure_boot() == SECURE_BOOT_DISABLED)
		return OK;
	if (!known.is_known)
		known.status = look(&known.why);
	known.is_known = true;
	if (known.status != OK) {
		*why = known.why;
		return known.status;
	}
	if (entry->kind == ENTRY_LINUX && sums_record(&known.sums, entry->id, record))
		return OK;
	if (!known.is_demanded || is_whole(entry))
		return OK;
	return sums_missing(entry->id, why);
}

void sums_enrolled(void)
{
	struct fw_file *file;
	struct fail why;
	uint64_t size, least;

	if (fw_open(NULL, SUMS_PATH, &file, &size, &why) != OK)
		return;
	fw_close(file);
	if (efi_sums_demand(&least) != VARIABLE_NONE)
		return; /* a machine that had keys before keeps its number, which never falls */
	if (efi_sums_keep(0))
		fw_log(LOG_QUIET, "from now on " SUMS_PATH " is demanded");
	else
		fw_log(LOG_QUIET, "firmware does not keep that " SUMS_PATH " is demanded");
}

void sums_forget(void)
{
	efi_free(known.file);
	memset(&known, 0, sizeof(known)); /* its words lay in the file */
}
