/* SPDX-License-Identifier: BSD-2-Clause */
#include "clauses_riscv.h"

#define BOOT	   "boot.rst"
#define LAYOUT	   "arch/riscv/mm/init.c, setup_bootmem; vm-layout.rst"
#define PMD	   UINT64_C(0x200000)
#define SSTATUS_IE UINT64_C(2)

/* What is handed over, and the kernel itself. */
enum thing { KERNEL, INITRD, TREE, MEMORY_MAP, N_THINGS };

struct view {
	const struct found_riscv *f;
	struct told_by_tree told;
	struct span thing[N_THINGS];
	uint64_t ram_start, reach;
};

static void tell(struct view *v, const char *sentence, const char *source, struct finding finding)
{
	tree_tell(v->told.report, sentence, source, finding);
}

/* ---- harts ---- */

struct harts {
	uint64_t named, started_others, levels;
};

/* cpus.yaml: the least of "riscv,sv39", "riscv,sv48", "riscv,sv57"; anything else is no promise of more than sv39. */
static uint64_t levels_of(struct property type)
{
	return dtb_is(type, "riscv,sv57") ? 5 : dtb_is(type, "riscv,sv48") ? 4 : 3;
}

static struct harts look_at_harts(const struct view *v)
{
	const struct dtb *tree = &v->told.tree;
	uint32_t at = dtb_node(tree, "/cpus"), cpu;
	struct harts harts = {0, 0, 5};
	const char *name;

	while (at != 0 && (cpu = dtb_child(tree, &at, &name)) != 0) {
		struct property reg = dtb_property(tree, cpu, "reg"), status = dtb_property(tree, cpu, "status");
		uint64_t hart = dtb_cells(reg, 0, (unsigned int)(reg.size / 4)), levels;

		if (!dtb_is(dtb_property(tree, cpu, "device_type"), "cpu") ||
		    (status.at != NULL && !dtb_is(status, "okay")))
			continue;
		levels = levels_of(dtb_property(tree, cpu, "mmu-type"));
		harts.levels = levels < harts.levels ? levels : harts.levels;
		harts.named += hart == v->f->a0;
		harts.started_others +=
		    hart != v->f->a0 && v->f->hart_state(v->f->looking.context, hart) == HART_STARTED;
	}
	return harts;
}

static void check_cpu(struct view *v)
{
	const struct found_riscv *f = v->f;
	struct harts harts = look_at_harts(v);
	uint32_t state = f->hart_state(f->looking.context, f->a0);
	bool nobody_knows = state == HART_NOBODY_KNOWS;

	tell(v, "satp is 0", BOOT ", CSR state", finding_of(f->satp == 0, NULL, f->satp, 0));
	tell(v, "sstatus.SIE is 0: no interrupt comes", "Privileged Architecture, sstatus",
	     finding_of((f->sstatus & SSTATUS_IE) == 0, NULL, f->sstatus, f->sstatus & ~SSTATUS_IE));
	tell(v, "sie is 0: none is waited for", "Privileged Architecture, sie",
	     finding_of(f->sie == 0, NULL, f->sie, 0));
	tell(v, "a0 is the number of one of the device tree's harts", BOOT ", Register state",
	     finding_of(harts.named == 1, "harts of this number", harts.named, 1));
	tell(v, "a0 is the number of a hart that runs", "SBI 1.0, 9.3",
	     nobody_knows ? finding_skipped("no SBI here") : finding_of(state == HART_STARTED, NULL, state, 0));
	tell(v, "no other hart runs", BOOT ", Kernel entry, ordered booting",
	     nobody_knows ? finding_skipped("no SBI here")
			  : finding_of(harts.started_others == 0, "others", harts.started_others, 0));
}

/* ---- places ---- */

static bool in_bootargs(const struct view *v, const char *letters)
{
	struct property line = dtb_property(&v->told.tree, v->told.chosen, "bootargs");

	for (uint64_t i = 0; i < line.size; i++) {
		uint64_t n = 0;

		while (letters[n] != '\0' && i + n < line.size && line.at[i + n] == (uint8_t)letters[n])
			n++;
		if (letters[n] == '\0')
			return true;
	}
	return false;
}

/* The linear map begins at the first memory that can be cached, and has a quarter of the addresses. */
static void look_at_reach(struct view *v)
{
	uint64_t levels = look_at_harts(v).levels;
	struct told_memory memory;

	v->ram_start = UINT64_MAX;
	for (size_t n = 0; tree_memory(&v->told, n, &memory); n++)
		if ((memory.attribute & 0xe) != 0 && memory.start < v->ram_start)
			v->ram_start = memory.start;
	if (in_bootargs(v, "no5lvl") && levels > 4)
		levels = 4;
	if (in_bootargs(v, "no4lvl"))
		levels = 3;
	v->reach = (v->ram_start & ~(PMD - 1)) + (UINT64_C(1) << (levels == 3 ? 37 : levels == 4 ? 46 : 55));
}

static struct finding in_reach(const struct view *v, enum thing which)
{
	struct span s = v->thing[which];

	if (s.start == s.end)
		return finding_skipped("there is none");
	return finding_of(v->ram_start <= s.start && s.end <= v->reach, "its end", s.end, v->reach);
}

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

