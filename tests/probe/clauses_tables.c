/* SPDX-License-Identifier: BSD-2-Clause */
/* Clauses about page tables, walked from CR3. Source: boot.rst, "64-bit Boot Protocol"; Intel SDM volume 3, 4.5. */
#include "clauses_local.h"

#define ADDRESS_BITS UINT64_C(0x000ffffffffff000)
#define MAX_TABLES   (1 << 16)

struct mapping {
	bool present, writable, executable;
	uint64_t to, left; /* physical address, and bytes from it to the end of the page */
};

static unsigned int levels_of(const struct found *f)
{
	return (f->cr4 >> 12 & 1) != 0 ? 5 : 4;
}

static struct mapping walk(const struct found *f, uint64_t address)
{
	struct mapping m = {.writable = true, .executable = true};
	uint64_t table = f->cr3 & ADDRESS_BITS;

	/* The lower half alone: an identity-mapped address has the same bits below and above. */
	if (address >> (levels_of(f) == 5 ? 56 : 47) != 0)
		return m;
	for (unsigned int level = levels_of(f);; level--) {
		const uint8_t *bytes = f->memory(f->context, table, 4096);
		unsigned int shift = 12 + 9 * (level - 1);
		uint64_t entry = bytes == NULL ? 0 : get(bytes + (address >> shift & 511) * 8, 8);
		uint64_t size = UINT64_C(1) << shift;

		if ((entry & 1) == 0)
			return m;
		m.writable = m.writable && (entry & 2) != 0;
		m.executable = m.executable && entry >> 63 == 0;
		if (level == 1 || (level <= 3 && (entry & 0x80) != 0)) {
			m.present = true;
			m.to = (entry & ADDRESS_BITS & ~(size - 1)) | (address & (size - 1));
			m.left = size - (address & (size - 1));
			return m;
		}
		table = entry & ADDRESS_BITS;
	}
}

static struct finding identity(const struct view *v, uint64_t start, uint64_t end)
{
	for (uint64_t at = start; at < end;) {
		struct mapping m = walk(v->f, at);

		if (!m.present)
			return broken("not mapped", at, at);
		if (m.to != at)
			return broken("mapped elsewhere", m.to, at);
		if (at + m.left < at)
			break;
		at += m.left;
	}
	return kept();
}

static struct finding window_is(const struct view *v, bool executable)
{
	for (uint64_t at = v->window_start; at < v->window_end;) {
		struct mapping m = walk(v->f, at);

		if (!m.present || !(executable ? m.executable : m.writable))
			return broken("address", at, at);
		at += m.left;
	}
	return kept();
}

/* ---- the tables themselves ---- */

struct visit {
	const struct found *f;
	table_visitor *visit;
	void *context;
	unsigned int count;
};

static bool visit_from(struct visit *visit, uint64_t table, unsigned int level)
{
	const uint8_t *bytes = visit->f->memory(visit->f->context, table, 4096);

	if (bytes == NULL || ++visit->count > MAX_TABLES || !visit->visit(visit->context, table, bytes))
		return false;
	for (unsigned int i = 0; i < 512 && level > 1; i++) {
		uint64_t entry = get(bytes + 8 * i, 8);

		if ((entry & 1) == 0 || (level <= 3 && (entry & 0x80) != 0))
			continue;
		if (!visit_from(visit, entry & ADDRESS_BITS, level - 1))
			return false;
	}
	return true;
}

/* Every table that can be reached; false when one cannot be read or @visit said so. */
bool visit_tables(const struct found *f, table_visitor *visit, void *context)
{
	struct visit all = {f, visit, context, 0};

	return visit_from(&all, f->cr3 & ADDRESS_BITS, levels_of(f));
}

static bool print_table(void *context, uint64_t table, const uint8_t *bytes)
{
	uint64_t *print = context;

	/* FNV-1a's step, over addresses and entries, but for the bits that the CPU sets (accessed, dirty). */
	*print = (*print ^ table) * UINT64_C(0x100000001b3);
	for (unsigned int i = 0; i < 512; i++)
		*print = (*print ^ (get(bytes + 8 * i, 8) & ~UINT64_C(0x60))) * UINT64_C(0x100000001b3);
	return true;
}

