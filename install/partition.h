/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which partition something is: of a mounted folder as udev tells it, or as the disk's table does; of an image by its
 * table. Sources: UEFI 2.10, 5.2 and 5.3; UAPI.2 (types of partitions); libblkid, whose words udev passes on.
 */
#ifndef BERTH_INSTALL_PARTITION_H
#define BERTH_INSTALL_PARTITION_H

#include "../base/fail.h"
#include "../base/gpt.h"
#include "../config/load_option.h"

#define UDEV_FOLDER "/run/udev/data"

enum partition_kind { PARTITION_UNKNOWN, PARTITION_ESP, PARTITION_XBOOTLDR, PARTITION_OTHER };

struct partition {
	enum partition_kind kind; /* PARTITION_UNKNOWN: nothing tells, and the rest is not set */
	struct path_partition at;
	unsigned int block; /* bytes of one block of the disk */
	uint64_t offset;    /* bytes from the start of the disk; 0 when it is all of it */
};

/* What udev knows of a partition, lines "E:NAME=VALUE"; @block: bytes of one of the disk's blocks, 512 or more. */
void partition_from_udev(struct bytes text, unsigned int block, struct partition *partition);

/* The partition of a mounted file system; unknown where it is none, or nobody tells. */
void partition_of_folder(const char *folder, const char *udev, struct partition *partition);

/*
 * The first partition of this kind, PARTITION_ESP or PARTITION_XBOOTLDR, on a disk or in an image, by the first table
 * on it that is sound. NOT_FOUND when it has none; an image that is a FAT without a table is an ESP of kind
 * PARTITION_ESP without a number. IO_ERROR when it cannot be read.
 */
enum status partition_on_disk(int disk, const char *name, enum partition_kind kind, struct partition *partition,
			      struct fail *why) MUST_CHECK;

/* "1234abcd-...", as Linux writes a partition's GUID; an older table's signature with its number, "1234abcd-01". */
#define PARTITION_WORDS 40
void partition_words(const struct partition *partition, char out[PARTITION_WORDS]);

#endif
