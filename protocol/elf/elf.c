/* SPDX-License-Identifier: BSD-2-Clause */
#include "elf.h"

#include "elf_fields.h"

#define NO_COUNT 0xffff /* gABI, "Program Header", PN_XNUM: the number is in section header 0 */

enum { AT_CLASS = 4, AT_DATA = 5, AT_VERSION = 6 }; /* in e_ident */
enum { CLASS_32 = 1, CLASS_64 = 2, LITTLE_ENDIAN_DATA = 1, CURRENT_VERSION = 1 };
enum { ET_EXEC = 2, ET_DYN = 3 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_NOTE = 4 };

/* A program header as the file has it. */
struct header {
	uint64_t type, flags, offset, vaddr, paddr, filesz, memsz, align;
	unsigned int number;
};

struct parse {
	struct elf *elf;
	struct bytes head;
	bool has_physical; /* some PT_LOAD has a p_paddr other than 0 */
	uint64_t paddr[ELF_MAX_SEGMENTS];
};

static uint64_t field(const struct parse *p, uint64_t at, struct elf_field which)
{
	uint64_t value = 0;

	/* elf_parse has checked that the head reaches to the end of the ELF header and of the program headers. */
	(void)elf_get(p->head, p->elf->is_64, at, which, &value);
	return value;
}

/* ---- the ELF header ---- */

static enum status check_ident(const struct parse *p, struct fail *why)
{
	uint64_t class = 0, data = 0, version = 0;

	(void)bytes_get(p->head, AT_CLASS, 1, &class);
	(void)bytes_get(p->head, AT_DATA, 1, &data);
	(void)bytes_get(p->head, AT_VERSION, 1, &version);
	if (class != CLASS_32 && class != CLASS_64)
		return fail(why, BAD_INPUT, "%s: EI_CLASS is %u; 1 is 32 bits, 2 is 64 bits", p->elf->name,
			    (unsigned int)class);
	if (data != LITTLE_ENDIAN_DATA)
		return fail(why, BAD_INPUT, "%s: EI_DATA is %u; every CPU of UEFI is little-endian (1)", p->elf->name,
			    (unsigned int)data);
	if (version != CURRENT_VERSION)
		return fail(why, BAD_INPUT, "%s: EI_VERSION is %u; 1 is the only one", p->elf->name,
			    (unsigned int)version);
	p->elf->is_64 = class == CLASS_64;
	if (p->head.size < elf_header_size(p->elf->is_64))
		return fail(why, BAD_INPUT, "%s: truncated: %zu bytes, and the ELF header has %u", p->elf->name,
			    p->head.size, elf_header_size(p->elf->is_64));
	return OK;
}

static enum status check_machine(const struct parse *p, struct fail *why)
{
	uint64_t machine = field(p, 0, E_MACHINE);
	unsigned int bits = machine_bits((enum elf_machine)machine);

	if (bits == 0)
		return fail(why, BAD_INPUT,
			    "%s: e_machine is %u; known are 3 (i386), 62 (x86-64), 183 (arm64) and 243 (RISC-V)",
			    p->elf->name, (unsigned int)machine);
	if ((bits == 64) != p->elf->is_64)
		return fail(why, BAD_INPUT, "%s: e_machine %u in a file of %s bits", p->elf->name,
			    (unsigned int)machine, p->elf->is_64 ? "64" : "32");
	p->elf->machine = (enum elf_machine)machine;
	return OK;
}

static enum status check_header(const struct parse *p, struct fail *why)
{
	uint64_t type = field(p, 0, E_TYPE), version = field(p, 0, E_VERSION);
	uint64_t ehsize = field(p, 0, E_EHSIZE), phentsize = field(p, 0, E_PHENTSIZE);

