/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How functions of Berth fail: a status, and a sentence made where the numbers are known.
 *
 *	return fail(why, BAD_INPUT, "%s: init_size is 0", name);
 *
 * A sentence names the thing, the number, the rule and the way out. fail_add() appends a further line.
 */
#ifndef BERTH_FAIL_H
#define BERTH_FAIL_H

#include "rule.h"
#include "text.h"

enum status {
	OK = 0,
	BAD_INPUT, /* a file or a wish of the user breaks a rule */
	NOT_FOUND, /* no such file, entry or address */
	NO_PLACE,  /* no free memory within the limits */
	GAVE_UP,   /* the search budget ended before an answer was found */
	TAKEN,	   /* firmware refused an address that its map calls free */
	REFUSED,   /* a policy forbids it (Secure Boot) */
	IO_ERROR,  /* a read or another service of firmware failed */
};

#define FAIL_TEXT 1024

struct fail {
	enum status status;
	enum rule rule;
	char text[FAIL_TEXT];
};

/*
 * fail() replaces what @why held, and is @which, a status; fail_by() is the same, signed with a rule. They are macros
 * so that compilers and analysers see which status comes out.
 */
#define fail(why, which, ...)	       (fail_write(why, which, RULE_NONE, __VA_ARGS__), (enum status)(which))
#define fail_by(why, which, rule, ...) (fail_write(why, which, rule, __VA_ARGS__), (enum status)(which))
__attribute__((format(printf, 4, 5))) void fail_write(struct fail *why, enum status status, enum rule rule,
						      const char *format, ...);
/* Appends a line to the sentence. */
__attribute__((format(printf, 2, 3))) void fail_add(struct fail *why, const char *format, ...);

/* Stands at the start of a line and is the one hidden return in the tree. */
#define TRY(call)                                                                                                      \
	do {                                                                                                           \
		enum status try_status_ = (call);                                                                      \
		if (try_status_ != OK)                                                                                 \
			return try_status_;                                                                            \
	} while (0)

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
