/* SPDX-License-Identifier: BSD-2-Clause */
#include "fail.h"

void fail_write(struct fail *why, enum status status, enum rule rule, const char *format, ...)
{
	struct text text = TEXT(why->text);
	va_list args;

	why->status = status;
	why->rule = rule;
	va_start(args, format);
	text_vadd(&text, format, args);
	va_end(args);
}

void fail_add(struct fail *why, const char *format, ...)
{
	struct text text = TEXT(why->text);
	va_list args;

	while (text.used < text.size - 1 && why->text[text.used] != '\0')
		text.used++;
	text_add(&text, "\n");
	va_start(args, format);
	text_vadd(&text, format, args);
	va_end(args);
}
