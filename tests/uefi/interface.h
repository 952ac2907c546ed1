/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of the Boot Loader Interface have in common: two entries that boot, and variables as the system finds
 * them. */
#ifndef BERTH_TESTS_INTERFACE_H
#define BERTH_TESTS_INTERFACE_H

#include "scene.h"

#define ONE	      "title One\nsort-key a\nlinux /vmlinuz\noptions one\n"
#define TWO	      "title Two\nsort-key b\nlinux /vmlinuz\noptions two\n"
#define FOR_THIS_BOOT 6 /* UEFI 2.10, 8.2.1: of boot services and at run time */
#define STAYS	      7 /* and over a reset */

/* Entries one and two; @conf: NULL for no loader.conf; @boots: the text of the one that is to boot. */
void interface_given(const char *conf, const char *boots);

/* boot.rst, cmd_line_ptr: the command line begins with the options of the entry that was meant. */
void interface_expect_boots(const char *name, const char *options);

/* There is a variable with this text and these attributes; and there is none of this name. */
void interface_expect_variable(const char *name, const char *text, uint32_t attributes);
void interface_expect_none(const char *name);

#endif
