/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drop-ins for the command lines of kernels, \loader\cmdline.d\*.conf: one line of options or several, joined by a
 * space; # starts a comment line. The form is that of /etc/cmdline.d, of which mkinitcpio makes the command line of
 * unified kernel images. Berth's own: no specification has these files on the ESP.
 */
#ifndef BERTH_DROPINS_H
#define BERTH_DROPINS_H

#include "entry.h"

#define MOST_DROPINS 64 /* files */

/* "*.conf", in upper or lower case, and not hidden. */
bool dropin_is_named(const char *file_name);

/* Where a file of this name goes among those before @n: by name, byte for byte. */
size_t dropin_place(const char *const *names, size_t n, const char *name);

/*
 * Appends what a file says to @line, which has *used bytes of @room, and a NUL. BAD_INPUT, and nothing of the file,
 * when it is not text, or when there is no room.
 */
enum status dropin_append(char *line, size_t room, size_t *used, const char *file_name, struct word text,
			  struct fail *why) MUST_CHECK;

#endif
