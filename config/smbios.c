/* SPDX-License-Identifier: BSD-2-Clause */
#include "smbios.h"
#include "scan.h"

#include "../base/mem.h"

#define HEADER 4 /* bytes of a structure's: type, length of the formatted area with the header, handle (6.1.2) */
#define LAST   127

#define PROCESSOR_ID	  0x08 /* 7.5: where a processor's structure has its ID, and the number of its name's string */
#define PROCESSOR_VERSION 0x10

#define EXTENSION_2 0x13 /* 7.1, table 6: a byte of the BIOS information's, and a bit in it */
#define IS_VIRTUAL  0x10

/* @length: the entry point's own. 5.2: all of its bytes, with the checksum, add up to 0. */
static bool is_sound(const uint8_t *entry, size_t length, size_t least, size_t most)
{
	uint8_t sum = 0;

	if (length < least || length > most)
		return false;
	for (size_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + entry[i]);
	return sum == 0;
}

static bool lies_at(uint64_t address, uint64_t size, struct range *table)
{
	return address != 0 && size != 0 && !checked_range(address, size < SMBIOS_MOST ? size : SMBIOS_MOST, table);
}

bool smbios_3_table(const uint8_t *entry, struct range *table)
{
	return memcmp(entry, "_SM3_", 5) == 0 && is_sound(entry, entry[6], SMBIOS_3_ENTRY, SMBIOS_3_ENTRY) &&
	       lies_at(load_le(entry + 16, 8), load_le(entry + 12, 4), table);
}

/* 5.2.1: SMBIOS 2.1 gave its length as 30 by mistake. */
bool smbios_2_table(const uint8_t *entry, struct range *table)
{
	return memcmp(entry, "_SM_", 4) == 0 && memcmp(entry + 16, "_DMI_", 5) == 0 &&
	       is_sound(entry, entry[5], SMBIOS_2_ENTRY - 1, SMBIOS_2_ENTRY) &&
	       lies_at(load_le(entry + 24, 4), load_le(entry + 22, 2), table);
}

static void eat(struct bytes *bytes, size_t size)
{
	bytes->at += size;
	bytes->size -= size;
}

/* Takes the string in front, and its NUL; false when it has none. */
static bool take_string(struct bytes *bytes, struct word *string)
{
	size_t length = 0;

	while (length < bytes->size && bytes->at[length] != 0)
		length++;
	if (length == bytes->size)
		return false;
	*string = (struct word){(const char *)bytes->at, length};
	eat(bytes, length + 1);
	return true;
}

/* Takes the header and the formatted area in front of strings; false at the end. */
static bool take_structure(struct bytes *bytes, uint8_t *type)
{
	size_t length;

	if (bytes->size < HEADER)
		return false;
	*type = bytes->at[0];
	length = bytes->at[1];
	if (*type == LAST || length < HEADER || length > bytes->size)
		return false;
	eat(bytes, length);
	return true;
}

/* 6.1.3: an empty string ends the set; a structure without strings has two NULs. */
static void end_set(struct bytes *bytes, bool has_any)
{
	if (!has_any && bytes->size != 0 && bytes->at[0] == 0)
		eat(bytes, 1);
}

bool smbios_next(struct bytes *structures, struct bytes *structure)
{
	struct bytes rest = *structures;
	struct word string;
	bool has_any = false;
	uint8_t type;

	if (!take_structure(&rest, &type))
		return false;
	for (;;) {
		if (!take_string(&rest, &string))
			return false;
		if (string.length == 0)
			break;
		has_any = true;
	}
	end_set(&rest, has_any);
	*structure = (struct bytes){structures->at, structures->size - rest.size};
	*structures = rest;
	return true;
}

bool smbios_is_virtual(struct bytes structures)
{
	struct bytes structure;

	while (smbios_next(&structures, &structure))
		if (structure.at[0] == SMBIOS_BIOS) /* its second byte is the length before the strings (6.1.2) */
			return structure.at[1] > EXTENSION_2 && (structure.at[EXTENSION_2] & IS_VIRTUAL) != 0;
	return false;
}

