/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads each image's headers and the small sections that describe it, but not its kernel. A bad file does not affect
 * the others.
 */
#include "unified.h"

#include "programs.h"
#include "start.h"

#include "../arch/arch.h"
#include "../base/machine.h"
#include "../base/mem.h"
#include "../config/uki.h"

#define FOLDER "\\EFI\\Linux"

struct unified {
	struct catalogue *catalogue;
	const char *name;
	struct program_file program;
	struct listed *last;	/* profile that was added */
	struct uki_parts parts; /* of it */
	struct word osrel;	/* and what it says of the system */
};

static enum status check_size(const struct unified *image, const struct pe_section *section, struct fail *why)
{
	if (pe_section_contents(section) > UKI_MOST_TEXT)
		return fail(why, BAD_INPUT, "%s: its section %s has %" PRIu64 " bytes; at most %u are read",
			    image->program.file.path, section->name, pe_section_contents(section), UKI_MOST_TEXT);
	return OK;
}

/* Profiles share what is not their own: that is read once. */
static enum status read_osrel(const struct unified *image, const struct pe_section *section, char *to, struct fail *why)
{
	size_t size = (size_t)pe_section_contents(section);

	if (image->last == NULL || image->parts.osrel.offset != section->offset || image->osrel.length != size)
		return source_read_all(&image->program.file.source, section->offset, to, size, why);
	memcpy(to, image->osrel.at, size);
	return OK;
}

/* Where an entry's texts lie: the sections as they are in the file, and room for the title. */
static enum status describe(struct unified *image, struct listed *listed, unsigned int n, const struct uki_parts *parts,
			    struct fail *why)
{
	const struct file *file = &image->program.file;
	size_t osrel = (size_t)pe_section_contents(&parts->osrel),
	       profile = (size_t)pe_section_contents(&parts->profile), room = UKI_TITLE_ROOM(osrel, profile);
	char *at = listed->text = efi_alloc(osrel + profile + room);

	if (at == NULL)
		return fail(why, IO_ERROR, "%s: no memory for what it says of itself", file->path);
	TRY(read_osrel(image, &parts->osrel, at, why));
	if (profile != 0)
		TRY(source_read_all(&file->source, parts->profile.offset, at + osrel, profile, why));
	TRY(uki_entry(&listed->entry, listed->name, n, (struct word){at, osrel}, (struct word){at + osrel, profile},
		      &(struct text){at + osrel + profile, room, 0}, why));
	listed->entry.volume = file->volume;
	listed->entry.folder = FOLDER;
	image->last = listed;
	image->parts = *parts;
	image->osrel = (struct word){at, osrel};
	return OK;
}

static enum status add_profile(struct unified *image, unsigned int n, const struct uki_parts *parts, struct fail *why)
{
	struct listed *listed;
	enum status status;

	TRY(check_size(image, &parts->osrel, why));
	TRY(check_size(image, &parts->profile, why));
	TRY(listed_new(image->catalogue, image->name, &listed, why));
	status = describe(image, listed, n, parts, why);
	if (status == OK)
		listed_keep(image->catalogue, listed);
	else
		listed_drop(listed);
	return status;
}

static enum status add_profiles(struct unified *image, struct fail *why)
{
	const struct program_file *program = &image->program;
	struct uki_parts parts;

	if (machine_of_pe(program->pe.machine) != arch_here()->enters[0])
		return fail(why, BAD_INPUT, "%s: for another CPU (%s)", program->file.path,
			    machine_name(machine_of_pe(program->pe.machine)));
	if (!uki_is_one(program->head, &program->pe))
		return fail(why, BAD_INPUT, "%s: no unified kernel image: it has no sections .linux and .osrel",
			    program->file.path);
	for (unsigned int n = 0; uki_profile(program->head, &program->pe, n, &parts); n++)
		TRY(add_profile(image, n, &parts, why));
	return OK;
}

/* UAPI.1: what this loader cannot start is hidden. */
static enum status add_image(void *context, const char *name, struct fail *why)
{
	static struct unified image; /* its path is too large to be added to those on the stack */
	struct text path = TEXT(image.program.file.path);
	enum status status;

	if (!entry_is_named(name, ".efi"))
		return OK;
	image.catalogue = context;
	image.name = name;
	image.last = NULL;
	image.program.file.volume = image.catalogue->volume;
	text_add(&path, FOLDER "\\%s", name);
	status = program_open(&image.program, why);
	if (status == OK) {
		status = add_profiles(&image, why);
		program_close(&image.program);
	}
	if (status == BAD_INPUT || status == NOT_FOUND)
		fw_log(LOG_DEBUG, "not shown: %s", why->text);
	else if (status != OK)
		fw_log(LOG_QUIET, "%s", why->text);
	image.catalogue->hidden += status != OK && image.last == NULL;
	return OK;
}

enum status unified_read(struct catalogue *catalogue, struct fail *why)
{
	return efi_list_folder(catalogue->volume, FOLDER, add_image, catalogue, why);
}

static enum status read_command_line(const struct program_file *program, unsigned int profile, char *out, size_t room,
				     struct fail *why)
{
	struct uki_parts parts;
	uint64_t size;

	out[0] = '\0';
	if (!uki_profile(program->head, &program->pe, profile, &parts))
		return fail(why, BAD_INPUT, "%s: it has no profile %u", program->file.path, profile);
	size = pe_section_contents(&parts.cmdline);
	if (size >= room)
		return fail(why, BAD_INPUT, "%s: its section .cmdline has %" PRIu64 " bytes; at most %zu are edited",
			    program->file.path, size, room - 1);
	if (size != 0)
		TRY(source_read_all(&program->file.source, parts.cmdline.offset, out, (size_t)size, why));
	uki_command_line((struct word){out, (size_t)size}, out);
	return OK;
}

enum status unified_command_line(const struct entry *entry, char *out, size_t room, struct fail *why)
{
	static struct program_file program; /* its path is too large to be added to those on the stack */
	enum status status;

	program.file.volume = entry->volume;
	TRY(efi_path_of(entry, program.file.path, why));
	TRY(program_open(&program, why));
	status = read_command_line(&program, entry->profile, out, room, why);
	program_close(&program);
	return status;
}
