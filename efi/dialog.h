/* SPDX-License-Identifier: BSD-2-Clause */
/* What a person sees and presses: reasons, and the menu. Nothing waits without end unless a key was pressed before. */
#ifndef BERTH_EFI_DIALOG_H
#define BERTH_EFI_DIALOG_H

#include "listed.h"

#include "../loader/attempt.h"

/* Says a reason, and the rule behind it. */
void say_why(const struct fail *why);

/*
 * "press any key" and @what_then: shows the reason until a key is pressed, and for this time at most; whether one was.
 */
#define LEAVES ", or firmware goes on" /* where nothing else follows */
bool wait_for_key(uint32_t seconds, const char *what_then);

/* How the menu was left. */
enum chosen { LEFT, BY_HAND, BY_TIME, WITHOUT_KEYS };

/*
 * Shows the menu until an entry is chosen, which is *index then, or the user leaves to firmware. It opens on entry
 * *index, and boots it after @seconds, or never (TIMEOUT_FOREVER). @why: why that entry failed, or NULL.
 */
enum chosen choose(const struct catalogue *catalogue, size_t *index, uint32_t seconds, const struct fail *why);

/* Gives the menu an attempt, in which it can show what a boot would do; called once. */
void dialog_uses(struct boot *attempt);

#endif
