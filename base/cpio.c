/* SPDX-License-Identifier: BSD-2-Clause */
#include "cpio.h"
#include "mem.h"
#include "text.h"

#define FOLDER 0040000u /* S_IFDIR */
#define FILE_  0100000u /* S_IFREG */

static void put(struct cpio *cpio, const char *bytes, size_t size)
{
	if (cpio->at != NULL)
		memcpy(cpio->at + cpio->used, bytes, size);
	cpio->used += size;
}

static void pad(struct cpio *cpio)
{
	put(cpio, "\0\0\0", (size_t)(-cpio->used & 3));
}

static size_t length_of(const char *text)
{
	size_t length = 0;

	while (text[length] != '\0')
		length++;
	return length;
}

/* @name: in that folder; NULL: the folder itself. */
static void put_head(struct cpio *cpio, uint32_t mode, uint32_t size, const char *folder, const char *name)
{
	size_t before = length_of(folder), behind = name == NULL ? 0 : 1 + length_of(name);
	char line[6 + 13 * 8 + 1];
	struct text text = TEXT(line);

	/* ino, mode, uid, gid, nlink, mtime, filesize, major and minor twice, namesize with the NUL, check */
	text_add(&text, "070701%08x%08x%016x%08x%08x%08x%032x%08x%08x", (unsigned int)++cpio->inode, (unsigned int)mode,
		 0, 1, 0, (unsigned int)size, 0, (unsigned int)(before + behind + 1), 0);
	put(cpio, line, sizeof(line) - 1);
	put(cpio, folder, before);
	if (name != NULL) {
		put(cpio, "/", 1);
		put(cpio, name, behind - 1);
	}
	put(cpio, "", 1);
	pad(cpio);
}

void cpio_folder(struct cpio *cpio, const char *path, uint32_t mode)
{
	put_head(cpio, FOLDER | mode, 0, path, NULL);
}

uint64_t cpio_file(struct cpio *cpio, const char *folder, const char *name, uint32_t mode, uint32_t size)
{
	uint64_t at;

	put_head(cpio, FILE_ | mode, size, folder, name);
	at = cpio->used;
	cpio->used += size;
	pad(cpio);
	return at;
}

void cpio_end(struct cpio *cpio)
{
	static const char end[] = "070701" /* ten zeros, but for the links; the name's size with a capital letter */
				  "00000000000000000000000000000000"
				  "00000001"
				  "000000000000000000000000000000000000000000000000"
				  "0000000B00000000"
				  "TRAILER!!!";

	put(cpio, end, sizeof(end));
	pad(cpio);
}
