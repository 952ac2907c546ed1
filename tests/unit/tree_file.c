/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree_file.h"

#include <string.h>

void tree_file_set(uint8_t *file, size_t offset, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		file[offset + i] = (uint8_t)(value >> (24 - 8 * i));
}

static void word(struct tree_file *file, uint32_t value)
{
	tree_file_set(file->structure, file->structure_size, value);
	file->structure_size += 4;
}

static void bytes(struct tree_file *file, const void *at, size_t size)
{
	memcpy(file->structure + file->structure_size, at, size);
	file->structure_size += (size + 3) / 4 * 4;
}

void tree_file_node(struct tree_file *file, const char *name)
{
	word(file, 1);
	bytes(file, name, strlen(name) + 1);
}

void tree_file_end(struct tree_file *file)
{
	word(file, 2);
}

void tree_file_property(struct tree_file *file, const char *name, const void *value, size_t size)
{
	word(file, 3);
	word(file, (uint32_t)size);
	word(file, (uint32_t)file->strings_size);
	bytes(file, value, size);
	memcpy(file->strings + file->strings_size, name, strlen(name) + 1);
	file->strings_size += strlen(name) + 1;
}

struct tree_file tree_file_machine(void)
{
	static const uint8_t two[4] = {0, 0, 0, 2}, stale[8] = {0xde, 0xad};
	struct tree_file file = {.reservations = 1, .padding = 64};

	tree_file_node(&file, "");
	tree_file_property(&file, "#address-cells", two, 4);
	tree_file_property(&file, "model", "berth,test", 11);
	tree_file_node(&file, "cpus");
	tree_file_node(&file, "cpu@0");
	tree_file_property(&file, "device_type", "cpu", 4);
	tree_file_end(&file);
	tree_file_node(&file, "cpu@1");
	tree_file_end(&file);
	tree_file_end(&file);
	tree_file_node(&file, "memory@40000000");
	tree_file_property(&file, "device_type", "memory", 7);
	tree_file_end(&file);
	tree_file_node(&file, "chosen");
	tree_file_property(&file, "linux,initrd-start", stale, 8);
	tree_file_property(&file, "linux,initrd-end", stale, 4);
	tree_file_property(&file, "kaslr-seed", stale, 8);
	tree_file_property(&file, "bootargs", "firmware's own", 15);
	tree_file_end(&file);
	tree_file_end(&file);
	word(&file, 9);
	return file;
}

static size_t write_reservations(const struct tree_file *file, uint8_t *to)
{
	for (unsigned int i = 0; i < file->reservations; i++) {
		tree_file_set(to, 16ul * i + 4, 0x80000000 + i * 0x1000);
		tree_file_set(to, 16ul * i + 12, 0x1000);
	}
	return 16ul * (file->reservations + 1);
}

size_t tree_file_write(const struct tree_file *file, uint8_t *to)
{
	size_t at = 40, structure, strings;

	memset(to, 0, TREE_FILE_SIZE);
	at += write_reservations(file, to + at);
	strings = file->strings_first ? at : at + file->structure_size;
	structure = file->strings_first ? (at + file->strings_size + 7) / 8 * 8 : at;
	memcpy(to + structure, file->structure, file->structure_size);
	memcpy(to + strings, file->strings, file->strings_size);
	at = (file->strings_first ? structure + file->structure_size : strings + file->strings_size) + file->padding;
	tree_file_set(to, 0, 0xd00dfeed);
	tree_file_set(to, TREE_TOTALSIZE, (uint32_t)at);
	tree_file_set(to, TREE_OFF_STRUCT, (uint32_t)structure);
	tree_file_set(to, TREE_OFF_STRINGS, (uint32_t)strings);
	tree_file_set(to, TREE_OFF_RESERVED, 40);
	tree_file_set(to, TREE_VERSION, 17);
	tree_file_set(to, TREE_LAST_COMPATIBLE, 16);
	tree_file_set(to, TREE_SIZE_STRINGS, (uint32_t)file->strings_size);
	tree_file_set(to, TREE_SIZE_STRUCT, (uint32_t)file->structure_size);
	return at;
}
