/* SPDX-License-Identifier: BSD-2-Clause */
/* berth plan: the loader's own plan, from a kernel file and a memory map. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../plan/explain.h"
#include "../policy/placing.h"
#include "../policy/linux_words.h"
#include "../policy/policy.h"
#include "../policy/unmet.h"
#include "../base/memparse.h"
#include "kernel.h"
#include "mapread.h"
#include "report.h"
#include "surveyed.h"

struct arguments {
	const char *kernel, *memmap;
	char command_line[MAX_COMMAND_LINE];
	struct wish placement;
	const char *placement_text;
	struct loader_conf conf;
	uint64_t initrd_size;
	bool has_entropy, loader_unpacks;
	uint64_t entropy;
	struct report_wish report;
};

static bool parse_size(const char *text, uint64_t *size)
{
	size_t length = strlen(text);

	return length != 0 && memparse(text, length, size) == length;
}

/* A file's size, or a size in words; a file on the disk comes first. */
static int add_initrd(struct arguments *a, const char *value)
{
	uint64_t size, start;
	struct stat stat_of;

	if (stat(value, &stat_of) == 0) {
		if (!S_ISREG(stat_of.st_mode))
			return complain("%s: not a file", value);
		size = (uint64_t)stat_of.st_size;
	} else if (!parse_size(value, &size)) {
		return complain("--initrd %s: %s, and not a size such as 512M either", value, strerror(errno));
	}
	if (initrd_join(a->initrd_size, size, &start, &a->initrd_size))
		return complain("--initrd %s: the initrds together are larger than any memory", value);
	return EXIT_YES;
}

static int set_placement(struct arguments *a, const char *value)
{
	struct fail why;

	a->placement_text = value;
	if (wish_parse(&a->placement, word_of(value), &why) != OK)
		return complain("%s", why.text);
	return EXIT_YES;
}

static int set_command_line(struct arguments *a, const char *value)
{
	size_t size = strlen(value) + 1;

	if (size > sizeof(a->command_line))
		return complain("--cmdline: more than %zu bytes", sizeof(a->command_line) - 1);
	memcpy(a->command_line, value, size);
	return EXIT_YES;
}

static int set_size(const char *name, const char *value, uint64_t *size)
{
	return parse_size(value, size) ? EXIT_YES : complain("%s %s: not a size such as 512M", name, value);
}

/* One option with a value, or the kernel's name. */
static int take_argument(struct arguments *a, int argc, char **argv, int *i)
{
	static const char *const name[] = {
	    "--initrd", "--cmdline", "--placement", "--memmap", "--keep-free-below-4g", "--entropy", "--decompress"};
	const char *value = NULL;
	size_t n = 0;

	if (report_option(argc, argv, i, &a->report))
		return a->report.nameless != NULL ? misused(&command_plan, "%s needs a value", a->report.nameless)
						  : EXIT_YES;
	while (n < 7 && !option_value(argc, argv, i, name[n], &value))
		n++;
	if (n < 7 && value == NULL)
		return misused(&command_plan, "%s needs a value", name[n]);
	switch (n) {
	case 0:
		return add_initrd(a, value);
	case 1:
		return set_command_line(a, value);
	case 2:
		return set_placement(a, value);
	case 3:
		a->memmap = value;
		return EXIT_YES;
	case 4:
		return set_size(name[n], value, &a->conf.keep_free_below_4g);
	case 5:
		a->has_entropy = true;
		return set_size(name[n], value, &a->entropy);
	case 6:
		a->loader_unpacks = strcmp(value, "loader") == 0;
		return a->loader_unpacks || strcmp(value, "kernel") == 0
			   ? EXIT_YES
			   : complain("--decompress %s: neither kernel nor loader", value);
	default:
		break;
	}
	if (argv[*i][0] == '-' && argv[*i][1] != '\0')
		return misused(&command_plan, "no option %s", argv[*i]);
	if (a->kernel != NULL)
		return misused(&command_plan, "one kernel at a time: %s and %s", a->kernel, argv[*i]);
	a->kernel = argv[*i];
	return EXIT_YES;
}

