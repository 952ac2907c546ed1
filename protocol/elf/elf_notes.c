/* SPDX-License-Identifier: BSD-2-Clause */
#include "elf.h"

#define NOTE_HEADER 12 /* gABI, "Note Section": namesz, descsz, type, of 4 bytes each in both widths */

enum { GUEST_OS = 6, PHYS32_ENTRY = 18, PHYS32_RELOC = 19 }; /* elfnote.h, XEN_ELFNOTE_ */

bool elf_take_note(struct bytes notes, uint64_t step, uint64_t *at, struct elf_note *note)
{
	uint64_t owner, value, name_at = *at + NOTE_HEADER, value_at, end;

	if (!bytes_get(notes, (size_t)*at, 4, &owner) || !bytes_get(notes, (size_t)*at + 4, 4, &value) ||
	    !bytes_get(notes, (size_t)*at + 8, 4, &note->type))
		return false;
	if (checked_align_up(name_at + owner, step, &value_at) || checked_add(value_at, value, &end) ||
	    end > notes.size)
		return false;
	note->owner = (struct bytes){notes.at + name_at, (size_t)owner};
	note->value = (struct bytes){notes.at + value_at, (size_t)value};
	*at = end % step == 0 ? end : end + (step - end % step);
	return true;
}

static bool is_xens(const struct elf_note *note)
{
	return text_is(note->owner, "Xen");
}

/* gABI wants steps of 8 bytes where p_align is 8. */
static uint64_t step_of(const struct elf *elf, size_t which)
{
	return elf->note[which].align == 8 ? 8 : 4;
}

/* ---- whose it is ---- */

static void read_mark(const struct elf_note *note, struct elf_marks *marks)
{
	if (text_is(note->owner, "Linux"))
		marks->is_linux = true;
	else if (is_xens(note) && note->type == GUEST_OS)
		*(text_is(note->value, "linux") ? &marks->is_linux : &marks->is_foreign) = true;
	else if (!is_xens(note) && !text_is(note->owner, "GNU"))
		marks->is_foreign = true;
}

static struct elf_marks marks_in(struct bytes notes, uint64_t step)
{
	struct elf_marks marks = {false, false};
	struct elf_note note;
	uint64_t at = 0;

	while (at < notes.size && elf_take_note(notes, step, &at, &note))
		read_mark(&note, &marks);
	return marks;
}

void elf_read_marks(const struct elf *elf, size_t which, struct bytes notes, struct elf_marks *marks)
{
	struct elf_marks found = marks_in(notes, step_of(elf, which));

	marks->is_foreign |= found.is_foreign;
	/* Linux 5.0 to 5.6 let linkers put .note.gnu.property, of 8-byte steps, before its own in one PT_NOTE. */
	marks->is_linux |= found.is_linux || marks_in(notes, 4).is_linux;
}

/* ---- PVH ---- */

/* elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY: a number of 4 bytes since Linux 6.12, of 8 before; physical. */
static enum status read_entry(const struct elf *elf, struct bytes value, struct elf_pvh *pvh, struct fail *why)
{
	uint64_t entry = 0;

	if (value.size != 4 && value.size != 8)
		return fail(why, BAD_INPUT, "%s: note PHYS32_ENTRY has %zu bytes; 4 or 8 make an address", elf->name,
			    value.size);
	(void)bytes_get(value, 0, (unsigned int)value.size, &entry);
	for (size_t i = 0; i < elf->n_segments; i++) {
		uint64_t start = elf->window.start + elf->segment[i].place;

		if (entry <= UINT32_MAX && entry >= start && entry - start < elf->segment[i].filesz) {
			pvh->entry = entry - elf->window.start;
			pvh->has_entry = true;
			return OK;
		}
	}
	return fail_by(why, BAD_INPUT, E1,
		       "%s: note PHYS32_ENTRY: %#" PRIx64
		       " lies in no segment, or not below 4 GiB, where 32-bit code can run",
		       elf->name, entry);
}

/*
 * elfnote.h, XEN_ELFNOTE_PHYS32_RELOC: up to three values of 4 bytes: alignment, lowest address, last byte. Without
 * the first it is the largest p_align from 4 KiB on, or 2 MiB.
 */
static enum status read_limits(const struct elf *elf, struct bytes value, struct elf_pvh *pvh, struct fail *why)
{
	uint64_t align = elf->align >= KIB(4) ? elf->align : MIB(2), min = 0, max = UINT32_MAX;

	(void)bytes_get(value, 0, 4, &align);
	(void)bytes_get(value, 4, 4, &min);
	(void)bytes_get(value, 8, 4, &max);
	if (!is_power_of_two(align) || align > GIB(2))
		return fail_by(why, BAD_INPUT, E1,
			       "%s: note PHYS32_RELOC: alignment %#" PRIx64 " is not a power of two up to 2 GiB",
			       elf->name, align);
	if (min > max)
		return fail_by(why, BAD_INPUT, E1,
			       "%s: note PHYS32_RELOC: the lowest address %#" PRIx64 " is above the highest, %#" PRIx64,
			       elf->name, min, max);
	pvh->align = (uint32_t)align;
	pvh->min = (uint32_t)min;
	pvh->max = (uint32_t)max;
	pvh->has_limits = true;
	return OK;
}

enum status elf_read_pvh(const struct elf *elf, size_t which, struct bytes notes, struct elf_pvh *pvh, struct fail *why)
{
	uint64_t at = 0, step = step_of(elf, which);
	struct elf_note note;

	while (at < notes.size && notes.size - at >= step) {
		uint64_t start = at;

		if (!elf_take_note(notes, step, &at, &note))
			return fail(why, BAD_INPUT,
				    "%s: PT_NOTE %zu: the note at %#" PRIx64 " runs past its end (%zu bytes)",
				    elf->name, which, start, notes.size);
		if (!is_xens(&note))
			continue;
		if (note.type == PHYS32_ENTRY)
			TRY(read_entry(elf, note.value, pvh, why));
		if (note.type == PHYS32_RELOC)
			TRY(read_limits(elf, note.value, pvh, why));
	}
	return OK;
}
