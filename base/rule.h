/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The placement rules as data: rules.def is the list, and this file makes an enum and a table of it.
 */
#ifndef BERTH_RULE_H
#define BERTH_RULE_H

#include <stdbool.h>
#include <stddef.h>

enum rule {
	RULE_NONE,
#define RULE(id, kind, sentence, source) id,
#include "rules.def"
#undef RULE
	N_RULES
};

enum rule_kind {
	LIMIT, /* narrows where a part may lie, or chooses among what is left: signed by code */
	DUTY,  /* something that the loader does or never does: guarded by tests */
};

struct rule_row {
	char id[4];
	enum rule_kind kind;
	const char *sentence;
};

/* The row of @rule; an empty row for RULE_NONE and for any number that is not a rule. */
const struct rule_row *rule_row(enum rule rule);

/* The rule with this id, in upper or lower case; false when there is none. */
bool rule_named(const char *id, size_t length, enum rule *rule);

#endif
