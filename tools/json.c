/* SPDX-License-Identifier: BSD-2-Clause */
#include "json.h"

#include <string.h>

#include "../base/text.h"
#include "../base/utf8.h"

static void write_text(FILE *out, const char *text)
{
	size_t rest = strlen(text);
	uint32_t code;

	fputc('"', out);
	while (rest != 0) {
		unsigned char c = (unsigned char)*text;
		size_t length = utf8_next(text, rest, &code);

		if (length == 0)
			fputs("\\ufffd", out);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fwrite(text, 1, length, out);
		length = length == 0 ? 1 : length;
		text += length;
		rest -= length;
	}
	fputc('"', out);
}

static void begin(struct json *json, const char *name)
{
	if (json->has_member)
		fputc(',', json->out);
	if (json->depth != 0)
		fprintf(json->out, "\n%*s", (int)(2 * json->depth), "");
	if (name != NULL) {
		write_text(json->out, name);
		fputs(": ", json->out);
	}
	json->has_member = true;
}

static void open_bracket(struct json *json, const char *name, char bracket)
{
	begin(json, name);
	fputc(bracket, json->out);
	json->depth++;
	json->has_member = false;
}

void json_object(struct json *json, const char *name)
{
	open_bracket(json, name, '{');
}

void json_array(struct json *json, const char *name)
{
	open_bracket(json, name, '[');
}

void json_close(struct json *json, char bracket)
{
	json->depth--;
	if (json->has_member)
		fprintf(json->out, "\n%*s", (int)(2 * json->depth), "");
	fputc(bracket, json->out);
	json->has_member = true;
	if (json->depth == 0)
		fputc('\n', json->out);
}

void json_string(struct json *json, const char *name, const char *value)
{
	begin(json, name);
	write_text(json->out, value);
}

void json_number(struct json *json, const char *name, uint64_t value)
{
	begin(json, name);
	fprintf(json->out, "%" PRIu64, value);
}

void json_bool(struct json *json, const char *name, bool value)
{
	begin(json, name);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *name)
{
	begin(json, name);
	fputs("null", json->out);
}
