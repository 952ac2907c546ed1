/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of the menu have in common: two entries in it, and a person at the keyboard. */
#ifndef BERTH_TESTS_MENUS_H
#define BERTH_TESTS_MENUS_H

#include "scene.h"

/* An entry of a program, which is passed its options, and one of Linux behind it; @keys: uefi.h. */
void menu_given(const char *conf, const char *keys);

/* A boot; whatever was done in the menu, firmware has its cursor and its colours back. */
void menu_run(const char *name);

#endif
