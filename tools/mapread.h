/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory maps as people have them, as one struct memmap. */
#ifndef BERTH_MAPREAD_H
#define BERTH_MAPREAD_H

#include "../plan/memmap.h"

struct map_source {
	/* Sorted, checked and rounded by memmap_parse, as firmware's own descriptors are. */
	struct memmap map;
	const char *kind;     /* what the text was taken for: "Berth's log", "EFI shell memmap", "/proc/iomem" */
	bool is_firmwares;    /* false: a later view, which no longer tells what firmware held at boot */
	const char *viewer;   /* whose view that is: "the kernel", "GRUB" */
	char incomplete[256]; /* why a part of the map is likely to be missing from the text; empty: nothing says so */

	/* From Berth's own log, on its last look at the memory; has_facts is false elsewhere. */
	bool has_facts;
	size_t descriptors, map_room, desc_size;
	unsigned int levels; /* of paging: 4 or 5 */
	bool has_32_bits;    /* firmware */
	bool has_la57, gib_pages, has_seed;
	uint32_t page_sizes;   /* of an arm64, all added up; 0: not told */
	uint64_t tree_size;    /* bytes of the device tree that the kernel is told by; 0: there is none */
	uint64_t entropy;      /* what placement random was drawn from */
	struct range *refused; /* by firmware, against its own map */
	size_t n_refused;
};

/*
 * Reads a memory map: Berth's log, the EFI shell's memmap, U-Boot's efidebug memmap, GRUB's lsefimmap or lsmmap, a log
 * of Linux or Xen with firmware's map or an e820 table, /sys/firmware/memmap or a copy of it (a folder), /proc/iomem,
 * kexec -d, or lines "START-END TYPE". `-` is standard input. What stands before a line, such as a quote mark or a
 * timestamp, does not matter.
 * Bytes become pages by the loader's rounding; memory that reaches 2^64 is cut where the last whole page starts. Of a
 * log with several maps the last one that was firmware's counts, and Berth's own comes before the kernel's.
 * IO_ERROR when it cannot be read, BAD_INPUT when it is none of these, a line of it makes no sense, or numbers show
 * that a part is missing; both name the
 * file, and the line where there is one. map_source_free() gives the memory back, also after an error.
 */
enum status map_read(const char *path, struct map_source *source, struct fail *why) MUST_CHECK;
/* As map_read, of a text that is in memory already, and that is changed where it is UTF-16. */
enum status map_read_text(const char *name, uint8_t *text, size_t size, struct map_source *source,
			  struct fail *why) MUST_CHECK;

void map_source_free(struct map_source *source);

#endif
