/* SPDX-License-Identifier: BSD-2-Clause */
#include "partition.h"

#include "../base/mbr.h"
#include "../base/range.h"
#include "../config/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* UAPI.2, and UAPI.1, "The Partitions", for disks with an MBR. */
#define ESP_GUID      "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define XBOOTLDR_GUID "bc13c2ff-59e6-4262-a352-b275fd6f7172"
#define ESP_MBR	      0xef
#define XBOOTLDR_MBR  0xea

#define UDEV_BLOCK 512 /* bytes of what libblkid counts places and sizes in, whatever the disk's blocks are */

static unsigned int hex_at(const char *text)
{
	unsigned int high = digit_value(text[0]), low = high < 16 ? digit_value(text[1]) : 16;

	return low < 16 ? high << 4 | low : 256;
}

/* A GUID as it stands on a disk: its first three numbers are little-endian. */
static bool read_guid(struct word word, uint8_t out[16])
{
	/* Where in the text each byte's two digits are. */
	static const uint8_t place[16] = {6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34};

	if (word.length != 36)
		return false;
	for (size_t i = 0; i < 16; i++) {
		unsigned int byte = hex_at(word.at + place[i]);

		if (byte > 255)
			return false;
		out[i] = (uint8_t)byte;
	}
	return true;
}

/* "1234abcd-01": a disk's signature, and the partition's number once more. */
static bool read_signature(struct word word, uint8_t out[16])
{
	if (word.length < 9 || word.at[8] != '-')
		return false;
	memset(out, 0, 16);
	for (size_t i = 0; i < 4; i++) {
		unsigned int byte = hex_at(word.at + 2 * i);

		if (byte > 255)
			return false;
		out[3 - i] = (uint8_t)byte;
	}
	return true;
}

/* The value of a line "E:ID_PART_ENTRY_NAME=VALUE"; empty when there is none. */
static struct word udev_value(struct bytes text, const char *name)
{
	static const char start[] = "E:ID_PART_ENTRY_";
	const char *at = (const char *)text.at, *end = at + text.size;
	size_t length = strlen(name);

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t n = stop != NULL ? (size_t)(stop - at) : (size_t)(end - at);

		if (n > sizeof(start) - 1 + length && memcmp(at, start, sizeof(start) - 1) == 0 &&
		    memcmp(at + sizeof(start) - 1, name, length) == 0 && at[sizeof(start) - 1 + length] == '=')
			return (struct word){at + sizeof(start) + length, n - sizeof(start) - length};
		at += n + (stop != NULL);
	}
	return (struct word){"", 0};
}

static enum partition_kind kind_of_type(struct word type, bool in_mbr)
{
	uint64_t number;

	if (type.length == 0)
		return PARTITION_UNKNOWN;
	if (in_mbr && word_number(type, &number))
		return number == ESP_MBR	? PARTITION_ESP
		       : number == XBOOTLDR_MBR ? PARTITION_XBOOTLDR
						: PARTITION_OTHER;
	return word_is_ascii_case(type, ESP_GUID)	 ? PARTITION_ESP
	       : word_is_ascii_case(type, XBOOTLDR_GUID) ? PARTITION_XBOOTLDR
							 : PARTITION_OTHER;
}

void partition_from_udev(struct bytes text, unsigned int block, struct partition *partition)
{
	struct word scheme = udev_value(text, "SCHEME"), uuid = udev_value(text, "UUID");
	bool in_mbr = word_is(scheme, "dos");
	struct partition found = {.kind = kind_of_type(udev_value(text, "TYPE"), in_mbr), .block = block};
	uint64_t number, start, blocks;

	*partition = (struct partition){.kind = PARTITION_UNKNOWN};
	if ((!in_mbr && !word_is(scheme, "gpt")) || block < UDEV_BLOCK || block % UDEV_BLOCK != 0 ||
	    !word_number(udev_value(text, "NUMBER"), &number) || number == 0 || number > UINT32_MAX ||
	    !word_number(udev_value(text, "OFFSET"), &start) || !word_number(udev_value(text, "SIZE"), &blocks) ||
	    checked_mul(start, UDEV_BLOCK, &found.offset) ||
	    !(in_mbr ? read_signature(uuid, found.at.signature) : read_guid(uuid, found.at.signature)))
		return;
	found.at.number = (uint32_t)number;
	found.at.start = start / (block / UDEV_BLOCK);
	found.at.blocks = blocks / (block / UDEV_BLOCK);
	found.at.in_mbr = in_mbr;
	*partition = found;
}

/* ---- the table on a disk ---- */

