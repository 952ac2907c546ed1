/* SPDX-License-Identifier: BSD-2-Clause */
#include "given_elf.h"

void parse_elf_cut(struct parsed *p, const uint8_t *file, size_t size, uint64_t file_size)
{
	uint8_t *exact = malloc(size == 0 ? 1 : size);

	assert_non_null(exact);
	memcpy(exact, file, size);
	memset(p, 0, sizeof(*p));
	p->status = elf_parse(&p->elf, "vmlinux", (struct bytes){exact, size}, file_size, &p->why);
	free(exact);
}

void parse_elf(struct parsed *p, const struct elf_file *f)
{
	uint8_t file[ELF_FILE_SIZE] = {0};

	elf_file_write(f, file);
	parse_elf_cut(p, file, sizeof(file), f->size);
}

void expect_elf(struct parsed *p, const struct elf_file *f)
{
	parse_elf(p, f);
	if (p->status != OK)
		fail_msg("refused: %s", p->why.text);
}

void expect_elf_wrong(const struct elf_file *f, enum rule rule, const char *words)
{
	struct parsed p;

	parse_elf(&p, f);
	if (p.status != BAD_INPUT || p.why.status != BAD_INPUT || p.why.rule != rule)
		fail_msg("status %d, rule %s, \"%s\"; expected \"%s\", %s", (int)p.status, rule_row(p.why.rule)->id,
			 p.why.text, words, rule_row(rule)->id);
	if (strstr(p.why.text, words) == NULL || strstr(p.why.text, "vmlinux: ") != p.why.text)
		fail_msg("the message lacks \"%s\" or the image's name:\n%s", words, p.why.text);
}

void put(struct moved *m, size_t at, unsigned int words, uint64_t value)
{
	store_le(m->file + at, m->is_64 ? 8 * words : 4 * words, value);
}

void put_tag(struct moved *m, uint64_t tag, uint64_t value)
{
	size_t word = m->is_64 ? 8 : 4, at = DYNAMIC + 2 * word * m->n_tags++;

	put(m, at, 1, tag);
	put(m, at + word, 1, value);
}

void put_symbol(struct moved *m, size_t number, uint32_t name, uint8_t info, uint16_t section, uint64_t value)
{
	uint8_t *at = m->file + SYMBOLS + number * (m->is_64 ? 24 : 16);

	store_le(at, 4, name);
	at[m->is_64 ? 4 : 12] = info;
	store_le(at + (m->is_64 ? 6 : 14), 2, section);
	store_le(at + (m->is_64 ? 8 : 4), m->is_64 ? 8 : 4, value);
}

/* gABI, "Symbol Table": bindings 0x10 global and 0x20 weak; types 0 none, 6 TLS, 10 GNU's indirect function. */
void given_elf_image(struct moved *m, uint16_t machine)
{
	memset(m, 0, sizeof(*m));
	m->f = elf_file_pie(machine);
	m->is_64 = machine != ELF_I386;
	memset(m->file + FIELD - 8, 0x77, 24);
	memcpy(m->file + NAMES, "\0defined\0absolute\0weak\0undefined\0common\0tls\0ifunc", 50);
	put_symbol(m, DEFINED, 1, 0x10, 1, 0x900);
	put_symbol(m, ABSOLUTE, 9, 0x10, 0xfff1, 0x1234);
	put_symbol(m, WEAK, 18, 0x20, 0, 0x55);
	put_symbol(m, UNDEFINED, 23, 0x10, 0, 0);
	put_symbol(m, COMMON, 33, 0x10, 0xfff2, 8);
	put_symbol(m, TLS, 40, 0x16, 1, 0x10);
	put_symbol(m, IFUNC, 44, 0x1a, 1, 0x20);
}

void put_reloc(struct moved *m, bool has_addend, uint64_t at, uint64_t symbol, uint64_t type, uint64_t addend)
{
	size_t word = m->is_64 ? 8 : 4, place = RELOCS + m->n_relocs++ * word * (has_addend ? 3 : 2);

	put(m, place, 1, at);
	put(m, place + word, 1, m->is_64 ? symbol << 32 | type : symbol << 8 | type);
	if (has_addend)
		put(m, place + 2 * word, 1, addend);
}

void given_tables(struct moved *m, bool has_addend)
{
	uint64_t entry = (m->is_64 ? UINT64_C(8) : 4) * (has_addend ? 3 : 2);

	put_tag(m, 6, SYMBOLS);
	put_tag(m, 11, m->is_64 ? 24 : 16);
	put_tag(m, 5, NAMES);
	put_tag(m, 10, NAMES_SIZE);
	put_tag(m, has_addend ? 7 : 17, RELOCS);
	put_tag(m, has_addend ? 8 : 18, entry * m->n_relocs);
	put_tag(m, has_addend ? 9 : 19, entry);
}

void move_image(struct moved *m, uint64_t delta)
{
	struct elf elf;

	m->image = realloc(m->image, IMAGE);
	assert_non_null(m->image);
	elf_file_write(&m->f, m->file);
	m->status = elf_parse(&elf, "image", (struct bytes){m->file, sizeof(m->file)}, m->f.size, &m->why);
	if (m->status != OK)
		fail_msg("the image itself is refused: %s", m->why.text);
	memcpy(m->image, m->file, IMAGE);
	memcpy(m->before, m->image, IMAGE);
	m->status = elf_relocate(&(struct elf_image){&elf, m->image, IMAGE}, delta, &m->n, &m->why);
}

void expect_moved(struct moved *m, uint64_t delta, uint64_t n)
{
	move_image(m, delta);
	if (m->status != OK)
		fail_msg("refused: %s", m->why.text);
	assert_true(m->n == n);
}

void expect_image_wrong(struct moved *m, uint64_t delta, enum rule rule, const char *words)
{
	move_image(m, delta);
	if (m->status != BAD_INPUT || m->why.rule != rule || strstr(m->why.text, words) == NULL)
		fail_msg("status %d, rule %s, lacks \"%s\": %s", (int)m->status, rule_row(m->why.rule)->id, words,
			 m->why.text);
	assert_memory_equal(m->image, m->before, IMAGE);
	assert_null(strstr(m->why.text, "cannot be used"));
}

void move_one(struct moved *m, const struct one *o)
{
	given_elf_image(m, o->machine);
	put(m, FIELD, 1, o->held);
	put_reloc(m, o->has_addend, o->at == 0 ? FIELD : o->at, o->symbol, o->type, o->addend);
	given_tables(m, o->has_addend);
}
