/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell.h"

void say(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			say_char('\r');
		say_char(*text);
	}
}

void say_number(uint64_t n, unsigned int base)
{
	char digits[24];
	size_t count = 0;

	do {
		digits[count++] = "0123456789abcdef"[n % base];
	} while ((n /= base) != 0);
	while (count > 0)
		say_char(digits[--count]);
}

void say_hex(const char *before, uint64_t n)
{
	say(before);
	say("0x");
	say_number(n, 16);
}

void tell_clause(void *context, unsigned int number, const char *sentence, const char *source,
		 const struct finding *finding)
{
	(void)context;
	say(finding->verdict == CLAUSE_BROKEN ? "not ok " : "ok ");
	say_number(number, 10);
	say(" - ");
	say(sentence);
	say(" # ");
	if (finding->verdict == CLAUSE_DOES_NOT_APPLY) {
		say("SKIP ");
		say(finding->what);
		say("; ");
	}
	say(source);
	say("\n");
	if (finding->verdict != CLAUSE_BROKEN)
		return;
	say("#   ");
	say(finding->what == NULL ? "seen" : finding->what);
	say_hex(" ", finding->seen);
	say_hex(", wanted ", finding->wanted);
	say("\n");
}

void tell_end(const struct clause_report *report)
{
	say("1..");
	say_number(report->number, 10);
	say("\n# probe: ");
	say_number(report->number - report->broken, 10);
	say(" of ");
	say_number(report->number, 10);
	say(" clauses, ");
	say_number(report->not_applied, 10);
	say(" do not apply\n");
}
