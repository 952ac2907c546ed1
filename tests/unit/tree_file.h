/* SPDX-License-Identifier: BSD-2-Clause */
/* Device trees as files have them, written without libfdt, which reads them. */
#ifndef BERTH_TESTS_TREE_FILE_H
#define BERTH_TESTS_TREE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_FILE_SIZE 4096

/* Devicetree Specification, 5.2: the header's fields, in bytes from its start. */
enum {
	TREE_TOTALSIZE = 4,
	TREE_OFF_STRUCT = 8,
	TREE_OFF_STRINGS = 12,
	TREE_OFF_RESERVED = 16,
	TREE_VERSION = 20,
	TREE_LAST_COMPATIBLE = 24,
	TREE_SIZE_STRINGS = 32,
	TREE_SIZE_STRUCT = 36,
};

struct tree_file {
	uint8_t structure[2048], strings[512];
	size_t structure_size, strings_size;
	unsigned int reservations; /* of 4 KiB each, from 2 GiB on */
	size_t padding;		   /* bytes behind the last block */
	bool strings_first;	   /* blocks in another order than libfdt writes them */
};

void tree_file_node(struct tree_file *file, const char *name);
void tree_file_end(struct tree_file *file);
void tree_file_property(struct tree_file *file, const char *name, const void *value, size_t size);

/*
 * A machine's: root, two processors, a memory node, and /chosen with stale "linux,initrd-start", "linux,initrd-end", a
 * "kaslr-seed" and "bootargs".
 */
struct tree_file tree_file_machine(void);

/* Writes it to @to, TREE_FILE_SIZE bytes; returns its size. */
size_t tree_file_write(const struct tree_file *file, uint8_t *to);

/* A big-endian word of such a file. */
void tree_file_set(uint8_t *file, size_t offset, uint32_t value);

#endif
