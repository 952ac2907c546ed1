/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs.h"

#include "../base/version.h"
#include "../config/magic.h"

static uint8_t head[PE_HEAD_MOST];

/* Reads up to @size bytes from the front, behind those that are there. */
static enum status read_head(struct program_file *program, size_t size, struct fail *why)
{
	size_t got = 0, had = program->head.size;

	if (size > program->file.size)
		size = (size_t)program->file.size;
	if (size > had)
		TRY(source_read(&program->file.source, had, head + had, size - had, &got, why));
	program->head = (struct bytes){head, had + got};
	return OK;
}

static enum status read_headers(struct program_file *program, struct fail *why)
{
	const char *path = program->file.path;

	TRY(read_head(program, PE_HEAD_USUAL, why));
	if (!pe_read(program->head, &program->pe))
		return fail(why, BAD_INPUT, "%s: no PE file, as programs for UEFI are", path);
	if (program->pe.head_end > PE_HEAD_MOST)
		return fail(why, BAD_INPUT,
			    "%s: the table of its %u sections ends at byte %" PRIu64 "; at most %u are read", path,
			    program->pe.n_sections, program->pe.head_end, PE_HEAD_MOST);
	TRY(read_head(program, (size_t)program->pe.head_end, why));
	if (program->pe.head_end > program->head.size)
		return fail(why, BAD_INPUT, "%s: ends within the table of its %u sections", path,
			    program->pe.n_sections);
	return OK;
}

enum status program_open(struct program_file *program, struct fail *why)
{
	enum status status;

	program->file.handle = NULL;
	program->head = (struct bytes){head, 0};
	TRY(file_open(&program->file, why));
	status = read_headers(program, why);
	if (status != OK)
		program_close(program);
	return status;
}

void program_close(struct program_file *program)
{
	file_close(&program->file);
}

struct word program_magic(struct program_file *program, char *text, size_t room)
{
	struct pe_section magic;
	size_t got = 0;
	struct fail why;

	if (!pe_section_named(program->head, &program->pe, ".sdmagic", &magic) ||
	    source_read(&program->file.source, magic.offset, text,
			pe_section_contents(&magic) < room ? (size_t)pe_section_contents(&magic) : room, &got,
			&why) != OK)
		return (struct word){text, 0};
	return (struct word){text, got};
}

bool program_is_berth(struct program_file *program)
{
	char text[MAGIC_ROOM(BERTH_PRODUCT)];
	struct word magic = program_magic(program, text, sizeof(text));

	return magic_is_of(&magic, BERTH_PRODUCT);
}
