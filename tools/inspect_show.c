/* SPDX-License-Identifier: BSD-2-Clause */
#include "inspect.h"

#include <string.h>

#include "../config/entry.h"
#include "../base/utf8.h"

size_t inspect_bytes(const struct inspection *in, uint64_t offset, void *to, size_t size)
{
	if (offset >= in->size)
		return 0;
	if (size > in->size - offset)
		size = (size_t)(in->size - offset);
	if (in->base + offset > INT64_MAX || fseeko(in->file, (off_t)(in->base + offset), SEEK_SET) != 0)
		return 0;
	return fread(to, 1, size, in->file);
}

bool inspect_get(const struct inspection *in, uint64_t offset, unsigned int width, uint64_t *value)
{
	uint8_t bytes[8] = {0};

	if (inspect_bytes(in, offset, bytes, width) != width)
		return false;
	*value = load_le(bytes, width);
	return true;
}

bool inspect_get_big(const struct inspection *in, uint64_t offset, unsigned int width, uint64_t *value)
{
	if (!inspect_get(in, offset, width, value))
		return false;
	*value = __builtin_bswap64(*value) >> (64 - 8 * width);
	return true;
}

bool inspect_is(const struct inspection *in, uint64_t offset, const void *bytes, size_t size)
{
	uint8_t found[16];

	return size <= sizeof(found) && inspect_bytes(in, offset, found, size) == size &&
	       memcmp(found, bytes, size) == 0;
}

/* ---- showing ---- */

static void indent(const struct inspection *in)
{
	printf("%*s", (int)(2 + 2 * in->depth), "");
}

void show_format(struct inspection *in, const char *format)
{
	in->format = format;
	if (in->json == NULL) {
		if (in->depth == 0)
			printf("%s: %s, %" PRIu64 " bytes (%s)\n", in->path, format, in->size, size_words(in->size).at);
		else
			printf("%*sholds: %s, %" PRIu64 " bytes\n", (int)(2 * in->depth), "", format, in->size);
		return;
	}
	json_string(in->json, "format", format);
	json_number(in->json, "size", in->size);
	json_array(in->json, "fields");
}

/* What every field has in JSON; its value and meaning follow. */
static void json_field(struct json *json, const char *name, uint64_t offset, uint64_t size)
{
	json_object(json, NULL);
	json_string(json, "name", name);
	json_number(json, "offset", offset);
	json_number(json, "size", size);
}

void show_field(struct inspection *in, const char *name, uint64_t offset, unsigned int width, uint64_t value,
		const char *words, const char *meaning)
{
	if (in->json == NULL) {
		indent(in);
		printf("%-22s %#8" PRIx64 "  %#-18" PRIx64 " %s%s%s\n", name, offset, value, words == NULL ? "" : words,
		       words == NULL || words[0] == '\0' || meaning[0] == '\0' ? "" : "; ", meaning);
		return;
	}
	json_field(in->json, name, offset, width);
	json_number(in->json, "value", value);
	if (words != NULL)
		json_string(in->json, "text", words);
	json_string(in->json, "meaning", meaning);
	json_close(in->json, '}');
}

uint64_t show_read(struct inspection *in, const char *name, uint64_t offset, unsigned int width, const char *words,
		   const char *meaning)
{
	uint64_t value;

	if (!inspect_get(in, offset, width, &value))
		return 0;
	show_field(in, name, offset, width, value, words, meaning);
	return value;
}

void show_text(struct inspection *in, const char *name, uint64_t offset, size_t size, const char *meaning)
{
	char raw[4096], clean[3 * sizeof(raw)];
	struct text text = TEXT(clean);
	unsigned int columns = sizeof(raw);
	size_t got = inspect_bytes(in, offset, raw, size < sizeof(raw) ? size : sizeof(raw));

	got = strnlen(raw, got);
	for (size_t at = 0; at < got;) { /* a line at a time: word_show takes ends of lines for control characters */
		size_t length = strcspn(raw + at, "\n") < got - at ? strcspn(raw + at, "\n") : got - at;

		word_show(&text, (struct word){raw + at, length}, &columns);
		at += length + 1;
		if (at < got)
			text_add(&text, " | ");
	}
	clean[text.used < sizeof(clean) ? text.used : sizeof(clean) - 1] = '\0';
	if (in->json == NULL) {
		indent(in);
		printf("%-22s %#8" PRIx64 "  %s%s%s%s\n", name, offset, clean, meaning[0] == '\0' ? "" : "  (", meaning,
		       meaning[0] == '\0' ? "" : ")");
		return;
	}
	json_field(in->json, name, offset, got);
	json_string(in->json, "text", clean);
	json_string(in->json, "meaning", meaning);
	json_close(in->json, '}');
}

void show_fields_end(struct inspection *in)
{
	if (in->json != NULL)
		json_close(in->json, ']');
}

void show_table(struct inspection *in, const char *name)
{
	if (in->json != NULL) {
		json_array(in->json, name);
		return;
	}
	indent(in);
	printf("%s:\n", name);
}

void show_row(struct inspection *in, const char *what)
{
	if (in->json != NULL) {
		json_object(in->json, NULL);
		json_string(in->json, "name", what);
		return;
	}
	indent(in);
	printf("  %-16s", what);
}

void show_cell(struct inspection *in, const char *name, uint64_t value)
{
	if (in->json != NULL)
		json_number(in->json, name, value);
	else
		printf("  %s %#" PRIx64, name, value);
}

void show_word(struct inspection *in, const char *name, const char *word)
{
	if (in->json != NULL)
		json_string(in->json, name, word);
	else
		printf("  %s", word);
}

void show_row_end(struct inspection *in)
{
	if (in->json != NULL)
		json_close(in->json, '}');
	else
		putchar('\n');
}

void show_table_end(struct inspection *in)
{
	if (in->json != NULL)
		json_close(in->json, ']');
}

const char *flag_words(uint64_t value, const struct flag_name *names, char *to, size_t room)
{
	struct text text = {to, room, 0};

	to[0] = '\0';
	for (; names->name != NULL; names++)
		if ((value & names->bit) != 0) {
			text_add(&text, "%s%s", text.used == 0 ? "" : " ", names->name);
			value &= ~names->bit;
		}
	if (value != 0)
		text_add(&text, "%sand %#" PRIx64, text.used == 0 ? "" : " ", value);
	return to;
}
