/* SPDX-License-Identifier: BSD-2-Clause */
#include "bcd.h"

#include "load_option.h"
#include "scan.h"

#include "../base/mem.h"
#include "../base/utf16.h"

#define CELLS 4096 /* where cells begin; a cell is named by its place behind that */

/* Cells begin with their size, which says nothing that their contents do not. */
#define IN_CELL 4

#define BASE_SIGNATURE 0x66676572 /* "regf" */
#define KEY	       0x6b6e	  /* "nk" */
#define KEY_LIST       0x666c	  /* "lf": keys with the first letters of their names */
#define KEY_LIST_HASH  0x686c	  /* "lh": with a hash of them */
#define VALUE	       0x6b76	  /* "vk" */

#define TYPE_TEXT   1
#define TYPE_TEXTS  7
#define DATA_INSIDE 0x80000000 /* of a value's size: its data is too short to have a cell of its own */

#define MOST_KEYS   1024 /* in one list; Windows' own have some hundred */
#define GUID_LENGTH 38	 /* with its braces */

/* @width bytes at @at of the cell @cell; false past the end of the hive. */
static bool get(struct bytes hive, uint64_t cell, unsigned int at, unsigned int width, uint64_t *out)
{
	return bytes_get(hive, CELLS + IN_CELL + cell + at, width, out);
}

/* @size bytes at @at of a cell; at == NULL when they are not all in the hive. */
static struct word text_at(struct bytes hive, uint64_t cell, unsigned int at, uint64_t size)
{
	uint64_t start = CELLS + IN_CELL + cell + at;

	if (start > hive.size || hive.size - start < size)
		return (struct word){NULL, 0};
	return (struct word){(const char *)hive.at + start, (size_t)size};
}

/* The cell is a key, and has this name; names of ASCII are stored so. */
static bool is_key(struct bytes hive, uint64_t cell, const char *name)
{
	uint64_t signature, length;

	return get(hive, cell, 0, 2, &signature) && signature == KEY && get(hive, cell, 72, 2, &length) &&
	       word_is_ascii_case(text_at(hive, cell, 76, length), name);
}

/* The key of this name right below the key at *cell; *cell becomes its place. */
static bool enter_key(struct bytes hive, uint64_t *cell, const char *name)
{
	uint64_t list, signature, n, below;

	if (!get(hive, *cell, 28, 4, &list) || !get(hive, list, 0, 2, &signature) ||
	    (signature != KEY_LIST && signature != KEY_LIST_HASH) || !get(hive, list, 2, 2, &n))
		return false;
	for (unsigned int i = 0; i < n && i < MOST_KEYS; i++) {
		if (!get(hive, list, 4 + 8 * i, 4, &below))
			return false;
		if (is_key(hive, below, name)) {
			*cell = below;
			return true;
		}
	}
	return false;
}

/* The data of the value "Element" of the key @cell, which must be of @type; at == NULL when there is none. */
static struct word element_of(struct bytes hive, uint64_t cell, uint64_t type)
{
	uint64_t n, list, value, signature, length, size, data, found;

	if (!get(hive, cell, 36, 4, &n) || !get(hive, cell, 40, 4, &list))
		return (struct word){NULL, 0};
	for (unsigned int i = 0; i < n && i < MOST_KEYS && get(hive, list, 4 * i, 4, &value); i++)
		if (get(hive, value, 0, 2, &signature) && signature == VALUE && get(hive, value, 2, 2, &length) &&
		    word_is_ascii_case(text_at(hive, value, 20, length), "Element") && get(hive, value, 4, 4, &size) &&
		    get(hive, value, 8, 4, &data) && get(hive, value, 12, 4, &found) && found == type &&
		    (size & DATA_INSIDE) == 0)
			return text_at(hive, data, 0, size);
	return (struct word){NULL, 0};
}

/* An object's element, "Objects\@object\Elements\@element". */
static struct word element(struct bytes hive, const char *object, const char *name, uint64_t type)
{
	uint64_t signature, key;

	if (!bytes_get(hive, 0, 4, &signature) || signature != BASE_SIGNATURE || !bytes_get(hive, 36, 4, &key) ||
	    !get(hive, key, 0, 2, &signature) || signature != KEY || !enter_key(hive, &key, "Objects") ||
	    !enter_key(hive, &key, object) || !enter_key(hive, &key, "Elements") || !enter_key(hive, &key, name))
		return (struct word){NULL, 0};
	return element_of(hive, key, type);
}

/* Units of UTF-16 lie anywhere in a hive. Returns how many there were before a NUL, or @most when there is none. */
static size_t units_of(struct word data, uint16_t *out, size_t most)
{
	size_t n = 0;

	for (; n < most && 2 * n + 2 <= data.length; n++) {
		out[n] = (uint16_t)load_le((const uint8_t *)data.at + 2 * n, 2);
		if (out[n] == 0)
			return n;
	}
	return n;
}

/* What the boot manager offers: GUIDs, each with a NUL, and one more NUL. One alone is what can be called by a title.
 */
static bool only_system(struct bytes hive, char guid[GUID_LENGTH + 1])
{
	struct word order = element(hive, "{9dea862c-5cdd-4e70-acc1-f32b344d4795}", "24000001", TYPE_TEXTS);
	uint16_t units[GUID_LENGTH + 1];

	if (order.length != 2ul * (GUID_LENGTH + 2) || units_of(order, units, GUID_LENGTH + 1) != GUID_LENGTH)
		return false;
	for (size_t i = 0; i < GUID_LENGTH; i++) {
		if (units[i] >= 0x7f || units[i] < '-')
			return false;
		guid[i] = (char)units[i];
	}
	guid[GUID_LENGTH] = '\0';
	return true;
}

bool bcd_title(struct bytes hive, char out[BCD_TITLE_ROOM])
{
	uint16_t units[BCD_TITLE_ROOM];
	char guid[GUID_LENGTH + 1];
	struct word title;
	size_t n;

	if (!only_system(hive, guid))
		return false;
	title = element(hive, guid, "12000004", TYPE_TEXT);
	n = units_of(title, units, BCD_TITLE_ROOM);
	for (size_t i = 0; i < n; i++)
		if (units[i] < ' ' || units[i] == 0x7f)
			return false;
	return n != 0 && n < BCD_TITLE_ROOM && utf8_from_utf16(out, BCD_TITLE_ROOM, units, n);
}

bool bitlocker_has(struct bytes block)
{
	static const char signature[] = "-FVE-FS-";
	size_t at = 3, size = sizeof(signature) - 1;

	return block.size >= at + size && memcmp(block.at + at, signature, size) == 0;
}

bool load_option_is_windows(struct bytes bytes, const uint8_t *partition)
{
	static const char wanted[] = "Windows Boot Manager";
	struct path_partition found;
	struct load_option option;
	struct path_node node;
	size_t at = 0;

	if (!load_option_read(bytes, &option) || option.description.size != 2 * (sizeof(wanted) - 1))
		return false;
	for (size_t i = 0; i < sizeof(wanted) - 1; i++)
		if (load_le(option.description.at + 2 * i, 2) != (unsigned char)wanted[i])
			return false;
	while (path_next(option.path, &at, &node))
		if (path_partition(&node, &found) && !found.in_mbr && memcmp(found.signature, partition, 16) == 0)
			return true;
	return false;
}
