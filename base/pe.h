/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What loaders ask of a PE file's headers: for which CPU it is, and where its sections lie. Nothing here says that a
 * file can be loaded; firmware finds that out. Source: Microsoft PE Format, "COFF File Header", "Optional Header",
 * "Section Table".
 */
#ifndef BERTH_PE_H
#define BERTH_PE_H

#include "bytes.h"

#define PE_HEAD_USUAL 4096  /* bytes of a file that hold the headers of nearly all */
#define PE_HEAD_MOST  16384 /* and of those with some 400 sections; no more are looked at */
#define PE_SECTION    40    /* bytes of a row of the section table */

struct pe {
	unsigned int machine; /* machine_of_pe tells whose number it is */
	unsigned int major_image_version;
	bool nx_compat; /* it says that it runs where no memory can be both written to and run */
	unsigned int n_sections;
	uint64_t table;	   /* where in the file the first row is */
	uint64_t head_end; /* behind the last: the head must have that many bytes */
};

struct pe_section {
	char name[9];
	uint64_t virtual_size, address; /* in memory */
	uint64_t size, offset;		/* in the file */
	uint64_t flags;
};

/* Reads the headers at the front of @head, which may end before the section table. False: it is no PE file. */
bool pe_read(struct bytes head, struct pe *pe);

/* The @n-th section, from 0; false past the last, and where the head ends. */
bool pe_section_at(struct bytes head, const struct pe *pe, unsigned int n, struct pe_section *section);

/* The first section of this name. */
bool pe_section_named(struct bytes head, const struct pe *pe, const char *name, struct pe_section *section);

/* A row of the table. */
void pe_section_decode(const uint8_t row[PE_SECTION], struct pe_section *section);

/* How many bytes of the file are the section's contents: what is there, without the zeros that fill up its last page.
 */
uint64_t pe_section_contents(const struct pe_section *section);

/*
 * Why a loader that wants no memory to be both written to and run does not load it: words behind its name; NULL when
 * nothing of the headers speaks against it. Sources: PE Format, "DLL Characteristics", "Section Flags"; shim,
 * pe-relocate.c (read_header) and pe.c (handle_image).
 */
const char *pe_breaks_nx(struct bytes head, const struct pe *pe);

/*
 * Where firmware for @machine enters a kernel for another CPU: an offset in @image, which is the file as firmware has
 * loaded it. Linux for x86-64 has such an entrance for 32-bit firmware, and tells of it in the section .compat. 0 when
 * there is none within the image.
 * Sources: Linux arch/x86/boot/header.S; systemd, src/boot/pe.c.
 */
uint32_t pe_compat_entry(struct bytes image, const struct pe *pe, unsigned int machine);

/* Where "PE", two NULs, and the headers behind them are; false when there is no such place in @head. */
bool pe_header(struct bytes head, uint64_t *at);

#endif
