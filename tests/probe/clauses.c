/* SPDX-License-Identifier: BSD-2-Clause */
#include "clauses_local.h"

static const uint8_t nothing[ZERO_PAGE];

const uint8_t *memory_of(const struct view *v, uint64_t at, uint64_t size)
{
	return at + size < at ? NULL : v->f->memory(v->f->context, at, size);
}

static bool same_text(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return *a == *b;
}

/* boot.rst, "EFI Handover Protocol": command line and initrd; the kernel's own EFI stub finds out all else. */
static bool handover_promises(const char *sentence)
{
	static const char promised[][64] = {
	    /* no pointers: the stand-in has no relocations */
	    "the protected-mode part arrived whole",
	    "cmd_line_ptr leads to a text that ends within cmdline_size",
	    "the initrd has both an address and a size, or neither",
	    "the initrd arrived whole",
	};

	for (size_t i = 0; i < sizeof(promised) / sizeof(promised[0]); i++)
		if (same_text(sentence, promised[i]))
			return true;
	return false;
}

void clause_tell(struct view *v, const char *sentence, const char *source, struct finding finding)
{
	struct clause_report *report = v->report;

	if (v->not_promised != NULL)
		finding = does_not_apply(v->not_promised);
	else if (v->f->entered == ENTERED_BY_HANDOVER && !handover_promises(sentence))
		finding = does_not_apply("the handover protocol leaves it to the kernel");
	report->number++;
	if (finding.verdict == CLAUSE_BROKEN)
		report->broken++;
	if (finding.verdict == CLAUSE_DOES_NOT_APPLY)
		report->not_applied++;
	report->say(report->context, report->number, sentence, source, &finding);
}

struct finding each_part(const struct view *v, enum handed kind, part_check *check, const char *none)
{
	bool any = false;

	for (size_t i = 0; i < v->n_parts; i++) {
		struct finding finding;

		if (v->part[i].kind != kind)
			continue;
		any = true;
		finding = check(v, v->part[i].start, v->part[i].end);
		if (finding.verdict != CLAUSE_KEPT)
			return finding;
	}
	return any ? kept() : does_not_apply(none);
}

const struct part *part_of(const struct view *v, enum handed kind)
{
	for (size_t i = 0; i < v->n_parts; i++)
		if (v->part[i].kind == kind)
			return &v->part[i];
	return NULL;
}

static void add_part(struct view *v, enum handed kind, uint64_t at, uint64_t size)
{
	if (size != 0 && at + size > at && v->n_parts < MAX_PARTS)
		v->part[v->n_parts++] = (struct part){kind, at, at + size};
}

uint64_t clause_runtime_start(const struct found *f)
{
	const uint8_t *bp = f->memory(f->context, f->rsi, ZERO_PAGE);
	uint64_t align = get((bp == NULL ? f->file : bp) + 0x230, 4);

	if (f->file[0x234] == 0)
		return get(f->file + 0x206, 2) < 0x20a ? LOADED_HIGH_AT : get(f->file + 0x258, 8);
	return align == 0 ? f->load : (f->load + align - 1) / align * align;
}

static void look_at_header(struct view *v)
{
	v->version = (unsigned int)in_file(v, 0x206, 2);
	v->header_end = 0x202 + v->f->file[0x201];
	v->xloadflags = v->version >= 0x20c ? (uint32_t)in_file(v, 0x236, 2) : 0;
	v->alignment = in_file(v, 0x230, 4);
	v->relocatable = v->f->file[0x234] != 0;
	v->pref_address = v->version >= 0x20a ? in_file(v, 0x258, 8) : v->relocatable ? 0 : LOADED_HIGH_AT;
	/* Before 2.10 nobody says what it needs; what was loaded it has at least. */
	v->init_size = v->version >= 0x20a ? in_file(v, 0x260, 4) : in_file(v, 0x1f4, 4) * 16;
	v->window_start = v->f->load;
	v->window_end = v->f->load + v->init_size;
	v->run_start = clause_runtime_start(v->f);
	v->run_end = v->run_start + v->init_size;
}

