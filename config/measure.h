/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is measured into a TPM: which register takes the sum of which bytes, and how the event is described in
 * firmware's log, to the byte as systemd-boot and Linux's EFI stub do it. So sums that were computed beforehand for a
 * boot by these hold for a boot by Berth. Pure; efi/tpm.c calls firmware, tools/measure.c computes registers.
 *
 * Sources: TCG EFI Protocol Specification, revision 00.13, 6.6 (EFI_TCG2_EVENT; UEFI 2.10, 38.2.3, EFI_CC_EVENT has the
 * same layout); TCG PC Client Platform Firmware Profile 1.05, 10.4.1 (types of events); systemd,
 * src/fundamental/tpm2-pcr.h and src/boot/measure.c; Linux drivers/firmware/efi/libstub/efi-stub-helper.c, events[].
 */
#ifndef BERTH_MEASURE_H
#define BERTH_MEASURE_H

#include "eventlog.h"

enum measured {
	MEASURED_CONF,	   /* loader.conf, all bytes of the file */
	MEASURED_TEXT,	   /* what a kernel or a program is passed: UTF-16 with its NUL, which describes itself */
	MEASURED_OPTIONS,  /* the same bytes, as a kernel's EFI stub measures them */
	MEASURED_INITRD,   /* all initrds, joined as the kernel gets them */
	MEASURED_SMBIOS_1, /* a structure with its strings; how it woke up is not in it */
	MEASURED_SMBIOS_2,
	MEASURED_SMBIOS_11,
	MEASURED_CREDENTIALS, /* archives of the files that `extra` names; in the order of enum extra */
	MEASURED_SYSEXTS,
	MEASURED_CONFEXTS,
	N_MEASURED
};

struct measured_as {
	uint8_t pcr, type;
	bool wide;	/* its words are in UTF-16 */
	char words[37]; /* that describe it; none: the bytes themselves do */
	uint32_t tag;	/* of a tagged event, else 0 */
};
const struct measured_as *measured_as(enum measured what);

/* How many bytes the event has of which @size bytes are measured. */
size_t event_size(enum measured what, size_t size);
/* Writes so many bytes. */
void event_compose(enum measured what, struct bytes bytes, uint8_t *event);
/* An EFI_CC_EVENT has the number of its own register in the place of a TPM's. */
void event_set_register(uint8_t *event, uint32_t number);

/* What a structure of SMBIOS is measured as; false: not at all. */
bool measured_structure(struct bytes structure, enum measured *what);

/* The event tells of this: by its register, its type, and its tag or its words. */
bool event_is(const struct event *event, enum measured what);

/* The last event of this kind in a log has the sum of these bytes. */
bool measured_last(const struct eventlog *log, enum measured what, struct bytes bytes);

#endif
