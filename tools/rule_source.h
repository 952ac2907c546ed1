/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the placement rules come from. It is for readers: no loader has these words. */
#ifndef BERTH_RULE_SOURCE_H
#define BERTH_RULE_SOURCE_H

#include "../base/rule.h"

/* The document or source file, with its section or function; "" for RULE_NONE and for any number that is not a rule. */
const char *rule_source(enum rule rule);

#endif