struct disk {
	int file;
	const char *name;
	unsigned int block;
	uint64_t last; /* block */
};

/* Bytes that the caller must free(); NULL when they are not all there. */
static uint8_t *read_at(const struct disk *disk, uint64_t offset, size_t size)
{
	uint8_t *at = malloc(size);
	size_t used = 0;

	while (at != NULL && used < size) {
		ssize_t got = pread(disk->file, at + used, size - used, (off_t)(offset + used));

		if (got <= 0) {
			free(at);
			return NULL;
		}
		used += (size_t)got;
	}
	return at;
}

enum table { TABLE_BAD, TABLE_SOUND, TABLE_HAS_IT };

static enum table look(const struct disk *disk, uint64_t at, const uint8_t type[16], uint64_t *other,
		       struct gpt_partition *found)
{
	uint8_t *header = read_at(disk, at * disk->block, disk->block), *table;
	struct bytes bytes = {header, disk->block};
	enum table result = TABLE_BAD;
	struct gpt gpt;
	bool is_header;

	*other = 0;
	if (header == NULL)
		return TABLE_BAD;
	*other = gpt_other_header(bytes);
	is_header = gpt_header(bytes, at, disk->last, &gpt);
	free(header);
	if (!is_header)
		return TABLE_BAD;
	bytes.size = (size_t)gpt.n * gpt.entry_size;
	bytes.at = table = read_at(disk, gpt.table * disk->block, bytes.size);
	if (table != NULL && gpt_is_table(&gpt, bytes))
		result = gpt_find(&gpt, bytes, type, found) ? TABLE_HAS_IT : TABLE_SOUND;
	free(table);
	return result;
}

/* As efi/xbootldr.c: the first header, the one that it names, the last block; the first sound one counts. */
static enum table look_everywhere(const struct disk *disk, const uint8_t type[16], struct gpt_partition *found)
{
	uint64_t other, none;
	enum table table = look(disk, GPT_PRIMARY, type, &other, found);

	if (table == TABLE_BAD && other > GPT_PRIMARY && other < disk->last)
		table = look(disk, other, type, &none, found);
	if (table == TABLE_BAD)
		table = look(disk, disk->last, type, &none, found);
	return table;
}

static void take_found(const struct disk *disk, const struct gpt_partition *found, enum partition_kind kind,
		       struct partition *partition)
{
	*partition = (struct partition){
	    .kind = kind,
	    .at = {.number = found->number, .start = found->start, .blocks = found->blocks, .in_mbr = found->in_mbr},
	    .block = disk->block,
	    .offset = found->start * disk->block, /* it lies on the disk, whose size fits */
	};
	memcpy(partition->at.signature, found->guid, sizeof(found->guid));
}

/* Microsoft, FAT specification: the type that nobody should rely on, but that all write. */
static bool is_fat(const uint8_t *block)
{
	return load_le(block + 510, 2) == 0xaa55 &&
	       (memcmp(block + 54, "FAT", 3) == 0 || memcmp(block + 82, "FAT32", 5) == 0);
}

static enum status no_such(const struct disk *disk, enum partition_kind kind, struct fail *why)
{
	return fail(why, NOT_FOUND, "%s has no %s partition in its table", disk->name,
		    kind == PARTITION_ESP ? "EFI system" : "XBOOTLDR");
}

/* Without a GPT. */
static enum status look_into_first(const struct disk *disk, enum partition_kind kind, struct partition *partition,
				   struct fail *why)
{
	uint8_t *block = read_at(disk, 0, MBR_LEAST_BLOCK);
	enum status status = OK;
	struct gpt_partition found;

	if (block == NULL)
		return fail(why, IO_ERROR, "%s: its first block cannot be read: %s", disk->name, strerror(errno));
	/* A FAT's first block ends as an MBR does, and has no partitions where one would. */
	if (is_fat(block) && kind == PARTITION_ESP)
		*partition = (struct partition){.kind = kind, .block = disk->block};
	else if (!is_fat(block) && mbr_find((struct bytes){block, MBR_LEAST_BLOCK}, disk->last,
					    kind == PARTITION_ESP ? ESP_MBR : XBOOTLDR_MBR, &found))
		take_found(disk, &found, kind, partition);
	else
		status = no_such(disk, kind, why);
	free(block);
	return status;
}

enum status partition_on_disk(int file, const char *name, enum partition_kind kind, struct partition *partition,
			      struct fail *why)
{
	static const unsigned int blocks[] = {512, 4096};
	struct disk disk = {.file = file, .name = name};
	off_t size = lseek(file, 0, SEEK_END);
	struct gpt_partition found;
	uint8_t type[16];

