/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strings that a machine, most often a virtual one, hands its system in SMBIOS structures of type 11, and what those
 * for a boot loader ask for. Pure: efi/oem.c finds the tables, whose every number is hostile.
 *
 * Sources: DMTF DSP0134 (SMBIOS) 3.7; systemd, man/smbios-type-11.xml and src/boot/smbios.c.
 */
#ifndef BERTH_SMBIOS_H
#define BERTH_SMBIOS_H

#include "entry.h"

#include "../base/range.h"

/* Bytes of the entry points that firmware's tables lead to (5.2.2 and 5.2.1), and of a table that is read. */
#define SMBIOS_3_ENTRY 24
#define SMBIOS_2_ENTRY 31
#define SMBIOS_MOST    (UINT64_C(1024) * 1024)

/*
 * Where the structures lie, by an entry point of that many bytes: of 64 bits ("_SM3_"), or of 32 ("_SM_"). At most
 * SMBIOS_MOST bytes of them. False when it is not one, by its anchor, length or checksum, or tells of no bytes.
 */
bool smbios_3_table(const uint8_t *entry, struct range *table);
bool smbios_2_table(const uint8_t *entry, struct range *table);

/*
 * The BIOS information (type 0) says that the machine is a virtual one: 7.1.2.2, bit 4 of the second extension byte. By
 * this systemd knows one where the CPU does not tell (src/boot/vmm.c, in_hypervisor).
 */
bool smbios_is_virtual(struct bytes structures);

/*
 * A processor (type 4) is an Ampere Altra or eMAG, by its SoC ID or its name: firmware of these crashes in SetTime
 * unless SetVirtualAddressMap was called (Linux drivers/firmware/efi/libstub/arm64.c, system_needs_vamap).
 */
bool smbios_is_ampere(struct bytes structures);

/* Types of structures (7.1, 7.2, 7.3, 7.5 and 7.12); and where one of the first says how the machine was started. */
enum { SMBIOS_BIOS = 0, SMBIOS_SYSTEM = 1, SMBIOS_BOARD = 2, SMBIOS_PROCESSOR = 4, SMBIOS_OEM = 11 };
#define SMBIOS_WAKE_UP 0x18

/*
 * Takes the next structure off, with its strings and the NUL behind them; its type is its first byte. False at the
 * end, at the structure that says so (type 127), and when it is cut off.
 */
bool smbios_next(struct bytes *structures, struct bytes *structure);

/* It says there how the machine was started, in one byte at SMBIOS_WAKE_UP. */
bool smbios_tells_wake_up(struct bytes structure);

/* Where a walk through the strings of type 11 stands; it begins with all structures, and false. */
struct oem_strings {
	struct bytes rest; /* of the structures */
	bool inside;	   /* the strings of one, which */
	bool is_oem;	   /* is of type 11, and */
	bool has_any;	   /* has had one */
};

/*
 * The next string, which lies in the structures and holds no NUL; false behind the last one, at the structure that says
 * so (type 127), and where a structure is cut off.
 */
bool oem_string_next(struct oem_strings *walk, struct word *string);

/* What the strings of a table ask for. Absent: nothing; when there are several of one kind, the first counts. */
struct oem {
	struct word timeout; /* as loader.conf's */
	struct word options; /* for the kernels of `linux` entries, behind their own */
	struct word level;   /* of the log */
};
void oem_read(struct bytes structures, struct oem *oem);

/* The string is an entry, NAME=TEXT: @name is the name that its file would have in the folder of entries. */
bool oem_entry(struct word string, char name[MAX_ENTRY_ID], struct word *text);
#endif