/* Takes the prefix off; false when the string does not begin with it. */
static bool skip_prefix(struct word *string, const char *prefix)
{
	struct word wanted = word_of(prefix);

	if (string->length < wanted.length || memcmp(string->at, prefix, wanted.length) != 0)
		return false;
	skip(string, wanted.length);
	return true;
}

/* 6.1.3: the string whose number, from 1 on, stands at @field; empty where there is none. */
static struct word string_at(struct bytes structure, size_t field)
{
	struct word string = {NULL, 0};
	struct bytes rest = structure;

	if (structure.at[1] <= field)
		return string;
	eat(&rest, structure.at[1]);
	for (size_t left = structure.at[field]; left != 0; left--)
		if (!take_string(&rest, &string) || string.length == 0)
			return (struct word){NULL, 0};
	return string;
}

/* SMCCC_ARCH_SOC_ID: the manufacturer's JEP-106 code and its number for the chip, here without the revision. */
static bool is_ampere(struct bytes structure)
{
	struct word name = string_at(structure, PROCESSOR_VERSION);
	uint64_t id;

	if (!bytes_get(structure, PROCESSOR_ID, 4, &id))
		return false;
	id &= 0xffff000f;
	return id == 0x0a160001 || id == 0x0a160002 || skip_prefix(&name, "Ampere(TM) Altra(TM) Processor") ||
	       skip_prefix(&name, "eMAG");
}

bool smbios_is_ampere(struct bytes structures)
{
	struct bytes structure;

	while (smbios_next(&structures, &structure))
		if (structure.at[0] == SMBIOS_PROCESSOR && structure.at[1] > PROCESSOR_VERSION && is_ampere(structure))
			return true;
	return false;
}

bool smbios_tells_wake_up(struct bytes structure)
{
	return structure.at[0] == SMBIOS_SYSTEM && structure.at[1] > SMBIOS_WAKE_UP;
}

bool oem_string_next(struct oem_strings *walk, struct word *string)
{
	uint8_t type;

	for (;;) {
		if (!walk->inside) {
			if (!take_structure(&walk->rest, &type))
				return false;
			*walk = (struct oem_strings){walk->rest, true, type == SMBIOS_OEM, false};
		}
		if (!take_string(&walk->rest, string))
			return false;
		if (string->length != 0) {
			walk->has_any = true;
			if (walk->is_oem)
				return true;
			continue;
		}
		end_set(&walk->rest, walk->has_any);
		walk->inside = false;
	}
}

void oem_read(struct bytes structures, struct oem *oem)
{
	struct oem_strings walk = {.rest = structures};
	struct word string;

	*oem = (struct oem){.timeout = {NULL, 0}};
	while (oem_string_next(&walk, &string)) {
		if (oem->timeout.at == NULL && skip_prefix(&string, "io.systemd.boot.timeout="))
			oem->timeout = string;
		else if (oem->options.at == NULL && skip_prefix(&string, "io.systemd.boot.kernel-cmdline-extra="))
			oem->options = string;
		else if (oem->level.at == NULL && skip_prefix(&string, "io.systemd.boot.loglevel="))
			oem->level = string;
	}
}

/* systemd's manual has one spelling, and its code the other. Names have the characters that bootctl(1) takes in ids. */
bool oem_entry(struct word string, char name[MAX_ENTRY_ID], struct word *text)
{
	size_t used = 0;

	if (!skip_prefix(&string, "io.systemd.boot.entries-extra:") &&
	    !skip_prefix(&string, "io.systemd.boot-entries.extra:"))
		return false;
	for (; string.length != 0 && string.at[0] != '='; skip(&string, 1)) {
		char c = string.at[0];

		if (used + 1 == MAX_ENTRY_ID ||
		    (!is_letter(c) && !is_digit(c) && c != '+' && c != '_' && c != '.' && c != '@' && c != '-'))
			return false;
		name[used++] = c;
	}
	name[used] = '\0';
	if (string.length == 0 || !entry_is_named(name, ".conf"))
		return false;
	skip(&string, 1);
	*text = string;
	return true;
}
