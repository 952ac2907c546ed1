/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF files and relocation tables: what is accepted lies in the file, in the window and apart from each other; moving
 * it writes within its segments, and what is refused before that was not changed.
 * The first byte chooses how far the image is moved; what is no ELF file is an image and its table of Linux's form.
 */
#include "fuzz.h"

#include "../../protocol/elf/elf_reloc.h"
#include "../../protocol/x86/linux_relocs.h"

#define LARGEST KIB(64)
#define IMAGE	256 /* bytes of the image with a table of Linux's form */

static void check_segments(const struct elf *elf, uint64_t file_size)
{
	bool has_entry = false;

	REQUIRE(elf->n_segments >= 1 && elf->n_segments <= ELF_MAX_SEGMENTS && is_power_of_two(elf->align));
	REQUIRE(elf->file_end <= file_size && elf->n_notes <= ELF_MAX_NOTES);
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *s = &elf->segment[i];

		REQUIRE(s->filesz <= s->memsz && s->memsz != 0);
		REQUIRE(s->filesz == 0 || (s->offset <= file_size && s->filesz <= file_size - s->offset));
		REQUIRE(s->place + s->memsz <= range_size(elf->window));
		REQUIRE(i == 0 || s[-1].place + s[-1].memsz <= s->place);
		has_entry |= elf->entry >= s->place && elf->entry - s->place < s->filesz;
	}
	REQUIRE(has_entry);
}

static void check_notes(const struct elf *elf, struct bytes file)
{
	struct elf_pvh pvh = {.entry = 0};
	struct elf_marks marks = {false, false};
	struct fail why;

	for (size_t i = 0; i < elf->n_notes; i++) {
		struct bytes notes = {file.at + elf->note[i].offset, (size_t)elf->note[i].size};

		elf_read_marks(elf, i, notes, &marks);
		if (elf_read_pvh(elf, i, notes, &pvh, &why) != OK)
			REQUIRE(why.text[0] != '\0');
	}
	REQUIRE(!pvh.has_entry || pvh.entry < range_size(elf->window));
	REQUIRE(!pvh.has_limits || (is_power_of_two(pvh.align) && pvh.min <= pvh.max));
}

/* Nothing lies between segments, and nothing was written there. */
static void check_gaps(const struct elf *elf, const uint8_t *at)
{
	uint64_t end = 0;

	for (size_t i = 0; i < elf->n_segments; i++) {
		for (uint64_t gap = end; gap < elf->segment[i].place; gap++)
			REQUIRE(at[gap] == 0);
		end = elf->segment[i].place + elf->segment[i].memsz;
	}
}

static void check_move(const struct elf *elf, struct bytes file, uint64_t delta)
{
	size_t size = (size_t)range_size(elf->window);
	uint8_t *at = calloc(1, size), *before = malloc(size);
	struct fail why;
	uint64_t n = 0;

	REQUIRE(at != NULL && before != NULL);
	for (size_t i = 0; i < elf->n_segments; i++)
		if (elf->segment[i].filesz != 0)
			memcpy(at + elf->segment[i].place, file.at + elf->segment[i].offset,
			       (size_t)elf->segment[i].filesz);
	memcpy(before, at, size);
	if (elf_relocate(&(struct elf_image){elf, at, size}, delta, &n, &why) != OK) {
		REQUIRE(why.text[0] != '\0' && why.rule != RULE_NONE);
		REQUIRE(strstr(why.text, "cannot be used") != NULL || memcmp(at, before, size) == 0);
	}
	check_gaps(elf, at);
	free(at);
	free(before);
}

/* Marks the fields of a list; true when one of them shares bytes with another. */
static bool mark(struct bytes list, unsigned int width, uint8_t marks[IMAGE])
{
	bool shared = false;

	for (size_t i = 0; i < list.size; i += 4)
		for (unsigned int n = 0; n < width; n++)
			shared |= marks[load_le(list.at + i, 4) % IMAGE + n]++ != 0;
	return shared;
}

static bool fields_overlap(const struct linux_relocs *relocs)
{
	uint8_t marks[IMAGE] = {0};
	bool shared = mark(relocs->add_32, 4, marks);

	shared |= mark(relocs->subtract_32, 4, marks);
	return mark(relocs->add_64, 8, marks) || shared;
}

/* The first 256 bytes are the image, the others its table; moved there and back, it is as it was, but where one
 * field's carry goes into another. */
static void check_linux(struct bytes input, uint64_t delta)
{
	uint8_t at[IMAGE] = {0}, before[IMAGE];
	struct linux_image image = {at, sizeof(at), 0xffffffff81000000};
	size_t n = input.size < sizeof(at) ? input.size : sizeof(at);
	struct linux_relocs relocs;
	struct fail why;

	memcpy(at, input.at, n);
	memcpy(before, at, sizeof(at));
	if (linux_relocs_parse(&relocs, "fuzz", (struct bytes){input.at + n, input.size - n}, &why) != OK) {
		REQUIRE(why.text[0] != '\0');
		return;
	}
	REQUIRE(linux_relocs_count(&relocs) * 4 < input.size);
	if (linux_relocs_apply(&relocs, &image, delta, &why) != OK) {
		REQUIRE(why.rule == E2);
		REQUIRE(strstr(why.text, "cannot be used") != NULL || memcmp(at, before, sizeof(at)) == 0);
	} else if (!fields_overlap(&relocs) && linux_relocs_apply(&relocs, &image, 0 - delta, &why) == OK) {
		REQUIRE(memcmp(at, before, sizeof(at)) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	uint64_t choice = take_number(&input, 1), delta = (choice & 0x7f) << 24;
	struct fail why;
	struct elf elf;

	if (size == 0)
		return 0;
	delta = (choice & 0x80) != 0 ? 0 - delta : delta;
	switch (elf_parse(&elf, "fuzz", input, input.size, &why)) {
	case OK:
		check_segments(&elf, input.size);
		check_notes(&elf, input);
		if (range_size(elf.window) <= LARGEST)
			check_move(&elf, input, delta);
		break;
	case NOT_FOUND:
		check_linux(input, delta);
		break;
	default:
		REQUIRE(why.text[0] != '\0');
	}
	return 0;
}
