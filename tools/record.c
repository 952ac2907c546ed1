/* SPDX-License-Identifier: BSD-2-Clause */
#include "record.h"

#include "../codecs/sha256.h"
#include "../codecs/unpack.h"
#include "../protocol/image.h"
#include "loaded.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC	     UINT64_C(0x646e456874726542) /* "BerthEnd" */
#define MAGIC_AT     8
#define LOOK_BACK    KIB(64) /* a signature may follow the record */
#define BEHIND_ALIGN 8

/* ---- writing ---- */

/* gABI, "Note Section": three words, the owner's name and the value, each padded to 4 bytes. Returns the value's place.
 */
static uint8_t *add_note(uint8_t *to, size_t *size, enum prepared_note type, size_t value_size)
{
	static const char owner[8] = PREPARED_OWNER;
	uint8_t *at = to + *size;
	size_t padded = (value_size + 3) & ~(size_t)3;

	store_le(at, 4, sizeof(PREPARED_OWNER));
	store_le(at + 4, 4, value_size);
	store_le(at + 8, 4, type);
	memcpy(at + 12, owner, sizeof(owner));
	memset(at + 20, 0, padded);
	*size += 20 + padded;
	return at + 20;
}

size_t record_write(const struct prepared *p, uint8_t to[RECORD_MOST])
{
	size_t size = 0;
	uint8_t *value = add_note(to, &size, PREPARED_ORIGIN, 16 + PREPARED_SHA256 + p->name.size);

	store_le(value, 4, PREPARED_VERSION);
	store_le(value + 8, 8, p->size);
	memcpy(value + 16, p->sha256.at, PREPARED_SHA256);
	memcpy(value + 16 + PREPARED_SHA256, p->name.at, p->name.size);
	if (p->has_table) {
		value = add_note(to, &size, PREPARED_TABLE, 16);
		store_le(value, 8, p->table_size);
		store_le(value + 8, 8, p->table_sum);
	}
	if (p->header.size != 0)
		memcpy(add_note(to, &size, PREPARED_HEADER, p->header.size), p->header.at, p->header.size);
	return size;
}

size_t record_write_behind(const struct prepared *p, uint8_t to[RECORD_MOST + RECORD_END])
{
	size_t size = record_write(p, to), padding = -size % BEHIND_ALIGN;

	_Static_assert(RECORD_MOST % BEHIND_ALIGN == 0, "the longest has room for its padding");
	/* The end of the file is a multiple of 8, and so the magic is found behind which a signature stands. */
	memset(to + size, 0, padding + RECORD_END);
	size += padding;
	store_le(to + size, 4, size);
	store_le(to + size + MAGIC_AT, 8, MAGIC);
	return size + RECORD_END;
}

/* ---- finding ---- */

static enum status find_in_elf(struct prepared *p, const char *name, struct bytes file, struct fail *why)
{
	struct bytes head = {file.at, file.size < IMAGE_HEAD ? file.size : IMAGE_HEAD};
	struct elf elf;

	TRY(elf_parse(&elf, name, head, file.size, why));
	return prepared_in_elf(p, &elf, head, why);
}

static enum status find_behind(struct prepared *p, const char *name, struct bytes file, struct fail *why)
{
	size_t end = file.size - file.size % BEHIND_ALIGN, least = end > LOOK_BACK ? end - (size_t)LOOK_BACK : 0;

	for (; end >= least + RECORD_END; end -= BEHIND_ALIGN) {
		const uint8_t *at = file.at + end - RECORD_END;
		uint64_t size = load_le(at, 4);

		if (load_le(at + MAGIC_AT, 8) != MAGIC)
			continue;
		if (size > end - RECORD_END)
			return fail(why, BAD_INPUT,
				    "%s: its record of what it was prepared from has %" PRIu64
				    " bytes by its end, and the file %zu",
				    name, size, file.size);
		return prepared_read(p, name, (struct bytes){at - size, (size_t)size}, why);
	}
	return fail(why, NOT_FOUND, "%s: it was not prepared by Berth", name);
}

enum status record_find(struct prepared *p, const char *name, struct bytes file, struct fail *why)
{
	uint64_t magic = 0;

	(void)bytes_get(file, 0, 4, &magic);
	return magic == ELF_MAGIC ? find_in_elf(p, name, file, why) : find_behind(p, name, file, why);
}

enum status recorded_read(struct recorded *r, const char *path, struct fail *why)
{
	uint64_t size;

	*r = (struct recorded){.file = {NULL, 0}};
	TRY(file_head(path, SIZE_MAX - 1, &r->file, &size, why));
	if (packing_of(r->file) == PACKED_NOT)
		return record_find(&r->prepared, path, r->file, why);
	TRY(loaded_unpack(path, r->file, &r->unpacked, why));
	return record_find(&r->prepared, path, r->unpacked, why);
}

void recorded_free(struct recorded *r)
{
	free((void *)(uintptr_t)r->file.at);
	free((void *)(uintptr_t)r->unpacked.at);
	*r = (struct recorded){.file = {NULL, 0}};
}

/* ---- comparing ---- */

static enum status compare(const struct prepared *p, const char *name, const char *path, struct bytes file,
			   struct fail *why)
{
	uint8_t sha256[PREPARED_SHA256];

	if (file.size != p->size)
		return fail(why, BAD_INPUT,
			    "%s was prepared from a file of %" PRIu64 " bytes, and %s has %zu\n"
			    "  try: berth prepare %s",
			    name, p->size, path, file.size, path);
	sha256_of(file, sha256);
	if (memcmp(sha256, p->sha256.at, PREPARED_SHA256) == 0)
		return OK;
	return fail(why, BAD_INPUT,
		    "%s was prepared from another file than %s, of the same size\n  try: berth prepare %s", name, path,
		    path);
}

enum status record_compare(const struct prepared *p, const char *name, const char *original, struct fail *why)
{
	struct bytes file;
	enum status status;
	uint64_t size;

	TRY(file_head(original, SIZE_MAX - 1, &file, &size, why));
	status = compare(p, name, original, file, why);
	free((void *)(uintptr_t)file.at);
	return status;
}

/* ---- names ---- */

const char *record_name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

struct record_name record_name(const struct prepared *p)
{
	struct record_name name = {.at = ""};

	memcpy(name.at, p->name.at, p->name.size);
	return name;
}
