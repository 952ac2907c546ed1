/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's header, written field by field as a test wants it. */
#ifndef BERTH_TESTS_KERNEL_HEAD_H
#define BERTH_TESTS_KERNEL_HEAD_H

#include "../../protocol/image.h"

/* By the names of the Linux boot protocol; what a test does not name is as in Debian 12's kernel. */
struct kernel_fields {
	const char *name;
	uint8_t jump, setup_sects, relocatable_kernel, min_alignment;
	uint16_t boot_flag, version, xloadflags;
	uint32_t magic, syssize, initrd_addr_max, kernel_alignment, cmdline_size, init_size;
	uint64_t setup_data, pref_address, file_size;
};

#pragma GCC diagnostic ignored "-Woverride-init" /* a named field takes the place of Debian 12's */

#define DEBIAN_12                                                                                                      \
	.name = "vmlinuz-6.1", .jump = 0x6a, .setup_sects = 39, .relocatable_kernel = 1, .min_alignment = 21,          \
	.boot_flag = 0xaa55, .version = 0x020f, .xloadflags = 0x7f, .magic = 0x53726448, .syssize = 0x80000,           \
	.initrd_addr_max = 0x7fffffff, .kernel_alignment = 0x200000, .cmdline_size = 2047, .init_size = 0x3378000,     \
	.pref_address = 0x1000000, .file_size = 0x80000 * 16 + 40 * 512

#define KERNEL(...) ((struct kernel_fields){DEBIAN_12, __VA_ARGS__})

/* Writes the first IMAGE_HEAD bytes of such a file. */
void kernel_head(const struct kernel_fields *fields, uint8_t head[IMAGE_HEAD]);

#endif
