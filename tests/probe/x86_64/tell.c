/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell.h"

#define COM1	   0x3f8
#define DEBUG_EXIT 0xf4	 /* -device isa-debug-exit,iobase=0xf4,iosize=4: status is 2 * value + 1 */
#define RESET	   0xcf9 /* of the chipset; QEMU ends by it with -no-reboot */

void *memset(void *to, int byte, size_t size)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
	return to;
}

static uint8_t in(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void out(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static void out_byte(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

void say_char(char c)
{
	while ((in(COM1 + 5) & 0x20) == 0)
		;
	out_byte(COM1, (uint8_t)c);
}

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

void end_machine(uint32_t status)
{
	out(DEBUG_EXIT, status);
	out_byte(RESET, 0x06);
	for (;;)
		__asm__ volatile("hlt");
}
