/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys, whatever brings them: a keyboard's scan codes, a serial terminal's characters, and the escape sequences that
 * firmware's terminal does not decode. Pure.
 *
 * Sources: UEFI 2.10, appendix B (scan codes) and 12.2.3 (shift state); ECMA-48, 5.4 (control sequences); xterm,
 * "Xterm Control Sequences", for what its keys send.
 */
#ifndef BERTH_KEYS_H
#define BERTH_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key {
	KEY_NONE, /* does nothing, and does not stop a countdown */
	KEY_UP,
	KEY_DOWN,
	KEY_RIGHT,
	KEY_LEFT,
	KEY_HOME,
	KEY_END,
	KEY_INSERT,
	KEY_DELETE,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_F1,
	KEY_F2,
	KEY_F3,
	KEY_F10,
	KEY_ENTER,
	KEY_BACKSPACE,
	KEY_TAB,
	KEY_ESCAPE,
	KEY_GONE,      /* no key can be pressed */
	KEY_CHARACTER, /* which is in key_press.character */
	KEY_OTHER      /* one that has no meaning here */
};

struct key_press {
	enum key key;
	uint32_t character; /* Unicode; of a KEY_CHARACTER alone. With ctrl it is the letter, in lower case */
	bool ctrl, alt;
};

/*
 * What firmware reads. @shift: KeyShiftState of EFI_KEY_STATE, or 0 where only the plain protocol is there. Ctrl with a
 * letter comes as 1 to 26, or as the letter with the state: here it is one thing.
 */
struct key_press key_from_firmware(uint16_t scan, uint16_t character, uint32_t shift);

enum sequence {
	SEQUENCE_MORE, /* it may go on */
	SEQUENCE_KEY,  /* it is complete */
	SEQUENCE_NONE  /* no key sends this */
};

#define SEQUENCE_MOST 32 /* characters behind Esc; the longest that a key sends has six */

/* Decodes the @n characters that follow Esc at once; a terminal sends characters of one byte only. */
enum sequence key_sequence(const uint32_t *characters, size_t n, struct key_press *out);

#endif
