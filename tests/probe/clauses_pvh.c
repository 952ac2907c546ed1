/* SPDX-License-Identifier: BSD-2-Clause */
#include "clauses_pvh.h"

#define FOUR_GIB (UINT64_C(1) << 32)
#define ABI	 "pvh.pandoc, machine state"
#define INFO	 "start_info.h, hvm_start_info"
#define MODULE	 "start_info.h, hvm_modlist_entry"
#define MEMMAP	 "start_info.h, hvm_memmap_table_entry"
#define RAM	 1

/* What is handed over, and the kernel itself. */
enum thing { KERNEL, START_INFO, MODULES, INITRD, COMMAND_LINE, MEMORY_MAP, N_THINGS };

struct span {
	uint64_t start, end; /* empty: there is none */
};

struct view {
	const struct found_pvh *f;
	struct clause_report *report;
	const uint8_t *info, *module, *map, *line; /* NULL: not there, or not readable */
	uint64_t n_modules, n_entries, line_length;
	struct span thing[N_THINGS];
};

struct entry {
	uint64_t start, end, type, reserved;
};

static uint64_t get(const uint8_t *from, unsigned int width)
{
	uint64_t value = 0;

	while (width > 0)
		value = value << 8 | from[--width];
	return value;
}

static const uint8_t *memory_of(const struct view *v, uint64_t at, uint64_t size)
{
	return at == 0 || at + size < at ? NULL : v->f->memory(v->f->context, at, size);
}

static void tell(struct view *v, const char *sentence, const char *source, bool kept, uint64_t seen, uint64_t wanted)
{
	struct finding finding = {kept ? CLAUSE_KEPT : CLAUSE_BROKEN, NULL, seen, wanted};
	struct clause_report *report = v->report;

	report->number++;
	report->broken += kept ? 0 : 1;
	report->say(report->context, report->number, sentence, source, &finding);
}

static void equal(struct view *v, const char *sentence, const char *source, uint64_t seen, uint64_t wanted)
{
	tell(v, sentence, source, seen == wanted, seen, wanted);
}

static void skip(struct view *v, const char *sentence, const char *source, const char *reason)
{
	struct finding finding = {CLAUSE_DOES_NOT_APPLY, reason, 0, 0};

	v->report->number++;
	v->report->not_applied++;
	v->report->say(v->report->context, v->report->number, sentence, source, &finding);
}

/* ---- looking ---- */

static struct entry entry_at(const struct view *v, uint64_t n)
{
	const uint8_t *e = v->map + 24 * n;

	return (struct entry){get(e, 8), get(e, 8) + get(e + 8, 8), get(e + 16, 4), get(e + 20, 4)};
}

static void look_at_line(struct view *v)
{
	uint64_t at = get(v->info + 24, 8), n = 0;
	const uint8_t *line = memory_of(v, at, 1);

	while (line != NULL && n < 65536 && memory_of(v, at + n, 1) != NULL && line[n] != '\0')
		n++;
	if (line == NULL || n == 65536 || memory_of(v, at, n + 1) == NULL)
		return;
	v->line = line;
	v->line_length = n;
	v->thing[COMMAND_LINE] = (struct span){at, at + n + 1};
}

static struct view look(const struct found_pvh *f, struct clause_report *report)
{
	struct view v = {.f = f, .report = report};

	v.thing[KERNEL] = (struct span){f->load, f->load + f->facts->window};
	v.info = memory_of(&v, f->ebx, 56);
	if (v.info == NULL)
		return v;
	v.thing[START_INFO] = (struct span){f->ebx, f->ebx + UINT64_C(56)};
	v.n_modules = get(v.info + 12, 4);
	v.n_entries = get(v.info + 48, 4);
	v.module = v.n_modules == 0 ? NULL : memory_of(&v, get(v.info + 16, 8), 32 * v.n_modules);
	v.map = v.n_entries == 0 ? NULL : memory_of(&v, get(v.info + 40, 8), 24 * v.n_entries);
	if (v.module != NULL) {
		v.thing[MODULES] = (struct span){get(v.info + 16, 8), get(v.info + 16, 8) + 32 * v.n_modules};
		v.thing[INITRD] = (struct span){get(v.module, 8), get(v.module, 8) + get(v.module + 8, 8)};
	}
	if (v.map != NULL)
		v.thing[MEMORY_MAP] = (struct span){get(v.info + 40, 8), get(v.info + 40, 8) + 24 * v.n_entries};
	look_at_line(&v);
	return v;
}

/* ---- the CPU ---- */

/* The descriptor that a selector names; 0: none. */
static uint64_t descriptor(const struct view *v, uint16_t selector)
{
	const uint8_t *d = (selector & 4) != 0 || (selector | 7u) > v->f->gdt_limit
			       ? NULL
			       : memory_of(v, v->f->gdt_base + (selector & ~7u), 8);

	return d == NULL ? 0 : get(d, 8);
}

