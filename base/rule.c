/* SPDX-License-Identifier: BSD-2-Clause */
#include "rule.h"

/* Of rules that this build signs nothing with, by what the Makefile says, it has the ids alone. */
#define NO_WORDS(id, kind, sentence, source) [id] = {#id, kind, ""},
#ifdef NO_RULES_X86
#define RULE_X86 NO_WORDS
#endif
#ifdef NO_RULES_ARM64
#define RULE_ARM64 NO_WORDS
#endif
#ifdef NO_RULES_RISCV
#define RULE_RISCV NO_WORDS
#endif

static const struct rule_row rows[N_RULES] = {
    [RULE_NONE] = {"", DUTY, ""},
#define RULE(id, kind, sentence, source) [id] = {#id, kind, sentence},
#include "rules.def"
#undef RULE
};

const struct rule_row *rule_row(enum rule rule)
{
	return &rows[rule < N_RULES ? rule : RULE_NONE];
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool rule_named(const char *id, size_t length, enum rule *rule)
{
	for (unsigned int i = RULE_NONE + 1; i < N_RULES; i++) {
		size_t n = 0;

		while (n < length && rows[i].id[n] != '\0' && upper(id[n]) == rows[i].id[n])
			n++;
		if (n == length && rows[i].id[n] == '\0') {
			*rule = (enum rule)i;
			return true;
		}
	}
	return false;
}