static void look_at_command_line(struct view *v)
{
	uint64_t room = v->version >= 0x206 ? in_file(v, 0x238, 4) : 255; /* boot.rst, cmdline_size */
	const uint8_t *start = NULL;

	v->command_line_at = param(v, 0x228, 4) | param(v, 0x0c8, 4) << 32;
	v->command_line_room = room < (1 << 20) ? room : 1 << 20;
	if (v->command_line_at == 0)
		return;
	for (uint64_t i = 0; i <= v->command_line_room; i++) {
		const uint8_t *c = start;

		if (i == 0 || (v->command_line_at + i) % 4096 == 0)
			c = start = memory_of(v, v->command_line_at, i + 1);
		if (c == NULL)
			return;
		if (c[i] != 0)
			continue;
		v->command_line = c;
		v->command_line_length = i;
		add_part(v, HANDED_COMMAND_LINE, v->command_line_at, i + 1);
		return;
	}
}

static void look_at_setup_data(struct view *v)
{
	uint64_t at = param(v, 0x250, 8);

	v->list_readable = true;
	while (at != 0 && v->n_nodes < MAX_NODES) {
		const uint8_t *node = memory_of(v, at, 16);
		uint64_t length = node == NULL ? 0 : get(node + 12, 4);

		if (node == NULL || memory_of(v, at, 16 + length) == NULL) {
			v->list_readable = false;
			return;
		}
		v->node[v->n_nodes++] = at;
		add_part(v, HANDED_SETUP_DATA, at, 16 + length);
		if (get(node + 8, 4) == 1) { /* setup_data.h, SETUP_E820_EXT */
			v->extra = node + 16;
			v->extra_bytes = length;
			v->n_extra = (size_t)(length / 20);
			v->n_extensions++;
		}
		at = get(node, 8);
	}
	v->list_ends = at == 0;
}

/* bootparam.h, struct efi_info at 0x1c0. */
static void look_at_efi(struct view *v)
{
	v->system_table_at = param(v, 0x1c4, 4) | param(v, 0x1d8, 4) << 32;
	v->system_table = v->system_table_at == 0 ? NULL : memory_of(v, v->system_table_at, 120);
	v->desc_size = param(v, 0x1c8, 4);
	v->efi_map_at = param(v, 0x1d0, 4) | param(v, 0x1dc, 4) << 32;
	v->efi_map_size = param(v, 0x1d4, 4);
	v->efi_map = v->efi_map_at == 0 ? NULL : memory_of(v, v->efi_map_at, v->efi_map_size);
	if (v->efi_map != NULL && v->desc_size >= 40)
		v->n_descriptors = (size_t)(v->efi_map_size / v->desc_size);
	if (v->efi_map != NULL)
		add_part(v, HANDED_EFI_MAP, v->efi_map_at, v->efi_map_size);
}

static void look(struct view *v, const struct found *f, struct clause_report *report)
{
	*v = (struct view){.f = f, .report = report};
	v->bp = f->memory(f->context, f->rsi, ZERO_PAGE);
	v->has_bp = v->bp != NULL;
	if (v->has_bp)
		add_part(v, HANDED_BOOT_PARAMS, f->rsi, ZERO_PAGE);
	else
		v->bp = nothing;
	look_at_header(v);
	look_at_command_line(v);
	v->initrd = param(v, 0x218, 4) | param(v, 0x0c0, 4) << 32;
	v->initrd_size = param(v, 0x21c, 4) | param(v, 0x0c4, 4) << 32;
	add_part(v, HANDED_INITRD, v->initrd, v->initrd_size);
	v->n_zero_page = v->bp[0x1e8] <= 128 ? v->bp[0x1e8] : 128;
	look_at_setup_data(v);
	look_at_efi(v);
	add_part(v, HANDED_GDT, f->gdt_base, (uint64_t)f->gdt_limit + 1);
}