uint64_t print_of_tables(const struct found *f)
{
	uint64_t print = UINT64_C(0xcbf29ce484222325);

	(void)visit_tables(f, print_table, &print);
	return print;
}

static bool any_table(void *context, uint64_t table, const uint8_t *bytes)
{
	(void)bytes;
	*(uint64_t *)context = table;
	return true;
}

static struct finding readable(const struct view *v)
{
	uint64_t last = v->f->cr3;

	return visit_tables(v->f, any_table, &last) ? kept() : broken("a table that this one leads to", last, 0);
}

struct search {
	const struct view *v;
	bool parts; /* look for parts, not for the window */
	uint64_t at;
};

static bool lies_clear(void *context, uint64_t table, const uint8_t *bytes)
{
	struct search *search = context;
	const struct view *v = search->v;

	(void)bytes;
	search->at = table;
	if (!search->parts)
		return !meets(table, table + 4096, v->window_start, v->window_end) &&
		       !meets(table, table + 4096, v->run_start, v->run_end);
	for (size_t i = 0; i < v->n_parts; i++)
		if (meets(table, table + 4096, v->part[i].start, v->part[i].end))
			return false;
	return true;
}

static struct finding tables_clear_of(struct view *v, bool parts)
{
	struct search search = {v, parts, 0};

	if (visit_tables(v->f, lies_clear, &search))
		return kept();
	if (!parts)
		v->report->window_is_clear = false;
	return broken("a table at", search.at, 0);
}

void check_tables(struct view *v)
{
	const char *source = "boot.rst, 64-bit Boot Protocol";
	/* Not in boot.rst; the kernel's own kexec maps it for the next kernel, whose early code reads it. */
	const char *kexec = "Linux arch/x86/kernel/machine_kexec_64.c, init_pgtable and map_efi_systab";
	uint64_t rsdp = param(v, 0x070, 8);

	clause_tell(v, "all page tables can be read at their addresses", source, readable(v));
	clause_tell(v, "[load, load + init_size) is mapped to itself", source,
		    identity(v, v->window_start, v->window_end));
	clause_tell(v, "[run-time start, run-time start + init_size) is mapped to itself",
		    "Linux arch/x86/boot/compressed/head_64.S, which copies itself there by the loader's tables",
		    identity(v, v->run_start, v->run_end));
	clause_tell(v, "the window is mapped to be written to", source, window_is(v, false));
	clause_tell(v, "the window is mapped to be executed", source, window_is(v, true));
	clause_tell(v, "boot_params are mapped to themselves", source, identity(v, v->f->rsi, v->f->rsi + ZERO_PAGE));
	clause_tell(v, "the command line is mapped to itself", source,
		    each_part(v, HANDED_COMMAND_LINE, identity, "no command line that ends"));
	clause_tell(v, "the initrd is mapped to itself", kexec, each_part(v, HANDED_INITRD, identity, "no initrd"));
	clause_tell(v, "setup_data is mapped to itself", kexec,
		    each_part(v, HANDED_SETUP_DATA, identity, "no setup_data"));
	clause_tell(v, "the EFI memory map is mapped to itself", kexec,
		    each_part(v, HANDED_EFI_MAP, identity, "no EFI memory map that can be read"));
	clause_tell(v, "the EFI system table is mapped to itself", kexec,
		    identity(v, v->system_table_at, v->system_table_at + 120));
	clause_tell(v, "the ACPI root pointer is mapped to itself", kexec,
		    rsdp == 0 ? does_not_apply("acpi_rsdp_addr is 0") : identity(v, rsdp, rsdp + 36));
	clause_tell(v, "no page table lies in the window", source, tables_clear_of(v, false));
	clause_tell(v, "no page table lies in what is handed over", source, tables_clear_of(v, true));
}