	TRY(check_machine(p, why));
	if (type != ET_EXEC && type != ET_DYN)
		return fail_by(why, BAD_INPUT, E1, "%s: e_type is %u; an image is ET_EXEC (2) or ET_DYN (3)",
			       p->elf->name, (unsigned int)type);
	p->elf->movable = type == ET_DYN;
	if (version != CURRENT_VERSION)
		return fail(why, BAD_INPUT, "%s: e_version is %u; 1 is the only one", p->elf->name,
			    (unsigned int)version);
	if (ehsize != elf_header_size(p->elf->is_64))
		return fail(why, BAD_INPUT, "%s: e_ehsize is %u, and the ELF header has %u bytes", p->elf->name,
			    (unsigned int)ehsize, elf_header_size(p->elf->is_64));
	if (phentsize != elf_program_header_size(p->elf->is_64))
		return fail(why, BAD_INPUT, "%s: e_phentsize is %u, and a program header has %u bytes", p->elf->name,
			    (unsigned int)phentsize, elf_program_header_size(p->elf->is_64));
	return OK;
}

/* [offset, offset + size) must lie in the file; file_end grows to its end. */
static bool lies_in_file(struct elf *elf, uint64_t offset, uint64_t size)
{
	struct range piece;

	if (size == 0)
		return true;
	if (checked_range(offset, size, &piece) || piece.end > elf->file_size)
		return false;
	if (piece.end > elf->file_end)
		elf->file_end = piece.end;
	return true;
}

static enum status check_program_headers(const struct parse *p, struct fail *why)
{
	uint64_t at = field(p, 0, E_PHOFF), count = field(p, 0, E_PHNUM), end;

	if (count == 0)
		return fail_by(why, BAD_INPUT, E1, "%s: e_phnum is 0: no program header says what to load",
			       p->elf->name);
	if (count == NO_COUNT)
		return fail(why, BAD_INPUT, "%s: e_phnum is PN_XNUM (0xffff): more program headers than any kernel has",
			    p->elf->name);
	if (checked_add(at, count * elf_program_header_size(p->elf->is_64), &end) || end > p->elf->file_size)
		return fail(why, BAD_INPUT,
			    "%s: truncated: %u program headers from e_phoff %#" PRIx64 " on, and the file has %" PRIu64
			    " bytes",
			    p->elf->name, (unsigned int)count, at, p->elf->file_size);
	if (end > p->head.size)
		return fail(why, BAD_INPUT,
			    "%s: %u program headers from e_phoff %#" PRIx64 " on end at %#" PRIx64
			    ", behind the first %zu bytes, where they must lie",
			    p->elf->name, (unsigned int)count, at, end, p->head.size);
	p->elf->file_end = end;
	return OK;
}

static enum status check_sections(const struct parse *p, struct fail *why)
{
	uint64_t at = field(p, 0, E_SHOFF), count = field(p, 0, E_SHNUM), size = field(p, 0, E_SHENTSIZE);

	if (at == 0)
		return OK;
	/* gABI, "ELF Header", e_shnum: from 0xff00 sections on their number is elsewhere, and this is 0. */
	if (count == 0)
		return fail(why, BAD_INPUT, "%s: e_shnum is 0 although e_shoff is %#" PRIx64, p->elf->name, at);
	if (size != elf_section_header_size(p->elf->is_64))
		return fail(why, BAD_INPUT, "%s: e_shentsize is %u, and a section header has %u bytes", p->elf->name,
			    (unsigned int)size, elf_section_header_size(p->elf->is_64));
	if (!lies_in_file(p->elf, at, count * size))
		return fail(why, BAD_INPUT,
			    "%s: truncated: %u section headers from e_shoff %#" PRIx64 " on, and the file has %" PRIu64
			    " bytes",
			    p->elf->name, (unsigned int)count, at, p->elf->file_size);
	return OK;
}

/* ---- program headers ---- */

static struct header header_at(const struct parse *p, unsigned int number)
{
	uint64_t at = field(p, 0, E_PHOFF) + (uint64_t)number * elf_program_header_size(p->elf->is_64);

	return (struct header){
	    .type = field(p, at, P_TYPE),
	    .flags = field(p, at, P_FLAGS),
	    .offset = field(p, at, P_OFFSET),
	    .vaddr = field(p, at, P_VADDR),
	    .paddr = field(p, at, P_PADDR),
	    .filesz = field(p, at, P_FILESZ),
	    .memsz = field(p, at, P_MEMSZ),
	    .align = field(p, at, P_ALIGN),
	    .number = number,
	};
}

