/* SPDX-License-Identifier: BSD-2-Clause */
#include "utf8.h"

size_t utf8_next(const char *text, size_t size, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* by length: longer forms are not allowed */
	unsigned char lead = (unsigned char)text[0];
	size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;

	if (length == 0 || length > size)
		return 0;
	*code = length == 1 ? lead : lead & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (*code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return length;
}

size_t utf8_put(char *out, uint32_t code)
{
	unsigned int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	for (unsigned int i = more; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(more == 0 ? code : (0xff00u >> (more + 1) & 0xff) | code); /* RFC 3629, 3 */
	return more + 1;
}

/* Whole blocks: a narrow character among wide ones costs a gap; a wide one among narrow ones would shift the line. */
unsigned int utf8_columns(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} wide[] = {
	    {0x1100, 0x115f},	 /* Hangul Jamo, leading consonants */
	    {0x231a, 0x232a},	 /* watches and brackets, */
	    {0x23e9, 0x23f3},	 /* signs of players and clocks, */
	    {0x25fd, 0x25fe},	 /* squares, */
	    {0x2614, 0x27bf},	 /* signs of many kinds, */
	    {0x2b1b, 0x2b55},	 /* squares and stars: what is an emoji there is wide */
	    {0x2e80, 0xd7a3},	 /* from CJK radicals to Hangul syllables */
	    {0xf900, 0xfaff},	 /* CJK compatibility ideographs */
	    {0xfe10, 0xfe6f},	 /* vertical and small forms */
	    {0xff01, 0xff60},	 /* fullwidth forms, */
	    {0xffe0, 0xffe6},	 /* and signs */
	    {0x10000, 0x10ffff}, /* emoji and ideographs */
	};

	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (code >= wide[i].first && code <= wide[i].last)
			return 2;
	return 1;
}
