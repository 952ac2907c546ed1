/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How stand-in kernels tell what they found: TAP on the console, and QEMU's status. mem*, say_char and end_machine are
 * each CPU's own.
 */
#ifndef BERTH_TESTS_TELL_H
#define BERTH_TESTS_TELL_H

#include "clauses.h"

#define ALL_KEPT    0x10
#define SOME_BROKEN 0x11

void *memset(void *to, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);

void say_char(char c);
void say(const char *text);
void say_number(uint64_t n, unsigned int base);
void say_hex(const char *before, uint64_t n);

/* clause_report's say(): one line, and what was seen when the clause is broken. */
void tell_clause(void *context, unsigned int number, const char *sentence, const char *source,
		 const struct finding *finding);
/* The plan of TAP, and how many clauses were kept. */
void tell_end(const struct clause_report *report);

/* Ends QEMU: with 2 * @status + 1 where there is isa-debug-exit, else with 0 for ALL_KEPT and 1 for all others. */
__attribute__((noreturn)) void end_machine(uint32_t status);

#endif
