/* SPDX-License-Identifier: BSD-2-Clause */
/* berth kernel: what hooks of packages call when a kernel, or its initrd, comes, changes or goes. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../config/sums.h"
#include "../install/hold.h"
#include "../install/kernels.h"
#include "catalogue.h"
#include "prepare.h"
#include "site.h"
#include "sums_record.h"
#include "system.h"
#include "told.h"
#include "verdict.h"

struct kernel_run {
	struct opened_site opened;
	struct site_options options;
	const char *action, *version, *kernel;
	struct kernel_system system;
	struct kernel_wish wish;
	struct prepared_kernel made;
	char running[SYSTEM_TEXT];
	int held;	  /* by hold_folder(); negative: none */
	const char *note; /* why the prepared kernel is not taken; NULL */
	struct fail why_not;
};

static bool does(const struct kernel_run *run, const char *action)
{
	return strcmp(run->action, action) == 0;
}

/* ---- the prepared kernel ---- */

/* A record of the entry names this very file as its kernel. */
static enum status has_record(struct kernel_run *run, bool *has, struct fail *why)
{
	char id[MAX_ENTRY_ID];
	struct word text, record;
	struct found found;
	struct sums sums;
	struct fail none;

	*has = false;
	kernel_id(run->wish.token, run->wish.version, id);
	for (char *at = id; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	TRY(site_read(&run->opened.site.esp, SUMS_PATH, &found, why));
	if (found.is_there && sums_in_file(found.data, SUMS_PATH, &text, &none) == OK &&
	    sums_parse(&sums, SUMS_PATH, text, &none) == OK && sums_record(&sums, id, &record))
		*has = sums_match(record, SUMS_KERNEL, 0, run->made.file);
	found_free(&found);
	return OK;
}

/* docs/security.md: an ELF file has no signature, and boots with Secure Boot on by a record alone. */
static enum status take_if_trusted(struct kernel_run *run, struct fail *why)
{
	bool has = true;

	if (run->opened.site.secure_boot == SECURE_STATE_ON)
		TRY(has_record(run, &has, why));
	if (has)
		run->wish.prepared = run->made.file;
	else
		run->note = "the entry names the signed kernel, not the prepared one: Secure Boot is on, and no record "
			    "in \\loader\\berth.sums has that";
	return OK;
}

/* What cannot be prepared boots as it is. */
static enum status prepare(struct kernel_run *run, struct fail *why)
{
	const char *word = run->options.prepare != NULL ? run->options.prepare : run->system.prepare;
	enum prepare_form form = PREPARE_PLAIN;
	struct bytes original;
	enum status status;
	uint64_t size;

