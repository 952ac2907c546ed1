/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of programs for UEFI, as far as the menu has to know them: their headers, and whether one is Berth itself. */
#ifndef BERTH_EFI_PROGRAMS_H
#define BERTH_EFI_PROGRAMS_H

#include "efi_local.h"

#include "../base/pe.h"
#include "../loader/file.h"

struct program_file {
	struct file file;
	struct bytes head; /* valid until the next program_open */
	struct pe pe;
};

/*
 * Opens the file that program->file.path names, and reads its headers. NOT_FOUND when there is none; BAD_INPUT when it
 * is no PE file, or has more sections than are looked at. program_close is for the one that was opened, and after any
 * error does no harm.
 */
enum status program_open(struct program_file *program, struct fail *why) MUST_CHECK;
void program_close(struct program_file *program);

/* What stands in its section .sdmagic, of which as much is read as @text has room for; empty when it has none. */
struct word program_magic(struct program_file *program, char *text, size_t room);

/* It says in its section .sdmagic that it is this loader, of whatever version. */
bool program_is_berth(struct program_file *program);

#endif
