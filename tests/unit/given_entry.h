/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of entries in tests: each text lies in a buffer of exactly its size, so that a sanitizer sees a look past its
 * end. */
#ifndef BERTH_TESTS_GIVEN_ENTRY_H
#define BERTH_TESTS_GIVEN_ENTRY_H

#include "given.h"

/* A broken entry has the reason in it. The texts stay until free_texts(), for words point into them. */
struct entry parse_bytes(const char *file_name, const char *text, size_t size);
struct entry parse(const char *file_name, const char *text);
int free_texts(void **state);

void expect_word(struct word word, const char *text);
void expect_broken(const struct entry *entry, const char *reason);

/* What the log says of lines that count for nothing: "LEVEL SENTENCE", one a line, until the next call. */
const char *remarks_of(const struct entry *entry);

#endif
