/* SPDX-License-Identifier: BSD-2-Clause */
#include "authenticode.h"

#include "../base/pe.h"

/* Microsoft PE Format, "Optional Header": PE32 and PE32+ have these in the same places; */
#define OPTIONAL    24 /* from "PE" on */
#define HEADERS_AT  60
#define CHECKSUM_AT 64
#define PE32	    0x10b
#define PE32_PLUS   0x20b
/* and these, how many directories there are and the first of them, not. */
#define DIRECTORIES_AT(magic) ((magic) == PE32 ? 92u : 108u)
#define SIGNATURES	      4 /* the directory of them; what it tells is no address, but an offset in the file */

struct layout {
	struct pe pe;
	uint64_t headers;      /* bytes of them */
	uint64_t checksum;     /* where it is */
	uint64_t directory;    /* where that of the signatures is; 0: there is none */
	uint64_t n_signatures; /* bytes of them, at the end of the file */
};

static bool read_layout(struct bytes file, struct layout *layout)
{
	uint64_t at, magic, n;

	*layout = (struct layout){.directory = 0};
	if (!pe_read(file, &layout->pe) || layout->pe.head_end > PE_HEAD_MOST || !pe_header(file, &at) ||
	    !bytes_get(file, at + OPTIONAL, 2, &magic) || (magic != PE32 && magic != PE32_PLUS))
		return false;
	at += OPTIONAL;
	layout->checksum = at + CHECKSUM_AT;
	if (!bytes_get(file, at + HEADERS_AT, 4, &layout->headers) ||
	    !bytes_get(file, at + DIRECTORIES_AT(magic), 4, &n))
		return false;
	at += DIRECTORIES_AT(magic) + 4 + 8 * SIGNATURES;
	if (n > SIGNATURES) {
		layout->directory = at;
		if (!bytes_get(file, at + 4, 4, &layout->n_signatures))
			return false;
	}
	return layout->headers <= file.size && at + 8 <= layout->headers;
}

static void add(struct sha256 *sum, struct bytes file, uint64_t start, uint64_t end)
{
	sha256_add(sum, (struct bytes){file.at + start, (size_t)(end - start)});
}

/* The section that follows (@offset, @number) in the file; false when it is the last. One without bytes is none. */
static bool next_section(struct bytes file, const struct pe *pe, uint64_t *offset, unsigned int *number,
			 struct pe_section *next)
{
	struct pe_section section;
	bool is_found = false;
	unsigned int best = 0;

	for (unsigned int n = 0; pe_section_at(file, pe, n, &section); n++) {
		if (section.size == 0 || section.offset < *offset || (section.offset == *offset && n < *number))
			continue;
		if (is_found && section.offset >= next->offset)
			continue;
		*next = section;
		best = n;
		is_found = true;
	}
	*offset = is_found ? next->offset : *offset;
	*number = best + 1;
	return is_found;
}

bool authenticode_sum(struct bytes file, uint8_t out[SHA256_SIZE])
{
	struct layout layout;
	struct pe_section section;
	struct sha256 sum;
	uint64_t done, offset = 0;
	unsigned int number = 0;

	if (!read_layout(file, &layout))
		return false;
	sha256_start(&sum);
	add(&sum, file, 0, layout.checksum);
	if (layout.directory != 0) {
		add(&sum, file, layout.checksum + 4, layout.directory);
		add(&sum, file, layout.directory + 8, layout.headers);
	} else {
		add(&sum, file, layout.checksum + 4, layout.headers);
	}
	done = layout.headers;
	while (next_section(file, &layout.pe, &offset, &number, &section)) {
		if (section.offset > file.size || section.size > file.size - section.offset)
			return false;
		add(&sum, file, section.offset, section.offset + section.size);
		done += section.size;
	}
	/* What is behind the sections, but for the signatures themselves. */
	if (layout.n_signatures > file.size)
		return false;
	if (done < file.size - layout.n_signatures)
		add(&sum, file, done, file.size - layout.n_signatures);
	sha256_end(&sum, out);
	return true;
}
