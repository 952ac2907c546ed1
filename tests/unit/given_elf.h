/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of ELF images share: a file that is parsed, cut off or with a field that is wrong; and a small image
 * with tables of relocations, written word by word, that is moved.
 */
#ifndef BERTH_TESTS_GIVEN_ELF_H
#define BERTH_TESTS_GIVEN_ELF_H

#include "elf_file.h"
#include "given.h"

#include "../../protocol/elf/elf_reloc.h"

/* ---- a file that is parsed ---- */

struct parsed {
	enum status status;
	struct elf elf;
	struct fail why;
};

/* The file's first @size bytes, in exactly as many bytes of memory. */
void parse_elf_cut(struct parsed *p, const uint8_t *file, size_t size, uint64_t file_size);
void parse_elf(struct parsed *p, const struct elf_file *f);
void expect_elf(struct parsed *p, const struct elf_file *f);
void expect_elf_wrong(const struct elf_file *f, enum rule rule, const char *words);

/* expect_field_wrong(f, header[1].memsz, 5, E1, "words"): refused with this one field changed. */
#define expect_field_wrong(f, field, value, rule, words)                                                               \
	do {                                                                                                           \
		struct elf_file changed_ = (f);                                                                        \
		changed_.field = (value);                                                                              \
		expect_elf_wrong(&changed_, rule, words);                                                              \
	} while (0)

/* ---- an image that is moved ---- */

/* The image: one page from address 0 on, as the file has it. */
#define IMAGE	   0x1000u
#define DYNAMIC	   0x200u
#define RELOCS	   0x400u
#define SYMBOLS	   0x600u
#define NAMES	   0x800u
#define NAMES_SIZE 0x40u
#define FIELD	   0xa08u
#define DELTA	   UINT64_C(0x40000000)

/* Symbols of the image, by number. */
enum { NONE, DEFINED, ABSOLUTE, WEAK, UNDEFINED, COMMON, TLS, IFUNC, N_SYMBOLS };

struct moved {
	struct elf_file f;
	bool is_64;
	uint8_t file[ELF_FILE_SIZE]; /* its first page is the image */
	size_t n_tags, n_relocs;
	uint8_t *image, before[IMAGE];
	uint64_t n;
	enum status status;
	struct fail why;
};

/* Words of the image's width; tags and entries follow each other, and of a tag the last one counts. */
void put(struct moved *m, size_t at, unsigned int words, uint64_t value);
void put_tag(struct moved *m, uint64_t tag, uint64_t value);
void put_symbol(struct moved *m, size_t number, uint32_t name, uint8_t info, uint16_t section, uint64_t value);
/* Of this machine, with the symbols above and neither tags nor entries. */
void given_elf_image(struct moved *m, uint16_t machine);
void put_reloc(struct moved *m, bool has_addend, uint64_t at, uint64_t symbol, uint64_t type, uint64_t addend);
/* Tags of all that: DT_RELA, or DT_REL without addends. */
void given_tables(struct moved *m, bool has_addend);
/* In exactly the window's bytes. */
void move_image(struct moved *m, uint64_t delta);
void expect_moved(struct moved *m, uint64_t delta, uint64_t n);
/* It is refused like this, and left as it was. */
void expect_image_wrong(struct moved *m, uint64_t delta, enum rule rule, const char *words);

/* The image with one entry. */
struct one {
	uint16_t machine, type;
	bool has_addend;
	uint64_t symbol, addend, held, at; /* at 0: FIELD */
};

void move_one(struct moved *m, const struct one *o);

#endif