/* Devicetree Specification, 3.5: each `reg` of the children, by the cells that the node itself tells. */
static struct finding clear_of_reserved(const struct view *v)
{
	const struct dtb *tree = &v->told.tree;
	uint32_t at = dtb_node(tree, "/reserved-memory"), node;
	unsigned int a = (unsigned int)dtb_cells(dtb_property(tree, at, "#address-cells"), 0, 1);
	unsigned int s = (unsigned int)dtb_cells(dtb_property(tree, at, "#size-cells"), 0, 1);
	const char *name;

	if (at == 0 || a == 0 || a > 2 || s == 0 || s > 2)
		return finding_skipped("no /reserved-memory");
	while ((node = dtb_child(tree, &at, &name)) != 0) {
		struct property reg = dtb_property(tree, node, "reg");

		for (uint64_t cell = 0; 4 * (cell + a + s) <= reg.size; cell += a + s) {
			uint64_t start = dtb_cells(reg, cell, a), size = dtb_cells(reg, cell + a, s);

			for (unsigned int i = 0; i < N_THINGS; i++)
				if (meet(v->thing[i], (struct span){start, start + size}))
					return finding_of(false, "reserved from", start, v->thing[i].start);
		}
	}
	return finding_of(true, NULL, 0, 0);
}

static void check_kernel(struct view *v)
{
	const struct riscv_facts *facts = v->f->facts;
	struct span payload = {v->f->load + facts->payload_at, v->f->load + facts->payload_at + facts->payload_size};

	tell(v, "the kernel lies at a multiple of 2 MiB", BOOT ", Kernel location",
	     finding_of(v->f->load % PMD == 0, NULL, v->f->load, v->f->load & ~(PMD - 1)));
	tell(v, "the image arrived whole", "boot-image-header.rst",
	     facts->payload_size == 0 ? finding_skipped("it has no payload")
				      : finding_of(tree_print(&v->told, payload) == facts->payload_sum, NULL,
						   tree_print(&v->told, payload), facts->payload_sum));
	tell(v, "all of its place, to the end of its last 2 MiB page, is memory that it may use",
	     "boot-image-header.rst, image_size; " LAYOUT, in_ram(v, KERNEL));
	tell(v, "the linear map reaches all of it", LAYOUT, in_reach(v, KERNEL));
}

static void check_others(struct view *v)
{
	tell(v, "the initrd lies in memory that the kernel may use", "init/initramfs.c, reserve_initrd_mem",
	     in_ram(v, INITRD));
	tell(v, "the linear map reaches all of the initrd", LAYOUT, in_reach(v, INITRD));
	tell(v, "the device tree lies in memory that the kernel may use", BOOT, in_ram(v, TREE));
	tell(v, "the linear map reaches all of the device tree", LAYOUT, in_reach(v, TREE));
	tell(v, "the device tree has at most 2 MiB", "arch/riscv/include/asm/fixmap.h, MAX_FDT_SIZE",
	     finding_of(v->told.tree.size <= PMD, NULL, v->told.tree.size, PMD));
	tell(v, "the memory map lies in memory that the kernel may use", "UEFI 2.10, 7.4.6", in_ram(v, MEMORY_MAP));
	tell(v, "kernel, initrd, tree and memory map lie apart", "init/initramfs.c, overlaps in-use memory region",
	     apart(v));
	tell(v, "none of them lies in /reserved-memory", BOOT ", Reserved memory for resident firmware",
	     clear_of_reserved(v));
}

/* ---- all ---- */

static struct view look(const struct found_riscv *f, struct clause_report *report)
{
	struct view v = {.f = f, .told = {.looking = f->looking, .report = report}};

	tree_look(&v.told, f->a1);
	v.thing[KERNEL] = (struct span){f->load, (f->load + f->facts->image_size + PMD - 1) & ~(PMD - 1)};
	v.thing[INITRD] = v.told.initrd;
	v.thing[TREE] = (struct span){f->a1, f->a1 + v.told.tree.size};
	v.thing[MEMORY_MAP] = v.told.map;
	look_at_reach(&v);
	return v;
}

unsigned int riscv_check(const struct found_riscv *found, struct clause_report *report)
{
	struct view v = look(found, report);

	report->window_start = found->load + found->code_size;
	report->window_end = found->load + found->facts->image_size;
	check_cpu(&v);
	tree_check_all(&v.told);
	check_kernel(&v);
	check_others(&v);
	report->window_is_clear = apart(&v).verdict == CLAUSE_KEPT;
	for (unsigned int i = INITRD; i < N_THINGS; i++)
		report->print[i] = tree_print(&v.told, v.thing[i]);
	return report->broken;
}

unsigned int riscv_check_unchanged(const struct found_riscv *found, struct clause_report *report, bool scribbled)
{
	static const char sentence[N_THINGS][64] = {
	    [INITRD] = "the initrd is the same after the window was written over",
	    [TREE] = "the device tree is the same after that",
	    [MEMORY_MAP] = "the memory map is the same after that",
	};
	struct view v = look(found, report);

	tell(&v, "all of the window holds what the kernel writes to it", "boot-image-header.rst, image_size",
	     finding_of(scribbled, NULL, 0, 1));
	for (unsigned int i = INITRD; i < N_THINGS; i++) {
		uint64_t print = tree_print(&v.told, v.thing[i]);

		tell(&v, sentence[i], "they are the kernel's to read",
		     finding_of(print == report->print[i], NULL, print, report->print[i]));
	}
	return report->broken;
}