	if (strcmp(word, "no") == 0)
		return OK;
	if (!prepare_form_of(word, &form))
		return fail(why, BAD_INPUT, "--prepare takes no, vmlinux, lz4 or zstd");
	TRY(file_head(run->kernel, SIZE_MAX - 1, &original, &size, why));
	status = prepare_make(&run->made, run->kernel, KERNEL_NAME, original, form, &run->why_not);
	free((void *)(uintptr_t)original.at);
	if (status == OK)
		return take_if_trusted(run, why);
	fail_add(&run->why_not, "  the entry names the kernel as it is");
	run->note = run->why_not.text;
	return OK;
}

/* ---- behind the last step ---- */

static void tell_sentences(const char *id, const struct said *said, bool is_wrong)
{
	for (const struct sentence *sentence = said->first; sentence != NULL; sentence = sentence->next)
		if (is_wrong)
			(void)complain("warning: %s: %s", id, sentence->text);
		else
			printf("  %s\n", sentence->text);
}

/* One line where it boots; else the loader's own sentence, and what would make it boot. */
static void tell_verdict(const char *id, const struct checked *checked)
{
	const struct verdict *verdict = &checked->verdict;
	char line[512];
	struct text text = TEXT(line);

	if (verdict->has_plan)
		verdict_places(&text, verdict);
	printf("checked %s: %s%s%s\n", id,
	       verdict->kind != VERDICT_UNKNOWN ? verdict_words(verdict->kind)
	       : checked->said.is_wrong		? "it will not boot as it should"
						: "the loader takes it",
	       verdict->has_plan ? "; " : "", verdict->has_plan ? line : "");
	tell_sentences(id, &checked->said, checked->said.is_wrong);
	if (verdict->kind == VERDICT_FAILS && !said_has(&checked->said, verdict->why.text))
		(void)complain("warning: %s: %s", id, verdict->why.text);
	for (const struct sentence *way = verdict->ways.first; way != NULL; way = way->next)
		(void)complain("  it would boot %s", way->text);
}

static void json_checked(const struct checked *checked, struct json *json)
{
	const struct verdict *verdict = &checked->verdict;

	json_object(json, "check");
	json_bool(json, "wrong", checked->said.is_wrong);
	json_string(json, "verdict", verdict_words(verdict->kind));
	if (verdict->kind == VERDICT_FAILS)
		json_string(json, "reason", verdict->why.text);
	json_array(json, "said");
	for (const struct sentence *sentence = checked->said.first; sentence != NULL; sentence = sentence->next)
		json_string(json, NULL, sentence->text);
	json_close(json, ']');
	json_close(json, '}');
}

/* The next boot of this machine; of another's, whose memory is not here, only by a map that was given. */
static void judge_entry(struct kernel_run *run, struct checked_tree *tree, struct checked *checked,
			const struct fw_volume *esp)
{
	const struct known_options options = {.memmap = run->options.memmap,
					      .variables = run->options.variables,
					      .is_elsewhere = run->options.root != NULL};
	static struct known known;
	struct fail why;

	if (known_open(&known, &options, &why) == OK)
		verdict_make(tree, checked, &known, esp);
	else
		(void)complain("warning: %s", why.text);
	known_close(&known);
}

static void check_one(struct kernel_run *run, struct checked_tree *tree, struct checked *checked, struct json *json)
{
	const struct fw_volume esp = {run->opened.site.esp.name, "esp"};

	if (!checked->is_hidden)
		judge_entry(run, tree, checked, &esp);
	if (json != NULL)
		json_checked(checked, json);
	else
		tell_verdict(checked->entry.id, checked);
}

/* As berth check, of the entry alone. */
static void check_entry(void *context, struct json *json)
{
	struct kernel_run *run = context;
	const struct site *site = &run->opened.site;
	const struct fw_volume esp = {site->esp.name, "esp"}, boot = {site->boot.name, "xbootldr"};
	struct checked_tree tree = {.arch = checked_arch(NULL)};
	char id[MAX_ENTRY_ID];
	struct fail why;

	if (tree.arch == NULL || site->esp.image != NULL)
		return;
	kernel_id(run->wish.token, run->wish.version, id);
	if (checked_read(&tree, &esp, site->has_boot ? &boot : NULL, &why) == OK) {
		sums_judge(&tree, &esp);
		for (struct checked *c = tree.first; c != NULL; c = c->next)
			if (word_is_ascii_case(word_of(c->entry.id), id))
				check_one(run, &tree, c, json);
	} else {
		(void)complain("warning: %s", why.text);
	}
	checked_free(&tree);
}

/* ---- what is to be done ---- */

static enum status make_wish(struct kernel_run *run, struct fail *why)
{
	struct kernel_system *system = &run->system;
	struct utsname machine;
	bool is_own;

	if (run->options.token != NULL)
		snprintf(system->token, SYSTEM_TEXT, "%.*s", (int)SYSTEM_TEXT - 1, run->options.token);
	TRY(system_token(system, site_boot(&run->opened.site), why));
	is_own = strcmp(system->token, system->machine_id) == 0;
	if (system->is_here && uname(&machine) == 0)
		snprintf(run->running, sizeof(run->running), "%s", machine.release);
	run->wish = (struct kernel_wish){
	    .token = system->token,
	    .version = run->version,
	    .kernel = run->kernel,
	    .devicetree = system->devicetree[0] != '\0' ? system->devicetree : NULL,
	    .title = system->title,
	    .sort_key = system_sort_key(system),
	    .machine_id = is_own ? system->machine_id : "",
	    .options = system->options,
	    .tries = system->tries[0] != '\0' ? system->tries : NULL,
	    .running = run->running[0] != '\0' ? run->running : NULL,
	    .keep = system->keep,
	    .makes_room = system->makes_room,
	    .keep_free = system->keep_free,
	};
	for (size_t i = 3; i < run->options.n_operands; i++)
		run->wish.initrd[run->wish.n_initrds++] = run->options.operand[i];
	return kernel_names_fit(&run->wish, why);
}

static enum status make_plan(struct kernel_run *run, struct steps *steps, struct fail *why)
{
	struct medium *boot = site_boot(&run->opened.site);