/* Base 0, limit 0xffffffff, 32 bits, present, ring 0; of the type's bits those in @mask are @type. */
static bool is_flat(uint64_t d, uint64_t mask, uint64_t type)
{
	return (d & UINT64_C(0xff0000ffffff0000)) == 0 && (d & 0xffff) == 0xffff && (d >> 48 & 0xef) == 0xcf &&
	       (d >> 40 & 0xf0) == 0x90 && (d >> 40 & mask) == type;
}

static void check_cpu(struct view *v)
{
	const struct found_pvh *f = v->f;
	uint64_t cs = descriptor(v, f->cs), ds = descriptor(v, f->ds), es = descriptor(v, f->es),
		 tr = descriptor(v, f->tr);

	equal(v, "the kernel is entered where its PHYS32_ENTRY note says", "elfnote.h, PHYS32_ENTRY", f->by, 1);
	equal(v, "the CPU runs 32-bit code", ABI, f->is_32_bits, 1);
	equal(v, "CR0.PE is set", ABI, f->cr0 & 1, 1);
	equal(v, "CR0.PG is clear: paging is off", ABI, f->cr0 >> 31, 0);
	/* Bit 4, ET, can be written on no CPU of 64 bits. */
	equal(v, "every other bit of CR0 that can be written is clear", ABI, f->cr0 & ~UINT32_C(0x80000011), 0);
	equal(v, "CR4 is 0", ABI, f->cr4, 0);
	equal(v, "long mode is neither active nor enabled", "pvh.pandoc: 32-bit code", f->efer & 0x500, 0);
	equal(v, "EFLAGS.VM is clear", ABI, f->eflags >> 17 & 1, 0);
	equal(v, "EFLAGS.IF is clear", ABI, f->eflags >> 9 & 1, 0);
	equal(v, "EFLAGS.TF is clear", ABI, f->eflags >> 8 & 1, 0);
	tell(v, "CS is a flat segment to execute and read", ABI, is_flat(cs, 0xa, 0xa), cs, 0x00cf9b000000ffff);
	tell(v, "DS is a flat segment to read and write", ABI, is_flat(ds, 0xa, 0x2), ds, 0x00cf93000000ffff);
	tell(v, "ES is a flat segment to read and write", ABI, is_flat(es, 0xa, 0x2), es, 0x00cf93000000ffff);
	equal(v, "TR is an active 32-bit TSS of base 0 and limit 0x67", ABI, tr, UINT64_C(0x00008b0000000067));
}

/* ---- start_info ---- */

