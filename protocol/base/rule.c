/* SPDX-License-Identifier: BSD-2-Clause */
#include "rule.h"

static const struct rule_row rows[N_RULES] = {
    [RULE_NONE] = {"", "", "", DUTY},
#define RULE(id, kind, sentence, source) [id] = {#id, sentence, source, kind},
#include "rules.def"
#undef RULE
};

const struct rule_row *rule_row(enum rule rule)
{
	return &rows[rule < N_RULES ? rule : RULE_NONE];
}
