/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines for a shell, which a person can take as they stand. Source: POSIX.1-2017, XCU 2.2.2. */
#ifndef BERTH_INSTALL_SHELL_H
#define BERTH_INSTALL_SHELL_H

#include "../base/text.h"

/* A blank, and @word, quoted where a shell would not take it as it stands. */
void shell_word(struct text *line, const char *word);

#endif
