/* SPDX-License-Identifier: BSD-2-Clause */
#include "given_entry.h"

/* Words point into the text, so it stays until the test is over. */
static char *kept[256];
static size_t n_kept;

int free_texts(void **state)
{
	(void)state;
	while (n_kept > 0)
		free(kept[--n_kept]);
	return 0;
}

static char *keep(const void *bytes, size_t size)
{
	assert_true(n_kept < COUNT_OF(kept));
	kept[n_kept] = malloc(size == 0 ? 1 : size);
	return memcpy(kept[n_kept++], bytes, size);
}

struct entry parse_bytes(const char *file_name, const char *text, size_t size)
{
	struct entry entry;
	struct fail why = {.text = "untouched"};
	enum status status = entry_parse(&entry, file_name, keep(text, size), size, &why);

	assert_int_equal(entry.broken, status != OK);
	if (status != OK)
		assert_string_equal(entry.broken_why.text, why.text);
	return entry;
}

struct entry parse(const char *file_name, const char *text)
{
	return parse_bytes(file_name, text, strlen(text));
}

void expect_word(struct word word, const char *text)
{
	if (!word_is(word, text))
		fail_msg("\"%.*s\" instead of \"%s\"", WORD(word), text);
}

void expect_broken(const struct entry *entry, const char *reason)
{
	assert_true(entry->broken);
	assert_int_equal(entry->broken_why.status, BAD_INPUT);
	if (strstr(entry->broken_why.text, reason) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", entry->broken_why.text, reason);
}

static char told[2048];

static void keep_remark(void *context, enum log_level level, const char *sentence)
{
	(void)context;
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%u %s\n", (unsigned int)level, sentence);
}

const char *remarks_of(const struct entry *entry)
{
	const struct remarks remarks = {keep_remark, NULL};

	told[0] = '\0';
	entry_remarks(entry, &remarks);
	return told;
}