	*partition = (struct partition){.kind = PARTITION_UNKNOWN};
	(void)read_guid(word_of(kind == PARTITION_ESP ? ESP_GUID : XBOOTLDR_GUID), type);
	if (size < (off_t)8192)
		return fail(why, IO_ERROR, "%s: not a disk, with %" PRIu64 " bytes", name,
			    (uint64_t)(size < 0 ? 0 : size));
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		enum table table;

		disk.block = blocks[i];
		disk.last = (uint64_t)size / disk.block - 1;
		table = look_everywhere(&disk, type, &found);
		if (table == TABLE_HAS_IT) {
			take_found(&disk, &found, kind, partition);
			return OK;
		}
		if (table == TABLE_SOUND)
			return no_such(&disk, kind, why);
	}
	disk.block = blocks[0];
	disk.last = (uint64_t)size / disk.block - 1;
	return look_into_first(&disk, kind, partition, why);
}

/* ---- a mounted folder ---- */

/* A number in a file of one line; false when it is not there. */
static bool number_in(const char *path, uint64_t *out)
{
	char line[64] = "";
	FILE *in = fopen(path, "r");
	bool is_read = in != NULL && fgets(line, sizeof(line), in) != NULL;

	if (in != NULL)
		(void)fclose(in);
	line[strcspn(line, "\n")] = '\0';
	return is_read && word_number(word_of(line), out);
}

/* The disk of a partition, open for reading; -1 where that is not allowed, or there is none. */
static int open_disk_of(const char *partition)
{
	char path[256], line[256];
	FILE *in;
	int disk = -1;

	snprintf(path, sizeof(path), "%s/../uevent", partition);
	in = fopen(path, "r");
	while (in != NULL && disk < 0 && fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "DEVNAME=", 8) == 0 && snprintf(path, sizeof(path), "/dev/%s", line + 8) < 256)
			disk = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (in != NULL)
		(void)fclose(in);
	return disk;
}

/* By the disk's table: the first ESP or XBOOTLDR partition, if it begins where this one does. */
static void ask_disk(const char *sysfs, unsigned int block, struct partition *partition)
{
	static const enum partition_kind kinds[] = {PARTITION_ESP, PARTITION_XBOOTLDR};
	char path[256];
	uint64_t start;
	struct fail why;
	int disk;

	snprintf(path, sizeof(path), "%s/start", sysfs);
	if (!number_in(path, &start) || (disk = open_disk_of(sysfs)) < 0)
		return;
	for (size_t i = 0; i < 2; i++) {
		struct partition found;

		if (partition_on_disk(disk, sysfs, kinds[i], &found, &why) == OK && found.block == block &&
		    found.offset == start * UDEV_BLOCK)
			*partition = found;
	}
	(void)close(disk);
}

void partition_of_folder(const char *folder, const char *udev, struct partition *partition)
{
	char path[MAX_PATH_TEXT], sysfs[128], text[16384];
	uint64_t block = UDEV_BLOCK;
	struct stat found;
	FILE *in;

	*partition = (struct partition){.kind = PARTITION_UNKNOWN};
	if (stat(folder, &found) != 0)
		return;
	snprintf(sysfs, sizeof(sysfs), "/sys/dev/block/%u:%u", major(found.st_dev), minor(found.st_dev));
	snprintf(path, sizeof(path), "%s/../queue/logical_block_size", sysfs);
	if (!number_in(path, &block) || block > UINT32_MAX)
		block = UDEV_BLOCK;
	snprintf(path, sizeof(path), "%s/b%u:%u", udev, major(found.st_dev), minor(found.st_dev));
	in = fopen(path, "r");
	if (in != NULL) {
		size_t got = fread(text, 1, sizeof(text), in);

		partition_from_udev((struct bytes){(const uint8_t *)text, got}, (unsigned int)block, partition);
		(void)fclose(in);
	}
	if (partition->kind == PARTITION_UNKNOWN)
		ask_disk(sysfs, (unsigned int)block, partition);
}

void partition_words(const struct partition *partition, char out[PARTITION_WORDS])
{
	static const uint8_t place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	struct text text = {out, PARTITION_WORDS, 0};

	out[0] = '\0';
	for (size_t i = 0; i < (partition->at.in_mbr ? 4u : 16u); i++)
		text_add(&text, "%s%02x", !partition->at.in_mbr && (i == 4 || i == 6 || i == 8 || i == 10) ? "-" : "",
			 partition->at.signature[place[i]]);
	if (partition->at.in_mbr)
		text_add(&text, "-%02x", partition->at.number);
}
