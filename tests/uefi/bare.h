/* SPDX-License-Identifier: BSD-2-Clause */
/* A console and a keyboard under efi/console.c and efi/keyboard.c that see every unit, key and event. */
#ifndef BERTH_TESTS_BARE_H
#define BERTH_TESTS_BARE_H

#include "../unit/given.h"

#include "../../efi/efi_local.h"

#define FOR_EVER UINT32_MAX

/* One answer of WaitForEvent, and of ReadKeyStroke and CheckEvent where the loader asks further. */
struct answer {
	EFI_STATUS wait;
	UINTN which;
	EFI_STATUS read;
	EFI_INPUT_KEY key;
	EFI_STATUS check;
};

extern struct bare {
	CHAR16 written[8192];
	size_t units, calls, clears, tests;
	CHAR16 unknown;	  /* a unit that the console cannot show */
	CHAR16 tested[3]; /* what it was asked for at last */
	EFI_STATUS query;
	UINTN columns, rows, asked_mode;
	const struct answer *answers;
	size_t n, waits, reads, checks; /* the last answer counts for ever */
	UINTN events_waited_for;
	EFI_STATUS create, set, stall;
	unsigned int created, closed;
	EFI_TIMER_DELAY how;
	UINT64 time;
	UINTN stalled, stalls;
} bare;

/* Firmware with both, in mode 3, and without the extended protocol; efi.system has them. */
void given_consoles(void);

#define given_answers(...)                                                                                             \
	do {                                                                                                           \
		static const struct answer given_[] = {__VA_ARGS__};                                                   \
		bare.answers = given_;                                                                                 \
		bare.n = COUNT_OF(given_);                                                                             \
	} while (0)

/* What was written, all of it. */
void expect_units(const CHAR16 *units, size_t n);

#endif
