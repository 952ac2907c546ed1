/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unified kernel images as entries of the menu (Boot Loader Specification, type #2): which sections of such a file tell
 * of it, and what they say. Pure; efi/unified.c reads the files, and of them no more than this asks for.
 *
 * Sources: UAPI.5, "UKI Components", "Multi-Profile UKIs"; UAPI.1, "Type #2"; where they leave a choice, systemd,
 * src/boot/boot.c, boot_entry_add_type2. os-release(5).
 */
#ifndef BERTH_UKI_H
#define BERTH_UKI_H

#include "entry.h"

#include "../base/pe.h"

#define UKI_MOST_PROFILES 256	/* as in systemd; more are not offered */
#define UKI_MOST_TEXT	  65536 /* bytes of one section; a longer one is an error */

/* The sections that tell of one profile; one that is not there has an empty name. */
struct uki_parts {
	struct pe_section osrel, profile, cmdline;
};

/* Whether the file is such an image: it has a kernel, and a text that tells what it is. */
bool uki_is_one(struct bytes head, const struct pe *pe);

/*
 * The parts of the @n-th profile, from 0, which every image has: its own sections, behind the n-th `.profile`, before
 * those that all profiles share. False when there is no such profile.
 */
bool uki_profile(struct bytes head, const struct pe *pe, unsigned int n, struct uki_parts *parts);

/* Bytes of title that any texts of these sizes may need, with the NUL. */
#define UKI_TITLE_ROOM(osrel, profile) ((osrel) + (profile) + 32)

/*
 * Makes @entry of the image \EFI\Linux\@file_name, whose @n-th profile these sections' texts describe: the texts
 * must outlive it, as must @title, which is written to. NOT_FOUND when nothing there names it.
 */
enum status uki_entry(struct entry *entry, const char *file_name, unsigned int n, struct word osrel,
		      struct word profile, struct text *title, struct fail *why) MUST_CHECK;

/*
 * The command line in a `.cmdline`, as its stub takes it: up to a NUL, control characters become blanks, and those at
 * its ends go. @out has room for @text and a NUL.
 */
void uki_command_line(struct word text, char *out);

#endif
