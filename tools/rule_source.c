/* SPDX-License-Identifier: BSD-2-Clause */
#include "rule_source.h"

const char *rule_source(enum rule rule)
{
	static const char *const source[N_RULES] = {
	    [RULE_NONE] = "",
#define RULE(id, kind, sentence, source) [id] = source,
#include "../base/rules.def"
#undef RULE
	};

	return source[rule < N_RULES ? rule : RULE_NONE];
}