/* `probe.ramdisk=SIZE,SUM`, hexadecimal. */
static bool told_ramdisk(const struct view *v, uint64_t told[2])
{
	static const char word[] = "probe.ramdisk=";
	uint64_t n = 0, at = 0;

	for (; at < v->line_length && n < sizeof(word) - 1; at++)
		n = v->line[at] == (uint8_t)word[n] ? n + 1 : v->line[at] == 'p';
	if (n < sizeof(word) - 1)
		return false;
	told[0] = told[1] = 0;
	for (n = 0; at < v->line_length && v->line[at] != ' ' && n < 2; at++) {
		uint8_t c = v->line[at];

		if (c == ',')
			n++;
		else
			told[n] = told[n] << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return true;
}

static void check_module(struct view *v)
{
	struct span at = v->thing[INITRD];
	uint64_t size = at.end - at.start, told[2];
	const uint8_t *bytes = size == 0 ? NULL : memory_of(v, at.start, size);

	equal(v, "there is at most one module", INFO, v->n_modules > 1, 0);
	tell(v, "modlist_paddr leads to the modules, and to nothing when there are none", INFO,
	     (v->n_modules == 0) == (get(v->info + 16, 8) == 0) && (v->n_modules == 0 || v->module != NULL),
	     get(v->info + 16, 8), v->n_modules);
	if (!told_ramdisk(v, told)) {
		skip(v, "the module has the size of the initrd", MODULE, "nobody told its size");
		skip(v, "the initrd arrived whole", MODULE, "nobody told its checksum");
	} else {
		equal(v, "the module has the size of the initrd", MODULE, size, told[0]);
		equal(v, "the initrd arrived whole", MODULE, bytes == NULL ? 0 : clause_adler32(1, bytes, size),
		      told[1]);
	}
	if (v->module == NULL) {
		skip(v, "a module's fields that say nothing are 0", MODULE, "no module");
		return;
	}
	equal(v, "a module's fields that say nothing are 0", MODULE, get(v->module + 16, 8) | get(v->module + 24, 8),
	      0);
}

/* ACPI 6.5, 5.2.5.3: 20 bytes whose sum is 0. */
static void check_rsdp(struct view *v)
{
	const uint8_t *rsdp = memory_of(v, get(v->info + 32, 8), 20);
	unsigned int sum = 0;

	for (unsigned int i = 0; i < 20 && rsdp != NULL; i++)
		sum += rsdp[i];
	equal(v, "rsdp_paddr leads to \"RSD PTR \"", INFO, rsdp == NULL ? 0 : get(rsdp, 8),
	      UINT64_C(0x2052545020445352));
	equal(v, "whose checksum is right", "ACPI 6.5, 5.2.5.3", sum & 0xff, 0);
}

static void check_info(struct view *v)
{
	equal(v, "EBX leads to a start_info with its magic", INFO, get(v->info, 4), 0x336ec578);
	equal(v, "its version is 1", INFO, get(v->info + 4, 4), 1);
	equal(v, "its flags are 0: neither privileged nor Xen's first domain", "xen.h, SIF_xxx", get(v->info + 8, 4),
	      0);
	equal(v, "what is reserved in it is 0", INFO, get(v->info + 52, 4), 0);
	equal(v, "start_info is aligned to what is in it", INFO, v->f->ebx % 8, 0);
	tell(v, "cmdline_paddr leads to a text that ends", INFO, v->line != NULL, get(v->info + 24, 8), 1);
	check_module(v);
	check_rsdp(v);
}

/* ---- the memory map ---- */

/* True when [start, end) is told as RAM, whatever number of entries tell it. */
static bool is_ram(const struct view *v, struct span s)
{
	for (uint64_t n = 0; n < v->n_entries && s.start < s.end; n++) {
		struct entry e = entry_at(v, n);

		if (e.type == RAM && e.start <= s.start && s.start < e.end)
			s.start = e.end;
	}
	return s.start >= s.end;
}

static bool is_type(uint64_t type)
{
	return type >= 1 && type <= 7 && type != 6; /* DISABLED is told as reserved */
}

static void check_map(struct view *v)
{
	uint64_t wrong[4] = {0, 0, 0, 0}, ram = 0, rsdp = get(v->info + 32, 8);

	tell(v, "memmap_paddr leads to entries", INFO, v->map != NULL, v->n_entries, 1);
	if (v->map == NULL)
		return;
	for (uint64_t n = 0; n < v->n_entries; n++) {
		struct entry e = entry_at(v, n);

		wrong[0] += n != 0 && entry_at(v, n - 1).start > e.start;
		wrong[1] += n != 0 && entry_at(v, n - 1).end > e.start;
		wrong[2] += e.end <= e.start;
		wrong[3] += !is_type(e.type) || e.reserved != 0;
		ram += e.type == RAM ? e.end - e.start : 0;
	}
	equal(v, "the memory map ascends", MEMMAP, wrong[0], 0);
	equal(v, "no entry of it overlaps the next", MEMMAP, wrong[1], 0);
	equal(v, "none is empty or wraps", MEMMAP, wrong[2], 0);
	equal(v, "each has a type of the ABI's and 0 where it is reserved", MEMMAP, wrong[3], 0);
	tell(v, "it tells of more RAM than the kernel itself has", MEMMAP, ram > v->f->facts->window, ram,
	     v->f->facts->window);
	tell(v, "ACPI's root pointer lies in no RAM", MEMMAP, !is_ram(v, (struct span){rsdp, rsdp + 20}), rsdp, 0);
}

/* ---- places ---- */

static bool meet(struct span a, struct span b)
{
	return a.start < b.end && b.start < a.end;
}

static void check_thing(struct view *v, const char *in_ram, const char *below, const char *apart, enum thing which)
{
	struct span s = v->thing[which];
	unsigned int met = 0;

	for (unsigned int i = 0; i < N_THINGS; i++)
		met += i != which && meet(s, v->thing[i]);
	if (s.start == s.end) {
		skip(v, in_ram, MEMMAP, "there is none");
		skip(v, below, "start_info.h: all data below 4 GiB", "there is none");
		skip(v, apart, "pvh.pandoc: they are the kernel's to read", "there is none");
		return;
	}
	tell(v, in_ram, MEMMAP, v->map != NULL && is_ram(v, s), s.start, s.end);
	tell(v, below, "start_info.h: all data below 4 GiB", s.end <= FOUR_GIB, s.end, FOUR_GIB);
	tell(v, apart, "pvh.pandoc: they are the kernel's to read", met == 0, s.start, met);
	if (met != 0)
		v->report->window_is_clear = false;
}

static void check_places(struct view *v)
{
	check_thing(v, "the kernel lies in RAM", "the kernel lies below 4 GiB", "nothing lies in the kernel", KERNEL);
	check_thing(v, "start_info lies in RAM", "start_info lies below 4 GiB", "nothing lies in start_info",
		    START_INFO);
	check_thing(v, "the list of modules lies in RAM", "the list of modules lies below 4 GiB",
		    "nothing lies in the list of modules", MODULES);
	check_thing(v, "the initrd lies in RAM", "the initrd lies below 4 GiB", "nothing lies in the initrd", INITRD);
	check_thing(v, "the command line lies in RAM", "the command line lies below 4 GiB",
		    "nothing lies in the command line", COMMAND_LINE);
	check_thing(v, "the memory map lies in RAM", "the memory map lies below 4 GiB",
		    "nothing lies in the memory map", MEMORY_MAP);
}

/* ---- the image ---- */

static uint64_t count_not_zero(const uint8_t *bytes, uint64_t size)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < size && bytes != NULL; i++)
		n += bytes[i] != 0;
	return bytes == NULL ? size : n;
}

