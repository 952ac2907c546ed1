/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmlinux.h"

#define LINKED UINT64_C(0xffffffff81000000)
#define PLACED 0x1000000 /* by p_paddr */

/* Fields that the table names: where in the window, and what they hold as linked. */
static const struct field {
	uint64_t at, holds;
	unsigned int width;
	bool inverse; /* the move is subtracted */
} fields[] = {
    {0x140, LINKED + VMLINUX_ENTRY, 8, false}, /* behind the headers of four segments, if they lie there */
    {0x1f8, LINKED + 0x2008, 8, false},
    {0x1020, 0xfffff000, 4, true},
    {0x204, 0x81000200, 4, false},
    {0x26fc, 0x81003000, 4, false}, /* the last bytes of the file */
};

static uint8_t *in_file(const struct elf_file *f, uint8_t *file, uint64_t at)
{
	for (size_t i = 0; i < f->phnum; i++) {
		uint64_t start = f->header[i].paddr - PLACED;

		if (at >= start && at < start + f->header[i].filesz)
			return file + f->header[i].offset + (at - start);
	}
	fail_msg("no segment has %#" PRIx64, at);
	return NULL;
}

/* Linux arch/x86/tools/relocs.c, emit_relocs: a 0 before each list; 64 bits, inverse 32 bits, 32 bits. */
struct blob vmlinux_table(void)
{
	struct blob words = {calloc(COUNT_OF(fields) + 3, 4), 4 * (COUNT_OF(fields) + 3)};
	uint8_t *next = words.at;

	for (int list = 0; list < 3; list++) {
		next += 4;
		for (size_t i = 0; i < COUNT_OF(fields); i++)
			if (list == (fields[i].width == 8 ? 0 : fields[i].inverse ? 1 : 2)) {
				store_le(next, 4, (uint32_t)(LINKED + fields[i].at));
				next += 4;
			}
	}
	return words;
}

struct vmlinux vmlinux_made_of(const struct elf_file *elf, bool with_table)
{
	struct blob file = given_data(LOOK_TEXT, ELF_FILE_SIZE);

	memset(file.at, 0, 0x200);
	elf_file_write(elf, file.at);
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		store_le(in_file(elf, file.at, fields[i].at), fields[i].width, fields[i].holds);
	return (struct vmlinux){
	    .elf = *elf, .file = with_table ? joined(file, vmlinux_table()) : file, .moves = with_table};
}

struct vmlinux vmlinux_made(bool with_table)
{
	struct elf_file elf = elf_file_vmlinux();

	return vmlinux_made_of(&elf, with_table);
}

void vmlinux_drop(struct vmlinux *vmlinux)
{
	drop(&vmlinux->file);
}

struct blob vmlinux_in_bzimage(struct kernel_fields fields_of, struct blob packed, size_t *payload_at)
{
	const size_t before = 777, behind = 100; /* of the decompressor, around the payload */
	size_t setup = (fields_of.setup_sects + 1u) * 512, part = align_down(before + packed.size + behind + 15, 16);
	struct blob file = {calloc(setup + part, 1), setup + part};

	fields_of.file_size = file.size;
	fields_of.syssize = (uint32_t)(part / 16);
	kernel_head(&fields_of, file.at);
	store_le(file.at + 0x248, 4, before);
	store_le(file.at + 0x24c, 4, packed.size);
	memset(file.at + setup, 0xe9, before);
	memcpy(file.at + setup + before, packed.at, packed.size);
	*payload_at = setup + before;
	return file;
}

/* The hexadecimal number behind these words; @otherwise where the log does not have them. */
static uint64_t told(const char *log, const char *words, uint64_t otherwise)
{
	const char *line = strstr(log, words);

	return line == NULL ? otherwise : strtoull(line + strlen(words), NULL, 16);
}

static void check_segment(const struct elf_file_header *h, const uint8_t *expected, const uint8_t *memory,
			  const char *scenario)
{
	uint64_t place = h->paddr - PLACED;

	for (uint64_t i = 0; i < h->memsz; i++) {
		uint8_t wanted = i < h->filesz ? expected[h->offset + i] : 0;

		if (memory[place + i] != wanted)
			fail_msg("%s: byte %#" PRIx64 " of the window is %#x, not %#x", scenario, place + i,
				 memory[place + i], wanted);
	}
}

uint64_t vmlinux_check(const struct vmlinux *vmlinux, const uint8_t *memory, const char *log, const char *scenario)
{
	const struct elf_file *f = &vmlinux->elf;
	struct blob expected = blob_copy(vmlinux->file.at, ELF_FILE_SIZE);
	uint64_t delta = load_le(memory + fields[0].at, 8) - fields[0].holds;

	if (delta % MIB(2) != 0 || delta >= GIB(1) - MIB(16) || (!vmlinux->moves && delta != 0))
		fail_msg("%s: moved by %#" PRIx64, scenario, delta);
	if (told(log, " moved by 0x", delta) != delta ||
	    told(log, "virtual 0x", f->header[0].vaddr + delta) != f->header[0].vaddr + delta)
		fail_msg("%s: moved by %#" PRIx64 ", and the log tells otherwise", scenario, delta);
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		store_le(in_file(f, expected.at, fields[i].at), fields[i].width,
			 fields[i].inverse ? fields[i].holds - delta : fields[i].holds + delta);
	for (size_t i = 0; i < f->phnum; i++)
		check_segment(&f->header[i], expected.at, memory, scenario);
	drop(&expected);
	return delta;
}
