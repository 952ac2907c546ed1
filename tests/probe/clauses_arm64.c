/* SPDX-License-Identifier: BSD-2-Clause */
#include "clauses_arm64.h"

#define CALL	"booting.rst, 4"
#define SETUP	"booting.rst, 2"
#define STUB	"arch/arm64/kernel/acpi.c, dt_is_stub"
#define TWO_MIB UINT64_C(0x200000)
#define ONE_GIB UINT64_C(0x40000000)

/* Arm ARM, C5.2.2, DAIF; D19.2.118, SCTLR_EL1. */
#define DAIF_D	 UINT64_C(0x200)
#define DAIF_A	 UINT64_C(0x100)
#define DAIF_I	 UINT64_C(0x80)
#define DAIF_F	 UINT64_C(0x40)
#define SCTLR_M	 UINT64_C(0x1)
#define SCTLR_C	 UINT64_C(0x4)
#define SCTLR_EE UINT64_C(0x2000000)

/* What is handed over, and the kernel itself. */
enum thing { KERNEL, INITRD, TREE, MEMORY_MAP, N_THINGS };

struct view {
	const struct found_arm64 *f;
	struct told_by_tree told;
	struct span thing[N_THINGS];
};

static void tell(struct view *v, const char *sentence, const char *source, struct finding finding)
{
	tree_tell(v->told.report, sentence, source, finding);
}

static void equal(struct view *v, const char *sentence, const char *source, uint64_t seen, uint64_t wanted)
{
	tell(v, sentence, source, finding_of(seen == wanted, NULL, seen, wanted));
}

/* The hexadecimal digit behind `word` on the command line; false where it is not there. */
static bool told_digit(const struct view *v, const char *word, uint64_t *digit)
{
	struct property line = dtb_property(&v->told.tree, v->told.chosen, "bootargs");

	for (uint64_t i = 0; i < line.size; i++) {
		uint64_t n = 0;

		while (word[n] != '\0' && i + n < line.size && line.at[i + n] == (uint8_t)word[n])
			n++;
		if (word[n] != '\0' || i + n >= line.size)
			continue;
		*digit = (uint64_t)(line.at[i + n] - '0');
		return true;
	}
	return false;
}

/* ---- the CPU ---- */

static void check_cpu(struct view *v)
{
	const struct found_arm64 *f = v->f;
	uint64_t level = f->current_el >> 2 & 3, firmwares;

	equal(v, "x1 is 0", CALL, f->x[1], 0);
	equal(v, "x2 is 0", CALL, f->x[2], 0);
	equal(v, "x3 is 0", CALL, f->x[3], 0);
	tell(v, "the CPU runs at EL2 or EL1", CALL, finding_of(level == 1 || level == 2, NULL, level, 2));
	if (told_digit(v, "probe.el=", &firmwares))
		equal(v, "it runs at the level that firmware ran at", CALL, level, firmwares);
	else
		tell(v, "it runs at the level that firmware ran at", CALL, finding_skipped("nobody told which"));
	equal(v, "the MMU is off", CALL, f->sctlr & SCTLR_M, 0);
	equal(v, "the data cache is off", "arch/arm64/kernel/head.S: D-cache = off", f->sctlr & SCTLR_C, 0);
	equal(v, "data are little-endian, as the kernel is", CALL, f->sctlr & SCTLR_EE, 0);
	equal(v, "debug exceptions are masked", CALL, f->daif & DAIF_D, DAIF_D);
	equal(v, "SErrors are masked", CALL, f->daif & DAIF_A, DAIF_A);
	equal(v, "interrupts are masked", CALL, f->daif & DAIF_I, DAIF_I);
	equal(v, "fast interrupts are masked", CALL, f->daif & DAIF_F, DAIF_F);
}

/* ---- places ---- */

static struct finding in_ram(const struct view *v, enum thing which)
{
	uint64_t where;

	if (v->thing[which].start == v->thing[which].end)
		return finding_skipped("there is none");
	if (tree_is_ram(&v->told, v->thing[which], &where))
		return finding_of(true, NULL, 0, 0);
	return finding_of(false, "no memory for the kernel at", where, 0);
}

static bool meet(struct span a, struct span b)
{
	return a.start < b.end && b.start < a.end;
}

static struct finding apart(const struct view *v)
{
	for (unsigned int i = 0; i < N_THINGS; i++)
		for (unsigned int j = 0; j < i; j++)
			if (meet(v->thing[i], v->thing[j]))
				return finding_of(false, "two from", v->thing[i].start, v->thing[j].start);
	return finding_of(true, NULL, 0, 0);
}

/* "entirely within a 1 GB aligned physical memory window of up to 32 GB in size that fully covers the kernel Image" */
static struct finding in_reach(const struct view *v)
{
	struct span k = v->thing[KERNEL], i = v->thing[INITRD];
	uint64_t low = (k.start < i.start ? k.start : i.start) / ONE_GIB * ONE_GIB,
		 high = k.end > i.end ? k.end : i.end;

