/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Boot Loader Interface's variables, each written at the moment that systemd-boot writes it. All is best effort: a
 * variable that cannot be written never stops a boot, and nothing is said of it.
 */
#ifndef BERTH_EFI_INTERFACE_H
#define BERTH_EFI_INTERFACE_H

#include "catalogue.h"
#include "../config/interface.h"

/* At the start: who the loader is, what it can do, where it came from, and when. */
void interface_start(void);

/* Reads what the system has left for the loader. What is meant for one boot is gone from then on, whatever it says. */
void interface_read(void);

/* Lets variables overrule loader.conf's `timeout`; says so when one cannot be understood. */
void interface_timeouts(struct loader_conf *conf);

/* The list is final: tells the ids, and chooses. Says so when what was asked for once cannot boot. */
enum chooser interface_choose(const struct catalogue *catalogue, size_t *index);

/* Says which wishes for a default were passed over, when @by chose @entry. */
void interface_say_passed_over(const struct catalogue *catalogue, enum chooser by, const struct entry *entry);

/*
 * What boots from here on does so only because something else has failed, or not: then it does not become the entry
 * that was booted last, which "@saved" means.
 */
void interface_substitute(bool is_substitute);

/* Kernels for this CPU take a device tree from an entry. */
bool interface_takes_tree(void);

/* The menu is about to be drawn for the first time. */
void interface_menu(void);

#endif
