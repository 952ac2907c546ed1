/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON text (RFC 8259) onto a stream, indented. Numbers are exact integers. @name: NULL inside an array.
 */
#ifndef BERTH_JSON_H
#define BERTH_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	unsigned int depth;
	bool has_member; /* of the innermost object or array */
};

void json_object(struct json *json, const char *name); /* opens one */
void json_array(struct json *json, const char *name);
void json_close(struct json *json, char bracket);			  /* '}' or ']' */
void json_string(struct json *json, const char *name, const char *value); /* bytes that are not UTF-8 become U+FFFD */
void json_number(struct json *json, const char *name, uint64_t value);
void json_bool(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);

#endif
