/* SPDX-License-Identifier: BSD-2-Clause */
#include "extra.h"
#include "magic.h"
#include "scan.h"

/* systemd, src/boot/boot.c: credentials are secrets, and for root alone. */
static const struct {
	const char *suffix, *folder;
	uint32_t folder_mode, file_mode;
} kind[N_EXTRAS] = {
    [EXTRA_CREDENTIAL] = {".cred", ".extra/credentials", 0500, 0400},
    [EXTRA_SYSEXT] = {".sysext.raw", ".extra/sysext", 0555, 0444},
    [EXTRA_CONFEXT] = {".confext.raw", ".extra/confext", 0555, 0444},
};

#define EXTRA_RECORDS 3 /* of each file: two folders, and itself */

enum measured extra_measured(enum extra which)
{
	static const enum measured as[N_EXTRAS] = {[EXTRA_CREDENTIAL] = MEASURED_CREDENTIALS,
						   [EXTRA_SYSEXT] = MEASURED_SYSEXTS,
						   [EXTRA_CONFEXT] = MEASURED_CONFEXTS};

	return as[which];
}

const char *extra_folder(enum extra which)
{
	return kind[which].folder;
}

bool extra_read(struct word path, enum extra *which, char name[EXTRA_NAME])
{
	struct word last = path;

	for (size_t i = 0; i < path.length; i++)
		if (path.at[i] == '/' || path.at[i] == '\\')
			last = (struct word){path.at + i + 1, path.length - i - 1};
	if (last.length >= EXTRA_NAME)
		return false;
	for (size_t i = 0; i < last.length; i++) {
		if (last.at[i] < ' ' || last.at[i] > '~')
			return false;
		name[i] = last.at[i];
	}
	name[last.length] = '\0';
	for (unsigned int k = 0; k < N_EXTRAS; k++) {
		*which = (enum extra)k;
		if (word_without(last, kind[k].suffix).length != last.length)
			return true;
	}
	return false;
}

bool extra_is_taken(struct word magic)
{
	uint64_t number = 0;

	if (!magic_is_of(&magic, EXTRA_STUB))
		return true;
	for (; is_digit(first(magic)) && number < 1000; skip(&magic, 1))
		number = number * 10 + digit_value(first(magic));
	return number >= 261;
}

/*
 * As systemd-boot writes them, because what is measured is known beforehand only to who has the same bytes: each file
 * has its folders before it, and the records of all archives are numbered in the order of the entry's lines.
 */
void extra_pack(const struct entry *entry, enum extra which, const uint32_t *size, struct cpio *cpio, uint64_t *at)
{
	enum extra this;
	char name[EXTRA_NAME];
	bool has_any = false;
	uint32_t inode = 0;

	for (size_t i = 0; i < entry->n_extras; i++) {
		if (size[i] == 0 || !extra_read(entry->extra[i], &this, name))
			continue;
		cpio->inode = inode;
		inode += EXTRA_RECORDS;
		if (this != which)
			continue;
		has_any = true;
		cpio_folder(cpio, ".extra", 0555);
		cpio_folder(cpio, kind[which].folder, kind[which].folder_mode);
		at[i] = cpio_file(cpio, kind[which].folder, name, kind[which].file_mode, size[i]);
	}
	if (has_any)
		cpio_end(cpio);
}
