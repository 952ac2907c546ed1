/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial port and the end of a PC in QEMU. */
#include "../tell.h"

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

void end_machine(uint32_t status)
{
	out(DEBUG_EXIT, status);
	out_byte(RESET, 0x06);
	for (;;)
		__asm__ volatile("hlt");
}
