/* SPDX-License-Identifier: BSD-2-Clause */
#include "memparse.h"

#include "range.h"

/* 16, not a digit in any base, for anything else. */
static unsigned int digit_value(char c)
{
	char low = (char)(c | 0x20);

	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	return low >= 'a' && low <= 'f' ? (unsigned int)(low - 'a' + 10) : 16;
}

size_t memparse(const char *text, size_t length, uint64_t *out)
{
	static const char suffix[] = "kmgtpe";
	bool hex = length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
	unsigned int base = hex ? 16 : length > 1 && text[0] == '0' ? 8 : 10;
	size_t start = hex ? 2 : 0, at = start;
	uint64_t value = 0;

	for (; at < length && digit_value(text[at]) < base; at++)
		if (checked_mul(value, base, &value) || checked_add(value, digit_value(text[at]), &value))
			return 0;
	if (at == start)
		return 0;
	for (unsigned int s = 0; at < length && suffix[s] != '\0'; s++) {
		if ((text[at] | 0x20) != suffix[s])
			continue;
		if (checked_mul(value, UINT64_C(1) << (10 * (s + 1)), &value))
			return 0;
		at++;
		break;
	}
	*out = value;
	return at;
}
