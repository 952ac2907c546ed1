/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys as keyboards and terminals send them, each for what it is. */
#include "given.h"

#include "../../config/keys.h"

#define CTRL  0x80000008u /* UEFI 2.10, 12.2.3: valid, and the left one */
#define RCTRL 0x80000004u
#define ALT   0x80000020u
#define RALT  0x80000010u

static void expect(const char *what, struct key_press got, enum key key, uint32_t character, bool ctrl, bool alt)
{
	if (got.key != key || got.character != character || got.ctrl != ctrl || got.alt != alt)
		fail_msg("%s: key %d, character %#x%s%s", what, (int)got.key, got.character, got.ctrl ? ", Ctrl" : "",
			 got.alt ? ", Alt" : "");
}

/* UEFI 2.10, appendix B, "EFI scan codes". */
static void scan_codes_are_the_tables(void **state)
{
	static const struct {
		uint16_t scan;
		enum key key;
	} row[] = {
	    {0x01, KEY_UP},	{0x02, KEY_DOWN},    {0x03, KEY_RIGHT},	 {0x04, KEY_LEFT},    {0x05, KEY_HOME},
	    {0x06, KEY_END},	{0x07, KEY_INSERT},  {0x08, KEY_DELETE}, {0x09, KEY_PAGE_UP}, {0x0a, KEY_PAGE_DOWN},
	    {0x0b, KEY_F1},	{0x0c, KEY_F2},	     {0x0d, KEY_F3},	 {0x0e, KEY_OTHER},   {0x13, KEY_OTHER},
	    {0x14, KEY_F10},	{0x15, KEY_OTHER},   {0x16, KEY_OTHER},	 {0x17, KEY_ESCAPE},  {0x18, KEY_OTHER},
	    {0x48, KEY_OTHER},	{0x7f, KEY_OTHER},   {0x80, KEY_UP},	 {0x81, KEY_DOWN},    {0x82, KEY_OTHER},
	    {0x104, KEY_ENTER}, {0xffff, KEY_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		expect("alone", key_from_firmware(row[i].scan, 0, 0), row[i].key, 0, false, false);
		expect("with a character", key_from_firmware(row[i].scan, 'x', 0), row[i].key, 0, false, false);
		expect("with Ctrl", key_from_firmware(row[i].scan, 0, CTRL), row[i].key, 0, true, false);
		expect("with both", key_from_firmware(row[i].scan, 0, CTRL | RALT), row[i].key, 0, true, true);
	}
}

static void characters_are_themselves(void **state)
{
	(void)state;
	for (uint16_t c = ' '; c < 0x7f; c++)
		expect("a character", key_from_firmware(0, c, 0), KEY_CHARACTER, c, false, false);
	expect("a letter of Greek", key_from_firmware(0, 0x3b1, 0), KEY_CHARACTER, 0x3b1, false, false);
	expect("the last", key_from_firmware(0, 0xffff, 0), KEY_CHARACTER, 0xffff, false, false);
	expect("Enter", key_from_firmware(0, '\r', 0), KEY_ENTER, 0, false, false);
	expect("line feed", key_from_firmware(0, '\n', 0), KEY_ENTER, 0, false, false);
	expect("tab", key_from_firmware(0, '\t', 0), KEY_TAB, 0, false, false);
	expect("backspace", key_from_firmware(0, '\b', 0), KEY_BACKSPACE, 0, false, false);
	expect("a terminal's backspace", key_from_firmware(0, 0x7f, 0), KEY_BACKSPACE, 0, false, false);
	expect("Esc as a character", key_from_firmware(0, 0x1b, 0), KEY_ESCAPE, 0, false, false);
	expect("a control character", key_from_firmware(0, 0x1c, 0), KEY_OTHER, 0, false, false);
	expect("a modifier alone", key_from_firmware(0, 0, CTRL), KEY_NONE, 0, true, false);
	expect("nothing", key_from_firmware(0, 0, 0), KEY_NONE, 0, false, false);
}

/* UEFI 2.10, 12.3.3: either way is allowed. */
static void ctrl_comes_as_a_number_or_as_a_state(void **state)
{
	(void)state;
	expect("1", key_from_firmware(0, 1, 0), KEY_CHARACTER, 'a', true, false);
	expect("26", key_from_firmware(0, 26, 0), KEY_CHARACTER, 'z', true, false);
	expect("12", key_from_firmware(0, 12, 0), KEY_CHARACTER, 'l', true, false);
	expect("l", key_from_firmware(0, 'l', CTRL), KEY_CHARACTER, 'l', true, false);
	expect("L", key_from_firmware(0, 'L', RCTRL), KEY_CHARACTER, 'l', true, false);
	expect("12 and the state", key_from_firmware(0, 12, CTRL), KEY_CHARACTER, 'l', true, false);
	expect("a digit", key_from_firmware(0, '4', CTRL), KEY_CHARACTER, '4', true, false);
	expect("Alt", key_from_firmware(0, 'f', ALT), KEY_CHARACTER, 'f', false, true);
	expect("a state that is not valid", key_from_firmware(0, 'f', ALT & 0x7fffffff), KEY_CHARACTER, 'f', false,
	       false);
	/* AltGr makes characters on many keyboards. */
	expect("AltGr", key_from_firmware(0, '@', CTRL | RALT), KEY_CHARACTER, '@', false, false);
}

static enum sequence feed(const char *text, struct key_press *press)
{
	uint32_t characters[32];
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		characters[i] = (unsigned char)text[i];
	for (size_t i = 0; i < n; i++)
		if (key_sequence(characters, i, press) != SEQUENCE_MORE)
			fail_msg("\"%s\" ends after %zu", text, i);
	return key_sequence(characters, n, press);
}

static void sequences_of_terminals_are_keys(void **state)
{
	static const struct {
		const char *text;
		enum key key;
		bool ctrl, alt;
	} row[] = {
	    {"[A", KEY_UP, false, false},      {"[B", KEY_DOWN, false, false},	   {"[C", KEY_RIGHT, false, false},
	    {"[D", KEY_LEFT, false, false},    {"[H", KEY_HOME, false, false},	   {"[F", KEY_END, false, false},
	    {"OA", KEY_UP, false, false},      {"OH", KEY_HOME, false, false},	   {"OF", KEY_END, false, false},
	    {"OP", KEY_F1, false, false},      {"OQ", KEY_F2, false, false},	   {"OR", KEY_F3, false, false},
	    {"[1~", KEY_HOME, false, false},   {"[2~", KEY_INSERT, false, false},  {"[3~", KEY_DELETE, false, false},
	    {"[4~", KEY_END, false, false},    {"[5~", KEY_PAGE_UP, false, false}, {"[6~", KEY_PAGE_DOWN, false, false},
	    {"[7~", KEY_HOME, false, false},   {"[8~", KEY_END, false, false},	   {"[11~", KEY_F1, false, false},
	    {"[21~", KEY_F10, false, false},   {"[15~", KEY_OTHER, false, false},  {"[99~", KEY_OTHER, false, false},
	    {"[1;5C", KEY_RIGHT, true, false}, {"[1;3D", KEY_LEFT, false, true},   {"[3;5~", KEY_DELETE, true, false},
	    {"[1;7A", KEY_UP, true, true},     {"[1;2B", KEY_DOWN, false, false},  {"[1;1B", KEY_DOWN, false, false},
	    {"[Z", KEY_OTHER, false, false},   {"[~", KEY_OTHER, false, false},	   {"O~", KEY_OTHER, false, false},
	};
	struct key_press press;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		if (feed(row[i].text, &press) != SEQUENCE_KEY)
			fail_msg("\"%s\" is no key", row[i].text);
		expect(row[i].text, press, row[i].key, 0, row[i].ctrl, row[i].alt);
	}
	/* Linux's console, Konsole with Shift, an answer of a terminal, three numbers: wholly taken, nothing left over.
	 */
	assert_int_equal(feed("[[A", &press), SEQUENCE_KEY);
	assert_int_equal(press.key, KEY_F1);
	assert_int_equal(feed("[[B", &press), SEQUENCE_KEY);
	assert_int_equal(press.key, KEY_F2);
	static const char *const others[] = {"[[D",	 "[[E",	    "[[@",  "O2Q",	"O5A",
					     "[?62;22c", "[1;5;7A", "[1 q", "[123456~", "[ A"};
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		assert_int_equal(feed(others[i], &press), SEQUENCE_KEY);
		assert_int_equal(press.key, KEY_OTHER);
	}
	assert_int_equal(feed("b", &press), SEQUENCE_KEY);
	expect("Alt", press, KEY_CHARACTER, 'b', false, true);
	assert_int_equal(feed("\x7f", &press), SEQUENCE_KEY);
	expect("Alt-Backspace", press, KEY_BACKSPACE, 0, false, true);
	assert_int_equal(feed("\b", &press), SEQUENCE_KEY);
	expect("and as another terminal has it", press, KEY_BACKSPACE, 0, false, true);
}

static void what_no_key_sends_is_none(void **state)
{
	static const char *const row[] = {"\x1b", "\r", "\x01", "[\x1b", "[1;5\r", "O\r", "O2\x1b", "[\x80"};
	static uint32_t endless[SEQUENCE_MOST + 1] = {'['};
	struct key_press press;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		if (feed(row[i], &press) != SEQUENCE_NONE)
			fail_msg("row %zu", i);
	for (size_t i = 1; i <= SEQUENCE_MOST; i++)
		endless[i] = '1';
	assert_int_equal(key_sequence(endless, SEQUENCE_MOST, &press), SEQUENCE_MORE);
	assert_int_equal(key_sequence(endless, SEQUENCE_MOST + 1, &press), SEQUENCE_NONE);
	assert_int_equal(key_sequence(endless, 0, &press), SEQUENCE_MORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scan_codes_are_the_tables),
	    cmocka_unit_test(characters_are_themselves),
	    cmocka_unit_test(ctrl_comes_as_a_number_or_as_a_state),
	    cmocka_unit_test(sequences_of_terminals_are_keys),
	    cmocka_unit_test(what_no_key_sends_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
