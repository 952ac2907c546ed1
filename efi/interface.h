/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Boot Loader Interface's variables, each written at the moment that systemd-boot writes it. All is best effort: a
 * variable that cannot be written never stops a boot, and nothing is said of it.
 */
#ifndef BERTH_EFI_INTERFACE_H
#define BERTH_EFI_INTERFACE_H

#include "catalogue.h"

/* At the start: who the loader is, what it can do, where it came from, and when. */
void interface_start(void);

/* The list is final: tells the ids. */
void interface_listed(const struct catalogue *catalogue);

/* The menu is about to be drawn for the first time. */
void interface_menu(void);

#endif
