/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys for Secure Boot on the loader's volume, \loader\keys\NAME\{db,dbx,KEK,PK}.auth, become the machine's while it
 * has no platform key. Firmware judges them; the loader writes them in the order in which nothing is half done.
 *
 * Sources: UEFI 2.10, 32.3; loader.conf(5), "secure-boot-enroll"; systemd, src/boot/secure-boot.c.
 */
#ifndef BERTH_EFI_ENROLL_H
#define BERTH_EFI_ENROLL_H

#include "listed.h"

/* loader.conf does not say `off`, and firmware waits for a platform key. */
bool enroll_may(const struct loader_conf *conf);

/*
 * Enrols those of the folder `auto` without being asked, where loader.conf says `force`, or `if-safe` and the machine
 * is a virtual one. Returns only when there are none, or with the reason said.
 */
void enroll_unasked(const struct loader_conf *conf);

/* An entry for each folder, behind all others. */
void enroll_offer(struct catalogue *catalogue);

/*
 * Enrols the keys of a folder, and has the machine restart or switched off. Returns only with the reason why not:
 * REFUSED when a person stopped it, or firmware takes a file not; the reason tells what is then enrolled.
 */
enum status enroll(struct word folder, const struct loader_conf *conf, struct fail *why) MUST_CHECK;

#endif