static enum status check_in_file(const struct parse *p, const struct header *h, struct fail *why)
{
	if (lies_in_file(p->elf, h->offset, h->filesz))
		return OK;
	return fail_by(why, BAD_INPUT, E1,
		       "%s: program header %u: p_offset %#" PRIx64 " + p_filesz %#" PRIx64
		       " is past the end of the file (%" PRIu64 " bytes)",
		       p->elf->name, h->number, h->offset, h->filesz, p->elf->file_size);
}

/* [address, address + memsz) within the addresses that the file's width has. */
static enum status check_addresses(const struct parse *p, const struct header *h, const char *field_name,
				   uint64_t address, struct fail *why)
{
	struct range at;

	if (checked_range(address, h->memsz, &at) || (!p->elf->is_64 && at.end > GIB(4)))
		return fail_by(why, BAD_INPUT, E1,
			       "%s: program header %u: %s %#" PRIx64 " + p_memsz %#" PRIx64
			       " is past the end of %s-bit addresses",
			       p->elf->name, h->number, field_name, address, h->memsz, p->elf->is_64 ? "64" : "32");
	return OK;
}

static enum status check_segment(const struct parse *p, const struct header *h, struct fail *why)
{
	if (h->filesz > h->memsz)
		return fail_by(why, BAD_INPUT, E1,
			       "%s: program header %u: p_filesz %#" PRIx64 " is more than p_memsz %#" PRIx64,
			       p->elf->name, h->number, h->filesz, h->memsz);
	/*
	 * gABI, "Program Header", p_align: 0 and 1 mean none. That p_vaddr and p_offset agree modulo p_align matters to
	 * those who map the file; here it is read, and kernels' linker scripts do not always care.
	 */
	if (h->align != 0 && !is_power_of_two(h->align))
		return fail_by(why, BAD_INPUT, E1, "%s: program header %u: p_align %#" PRIx64 " is not a power of two",
			       p->elf->name, h->number, h->align);
	TRY(check_addresses(p, h, "p_vaddr", h->vaddr, why));
	return check_addresses(p, h, "p_paddr", h->paddr, why);
}

static enum status add_segment(struct parse *p, const struct header *h, struct fail *why)
{
	struct elf *elf = p->elf;

	TRY(check_segment(p, h, why));
	if (h->memsz == 0)
		return OK; /* it takes no memory */
	if (elf->n_segments == ELF_MAX_SEGMENTS)
		return fail_by(why, BAD_INPUT, E1, "%s: program header %u: more than %u PT_LOAD segments", elf->name,
			       h->number, (unsigned int)ELF_MAX_SEGMENTS);
	if (h->align > elf->align)
		elf->align = h->align;
	p->has_physical |= h->paddr != 0;
	p->paddr[elf->n_segments] = h->paddr;
	elf->segment[elf->n_segments++] = (struct elf_segment){
	    .offset = h->filesz != 0 ? h->offset : 0,
	    .filesz = h->filesz,
	    .memsz = h->memsz,
	    .vaddr = h->vaddr,
	    .flags = (uint32_t)h->flags,
	    .header = (uint16_t)h->number,
	};
	return OK;
}

static enum status add_note(struct elf *elf, const struct header *h, struct fail *why)
{
	if (elf->n_notes == ELF_MAX_NOTES)
		return fail(why, BAD_INPUT, "%s: program header %u: more than %u PT_NOTE segments", elf->name,
			    h->number, (unsigned int)ELF_MAX_NOTES);
	elf->note[elf->n_notes++] = (struct elf_piece){h->offset, h->filesz, h->vaddr, h->align};
	return OK;
}

static enum status add_header(struct parse *p, const struct header *h, struct fail *why)
{
	if ((h->type == PT_NOTE || h->type == PT_DYNAMIC) && h->filesz == 0)
		return OK; /* linkers write any offset for an empty piece */
	switch (h->type) {
	case PT_LOAD:
		TRY(check_in_file(p, h, why));
		return add_segment(p, h, why);
	case PT_NOTE:
		TRY(check_in_file(p, h, why));
		return add_note(p->elf, h, why);
	case PT_DYNAMIC:
		TRY(check_in_file(p, h, why));
		if (p->elf->dynamic.size != 0)
			return fail_by(why, BAD_INPUT, E2, "%s: program header %u: a second PT_DYNAMIC", p->elf->name,
				       h->number);
		p->elf->dynamic = (struct elf_piece){h->offset, h->filesz, h->vaddr, h->align};
		return OK;
	case PT_INTERP:
		return fail(why, BAD_INPUT,
			    "%s: program header %u: PT_INTERP: not a kernel, but a program that needs its operating "
			    "system's interpreter",
			    p->elf->name, h->number);
	default:
		return OK; /* PT_PHDR, PT_TLS, PT_GNU_STACK and others say nothing of where the image lies */
	}
}

