/* SPDX-License-Identifier: BSD-2-Clause */
#include "manifest.h"

#include "../base/text.h"
#include "../codecs/sha256.h"

#include <string.h>

#define HEAD "# What `berth install` has made; `berth remove` takes it away again.\n"
#define LINE 1200 /* bytes that hold a path and a sum */

void manifest_read(struct bytes text, struct manifest *manifest)
{
	*manifest = (struct manifest){.used = 0};
	if (text.size == 0 || text.size >= MANIFEST_ROOM)
		return;
	memcpy(manifest->text, text.at, text.size);
	manifest->used = text.size;
}

static bool has(const struct manifest *manifest, const char *line)
{
	size_t length = strlen(line), at = 0;

	while (at + length <= manifest->used) {
		const char *end = memchr(manifest->text + at, '\n', manifest->used - at);

		if (end == NULL)
			return false;
		if ((size_t)(end + 1 - (manifest->text + at)) == length &&
		    memcmp(manifest->text + at, line, length) == 0)
			return true;
		at = (size_t)(end + 1 - manifest->text);
	}
	return false;
}

static void append(struct manifest *manifest, const char *text)
{
	size_t length = strlen(text);

	if (length > MANIFEST_ROOM - 1 - manifest->used)
		return;
	memcpy(manifest->text + manifest->used, text, length);
	manifest->used += length;
	manifest->is_changed = true;
}

static void add(struct manifest *manifest, const char *line)
{
	if (has(manifest, line))
		return;
	if (manifest->used == 0)
		append(manifest, HEAD);
	else if (manifest->text[manifest->used - 1] != '\n') /* of a line that was cut off */
		append(manifest, "\n");
	append(manifest, line);
}

static const char *volume_of(bool boot)
{
	return boot ? "xbootldr" : "esp";
}

static void folder_line(char line[LINE], bool boot, const char *path)
{
	struct text text = {line, LINE, 0};

	text_add(&text, "folder %s %s\n", volume_of(boot), path);
}

static void file_line(char line[LINE], bool boot, const char *path, struct bytes data)
{
	struct text text = {line, LINE, 0};
	uint8_t digest[SHA256_SIZE];

	sha256_of(data, digest);
	text_add(&text, "file %s ", volume_of(boot));
	for (size_t i = 0; i < sizeof(digest); i++)
		text_add(&text, "%02x", digest[i]);
	text_add(&text, " %s\n", path);
}

static void thing_line(char line[LINE], const char *name)
{
	struct text text = {line, LINE, 0};

	text_add(&text, "made %s\n", name);
}

void manifest_add_folder(struct manifest *manifest, bool boot, const char *path)
{
	char line[LINE];

	folder_line(line, boot, path);
	add(manifest, line);
}

bool manifest_has_folder(const struct manifest *manifest, bool boot, const char *path)
{
	char line[LINE];

	folder_line(line, boot, path);
	return has(manifest, line);
}

void manifest_add_file(struct manifest *manifest, bool boot, const char *path, struct bytes data)
{
	char line[LINE];

	file_line(line, boot, path, data);
	add(manifest, line);
}

bool manifest_has_file(const struct manifest *manifest, bool boot, const char *path, struct bytes data)
{
	char line[LINE];

	file_line(line, boot, path, data);
	return has(manifest, line);
}

void manifest_add_thing(struct manifest *manifest, const char *name)
{
	char line[LINE];

	thing_line(line, name);
	add(manifest, line);
}

bool manifest_has_thing(const struct manifest *manifest, const char *name)
{
	char line[LINE];

	thing_line(line, name);
	return has(manifest, line);
}
