/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of trees.efi, which tells what loaders make of a volume: see main.c. */
#ifndef BERTH_TESTS_TREES_H
#define BERTH_TESTS_TREES_H

#include <efi.h>

#include <stdbool.h>
#include <stddef.h>

#include "../../base/mem.h"

extern EFI_SYSTEM_TABLE *st;
extern EFI_BOOT_SERVICES *bs;
extern EFI_HANDLE self;

/* ---- watch.c: a loader runs, until it starts something or waits for a key at a menu ---- */
void watch(EFI_HANDLE loader);
const char *how_it_ended(void);

/* ---- tell.c: lines on the console, even while a loader's are kept ---- */
void say(const char *text);
void tell_start(const char *text);
void tell(const char *text);
void tell_wide(const CHAR16 *text, size_t units); /* a NUL in it becomes a blank, what is not ASCII `?` */
void tell_end(void);

/* ---- screen.c: what a loader writes is kept, and not shown ---- */
void screen_watch(void);
void screen_unwatch(void);
bool screen_is_drawn(void); /* something was written since it was cleared by the loader */
void screen_tell(void);

/* ---- initrd.c: what a loader offers to what it starts ---- */
void initrd_take(void); /* looks at it, and takes it away */
void initrd_tell(void);

/* ---- options.c: what it passes ---- */
void options_take(EFI_HANDLE image);
void options_tell(void);

/* ---- variables.c: those of the Boot Loader Interface ---- */
void variables_forget(void);
void variables_given(const char *lines);
void variable_set(const char *name, const char *value);
bool variable_is(const CHAR16 *name, const EFI_GUID *vendor, const char *wanted);
void variables_tell(void);

#endif
