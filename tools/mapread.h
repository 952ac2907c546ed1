/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory maps as people have them, as one struct memmap. */
#ifndef BERTH_MAPREAD_H
#define BERTH_MAPREAD_H

#include "map_source.h"

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
/* As map_read, for a text that is in memory already, and is changed if it is UTF-16. */
enum status map_read_text(const char *name, uint8_t *text, size_t size, struct map_source *source,
			  struct fail *why) MUST_CHECK;

void map_source_free(struct map_source *source);

#endif
