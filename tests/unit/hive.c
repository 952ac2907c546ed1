/* SPDX-License-Identifier: BSD-2-Clause */
#include "hive.h"

#include <string.h>

#include "../../base/utf16.h"

#define CELLS 4096
#define NONE  UINT32_MAX

#define SYSTEM	"{01234567-89ab-cdef-0123-456789abcdef}"
#define MANAGER "{9DEA862C-5CDD-4E70-ACC1-F32B344D4795}" /* in capitals, which do not matter */

size_t hive_at(uint32_t cell)
{
	return CELLS + 4 + (size_t)cell;
}

void hive_begin(struct hive *hive)
{
	memset(hive, 0, sizeof(*hive));
	memcpy(hive->bytes, "regf", 4);
	hive->size = CELLS;
}

/* Cells are multiples of eight bytes, and their size is negative when they are in use. */
static uint32_t take(struct hive *hive, size_t size)
{
	uint32_t cell = (uint32_t)(hive->size - CELLS);
	size_t whole = (size + 4 + 7) / 8 * 8;

	store_le(hive->bytes + hive->size, 4, 0 - (uint64_t)whole);
	hive->size += whole;
	return cell;
}

uint32_t hive_value(struct hive *hive, const char *name, uint32_t type, const uint16_t *units, size_t n)
{
	uint32_t data = take(hive, 2 * n), value = take(hive, 20 + strlen(name));
	uint8_t *at = hive->bytes + hive_at(value);

	memcpy(hive->bytes + hive_at(data), units, 2 * n);
	memcpy(at, "vk", 2);
	store_le(at + 2, 2, strlen(name));
	store_le(at + 4, 4, 2 * n);
	store_le(at + 8, 4, data);
	store_le(at + 12, 4, type);
	memcpy(at + 20, name, strlen(name));
	return value;
}

uint32_t hive_key(struct hive *hive, const char *name, const uint32_t *keys, unsigned int n_keys, uint32_t value)
{
	uint32_t list = n_keys == 0 ? NONE : take(hive, 4 + 8ul * n_keys),
		 values = value == NONE ? NONE : take(hive, 4);
	uint32_t key = take(hive, 76 + strlen(name));
	uint8_t *at = hive->bytes + hive_at(key);

	for (unsigned int i = 0; i < n_keys; i++)
		store_le(hive->bytes + hive_at(list) + 4 + 8ul * i, 4, keys[i]);
	if (n_keys != 0) {
		memcpy(hive->bytes + hive_at(list), n_keys % 2 == 0 ? "lf" : "lh", 2);
		store_le(hive->bytes + hive_at(list) + 2, 2, n_keys);
	}
	if (value != NONE)
		store_le(hive->bytes + hive_at(values), 4, value);
	memset(at, 0x5a, 76); /* what nobody has to look at */
	memcpy(at, "nk", 2);
	store_le(at + 28, 4, list);
	store_le(at + 36, 4, value == NONE ? 0 : 1);
	store_le(at + 40, 4, values);
	store_le(at + 72, 2, strlen(name));
	memcpy(at + 76, name, strlen(name));
	return key;
}

void hive_set_root(struct hive *hive, uint32_t key)
{
	store_le(hive->bytes + 36, 4, key);
}

static uint32_t object_of(struct hive *hive, const char *name, const char *element, uint32_t value)
{
	uint32_t key = hive_key(hive, element, NULL, 0, value), elements;

	hive->element = hive_at(key);
	hive->values = hive_at((uint32_t)load_le(hive->bytes + hive->element + 40, 4));
	elements = hive_key(hive, "Elements", &key, 1, NONE);
	return hive_key(hive, name, &elements, 1, NONE);
}

void hive_of_windows(struct hive *hive, const char *title, bool several)
{
	uint16_t order[128], words[512];
	uint32_t objects[2], key[2], value;
	size_t n = 0;

	hive_begin(hive);
	for (int i = 0; i <= several; i++) {
		(void)utf16_from_utf8(order + n, 64, SYSTEM);
		n += sizeof(SYSTEM);
	}
	order[n++] = 0;
	value = hive_value(hive, "Element", 7, order, n);
	hive->order = hive_at(value);
	hive->order_data = hive_at((uint32_t)load_le(hive->bytes + hive_at(value) + 8, 4));
	objects[0] = object_of(hive, MANAGER, "24000001", value);
	(void)utf16_from_utf8(words, 512, title);
	for (n = 0; words[n] != 0; n++)
		;
	value = hive_value(hive, "Element", 1, words, n + 1);
	hive->description = hive_at(value);
	objects[1] = object_of(hive, SYSTEM, "12000004", value);
	key[0] = hive_key(hive, "Description", NULL, 0, NONE);
	key[1] = hive_key(hive, "Objects", objects, 2, NONE);
	hive->objects = hive_at(key[1]);
	value = hive_key(hive, "NewStoreRoot", key, 2, NONE);
	hive->root = hive_at(value);
	hive_set_root(hive, value);
}
