/* SPDX-License-Identifier: BSD-2-Clause */
/* The record of a prepared kernel (protocol/elf/prepared.h): written, found in any file, and held against an original.
 */
#ifndef BERTH_TOOL_RECORD_H
#define BERTH_TOOL_RECORD_H

#include "../protocol/elf/prepared.h"

/*
 * Bytes of a record with all that may be in it: the head, the owner's name and the value of each note; up to a multiple
 * of 8, on which a flat image's ends.
 */
#define RECORD_NOTES (3 * (12 + 8) + (16 + PREPARED_SHA256 + PREPARED_NAME + 1) + 16 + PREPARED_SETUP + 1)
#define RECORD_MOST  ((RECORD_NOTES + 7ul) / 8 * 8)

/* Bytes behind the record of a flat image: its size, 4 bytes that are 0, and a magic. */
#define RECORD_END 16

/* The notes alone; returns their size. Name and header have no more bytes than prepared.h says. */
size_t record_write(const struct prepared *prepared, uint8_t to[RECORD_MOST]);

/* The same with what shows that it stands at the end of a file. */
size_t record_write_behind(const struct prepared *prepared, uint8_t to[RECORD_MOST + RECORD_END]);

/* The record of a file that is not packed, ELF or flat. NOT_FOUND when it was not prepared; BAD_INPUT when its record
 * is broken.
 */
enum status record_find(struct prepared *prepared, const char *name, struct bytes file, struct fail *why) MUST_CHECK;

/* A file's record, with the bytes that it lies in. */
struct recorded {
	struct prepared prepared;
	struct bytes file, unpacked;
};

/* The same of any file on this machine; packed ones are unpacked for it. recorded_free() in any case. */
enum status recorded_read(struct recorded *recorded, const char *path, struct fail *why) MUST_CHECK;
void recorded_free(struct recorded *recorded);

/*
 * Whether the file at @original is what @prepared was made of, by size and SHA-256. BAD_INPUT says which differs;
 * IO_ERROR: it cannot be read.
 */
enum status record_compare(const struct prepared *prepared, const char *name, const char *original,
			   struct fail *why) MUST_CHECK;

/* The last part of a path. */
const char *record_name_of(const char *path);

/* The original's name as text, with its NUL: hostile, and to be shown as such. */
struct record_name {
	char at[PREPARED_NAME + 1];
};
struct record_name record_name(const struct prepared *prepared);

#endif
