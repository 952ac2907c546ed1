/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Boot Loader Interface's variables, each written at the moment that systemd-boot writes it. All is best effort: a
 * variable that cannot be written never stops a boot, and nothing is said of it.
 */
#ifndef BERTH_EFI_INTERFACE_H
#define BERTH_EFI_INTERFACE_H

#include "catalogue.h"
#include "../config/interface.h"
#include "../config/menu.h"

/* At the start: who the loader is, what it can do, where it came from, and when. */
void interface_start(void);

/* "EDK II 2.70"; false when firmware does not say who made it. */
bool interface_firmware_words(struct text *out);

/* Reads what the system has left for the loader. What is meant for one boot is gone from then on, whatever it says. */
void interface_read(void);

/* Lets variables and SMBIOS overrule loader.conf's `timeout`; says so when one cannot be understood. */
void interface_timeouts(struct loader_conf *conf);

/*
 * The list is final: tells the ids, and chooses, until @is_out, which marks the entry as broken then, has nothing
 * against it. Says so when what was asked for once cannot boot.
 */
enum chooser interface_choose(const struct catalogue *catalogue, bool (*is_out)(struct entry *entry), size_t *index);

/* Says which wishes for a default were passed over, when @by chose @entry. */
void interface_say_passed_over(const struct catalogue *catalogue, enum chooser by, const struct entry *entry);

/*
 * What boots from here on does so only because something else has failed, or not: then it does not become the entry
 * that was booted last, which "@saved" means.
 */
void interface_substitute(bool is_substitute);

/* Kernels for this CPU take a device tree from an entry. */
bool interface_takes_tree(void);

/* What variables say now that a person may change in the menu, and writes those that have been changed there. */
void interface_settings(const struct catalogue *catalogue, struct menu_settings *settings);
void interface_settle(const struct catalogue *catalogue, const struct menu_settings *settings);

/* LoaderConfigConsoleMode overrules loader.conf's `console-mode`. */
void interface_console_mode(struct console_mode *mode);

/* What variables ask for. */
const struct asked *interface_asked(void);

/* A menu is about to be drawn. */
void interface_menu(void);

/* LoaderEntries; more may come later. */
void interface_tell_entries(const struct catalogue *catalogue);

/* A variable, the load option or loader.conf asks for an entry on another disk by its whole id. */
bool interface_asks_for_other_disk(const struct catalogue *c, bool once);

#endif
