/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key `extra` of an entry: files that a unified kernel image is handed beside what it has in itself, by the kind
 * that their names tell. Pure; efi/extras.c reads and hands them over.
 *
 * Sources: UAPI.1, "Type #1"; systemd-stub(7), "Companion Files"; systemd, src/boot/boot.c.
 */
#ifndef BERTH_EXTRA_H
#define BERTH_EXTRA_H

#include "entry.h"
#include "measure.h"

#include "../base/cpio.h"

/* In the order in which their archives are handed over. */
enum extra { EXTRA_CREDENTIAL, EXTRA_SYSEXT, EXTRA_CONFEXT, N_EXTRAS };

#define EXTRA_VALUES "a *.cred, *.sysext.raw or *.confext.raw file with a name in ASCII"
#define EXTRA_NAME   256		  /* bytes with the NUL: the longest name that Linux has */
#define EXTRA_MOST   UINT32_C(0x60000000) /* bytes of one: no reader of cpio takes 2 GiB */

/* Which kind the path is of, and the file's name; false when it is of none, or no name that every system takes. */
bool extra_read(struct word path, enum extra *which, char name[EXTRA_NAME]);

/*
 * An archive with the files of this kind among the entry's, whose sizes are these: measures it, or with cpio->at writes
 * all but the files' bytes, behind what is there; tells in at[i] how far behind cpio->at the i-th belongs. Nothing when
 * there is none of the kind. A file without a byte is left out.
 */
void extra_pack(const struct entry *entry, enum extra which, const uint32_t *size, struct cpio *cpio, uint64_t *at);

/*
 * The stub of an image puts its own initrd behind the one that it is offered, and does not fail when there is one: not
 * when its section .sdmagic says that it is systemd's of before 261 (systemd #41748).
 */
#define EXTRA_STUB "systemd-stub"
bool extra_is_taken(struct word magic);

/* As what the archive of this kind is measured, before anything is started. */
enum measured extra_measured(enum extra which);

/* Where the system finds them: "/.extra/credentials" without the slash. */
const char *extra_folder(enum extra which);

#endif
