/* SPDX-License-Identifier: BSD-2-Clause */
#include "utf16.h"

#include "utf8.h"

size_t utf16_put(uint16_t *out, uint32_t code)
{
	if (code < 0x10000) {
		out[0] = (uint16_t)code;
		return 1;
	}
	out[0] = (uint16_t)(0xd800 + ((code - 0x10000) >> 10));
	out[1] = (uint16_t)(0xdc00 + ((code - 0x10000) & 0x3ff));
	return 2;
}

/* @keeps: what is not UTF-8 stays distinct. */
static bool convert(uint16_t *out, size_t room, const char *utf8, bool keeps)
{
	size_t used = 0, size = 0;

	while (utf8[size] != '\0')
		size++;
	while (size > 0) {
		uint32_t code;
		size_t length = utf8_next(utf8, size, &code);
		size_t units = length == 4 ? 2 : 1;

		if (used + units >= room) {
			out[used] = 0;
			return false;
		}
		if (length == 0)
			code = keeps ? 0xdc00u + (unsigned char)*utf8 : '?';
		used += utf16_put(out + used, code);
		utf8 += length == 0 ? 1 : length;
		size -= length == 0 ? 1 : length;
	}
	out[used] = 0;
	return true;
}

bool utf16_from_utf8(uint16_t *out, size_t room, const char *utf8)
{
	return convert(out, room, utf8, false);
}

bool utf16_from_any(uint16_t *out, size_t room, const char *bytes)
{
	return convert(out, room, bytes, true);
}

bool utf8_from_utf16(char *out, size_t room, const uint16_t *utf16, size_t units)
{
	size_t used = 0;

	for (size_t i = 0; i < units && utf16[i] != 0; i++) {
		uint32_t code = utf16[i];

		if (code >= 0xd800 && code < 0xdc00 && i + 1 < units && (utf16[i + 1] & 0xfc00) == 0xdc00)
			code = 0x10000 + ((code - 0xd800) << 10) + (utf16[++i] - 0xdc00u);
		else if (code >= 0xd800 && code < 0xe000)
			code = '?';
		if (used + UTF8_MOST >= room)
			return false;
		used += utf8_put(out + used, code);
	}
	out[used] = '\0';
	return true;
}