/* ---- all segments together ---- */

/* Ascending by place; few, and nearly always sorted already. */
static void sort_by_place(struct elf *elf)
{
	for (size_t i = 1; i < elf->n_segments; i++)
		for (size_t j = i; j > 0 && elf->segment[j - 1].place > elf->segment[j].place; j--) {
			struct elf_segment s = elf->segment[j];

			elf->segment[j] = elf->segment[j - 1];
			elf->segment[j - 1] = s;
		}
}

static void sort_by_offset(struct elf *elf)
{
	for (size_t i = 0; i < elf->n_segments; i++) {
		size_t j = i;

		for (; j > 0 && elf->segment[elf->in_file[j - 1]].offset > elf->segment[i].offset; j--)
			elf->in_file[j] = elf->in_file[j - 1];
		elf->in_file[j] = (uint8_t)i;
	}
}

/* Sets the window and every segment's place in it. */
static void find_window(struct parse *p)
{
	struct elf *elf = p->elf;
	struct elf_segment *last;
	uint64_t start;

	/*
	 * gABI, "Program Header", p_paddr: "reserved where physical addressing is relevant", else unspecified. Zero in
	 * every segment says nothing, so p_vaddr counts. What is relevant: x86-64's vmlinux has p_vaddr 0 for per-CPU
	 * data in the midst of the others, riscv64's has p_paddr from 0 on.
	 */
	for (size_t i = 0; i < elf->n_segments; i++)
		elf->segment[i].place = p->has_physical ? p->paddr[i] : elf->segment[i].vaddr;
	sort_by_place(elf);
	/* gABI, "Base Address": the lowest address, truncated to a multiple of the largest page size. */
	start = align_down(elf->segment[0].place, elf->movable && elf->align > EFI_PAGE ? elf->align : EFI_PAGE);
	last = &elf->segment[elf->n_segments - 1];
	elf->window = (struct range){start, last->place + last->memsz};
	for (size_t i = 0; i < elf->n_segments; i++)
		elf->segment[i].place -= start;
	elf->virtual_base = elf->segment[0].vaddr - elf->segment[0].place;
}

static enum status check_disjoint(const struct elf *elf, struct fail *why)
{
	for (size_t i = 1; i < elf->n_segments; i++) {
		const struct elf_segment *a = &elf->segment[i - 1], *b = &elf->segment[i];

		if (a->place + a->memsz > b->place)
			return fail_by(why, BAD_INPUT, E1,
				       "%s: program headers %u and %u overlap in memory: %#" PRIx64
				       " + p_memsz %#" PRIx64 " reaches past %#" PRIx64,
				       elf->name, (unsigned int)a->header, (unsigned int)b->header,
				       elf->window.start + a->place, a->memsz, elf->window.start + b->place);
	}
	return OK;
}

/* A file is read forward and once, from a disk or out of a decompressor: no byte of it can go to two places. */
static enum status check_file_order(const struct elf *elf, struct fail *why)
{
	const struct elf_segment *before = NULL;

	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *s = &elf->segment[elf->in_file[i]];

		if (s->filesz == 0)
			continue;
		if (before != NULL && before->offset + before->filesz > s->offset)
			return fail_by(why, BAD_INPUT, E1,
				       "%s: program headers %u and %u share bytes of the file: p_offset %#" PRIx64
				       " + p_filesz %#" PRIx64 " reaches past %#" PRIx64 "; each byte is read once",
				       elf->name, (unsigned int)before->header, (unsigned int)s->header, before->offset,
				       before->filesz, s->offset);
		before = s;
	}
	return OK;
}

/* ---- the entry ---- */

/* The different places in the window that an address may mean. */
struct meanings {
	uint64_t at;
	unsigned int n;
};