	if (does(run, "remove"))
		return plan_kernel_remove(boot, run->wish.token, run->version, steps, why);
	TRY(does(run, "adopt") ? plan_kernel_adopt(boot, &run->wish, steps, why)
			       : plan_kernel_add(boot, &run->wish, steps, why));
	if (does(run, "add") && run->system.has_no_options)
		steps_note(steps,
			   "the entry has no command line: there is no kernel/cmdline, and none of a kernel that runs");
	if (run->note != NULL)
		steps_note(steps, "%s", run->note);
	return steps_fit(steps, why);
}

/* A kernel that fits only as it is boots as it is. */
static enum status plan(struct kernel_run *run, struct steps *steps, struct fail *why)
{
	enum status status = make_plan(run, steps, why);

	if (status != NO_PLACE || run->wish.prepared.at == NULL)
		return status;
	steps_free(steps);
	memset(steps, 0, sizeof(*steps));
	run->why_not = *why;
	fail_add(&run->why_not, "  the entry names the kernel as it is, and not as it was prepared");
	run->note = run->why_not.text;
	run->wish.prepared = (struct bytes){NULL, 0};
	return make_plan(run, steps, why);
}

/* There is an entry for it. */
static enum status is_known(struct kernel_run *run, bool *is, struct fail *why)
{
	struct kernel_list list;
	enum status status = kernel_list(site_boot(&run->opened.site), run->wish.token, &list, why);

	*is = status == OK && kernel_list_has(&list, run->wish.version);
	kernel_list_free(&list);
	return status;
}

/*
 * Of a kernel that was not there before nothing stays: it would take room that others need. Its entry comes last, and
 * where that is there, something else has failed.
 */
static void take_back(struct kernel_run *run, const struct steps *done)
{
	static struct steps steps;
	char folder[MAX_PATH_TEXT];
	struct text text = TEXT(folder);
	struct fail none;
	bool was_new = false, is_there = true;

	text_add(&text, "\\%s\\%s", run->wish.token, run->wish.version);
	for (size_t i = 0; i < done->n; i++)
		was_new =
		    was_new || (done->step[i].kind == STEP_FOLDER && kernel_is_same(done->step[i].target, folder));
	memset(&steps, 0, sizeof(steps));
	if (was_new && run->opened.site.esp.image == NULL && is_known(run, &is_there, &none) == OK && !is_there &&
	    plan_kernel_remove(site_boot(&run->opened.site), run->wish.token, run->wish.version, &steps, &none) == OK)
		(void)steps_do_quietly(&steps, &none);
	steps_free(&steps);
}

static enum status carry_out(struct kernel_run *run, struct fail *why)
{
	static struct steps steps;
	const struct telling telling = {
	    .is_json = run->options.json,
	    .dry_run = run->options.dry_run,
	    .behind = does(run, "remove") ? NULL : check_entry,
	    .context = run,
	};
	enum status status;
	bool is = true;

	if (run->options.refresh) /* of a kernel that is not there nothing is new */
		TRY(is_known(run, &is, why));
	memset(&steps, 0, sizeof(steps));
	status = is && !does(run, "remove") ? prepare(run, why) : OK;
	if (status == OK && is)
		status = plan(run, &steps, why);
	if (status == OK && !is)
		steps_note(&steps, "%s has no kernel %s, and gets none (--refresh)", site_boot(&run->opened.site)->name,
			   run->wish.version);
	if (status == OK) {
		status = tell_or_do(&steps, &telling, why);
		if (status != OK)
			take_back(run, &steps);
	}
	steps_free(&steps);
	prepared_kernel_free(&run->made);
	return status;
}

/* What one run has written and no entry names yet, another would take for what an interrupted one has left. */
static void wait_for_others(struct kernel_run *run)
{
	if (run->opened.site.esp.image == NULL && !run->options.dry_run)
		run->held = hold_folder(site_boot(&run->opened.site)->name);
}

static enum status run_all(struct kernel_run *run, struct fail *why)
{
	const char *root = run->options.root != NULL ? run->options.root : "";
	bool is_here = run->options.root == NULL && run->options.image == NULL;

