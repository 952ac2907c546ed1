/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an installation has made that was not there before: a text of lines on the system partition. By it `berth
 * remove` takes away no more than that, and of a file that a person may write no more than what still is as it was.
 * Pure. A line is only ever looked up as a whole, so that a text which somebody else wrote tells nothing but what it
 * says.
 */
#ifndef BERTH_INSTALL_MANIFEST_H
#define BERTH_INSTALL_MANIFEST_H

#include <stdbool.h>

#include "../base/bytes.h"

#define MANIFEST_PATH "\\EFI\\berth\\installed.txt"
#define MANIFEST_ROOM 8192 /* bytes; a larger one is not ours */

struct manifest {
	char text[MANIFEST_ROOM];
	size_t used;
	bool is_changed;
};

/* An empty one where @text is larger than it may be. */
void manifest_read(struct bytes text, struct manifest *manifest);

/* @boot: on the XBOOTLDR partition. Adding what is there already, or what does not fit, changes nothing. */
void manifest_add_folder(struct manifest *manifest, bool boot, const char *path);
bool manifest_has_folder(const struct manifest *manifest, bool boot, const char *path);

/* A file with this content. */
void manifest_add_file(struct manifest *manifest, bool boot, const char *path, struct bytes data);
bool manifest_has_file(const struct manifest *manifest, bool boot, const char *path, struct bytes data);

/* A file or variable that others change, such as the random seed. */
void manifest_add_thing(struct manifest *manifest, const char *name);
bool manifest_has_thing(const struct manifest *manifest, const char *name);

#endif