static void add_meaning(struct meanings *m, uint64_t at)
{
	if (m->n != 0 && m->at == at)
		return;
	m->at = at;
	m->n++;
}

static bool has_from_file(const struct elf_segment *s, uint64_t start, uint64_t address)
{
	return address >= start && address - start < s->filesz;
}

/* @address as a virtual and as a physical one, in segments that have at least @flags. */
static struct meanings meanings_of(const struct elf *elf, uint64_t address, uint32_t flags)
{
	struct meanings m = {0, 0};

	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *s = &elf->segment[i];

		if ((s->flags & flags) != flags)
			continue;
		if (has_from_file(s, s->vaddr, address))
			add_meaning(&m, s->place + (address - s->vaddr));
		if (has_from_file(s, elf->window.start + s->place, address))
			add_meaning(&m, address - elf->window.start);
	}
	return m;
}

/*
 * x86-64's vmlinux has a physical e_entry, arm64's and riscv64's a virtual one, and the gABI knows no other. The
 * segment that has it tells which, and of several the executable one.
 */
static enum status find_entry(struct elf *elf, uint64_t entry, struct fail *why)
{
	struct meanings m = meanings_of(elf, entry, ELF_EXECUTABLE);

	if (m.n == 0)
		m = meanings_of(elf, entry, 0);
	if (m.n == 0)
		return fail_by(why, BAD_INPUT, E1,
			       "%s: e_entry %#" PRIx64
			       " lies in no segment's bytes from the file, neither as virtual nor as physical address",
			       elf->name, entry);
	if (m.n > 1)
		return fail_by(
		    why, BAD_INPUT, E1,
		    "%s: e_entry %#" PRIx64
		    " means several places: the virtual address of one segment is the physical one of another",
		    elf->name, entry);
	elf->entry = m.at;
	elf->entry_is_physical = entry - elf->window.start == m.at;
	return OK;
}

static enum status check_segments(struct parse *p, struct fail *why)
{
	unsigned int count = (unsigned int)field(p, 0, E_PHNUM);

	for (unsigned int i = 0; i < count; i++) {
		struct header h = header_at(p, i);

		TRY(add_header(p, &h, why));
	}
	if (p->elf->n_segments == 0)
		return fail_by(why, BAD_INPUT, E1, "%s: none of %u program headers is a PT_LOAD: nothing to load",
			       p->elf->name, count);
	find_window(p);
	TRY(check_disjoint(p->elf, why));
	sort_by_offset(p->elf);
	TRY(check_file_order(p->elf, why));
	return find_entry(p->elf, field(p, 0, E_ENTRY), why);
}

enum status elf_parse(struct elf *elf, const char *name, struct bytes head, uint64_t file_size, struct fail *why)
{
	struct parse p = {.elf = elf, .head = head};
	uint64_t magic;

	if (!bytes_get(head, 0, 4, &magic) || magic != ELF_MAGIC)
		return fail(why, NOT_FOUND, "%s: not an ELF file: it does not start with 0x7f \"ELF\"", name);
	*elf = (struct elf){.name = name, .file_size = file_size, .align = 1};
	TRY(check_ident(&p, why));
	TRY(check_header(&p, why));
	TRY(check_program_headers(&p, why));
	TRY(check_sections(&p, why));
	return check_segments(&p, why);
}

/* ---- what comes of it ---- */

void elf_demand(const struct elf *elf, struct request *kernel)
{
	uint64_t align = elf->align > EFI_PAGE ? elf->align : EFI_PAGE;

	request_init(kernel, PART_KERNEL, range_size(elf->window));
	if (elf->movable)
		kernel->align = kernel->least_align = (struct bound){align, E1};
	else
		kernel->exact = (struct bound){elf->window.start, E1};
}

bool elf_at_virtual(const struct elf *elf, uint64_t vaddr, uint64_t size, uint64_t *at)
{
	unsigned int found = 0;
	uint64_t place = 0;

	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *s = &elf->segment[i];
		uint64_t step = vaddr - s->vaddr;

		if (vaddr < s->vaddr || step >= s->memsz || s->memsz - step < size)
			continue;
		place = s->place + step;
		found++;
	}
	if (found != 1)
		return false;
	*at = place;
	return true;
}
