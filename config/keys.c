/* SPDX-License-Identifier: BSD-2-Clause */
#include "keys.h"

/* UEFI 2.10, 12.2.3: KeyShiftState. */
#define SHIFT_VALID 0x80000000u
#define SHIFT_CTRL  0x0000000cu /* right and left */
#define SHIFT_ALT   0x00000030u

#define DELETE_CHARACTER 0x7f /* what many terminals send for Backspace */

static bool is_letter(uint32_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static enum key key_of_scan(uint16_t scan)
{
	static const uint8_t key[] = {
	    [0x01] = KEY_UP,  [0x02] = KEY_DOWN,   [0x03] = KEY_RIGHT,	[0x04] = KEY_LEFT,    [0x05] = KEY_HOME,
	    [0x06] = KEY_END, [0x07] = KEY_INSERT, [0x08] = KEY_DELETE, [0x09] = KEY_PAGE_UP, [0x0a] = KEY_PAGE_DOWN,
	    [0x0b] = KEY_F1,  [0x0c] = KEY_F2,	   [0x0d] = KEY_F3,	[0x14] = KEY_F10,     [0x17] = KEY_ESCAPE,
	};

	/* Tablets have a rocker for the volume and a key for power, and nothing else. */
	if (scan == 0x80 || scan == 0x81)
		return scan == 0x80 ? KEY_UP : KEY_DOWN;
	if (scan == 0x104) /* SCAN_SUSPEND */
		return KEY_ENTER;
	return scan < sizeof(key) && key[scan] != KEY_NONE ? (enum key)key[scan] : KEY_OTHER;
}

static struct key_press key_of_character(uint32_t character, bool ctrl, bool alt)
{
	struct key_press press = {KEY_CHARACTER, character, ctrl, alt};

	if (character == '\r' || character == '\n')
		press.key = KEY_ENTER;
	else if (character == '\t')
		press.key = KEY_TAB;
	else if (character == '\b' || character == DELETE_CHARACTER)
		press.key = KEY_BACKSPACE;
	else if (character == 0x1b)
		press.key = KEY_ESCAPE;
	else if (character >= 1 && character <= 26)
		press = (struct key_press){KEY_CHARACTER, character - 1 + 'a', true, alt};
	else if (character < ' ')
		press.key = KEY_OTHER;
	else if (ctrl && is_letter(character))
		press.character |= 0x20;
	if (press.key != KEY_CHARACTER)
		press.character = 0;
	return press;
}

struct key_press key_from_firmware(uint16_t scan, uint16_t character, uint32_t shift)
{
	bool known = (shift & SHIFT_VALID) != 0;
	bool ctrl = known && (shift & SHIFT_CTRL) != 0, alt = known && (shift & SHIFT_ALT) != 0;

	/* With the extended protocol a modifier pressed alone is a key without scan code and character. */
	if (scan == 0 && character == 0)
		return (struct key_press){KEY_NONE, 0, ctrl, alt};
	/* AltGr comes as both, and makes characters. */
	if (ctrl && alt && scan == 0)
		ctrl = alt = false;
	if (scan != 0)
		return (struct key_press){key_of_scan(scan), 0, ctrl, alt};
	return key_of_character(character, ctrl, alt);
}

/* "ESC [ NUMBER ~": DEC's keys. */
static enum key key_of_number(unsigned int number)
{
	static const uint8_t key[] = {
	    [1] = KEY_HOME, [2] = KEY_INSERT, [3] = KEY_DELETE, [4] = KEY_END, [5] = KEY_PAGE_UP, [6] = KEY_PAGE_DOWN,
	    [7] = KEY_HOME, [8] = KEY_END,    [11] = KEY_F1,	[12] = KEY_F2, [13] = KEY_F3,	  [21] = KEY_F10,
	};

	return number < sizeof(key) && key[number] != KEY_NONE ? (enum key)key[number] : KEY_OTHER;
}

static enum key key_of_letter(uint32_t letter)
{
	static const struct {
		char letter;
		uint8_t key;
	} row[] = {{'A', KEY_UP},  {'B', KEY_DOWN}, {'C', KEY_RIGHT}, {'D', KEY_LEFT}, {'H', KEY_HOME},
		   {'F', KEY_END}, {'P', KEY_F1},   {'Q', KEY_F2},    {'R', KEY_F3}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (letter == (uint32_t)row[i].letter)
			return (enum key)row[i].key;
	return KEY_OTHER;
}

/* Linux's console sends "ESC [ [ A" to "E" for F1 to F5. */
static enum sequence linux_function_key(const uint32_t *at, size_t n, struct key_press *out)
{
	static const uint8_t key[] = {KEY_F1, KEY_F2, KEY_F3};

	if (n == 0)
		return SEQUENCE_MORE;
	*out =
	    (struct key_press){at[0] >= 'A' && at[0] <= 'C' ? (enum key)key[at[0] - 'A'] : KEY_OTHER, 0, false, false};
	return SEQUENCE_KEY;
}

/*
 * ECMA-48, 5.4: parameters and more, from blank to ?, then a character from @ to ~ that ends it. All of it is taken,
 * whatever it means: what is left over would count as keys. The second number is xterm's: 1 plus the modifiers.
 */
static enum sequence control_sequence(const uint32_t *at, size_t n, struct key_press *out)
{
	unsigned int number[2] = {0, 0}, which = 0;
	bool is_known = true;

	for (size_t i = 0; i < n; i++) {
		unsigned int modifiers;

		if (at[i] >= '0' && at[i] <= '9' && number[which] < 100) {
			number[which] = 10 * number[which] + (at[i] - '0');
			continue;
		}
		if (at[i] >= ' ' && at[i] < '@') {
			is_known = is_known && at[i] == ';' && which == 0;
			which = 1;
			continue;
		}
		if (at[i] < ' ' || at[i] > '~')
			return SEQUENCE_NONE;
		if (at[i] == '[' && i == 0)
			return linux_function_key(at + 1, n - 1, out);
		modifiers = number[1] == 0 ? 0 : number[1] - 1;
		*out = (struct key_press){KEY_OTHER, 0, (modifiers & 4) != 0, (modifiers & 2) != 0};
		if (is_known)
			out->key = at[i] == '~' ? key_of_number(number[0]) : key_of_letter(at[i]);
		return SEQUENCE_KEY;
	}
	return SEQUENCE_MORE;
}

/* "ESC O LETTER"; some terminals put modifiers between them. */
static enum sequence single_shift(const uint32_t *at, size_t n, struct key_press *out)
{
	size_t i = 0;

	while (i < n && at[i] >= ' ' && at[i] < '@')
		i++;
	if (i == n)
		return SEQUENCE_MORE;
	if (at[i] < ' ' || at[i] > '~')
		return SEQUENCE_NONE;
	*out = (struct key_press){i == 0 ? key_of_letter(at[i]) : KEY_OTHER, 0, false, false};
	return SEQUENCE_KEY;
}

enum sequence key_sequence(const uint32_t *characters, size_t n, struct key_press *out)
{
	if (n == 0)
		return SEQUENCE_MORE;
	if (n > SEQUENCE_MOST)
		return SEQUENCE_NONE;
	if (characters[0] == '[')
		return control_sequence(characters + 1, n - 1, out);
	if (characters[0] == 'O')
		return single_shift(characters + 1, n - 1, out);
	/* Alt on a terminal. */
	if (characters[0] < ' ' && characters[0] != '\b')
		return SEQUENCE_NONE;
	*out = key_of_character(characters[0], false, true);
	return SEQUENCE_KEY;
}