	TRY(site_open(&run->opened, &run->options, why));
	wait_for_others(run);
	TRY(system_read(&run->system, root, is_here, does(run, "remove") ? NULL : run->version, why));
	TRY(make_wish(run, why));
	return carry_out(run, why);
}

/* ---- words ---- */

static int take_operands(struct kernel_run *run)
{
	const struct site_options *options = &run->options;
	size_t n = options->n_operands;

	if (n == 0)
		return misused(&command_kernel, "add, adopt or remove?");
	run->action = options->operand[0];
	if (!does(run, "add") && !does(run, "adopt") && !does(run, "remove"))
		return misused(&command_kernel, "no action %s: there are add, adopt and remove", run->action);
	if (n < 2)
		return misused(&command_kernel, "%s needs a version", run->action);
	run->version = options->operand[1];
	if (!does(run, "remove") && n < 3)
		return misused(&command_kernel, "%s needs a version and a kernel", run->action);
	if ((does(run, "remove") && n > 2) || (does(run, "adopt") && n > 3) || n > 3 + MAX_INITRDS)
		return misused(&command_kernel, "too many words: %s", options->operand[n - 1]);
	if (options->refresh && !does(run, "add"))
		return misused(&command_kernel, "--refresh goes with add");
	run->kernel = n > 2 ? options->operand[2] : NULL;
	return EXIT_YES;
}

static int run(int argc, char **argv)
{
	static struct kernel_run run;
	struct fail why;
	enum status status;
	int wrong;

	memset(&run, 0, sizeof(run));
	run.held = -1;
	wrong = site_options(argc, argv, &command_kernel, &run.options);
	if (wrong == EXIT_YES)
		wrong = take_operands(&run);
	if (wrong != EXIT_YES)
		return wrong;
	status = run_all(&run, &why);
	site_close(&run.opened);
	if (run.held >= 0)
		(void)close(run.held);
	return told_status(status, &why);
}

const struct command command_kernel = {
    .name = "kernel",
    .summary = "adds a kernel and its boot entry, or removes them; hooks of packages call it",
    .help =
	"usage: berth kernel add VERSION KERNEL [INITRD]... [OPTION]...\n"
	"       berth kernel adopt VERSION KERNEL [OPTION]...\n"
	"       berth kernel remove VERSION [OPTION]...\n"
	"add writes a kernel and its initrds to \\TOKEN\\VERSION of the partition of entries, and then its entry, as\n"
	"kernel-install does, with the same names; old kernels go as berth.conf says. adopt completes what\n"
	"kernel-install has written: the prepared kernel, and old ones. Then the entry is checked. Interrupted at any\n"
	"moment, or when the partition is full, what booted before boots.\n\n" WHERE_HELP
	"                   --image with --root: a kernel of the system below DIR goes to the image\n"
	"  --token TOKEN    instead of the one in /etc/kernel/entry-token, or of the system's names\n"
	"  --prepare FORM   instead of `prepare` in berth.conf: no, vmlinux, lz4 or zstd\n"
	"  --refresh        adds nothing new: only what an entry is there for changes\n"
	"  --memmap MAP     what the entry is checked on, as `berth check --memmap`\n"
	"  --variables DIR  another folder than /sys/firmware/efi/efivars, which tells of Secure Boot\n" SHOW_HELP
	"Status: 0 done, or nothing to do, 1 there is no room, 2 a wrong command, or something failed.\n\n"
	"examples:\n"
	"  berth kernel add 6.1.0-56-amd64 /boot/vmlinuz-6.1.0-56-amd64 /boot/initrd.img-6.1.0-56-amd64\n"
	"  berth kernel remove 6.1.0-54-amd64 --dry-run\n",
    .operands = "WHAT VERSION KERNEL INITRD",
    .run = run,
};
