/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A partition that an installation reads and writes, wherever it is: a folder of this machine (folder.c), or a
 * partition in a disk image (image.c). Paths are firmware's: "\EFI\BOOT\BOOTX64.EFI", in upper or lower case.
 *
 * Writing keeps to what survives a power cut at any moment: a file is written whole under a name beside its own, is on
 * the disk, and only then takes its name. On a folder each call is on the disk when it returns; of an image none is
 * before medium->finish(), and then all are at once.
 */
#ifndef BERTH_INSTALL_MEDIUM_H
#define BERTH_INSTALL_MEDIUM_H

#include "../base/fail.h"
#include "partition.h"

#define MEDIUM_PATH 4096	/* bytes of a name on this machine, with the NUL */
#define MEDIUM_FILE (64u << 20) /* bytes of a file that is read; a loader has less than one hundredth of them */

struct medium;

/* All errors are IO_ERROR, and name the partition, the path and the reason, unless another is said. */
struct medium_calls {
	/* A whole file, which the caller must free(). NOT_FOUND: there is none. BAD_INPUT: above MEDIUM_FILE. */
	enum status (*read)(struct medium *medium, const char *path, struct bytes *out, struct fail *why);
	/* Each name in a folder that may be one on a FAT. NOT_FOUND: there is none. */
	enum status (*list)(struct medium *medium, const char *path, void (*each)(void *context, const char *name),
			    void *context, struct fail *why);
	enum status (*room)(struct medium *medium, uint64_t *bytes, struct fail *why); /* that are free */
	/* *size of a file, and whether it is the same as @source on this machine, if one is named. NOT_FOUND.
	 * BAD_INPUT: not a file. */
	enum status (*compare)(struct medium *medium, const char *path, const char *source, uint64_t *size,
			       bool *is_same, struct fail *why);

	enum status (*make_folder)(struct medium *medium, const char *path, struct fail *why);
	/* Replaces a file of that name that an earlier, interrupted one has left. */
	enum status (*write)(struct medium *medium, const char *path, struct bytes data, struct fail *why);
	/* As write, what the file @source of this machine has, which may be larger than memory. */
	enum status (*copy)(struct medium *medium, const char *path, const char *source, struct fail *why);
	enum status (*rename)(struct medium *medium, const char *from, const char *to, struct fail *why); /* replaces */
	enum status (*remove)(struct medium *medium, const char *path, struct fail *why);
	enum status (*remove_folder)(struct medium *medium, const char *path, struct fail *why);

	/* What was written stays, for good. */
	enum status (*finish)(struct medium *medium, struct fail *why);
	/* Without finish() before it, what image.c has written is gone. */
	void (*close)(struct medium *medium);
};

struct medium {
	const struct medium_calls *calls;
	char name[MEDIUM_PATH]; /* "/boot/efi", or "disk.img, partition 1" */
	struct partition partition;
	/* Words of a shell's command that removes something: "mdel -i", "disk.img@@1048576", "::" before the path. */
	const char *rm, *rmdir;
	char where[MEDIUM_PATH]; /* empty: no such word */
	char prefix[MEDIUM_PATH];
	struct image *image; /* image.c's; not NULL: nothing that was written is there before finish() */
};

/* Where @path is, as messages show it: with slashes. */
void medium_shown(const struct medium *medium, const char *path, char out[MEDIUM_PATH]);

/* "rm /boot/efi/loader/loader.conf": one line for a shell, quoted where that is needed. */
void medium_undo(const struct medium *medium, bool is_folder, const char *path, char *out, size_t room);

/* A folder of this machine. IO_ERROR when it is none. @udev: where udev keeps what it knows (partition.h). */
enum status folder_open(struct medium *medium, const char *folder, const char *udev, struct fail *why) MUST_CHECK;

/*
 * The EFI system partition of a disk image, and its XBOOTLDR one, if there is one that is a FAT: *has_boot. An image
 * without a table of partitions is itself the first. @esp and @boot share the image: it is finished and closed by @esp.
 * IO_ERROR when it cannot be read, or is in use; NOT_FOUND when it has no such partition.
 */
enum status image_open(struct medium *esp, struct medium *boot, bool *has_boot, const char *path,
		       struct fail *why) MUST_CHECK;

#endif
