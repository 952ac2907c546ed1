/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's bzImage for x86: its setup header, read once and checked.
 * Source: Linux Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header".
 */
#ifndef BERTH_BZIMAGE_H
#define BERTH_BZIMAGE_H

#include "../../base/bytes.h"
#include "../../base/fail.h"
#include "../../base/range.h"
#include "setup_header.h"

enum xloadflags {
	XLF_KERNEL_64 = 1 << 0,
	XLF_CAN_BE_LOADED_ABOVE_4G = 1 << 1,
	XLF_5LEVEL = 1 << 5,
	XLF_5LEVEL_ENABLED = 1 << 6,
	XLF_MEM_ENCRYPTION = 1 << 7,
};

/* After bzimage_parse every field has been checked against the others and against the file. */
struct bzimage {
	uint16_t version; /* 0x020c is 2.12 */
	uint16_t xloadflags;
	/* A power of two, at least 2 MiB with a 64-bit entry, else a page; a relocatable kernel's header tells it. */
	uint32_t kernel_alignment;
	uint32_t least_alignment; /* the same, at most kernel_alignment */
	uint32_t initrd_addr_max; /* the last byte, as the header has it */
	uint32_t cmdline_size;	  /* without the NUL */
	uint64_t pref_address;	  /* 1 MiB before 2.10, and when a kernel that cannot be moved has none */
	uint64_t window_size;	  /* init_size in whole pages; before 2.10 three times payload_size */
	bool window_is_estimate;  /* it is the latter */
	bool relocatable;
	uint64_t payload_at;	 /* file offset of the protected-mode part */
	uint64_t payload_size;	 /* bytes from there to the end of the file */
	uint64_t payload_memory; /* the same, up to the end of a last paragraph that the file does not fill */
	uint8_t header[BZIMAGE_HEADER_MAX];
	size_t header_size;
};

/* In the copy of the header. */
#define HEADER_PUT(k, name, value) store_le((k)->header + (AT_##name - BZIMAGE_HEADER_AT), WIDTH_##name, value)

/*
 * @head: the first bytes of the file, at least 0x290 of them or the whole file.
 * NOT_FOUND when the file has no setup header; BAD_INPUT naming the field, its value and the rule otherwise.
 */
enum status bzimage_parse(struct bzimage *k, const char *name, struct bytes head, uint64_t file_size,
			  struct fail *why) MUST_CHECK;

/* The highest type of setup_data that the kernel takes, without SETUP_INDIRECT's bit; INT32_MAX: it does not say. */
uint32_t bzimage_setup_type_max(const struct bzimage *k, struct bytes payload);

/* Without it the kernel is entered in 32-bit mode: one for i386, or older than 2.12. */
static inline bool bzimage_has_entry_64(const struct bzimage *k)
{
	return (k->xloadflags & XLF_KERNEL_64) != 0;
}

/* boot.rst, "32-bit Boot Protocol" and "64-bit Boot Protocol": the entry, from the load address. */
static inline uint64_t bzimage_entry_at(const struct bzimage *k)
{
	return bzimage_has_entry_64(k) ? 0x200 : 0;
}

static inline bool bzimage_has_setup_data(const struct bzimage *k)
{
	return k->version >= 0x0209;
}

static inline bool bzimage_can_load_above_4g(const struct bzimage *k)
{
	return (k->xloadflags & XLF_KERNEL_64) != 0 && (k->xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G) != 0;
}

#endif