	if (i.start == i.end)
		return finding_skipped("there is none");
	return finding_of(high - low <= 32 * ONE_GIB, "a window of", high - low, 32 * ONE_GIB);
}

static void check_kernel(struct view *v)
{
	const struct found_arm64 *f = v->f;
	struct span payload = {f->load + f->facts->payload_at, f->load + f->facts->payload_at + f->facts->payload_size};

	equal(v, "the image lies text_offset bytes above a multiple of 2 MiB", CALL,
	      (f->load - f->facts->text_offset) % TWO_MIB, 0);
	/* With the data cache off: what was not cleaned to the point of coherency is not there. */
	tell(v, "the image arrived whole, and is in memory", CALL ", Caches, MMUs",
	     f->facts->payload_size == 0 ? finding_skipped("it has no payload")
					 : finding_of(tree_print(&v->told, payload) == f->facts->payload_sum, NULL,
						      tree_print(&v->told, payload), f->facts->payload_sum));
	tell(v, "image_size bytes of it are memory that it may use", CALL, in_ram(v, KERNEL));
	tell(v, "they lie within 48 bits of addresses", CALL ", flags",
	     finding_of(v->thing[KERNEL].end <= UINT64_C(1) << 48, NULL, v->thing[KERNEL].end, UINT64_C(1) << 48));
}

static void check_others(struct view *v)
{
	const struct dtb *tree = &v->told.tree;
	uint64_t last = tree->address + tree->size - 1;

	tell(v, "the initrd lies in memory that the kernel may use", "arch/arm64/mm/init.c", in_ram(v, INITRD));
	tell(v, "one window of 32 GiB, from a multiple of 1 GiB, holds initrd and kernel", CALL, in_reach(v));
	tell(v, "the device tree lies in memory that the kernel may use", SETUP, in_ram(v, TREE));
	tell(v, "the device tree has at most 2 MiB", SETUP,
	     finding_of(tree->size <= TWO_MIB, NULL, tree->size, TWO_MIB));
	tell(v, "it lies inside one region of 2 MiB", SETUP,
	     finding_of(tree->address / TWO_MIB == last / TWO_MIB, NULL, tree->address, last));
	tell(v, "the memory map lies in memory that the kernel may use", "UEFI 2.10, 7.4.6", in_ram(v, MEMORY_MAP));
	tell(v, "kernel, initrd, tree and memory map lie apart", CALL, apart(v));
}

/* Linux takes ACPI where the tree has nothing but /chosen. */
static void check_kind(struct view *v)
{
	static const char sentence[] = "the tree tells of the machine, or of /chosen alone where ACPI does";
	uint32_t at = dtb_node(&v->told.tree, "");
	uint64_t nodes = 0, machine;
	const char *name;

	while (at != 0 && dtb_child(&v->told.tree, &at, &name) != 0)
		nodes++;
	if (told_digit(v, "probe.tree=", &machine))
		equal(v, sentence, STUB, nodes > 1, machine);
	else
		tell(v, sentence, STUB, finding_skipped("nobody told which"));
}

/* ---- all ---- */

static struct view look(const struct found_arm64 *f, struct clause_report *report)
{
	struct view v = {.f = f, .told = {.looking = f->looking, .report = report}};

	tree_look(&v.told, f->x[0]);
	v.thing[KERNEL] = (struct span){f->load, f->load + f->facts->image_size};
	v.thing[INITRD] = v.told.initrd;
	v.thing[TREE] = (struct span){f->x[0], f->x[0] + v.told.tree.size};
	v.thing[MEMORY_MAP] = v.told.map;
	return v;
}

unsigned int arm64_check(const struct found_arm64 *found, struct clause_report *report)
{
	struct view v = look(found, report);

	report->window_start = found->load + found->code_size;
	report->window_end = found->load + found->facts->image_size;
	check_cpu(&v);
	tree_check_all(&v.told);
	check_kernel(&v);
	check_others(&v);
	check_kind(&v);
	report->window_is_clear = apart(&v).verdict == CLAUSE_KEPT;
	for (unsigned int i = INITRD; i < N_THINGS; i++)
		report->print[i] = tree_print(&v.told, v.thing[i]);
	return report->broken;
}

unsigned int arm64_check_unchanged(const struct found_arm64 *found, struct clause_report *report, bool scribbled)
{
	static const char sentence[N_THINGS][64] = {
	    [INITRD] = "the initrd is the same after the window was written over",
	    [TREE] = "the device tree is the same after that",
	    [MEMORY_MAP] = "the memory map is the same after that",
	};
	struct view v = look(found, report);

	tell(&v, "all of the window holds what the kernel writes to it", CALL ", image_size",
	     finding_of(scribbled, NULL, 0, 1));
	for (unsigned int i = INITRD; i < N_THINGS; i++) {
		uint64_t print = tree_print(&v.told, v.thing[i]);

		tell(&v, sentence[i], "they are the kernel's to read",
		     finding_of(print == report->print[i], NULL, print, report->print[i]));
	}
	return report->broken;
}
