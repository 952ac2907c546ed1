/* SPDX-License-Identifier: BSD-2-Clause */
/* The PE file around the text of config/sums.h: what firmware, shim and sbsign take for a program, and nothing runs. */
#ifndef BERTH_TOOL_SUMS_FILE_H
#define BERTH_TOOL_SUMS_FILE_H

#include "../base/fail.h"
#include "../base/machine.h"

/*
 * Writes it to @path, for firmware of this CPU. IO_ERROR when it cannot be written; BAD_INPUT when @text is larger than
 * the loader reads.
 */
enum status sums_file_write(const char *path, enum elf_machine machine, const char *text, size_t size,
			    struct fail *why) MUST_CHECK;

#endif