static int take_arguments(struct arguments *a, int argc, char **argv)
{
	*a = (struct arguments){.placement_text = "high"};
	for (int i = 1; i < argc; i++) {
		int status = take_argument(a, argc, argv, &i);

		if (status != EXIT_YES)
			return status;
	}
	if (a->kernel == NULL)
		return misused(&command_plan, "which kernel?");
	if (a->memmap == NULL)
		return misused(&command_plan, "on which memory? --memmap MAP is missing");
	return EXIT_YES;
}

/* ---- what firmware would have found out ---- */

static enum status survey_map(struct situation *p, const struct map_source *source, struct fail *why)
{
	TRY(surveyed_make(&p->survey, source, why));
	TRY(situation_survey(p, why));
	for (size_t i = 0; i < source->n_refused; i++)
		TRY(free_memory_remove(&p->survey.free, source->refused[i], why));
	TRY(situation_keep_out(p, why));
	surveyed_cpu(&p->cpu, source);
	p->found.has_seed = surveyed_seed(source);
	p->found.has_hart = true;
	p->found.levels = source->has_facts ? source->levels : 0;
	return OK;
}

static void set_entropy(struct situation *p, const struct arguments *a, const struct map_source *source)
{
	p->has_entropy = a->has_entropy || (source->has_facts && source->entropy != 0);
	p->entropy = a->has_entropy ? a->entropy : source->entropy;
}

/* ---- the plan ---- */

static void keep_refusal(void *context, const struct refusal *refusal)
{
	struct refused kept = {.run = refusal->run, .by = refusal->by};
	struct text text = TEXT(kept.text);

	snprintf(kept.part, sizeof(kept.part), "%s", part_name(refusal->part));
	explain_refusal(&text, refusal);
	(void)report_add_refused(context, &kept);
}

static enum status make_plan(struct situation *p, struct arguments *a, struct report *report)
{
	struct plan_trace trace = {report_shows_refused(&a->report) ? keep_refusal : NULL, report};
	struct entry entry = {.wish = a->placement};
	bool added;

	if (p->image.moves_itself)
		TRY(linux_words_keep_in_place(&entry, a->command_line, sizeof(a->command_line), &added, &report->why));
	TRY(situation_demand(p, &report->why));
	TRY(placing_make(p, &trace, &report->why));
	return OK;
}

static void fill_report(struct report *report, struct situation *p)
{
	struct handoff handoff = {.block = {NULL, p->plan.part[PART_HANDOFF].at.start, 0}};

	memcpy(report->placed, p->plan.part, sizeof(report->placed));
	report->copies = p->plan.copies;
	situation_describe(p, &handoff);
	report->n_contents = contents_of(&handoff, report->content);
	aftermath_of(&p->plan, &p->survey.free.all, linux_words_may_move(&p->image, p->cargo.command_line),
		     &report->aftermath);
	report->has_aftermath = true;
}

/* What a reader of the plan must first know about the map. */
static void print_notes(const struct arguments *a, const struct map_source *source)
{
	if (source->incomplete[0] != '\0')
		fprintf(stderr, "berth: note: %s may be incomplete: %s; what is missing is not planned on\n", a->memmap,
			source->incomplete);
	if (!source->is_firmwares)
		fprintf(stderr, "berth: note: %s is %s's view: memory that firmware held at boot looks free there\n",
			a->memmap, source->viewer);
}

/* More memory is bad advice when a part of the log is missing. */
static void replace_advice(struct fail *why)
{
	char *advice = strstr(why->text, "\n  try: more memory");

	if (advice == NULL)
		return;
	*advice = '\0';
	fail_add(why, "  try: the whole log; what is missing from this one may have the place");
}

static void say_unmet(void *context, const char *sentence)
{
	(void)context;
	fprintf(stderr, "berth: note: %s\n", sentence);
}

static int plan(struct situation *p, struct arguments *a, const struct map_source *source)
{
	struct report report = {.map = &source->map};
	char line[256];
	struct text note = TEXT(line);

	p->wish = a->placement;
	policy_default(&p->wish, &p->image, a->command_line);
	p->conf = &a->conf;
	p->cargo.tree.size = source->tree_size;
	set_entropy(p, a, source);
	snprintf(report.title, sizeof(report.title), "%s (%s) on %s (%s), placement %s", p->image.name,
		 p->image.protocol->name, a->memmap, source->kind,
		 p->wish.policy == PLACE_RANDOM ? "random" : a->placement_text);
	print_notes(a, source);
	report.possible = make_plan(p, a, &report) == OK;
	if (report.possible)
		fill_report(&report, p);
	else if (source->incomplete[0] != '\0')
		replace_advice(&report.why);
	if (p->image.protocol->estimate != NULL && p->image.protocol->estimate(&p->image, &note))
		fprintf(stderr, "berth: note: %s\n", line);
	if (report.possible)
		unmet_wishes(p, say_unmet, NULL);
	if (p->wish.policy == PLACE_RANDOM && !p->has_entropy)
		fputs("berth: note: without --entropy nothing is randomised, and random is high [C12]\n", stderr);
	return report_finish(&report, &a->report);
}

