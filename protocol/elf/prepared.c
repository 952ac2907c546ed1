/* SPDX-License-Identifier: BSD-2-Clause */
#include "prepared.h"

#define STEP 4

/* Of the note PREPARED_ORIGIN: 4 bytes that are 0 follow the version. */
enum { AT_VERSION = 0, AT_SIZE = 8, AT_SHA256 = 16, AT_NAME = AT_SHA256 + PREPARED_SHA256 };

/* And of PREPARED_TABLE. */
enum { AT_TABLE_SIZE = 0, AT_TABLE_SUM = 8, TABLE_NOTE = 16 };

static enum status broken(const char *name, const char *what, struct fail *why)
{
	return fail(why, BAD_INPUT,
		    "%s: its record of what it was prepared from is broken: %s\n"
		    "  try: prepare the kernel again",
		    name, what);
}

static enum status not_prepared(const char *name, struct fail *why)
{
	return fail(why, NOT_FOUND, "%s: it was not prepared by Berth", name);
}

static bool is_name(struct bytes name)
{
	if (name.size == 0 || name.size > PREPARED_NAME)
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (name.at[i] == '\0' || name.at[i] == '/')
			return false;
	return true;
}

static enum status read_origin(struct prepared *p, const char *name, struct bytes value, struct fail *why)
{
	uint64_t version;

	if (p->name.size != 0)
		return broken(name, "it tells of two originals", why);
	if (!bytes_get(value, AT_VERSION, 4, &version) || value.size < AT_NAME)
		return broken(name, "its first note is too short", why);
	if (version != PREPARED_VERSION)
		return fail(why, BAD_INPUT,
			    "%s: it was prepared in version %u of the format; %u is known\n"
			    "  try: prepare the kernel again",
			    name, (unsigned int)version, PREPARED_VERSION);
	(void)bytes_get(value, AT_SIZE, 8, &p->size);
	p->sha256 = (struct bytes){value.at + AT_SHA256, PREPARED_SHA256};
	p->name = (struct bytes){value.at + AT_NAME, value.size - AT_NAME};
	return is_name(p->name) ? OK : broken(name, "the original has no name, or an impossible one", why);
}

static enum status read_table(struct prepared *p, const char *name, struct bytes value, struct fail *why)
{
	if (value.size != TABLE_NOTE || p->has_table)
		return broken(name, "the note on its relocation table has another length, or is there twice", why);
	p->has_table = true;
	(void)bytes_get(value, AT_TABLE_SIZE, 8, &p->table_size);
	(void)bytes_get(value, AT_TABLE_SUM, 8, &p->table_sum);
	return p->table_size != 0 ? OK : broken(name, "a relocation table of 0 bytes", why);
}

static enum status read_note(struct prepared *p, const char *name, const struct elf_note *note, struct fail *why)
{
	if (!text_is(note->owner, PREPARED_OWNER))
		return OK;
	switch (note->type) {
	case PREPARED_ORIGIN:
		return read_origin(p, name, note->value, why);
	case PREPARED_TABLE:
		return read_table(p, name, note->value, why);
	case PREPARED_HEADER:
		if (note->value.size == 0 || note->value.size > PREPARED_SETUP || p->header.size != 0)
			return broken(name, "a setup header of a length that none has, or two of them", why);
		p->header = note->value;
		return OK;
	default:
		return OK;
	}
}

enum status prepared_read(struct prepared *p, const char *name, struct bytes notes, struct fail *why)
{
	struct elf_note note;
	uint64_t at = 0;

	*p = (struct prepared){.size = 0};
	while (at < notes.size && elf_take_note(notes, STEP, &at, &note))
		TRY(read_note(p, name, &note, why));
	if (p->name.size != 0)
		return OK;
	return p->has_table || p->header.size != 0 ? broken(name, "it does not tell of an original", why)
						   : not_prepared(name, why);
}

enum status prepared_in_elf(struct prepared *p, const struct elf *elf, struct bytes head, struct fail *why)
{
	enum status status = not_prepared(elf->name, why);

	for (size_t i = 0; status == NOT_FOUND && i < elf->n_notes; i++) {
		const struct elf_piece *note = &elf->note[i];

		if (note->offset <= head.size && note->size <= head.size - note->offset)
			status = prepared_read(p, elf->name, (struct bytes){head.at + note->offset, (size_t)note->size},
					       why);
	}
	return status;
}
