/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Boot Loader Interface: what a loader and systemd tell each other by variables of firmware's. Pure: what stands in
 * them, and what follows from it; efi/interface.c reads and writes them.
 *
 * Sources: systemd, docs/BOOT_LOADER_INTERFACE.md; where systemd-boot does otherwise, src/boot/boot.c, as its tools do.
 */
#ifndef BERTH_INTERFACE_H
#define BERTH_INTERFACE_H

#include "entry.h"

#include "../base/bytes.h"

/* ---- what the loader tells ---- */

/* LoaderFeatures: what this loader does. @takes_tree: it heeds the key `devicetree`. */
uint64_t interface_features(bool takes_tree);

/*
 * LoaderEntries: the ids one after the other, in UTF-16, each with its NUL. Returns how many units that takes; writes
 * them when @out is not NULL.
 */
size_t interface_ids(struct entry *const *entries, size_t n, uint16_t *out);

/*
 * LoaderKeyboardLayout: the language of a keyboard's layout as firmware describes it, a tag such as "de-DE" (BCP 47).
 * False when the bytes are not a layout, or its first description names no language.
 * Source: UEFI 2.10, 34.8.10, EFI_HII_KEYBOARD_LAYOUT and EFI_DESCRIPTION_STRING_BUNDLE.
 */
#define LANGUAGE_TAG 36 /* bytes with the NUL; RFC 5646, 4.4.1: room for 35 characters holds every sensible one */
bool interface_language(struct bytes layout, char out[LANGUAGE_TAG]);

/* ---- what it is told ---- */

#define INTERFACE_UNITS 2048			  /* of UTF-16 in a variable; a longer one is refused */
#define INTERFACE_TEXT	(3 * INTERFACE_UNITS + 5) /* bytes that hold any of them as UTF-8, with the NUL */

/*
 * The string of a variable of @size bytes, of which at most INTERFACE_UNITS units are there: up to a NUL, if it has
 * one. False, and an empty string, when it is longer, has half a unit, or says nothing.
 */
bool interface_text(const uint16_t *units, size_t size, char out[INTERFACE_TEXT]);

/*
 * LoaderConfigTimeout: seconds, or a word of loader.conf's. bootctl(1) writes numbers for words: 4294967295 is
 * menu-force, and so is a larger one. False, and nothing changed, when it is something else.
 */
bool interface_timeout(struct loader_conf *conf, struct word value);

/* LoaderConfigTimeoutOneShot: the same, and the menu shows in any case: without a countdown where that would be 0. */
bool interface_timeout_one_shot(struct loader_conf *conf, struct word value);

/*
 * VMMBootOrder####, where QEMU's `bootindex` stands in a machine's firmware: the path of a device, of which this
 * returns how many bytes stand before its end. 0 when it has no node, or does not end within the variable. Sources:
 * EDK2, OvmfPkg/Library/QemuBootOrderLib; src/boot/vmm.c. UEFI 2.10, 10.3.1.
 */
size_t interface_place(struct bytes variable);

/* ---- which entry ---- */

/* What variables ask for: a pattern over ids, or "@saved" for what was booted last. Absent: there is no variable. */
struct asked {
	struct word one_shot;	 /* LoaderEntryOneShot */
	struct word preferred;	 /* LoaderEntryPreferred */
	struct word standard;	 /* LoaderEntryDefault */
	struct word last_booted; /* LoaderEntryLastBooted: an id */
	struct word sys_fail;	 /* LoaderEntrySysFail, heard only when the system has failed */
};

/* Who chose an entry, in the order in which they are heard. */
enum chooser {
	BY_SYS_FAIL,
	BY_ONE_SHOT,
	BY_PREFERRED,	   /* the variable */
	BY_CONF_PREFERRED, /* loader.conf */
	BY_DEFAULT,
	BY_CONF_DEFAULT,
	BY_NOBODY, /* it is the first that can boot */
	N_CHOOSERS
};

/*
 * The first entry that the first of them means and that is not broken; `preferred` passes over those out of tries.
 * Without any: the first that is neither broken nor out of tries, of those that somebody wrote and that are no other
 * profile than an image's first; else the first of them that is not broken; else 0.
 */
enum chooser entries_choose(struct entry *const *entries, size_t n, const struct loader_conf *conf,
			    const struct asked *asked, size_t *index);

/*
 * Firmware's table of what it can update, ESRT, says that the last try to update something failed. @table: at least its
 * header. Source: UEFI 2.10, 23.4; src/boot/sysfail.c.
 */
#define ESRT_HEADER    16		/* bytes */
#define ESRT_RESOURCE  40		/* of each entry behind it */
#define ESRT_RESOURCES 1024		/* a table of more is not believed */
size_t esrt_size(const uint8_t *table); /* of all of it, by its header; 0 when it is not one */
bool esrt_tells_failure(struct bytes table);

/* What @chooser was asked for; absent when it was asked for nothing. */
struct word chooser_pattern(enum chooser chooser, const struct loader_conf *conf, const struct asked *asked);

bool is_saved(struct word pattern);

/* Somebody asks for an entry on another disk, by its whole id, which is not among these. */
bool asks_for_other_disk(struct entry *const *entries, size_t n, const struct loader_conf *conf,
			 const struct asked *asked);

/* Somebody asks for "@saved": LoaderEntryLastBooted is kept up. A variable's default hides loader.conf's. */
bool asks_for_saved(const struct loader_conf *conf, const struct asked *asked);

#endif