static enum status prepare(struct situation *p, const struct arguments *a, struct map_source *source, struct fail *why)
{
	p->cargo = (struct cargo){.command_line = a->command_line, .initrd_size = a->initrd_size};
	TRY(kernel_identify(&p->image, a->kernel, a->loader_unpacks, why));
	TRY(map_read(a->memmap, source, why));
	p->arch = source->has_facts && source->has_32_bits ? &arch_ia32 : kernel_arch(&p->image);
	return survey_map(p, source, why);
}

static int run(int argc, char **argv)
{
	static struct arguments arguments; /* a command line is too large for a stack */
	struct situation situation = {.has_entropy = false};
	struct map_source source = {.kind = ""};
	struct fail why;
	int status = take_arguments(&arguments, argc, argv);

	if (status != EXIT_YES)
		return status;
	if (prepare(&situation, &arguments, &source, &why) != OK)
		status = complain("%s", why.text);
	else
		status = plan(&situation, &arguments, &source);
	surveyed_free(&situation.survey);
	map_source_free(&source);
	return status;
}

const struct command command_plan = {
    .name = "plan",
    .summary = "says where the parts of a kernel go on a machine, and why",
    .help =
	"usage: berth plan KERNEL --memmap MAP [OPTION]...\n"
	"Makes the plan that the loader makes in firmware: the same code on the same facts. With a debug log of the\n"
	"loader itself as MAP the plan is the same to the byte.\n\n"
	"  --memmap MAP         a console log of Berth (log debug), the EFI shell's memmap, U-Boot's efidebug\n"
	"                       memmap, GRUB's lsefimmap or lsmmap, a kernel log with efi=debug or an e820 table,\n"
	"                       Xen's log, /sys/firmware/memmap, /proc/iomem, kexec -d, or lines START-END TYPE;\n"
	"                       - is standard input\n"
	"  --initrd FILE|SIZE   several are joined in order; a size, such as 512M, stands for a file\n"
	"  --cmdline TEXT       the kernel's command line: mem=, memmap=, crashkernel= and\n"
	"                       nokaslr matter\n"
	"  --placement P        high (default), low, preferred, random, 0xADDRESS or MIN-MAX; for a kernel that\n"
	"                       the loader unpacks and can move, random is the default without nokaslr [X10]\n"
	"  --decompress WHO     kernel (default) or loader: who unpacks the kernel in a bzImage\n"
	"  --keep-free-below-4g SIZE\n"
	"                       as in loader.conf\n"
	"  --entropy N          what random is drawn from; a debug log tells what firmware gave\n"
	"  --explain            each candidate that was not taken, and the rule that refused it\n"
	"  --json               for machines; addresses and sizes are numbers of bytes\n"
	"  --svg FILE           a picture of memory, of what lies where, by which rule, and what was not taken\n"
	"  --html FILE          the same as a page, whose parts can be pointed at, with a table of everything\n\n"
	"Status: 0 there is a plan, 1 there is none, 2 a wrong command or unreadable input.\n\n"
	"examples:\n"
	"  berth plan /boot/vmlinuz --initrd /boot/initrd.img --memmap console.log\n"
	"  berth plan vmlinuz --initrd 3G --memmap map.txt --explain     would a larger initrd fit?\n"
	"  berth plan vmlinuz --placement 0x1000000 --memmap map.txt     who holds that memory?\n"
	"  printf '1M-3G free\\n4G-6G free\\n' | berth plan vmlinuz --memmap - --svg memory.svg\n"
	"  berth plan vmlinuz --initrd 48M --memmap console.log --html plan.html\n",
    .operands = "KERNEL",
    .run = run,
};