static void check_image(struct view *v)
{
	const struct found_pvh *f = v->f;
	const struct pvh_facts *facts = f->facts;
	uint64_t payload = f->load + facts->payload_at, end = payload + facts->payload_size, wrong = 0;
	const uint8_t *bytes = memory_of(v, payload, facts->payload_size);

	tell(v, "the kernel lies at or above the lowest address that it permits", "elfnote.h, PHYS32_RELOC",
	     f->load >= facts->min, f->load, facts->min);
	tell(v, "its last byte lies at or below the highest", "elfnote.h, PHYS32_RELOC",
	     f->load + facts->window - 1 <= facts->last, f->load + facts->window - 1, facts->last);
	equal(v, "it is aligned as it asks for", "elfnote.h, PHYS32_RELOC; gABI, p_align", f->load % facts->align, 0);
	equal(v, "its second segment arrived whole", "gABI, Program Loading",
	      bytes == NULL ? 0 : clause_adler32(1, bytes, facts->payload_size), facts->payload_sum);
	equal(v, "what the segment has not from the file is zero", "gABI, p_memsz",
	      count_not_zero(memory_of(v, end, f->load + facts->window - end), f->load + facts->window - end), 0);
	for (uint32_t i = 0; i < facts->n_words; i++) {
		uint64_t want = f->load + (uint64_t)((const uint8_t *)&facts->word[i] - (const uint8_t *)facts) + 0x800;

		wrong += (facts->is_32 != 0 ? (uint32_t)facts->word[i] : facts->word[i]) != want;
	}
	if (facts->n_words == 0)
		skip(v, "its relocations are applied", "psABI, RELATIVE", "it has none");
	else
		equal(v, "its relocations are applied", "psABI, RELATIVE", wrong, 0);
}

/* ---- all ---- */

/* One number for the bytes of a thing; 0: there is none. */
static uint64_t print_of(const struct view *v, enum thing which)
{
	struct span s = v->thing[which];
	const uint8_t *bytes = s.start == s.end ? NULL : memory_of(v, s.start, s.end - s.start);

	return bytes == NULL ? 0 : clause_adler32(1, bytes, s.end - s.start);
}

unsigned int pvh_check(const struct found_pvh *found, struct clause_report *report)
{
	struct view v = look(found, report);

	report->window_is_clear = v.info != NULL;
	report->window_start = found->load + found->code_size;
	report->window_end = found->load + found->facts->window;
	check_cpu(&v);
	tell(&v, "EBX leads to memory", ABI, v.info != NULL, found->ebx, 0);
	if (v.info == NULL)
		return report->broken;
	check_info(&v);
	check_map(&v);
	check_places(&v);
	check_image(&v);
	for (unsigned int i = START_INFO; i < N_THINGS; i++)
		report->print[i] = print_of(&v, (enum thing)i);
	return report->broken;
}

unsigned int pvh_check_unchanged(const struct found_pvh *found, struct clause_report *report, bool scribbled)
{
	static const char sentence[N_THINGS][80] = {
	    [START_INFO] = "start_info is the same after the window was written over",
	    [MODULES] = "the list of modules is the same after that",
	    [INITRD] = "the initrd is the same after that",
	    [COMMAND_LINE] = "the command line is the same after that",
	    [MEMORY_MAP] = "the memory map is the same after that",
	};
	struct view v = look(found, report);

	equal(&v, "all of the window holds what the kernel writes to it", "gABI, p_memsz", scribbled, 1);
	for (unsigned int i = START_INFO; i < N_THINGS; i++)
		equal(&v, sentence[i], "pvh.pandoc: they are the kernel's to read", print_of(&v, (enum thing)i),
		      report->print[i]);
	return report->broken;
}
