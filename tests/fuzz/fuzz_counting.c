/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any file name: what counts one more try has the same id, one try less left and one more done, each in as many digits,
 * and is no longer than a name may be. Read again it has counters, so that counting never gets lost.
 */
#include "fuzz.h"

#include "../../config/counting.h"

/* The digits as a number of any length: @more is one more, or both are the last that there is. */
static void require_step(const char *less, const char *more, size_t n, char last)
{
	bool ended = true;

	for (size_t i = 0; i < n; i++)
		ended = ended && (last == '0' ? more : less)[i] == last;
	if (ended) {
		REQUIRE(memcmp(less, more, n) == 0);
		return;
	}
	while (n > 0 && more[n - 1] == '0') {
		REQUIRE(less[n - 1] == '9');
		n--;
	}
	REQUIRE(n > 0 && more[n - 1] == less[n - 1] + 1 && memcmp(less, more, n - 1) == 0);
}

static size_t stem(const char *name)
{
	size_t length = strlen(name);

	return length - (length > 5 && name[length - 5] == '.' ? 5 : 4);
}

static void use_new(const char *name, const char *out)
{
	struct counters before = counters_of((struct word){name, stem(name)}),
			after = counters_of((struct word){out, stem(out)});
	size_t left = before.id + 1, done = left + before.left + 1;

	REQUIRE(strlen(out) < MAX_ENTRY_ID && strlen(out) == strlen(name) + (before.done == 0 ? 2 : 0));
	REQUIRE(before.left != 0 && after.id == before.id && after.left == before.left);
	REQUIRE(memcmp(name, out, before.id + 1) == 0 && strcmp(name + stem(name), out + stem(out)) == 0);
	require_step(out + left, name + left, before.left, '0');
	if (before.done == 0)
		REQUIRE(after.done == 1 && out[done] == '1');
	else
		REQUIRE(after.done == before.done);
	if (before.done != 0)
		require_step(name + done, out + done, before.done, '9');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = malloc(size + 1), out[MAX_ENTRY_ID];
	struct entry entry;
	enum counting kind;
	struct fail why;

	memcpy(name, data, size);
	name[size] = '\0';
	kind = counting_next(name, out);
	if (kind == COUNTING_NEW || kind == COUNTING_SAME) {
		use_new(name, out);
		REQUIRE((kind == COUNTING_SAME) == (strcmp(name, out) == 0));
	} else {
		REQUIRE(out[0] == '\0' && (kind == COUNTING_OFF || strlen(name) + 2 >= MAX_ENTRY_ID));
	}
	(void)entry_parse(&entry, name, "", 0, &why);
	if (kind == COUNTING_NEW && stem(name) == strlen(name) - 5) {
		struct entry next;

		(void)entry_parse(&next, out, "", 0, &why);
		REQUIRE(strcmp(entry.id, next.id) == 0);
	}
	free(name);
	return 0;
}
