/* SPDX-License-Identifier: BSD-2-Clause */
#include "fail.h"

static void write_fail(struct fail *why, enum status status, enum rule rule, const char *format, va_list args)
{
	struct text text = TEXT(why->text);

	why->status = status;
	why->rule = rule;
	text_vadd(&text, format, args);
}

enum status fail(struct fail *why, enum status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_fail(why, status, RULE_NONE, format, args);
	va_end(args);
	return status;
}

enum status fail_by(struct fail *why, enum status status, enum rule rule, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_fail(why, status, rule, format, args);
	va_end(args);
	return status;
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
