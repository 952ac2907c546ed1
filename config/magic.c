/* SPDX-License-Identifier: BSD-2-Clause */
#include "magic.h"

#include "scan.h"

static bool passes(struct word *rest, const char *text)
{
	size_t length = word_of(text).length;

	if (rest->length < length || !word_is((struct word){rest->at, length}, text))
		return false;
	skip(rest, length);
	return true;
}

bool magic_is_of(struct word *magic, const char *product)
{
	struct word rest = *magic;

	if (!passes(&rest, MAGIC_BEGIN) || !passes(&rest, product) || !passes(&rest, " "))
		return false;
	*magic = rest;
	return true;
}
