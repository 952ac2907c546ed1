/* SPDX-License-Identifier: BSD-2-Clause */
/* What a kernel says that it was prepared from, and whether a file is that. */
#include "inspect.h"

#include <string.h>

#include "../config/entry.h"
#include "record.h"

struct sha256_text {
	char at[2 * PREPARED_SHA256 + 1];
};

static struct sha256_text sha256_text(struct bytes sum)
{
	struct sha256_text text;
	struct text to = TEXT(text.at);

	for (size_t i = 0; i < sum.size; i++)
		text_add(&to, "%02x", sum.at[i]);
	return text;
}

static void show_text_of(const struct prepared *p)
{
	printf("  prepared from %s, %" PRIu64 " bytes (%s)\n", word_shown(word_of(record_name(p).at)).at, p->size,
	       size_words(p->size).at);
	printf("    SHA-256     %s\n", sha256_text(p->sha256).at);
	if (p->has_table)
		printf("    relocations %" PRIu64 " bytes behind the ELF file, sum %#" PRIx64 "\n", p->table_size,
		       p->table_sum);
	if (p->header.size != 0)
		printf("    header      %zu bytes of the bzImage's setup header\n", p->header.size);
}

static void show_json_of(struct json *json, const struct prepared *p)
{
	json_object(json, "prepared");
	json_string(json, "original", record_name(p).at);
	json_number(json, "size", p->size);
	json_string(json, "sha256", sha256_text(p->sha256).at);
	json_number(json, "table_size", p->table_size);
	json_close(json, '}');
}

static void show(struct inspection *in, const struct prepared *p)
{
	if (in->json != NULL)
		show_json_of(in->json, p);
	else
		show_text_of(p);
}

/* A name that differs is no fault: the original may be kept elsewhere under another. */
static bool show_comparison(struct inspection *in, const struct prepared *p, const char *against)
{
	const char *name = record_name_of(against);
	struct fail why = {.text = ""};
	bool is_it = record_compare(p, in->path, against, &why) == OK;

	if (in->json != NULL)
		json_bool(in->json, "matches", is_it);
	else if (!is_it)
		printf("  %s\n", why.text);
	else if (strcmp(name, record_name(p).at) == 0)
		printf("  and %s is that file\n", against);
	else
		printf("  and %s is that file under another name\n", against);
	return is_it;
}

bool inspect_prepared(struct inspection *in, const char *against)
{
	struct recorded recorded;
	struct fail why;
	enum status status = recorded_read(&recorded, in->path, &why);
	bool good = true;

	if (status == OK) {
		show(in, &recorded.prepared);
		good = against == NULL || show_comparison(in, &recorded.prepared, against);
	} else if (against != NULL || status != NOT_FOUND) {
		if (in->json == NULL)
			printf("  %s\n", why.text);
		else
			json_bool(in->json, "matches", false);
		good = false;
	}
	recorded_free(&recorded);
	return good;
}