/* One number for all bytes of a kind; 0 when they cannot be read. */
static uint64_t print_of(const struct view *v, enum handed kind)
{
	uint32_t sum = 1;

	if (kind == HANDED_PAGE_TABLES)
		return print_of_tables(v->f);
	if (kind == HANDED_SYSTEM_TABLE)
		return v->system_table == NULL ? 0 : clause_adler32(sum, v->system_table, 120);
	for (size_t i = 0; i < v->n_parts; i++) {
		const struct part *p = &v->part[i];
		const uint8_t *bytes;

		if (p->kind != kind)
			continue;
		bytes = memory_of(v, p->start, p->end - p->start);
		sum = bytes == NULL ? 0 : clause_adler32(sum, bytes, p->end - p->start);
	}
	return sum;
}

unsigned int clauses_check(const struct found *found, struct clause_report *report)
{
	struct view view, *v = &view;

	look(v, found, report);
	report->window_start = v->run_start;
	report->window_end = v->run_end;
	report->window_is_clear = true;
	for (unsigned int kind = 0; kind < N_HANDED; kind++)
		report->print[kind] = print_of(v, (enum handed)kind);
	if (found->entered == ENTERED_32)
		v->not_promised = "entered by the 32-bit entry, without paging";
	check_cpu(v);
	check_tables(v);
	v->not_promised = NULL;
	if (found->entered == ENTERED_32)
		report->window_is_clear = true; /* the tables are the stand-in's own */
	check_header(v);
	check_zero_page(v);
	check_places(v);
	check_setup_data(v);
	check_memory_maps(v);
	check_efi(v);
	check_screen(v);
	if (found->entered == ENTERED_BY_HANDOVER)
		report->window_is_clear = false; /* firmware still has what lies in it, if anything does */
	return report->broken;
}

static struct finding same(struct view *v, enum handed kind)
{
	if (!v->report->window_is_clear)
		return broken("something lies in the window, which was left alone", 0, 0);
	if (kind == HANDED_INITRD && v->initrd_size == 0)
		return does_not_apply("no initrd");
	if (kind == HANDED_SETUP_DATA && v->n_nodes == 0)
		return does_not_apply("no setup_data");
	return equal("its checksum", print_of(v, kind), v->report->print[kind]);
}

unsigned int clauses_check_unchanged(const struct found *found, struct clause_report *report, bool scribbled)
{
	struct view view, *v = &view;
	const char *source = "boot.rst, init_size: the kernel uses all of it before it looks at any map";

	look(v, found, report);
	clause_tell(v, "all of the window holds what the kernel writes to it", source,
		    scribbled ? kept() : broken("another value was read back", 0, 0));
	clause_tell(v, "boot_params are the same after the window was written over", source,
		    same(v, HANDED_BOOT_PARAMS));
	clause_tell(v, "the command line is the same after that", source, same(v, HANDED_COMMAND_LINE));
	clause_tell(v, "the initrd is the same after that", source, same(v, HANDED_INITRD));
	clause_tell(v, "setup_data is the same after that", source, same(v, HANDED_SETUP_DATA));
	clause_tell(v, "the EFI memory map is the same after that", source, same(v, HANDED_EFI_MAP));
	clause_tell(v, "the EFI system table is the same after that", source, same(v, HANDED_SYSTEM_TABLE));
	clause_tell(v, "the GDT is the same after that", source, same(v, HANDED_GDT));
	clause_tell(v, "the page tables are the same after that, but for accessed and dirty bits", source,
		    found->entered == ENTERED_32 ? does_not_apply("they are the stand-in's own")
						 : same(v, HANDED_PAGE_TABLES));
	if (found->entered == ENTERED_32)
		check_entry_32(v);
	return report->broken;
}
