/* SPDX-License-Identifier: BSD-2-Clause */
#include "elf_image.h"

_Static_assert(ELF_MAX_NOTES <= IMAGE_WANTS, "a want for each note");
_Static_assert(ELF_MAX_SEGMENTS <= IMAGE_PIECES, "a piece for each segment");

void elf_take_segments(const struct elf *elf, struct image *image)
{
	image->n_pieces = elf->n_segments;
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *s = &elf->segment[elf->in_file[i]];

		image->piece[i] = (struct image_piece){s->offset, s->filesz, s->place, s->memsz};
	}
}

enum status elf_want_notes(const struct elf *elf, struct image *image, struct fail *why)
{
	for (size_t i = 0; i < elf->n_notes; i++) {
		if (elf->note[i].size > IMAGE_WANT_MOST)
			return fail(why, BAD_INPUT,
				    "%s: PT_NOTE %zu has %" PRIu64 " bytes; notes of kernels have up to %u", elf->name,
				    i, elf->note[i].size, (unsigned int)IMAGE_WANT_MOST);
		image->want[i] = (struct image_want){elf->note[i].offset, elf->note[i].size};
	}
	image->n_wants = elf->n_notes;
	return OK;
}
