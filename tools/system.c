/* SPDX-License-Identifier: BSD-2-Clause */
#include "system.h"

#include "../base/memparse.h"
#include "../config/entry.h"
#include "../config/lines.h"
#include "prepare.h"
#include "tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_TEXT 65536u /* bytes of such a file that are read */

/* ---- files ---- */

/* *text, with a NUL behind it, must be freed; NULL when there is no such file. */
static enum status read_text(const char *path, char **text, struct fail *why)
{
	struct bytes bytes;
	uint64_t size;

	*text = NULL;
	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return OK;
	TRY(file_head(path, MOST_TEXT, &bytes, &size, why));
	*text = (char *)(uintptr_t)bytes.at;
	if (size > MOST_TEXT || memchr(bytes.at, 0, bytes.size) != NULL) {
		free(*text);
		*text = NULL;
		return fail(why, BAD_INPUT, "%s: not a text of at most %u bytes", path, MOST_TEXT);
	}
	return OK;
}

/* Where kernel/NAME of the system is; false when it has none. */
static bool find_kernel_file(const struct kernel_system *system, const char *name, char out[HOST_PATH])
{
	static const char *const folders[] = {"/etc/kernel", "/usr/lib/kernel"};
	const char *own = getenv("KERNEL_INSTALL_CONF_ROOT");

	if (own != NULL && own[0] != '\0')
		return snprintf(out, HOST_PATH, "%s/%s", own, name) < HOST_PATH && access(out, F_OK) == 0;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (snprintf(out, HOST_PATH, "%s%s/%s", system->root, folders[i], name) < HOST_PATH &&
		    access(out, F_OK) == 0)
			return true;
	return false;
}

static enum status read_kernel_file(const struct kernel_system *system, const char *name, char path[HOST_PATH],
				    char **text, struct fail *why)
{
	*text = NULL;
	return find_kernel_file(system, name, path) ? read_text(path, text, why) : OK;
}

static enum status keep(char *out, size_t room, const char *path, struct word value, struct fail *why)
{
	struct text text = {out, room, 0};

	out[0] = '\0';
	text_add(&text, "%.*s", WORD(value));
	for (const char *at = out; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return fail(why, BAD_INPUT, "%s: \"%s\" has control characters", path, word_shown(value).at);
	return text_cut(&text)
		   ? fail(why, BAD_INPUT, "%s: \"%s\" has more than %zu bytes", path, word_shown(value).at, room - 1)
		   : OK;
}

/* The first line of a file that has one, without blanks at its ends. */
static enum status read_line(const struct kernel_system *system, const char *name, char path[HOST_PATH],
			     char out[SYSTEM_TEXT], struct fail *why)
{
	struct lines lines;
	struct word line;
	enum status status = OK;
	char *text;

	out[0] = '\0';
	TRY(read_kernel_file(system, name, path, &text, why));
	if (text == NULL)
		return OK;
	lines_open(&lines, text, strlen(text));
	if (lines_next_whole(&lines, &line))
		status = keep(out, SYSTEM_TEXT, path, line, why);
	free(text);
	return status;
}

/* ---- os-release and machine-info: lines as a shell takes them ---- */

/* Quotes go, and a backslash stands for what follows it. */
static void unquote(struct word value, char *out, size_t room)
{
	size_t used = 0;
	char quote = '\0';

	for (size_t i = 0; i < value.length && used + 1 < room; i++) {
		char c = value.at[i];

		if (quote == '\0' ? c == '"' || c == '\'' : c == quote) {
			quote = quote == '\0' ? c : '\0';
			continue;
		}
		if (c == '\\' && quote != '\'' && i + 1 < value.length)
			c = value.at[++i];
		out[used++] = c;
	}
	out[used] = '\0';
}

static enum status read_assignment(const char *text, const char *path, const char *name, char out[SYSTEM_TEXT],
				   struct fail *why)
{
	char value[1024];
	size_t length = strlen(name);
	struct lines lines;
	struct word line;

	lines_open(&lines, text, strlen(text));
	while (lines_next_whole(&lines, &line))
		if (line.length > length && memcmp(line.at, name, length) == 0 && line.at[length] == '=') {
			unquote((struct word){line.at + length + 1, line.length - length - 1}, value, sizeof(value));
			TRY(keep(out, SYSTEM_TEXT, path, word_of(value), why));
		}
	return OK;
}

static enum status read_os_release(struct kernel_system *system, struct fail *why)
{
	static const char *const names[] = {"/etc/os-release", "/usr/lib/os-release"};
	char path[HOST_PATH], *text = NULL;
	enum status status;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && text == NULL; i++) {
		snprintf(path, sizeof(path), "%s%s", system->root, names[i]);
		TRY(read_text(path, &text, why));
	}
	if (text == NULL)
		return OK;
	status = read_assignment(text, path, "PRETTY_NAME", system->title, why);
	if (status == OK)
		status = read_assignment(text, path, "ID", system->id, why);
	if (status == OK)
		status = read_assignment(text, path, "IMAGE_ID", system->image_id, why);
	free(text);
	return status;
}

static bool is_machine_id(const char *text)
{
	return strlen(text) == 32 && strspn(text, "0123456789abcdefABCDEF") == 32;
}

/* The one that machine-info has for kernels, or else the system's. */
static enum status read_machine_id(struct kernel_system *system, struct fail *why)
{
	char path[HOST_PATH], *text;
	enum status status = OK;

	snprintf(path, sizeof(path), "%s/etc/machine-info", system->root);
	TRY(read_text(path, &text, why));
	if (text != NULL)
		status = read_assignment(text, path, "KERNEL_INSTALL_MACHINE_ID", system->machine_id, why);
	free(text);
	TRY(status);
	if (is_machine_id(system->machine_id))
		return OK;
	system->machine_id[0] = '\0';
	snprintf(path, sizeof(path), "%s/etc/machine-id", system->root);
	TRY(read_text(path, &text, why));
	if (text != NULL) {
		text[strcspn(text, "\n")] = '\0';
		if (is_machine_id(text))
			memcpy(system->machine_id, text, 33);
	}
	free(text);
	return OK;
}

/* ---- the command line ---- */

/* Appends a word; where the line came from a running kernel, not what its loader has added. */
static void add_word(struct text *out, struct word word, bool is_running)
{
	static const char *const of_loaders[] = {"BOOT_IMAGE=", "initrd="};

	for (size_t i = 0; is_running && i < sizeof(of_loaders) / sizeof(of_loaders[0]); i++)
		if (word.length >= strlen(of_loaders[i]) && memcmp(word.at, of_loaders[i], strlen(of_loaders[i])) == 0)
			return;
	text_add(out, "%s%.*s", out->used != 0 ? " " : "", WORD(word));
}

static void add_words(struct text *out, const char *text, bool is_running)
{
	struct lines lines;
	struct word line;

	lines_open(&lines, text, strlen(text));
	while (lines_next_whole(&lines, &line))
		while (line.length != 0) {
			size_t blanks = 0, length = 0;

			while (blanks < line.length && (line.at[blanks] == ' ' || line.at[blanks] == '\t'))
				blanks++;
			line = (struct word){line.at + blanks, line.length - blanks};
			while (length < line.length && line.at[length] != ' ' && line.at[length] != '\t')
				length++;
			if (length != 0)
				add_word(out, (struct word){line.at, length}, is_running);
			line = (struct word){line.at + length, line.length - length};
		}
}

/* A container's is its host's (systemd, docs/CONTAINER_INTERFACE.md). */
static bool is_container(void)
{
	return access("/run/systemd/container", F_OK) == 0 || access("/run/host/container-manager", F_OK) == 0;
}

static enum status read_options(struct kernel_system *system, struct fail *why)
{
	struct text out = TEXT(system->options);
	char path[HOST_PATH], *text;

	TRY(read_kernel_file(system, "cmdline", path, &text, why));
	if (text == NULL && system->is_here && !is_container()) {
		snprintf(path, sizeof(path), "/proc/cmdline");
		TRY(read_text(path, &text, why));
		if (text != NULL)
			add_words(&out, text, true);
	} else if (text != NULL) {
		add_words(&out, text, false);
	}
	system->has_no_options = text == NULL;
	free(text);
	return text_cut(&out) ? fail(why, BAD_INPUT, "%s: more than %zu bytes", path, sizeof(system->options) - 1) : OK;
}

/* So that a system whose root does not stay knows its entries again. */
static enum status add_machine_id(struct kernel_system *system, struct fail *why)
{
	struct text out = {system->options, sizeof(system->options), strlen(system->options)};

	if (strcmp(system->token, system->machine_id) != 0 || strstr(system->options, "systemd.machine_id=") != NULL)
		return OK;
	text_add(&out, "%ssystemd.machine_id=%s", out.used != 0 ? " " : "", system->machine_id);
	return text_cut(&out)
		   ? fail(why, BAD_INPUT, "the command line has more than %zu bytes", sizeof(system->options) - 1)
		   : OK;
}

/* ---- the device tree ---- */

static enum status find_devicetree(struct kernel_system *system, const char *version, struct fail *why)
{
	char path[HOST_PATH], name[SYSTEM_TEXT];
	const char *const form[] = {"/usr/lib/firmware/%s/device-tree", "/usr/lib/linux-image-%s",
				    "/usr/lib/modules/%s/dtb"};

	TRY(read_line(system, "devicetree", path, name, why));
	for (size_t i = 0; name[0] != '\0' && i < sizeof(form) / sizeof(form[0]); i++) {
		struct text text = TEXT(system->devicetree);

		text_add(&text, "%s", system->root);
		text_add(&text, form[i], version);
		text_add(&text, "/%s", name);
		if (!text_cut(&text) && access(system->devicetree, F_OK) == 0)
			return OK;
	}
	system->devicetree[0] = '\0';
	return name[0] == '\0' ? OK : fail(why, NOT_FOUND, "%s: no device tree %s for kernel %s", path, name, version);
}

/* ---- berth.conf ---- */

static enum status take_setting(struct kernel_system *system, const char *path, const struct lines *lines,
				struct word key, struct word value, struct fail *why)
{
	enum prepare_form form;

	if (word_is(key, "keep")) {
		if (!word_number(value, &system->keep) || system->keep == 1)
			return fail(why, BAD_INPUT, "%s:%u: keep takes 0, for all, or a number from 2", path,
				    lines->number);
	} else if (word_is(key, "keep-free")) {
		system->makes_room = true;
		if (value.length == 0 || memparse(value.at, value.length, &system->keep_free) != value.length)
			return fail(why, BAD_INPUT, "%s:%u: keep-free takes a size such as 0 or 64M", path,
				    lines->number);
	} else if (word_is(key, "prepare")) {
		TRY(keep(system->prepare, SYSTEM_TEXT, path, value, why));
		if (strcmp(system->prepare, "no") != 0 && !prepare_form_of(system->prepare, &form))
			return fail(why, BAD_INPUT, "%s:%u: prepare takes no, vmlinux, lz4 or zstd", path,
				    lines->number);
	} else {
		return fail(why, BAD_INPUT, "%s:%u: no setting \"%s\": there are keep, keep-free and prepare", path,
			    lines->number, word_shown(key).at);
	}
	return OK;
}

/* KEY=VALUE, as in install.conf beside it. */
static enum status take_line(struct kernel_system *system, const char *path, const struct lines *lines,
			     struct word line, struct fail *why)
{
	const char *sign = memchr(line.at, '=', line.length);
	char value[SYSTEM_TEXT];
	size_t key;

	if (sign == NULL)
		return fail(why, BAD_INPUT, "%s:%u: \"%s\" is not KEY=VALUE", path, lines->number, word_shown(line).at);
	key = (size_t)(sign - line.at);
	unquote((struct word){sign + 1, line.length - key - 1}, value, sizeof(value));
	return take_setting(system, path, lines, (struct word){line.at, key}, word_of(value), why);
}

static enum status read_conf(struct kernel_system *system, struct fail *why)
{
	char path[HOST_PATH], *text;
	enum status status = OK;
	struct lines lines;
	struct word line;

	TRY(read_kernel_file(system, "berth.conf", path, &text, why));
	if (text == NULL)
		return OK;
	lines_open(&lines, text, strlen(text));
	while (status == OK && lines_next_whole(&lines, &line))
		status = take_line(system, path, &lines, line, why);
	free(text);
	return status;
}

/* ---- all of it ---- */

enum status system_read(struct kernel_system *system, const char *root, bool is_here, const char *version,
			struct fail *why)
{
	char path[HOST_PATH];

	memset(system, 0, sizeof(*system));
	system->root = root;
	system->is_here = is_here;
	snprintf(system->prepare, sizeof(system->prepare), "no");
	TRY(read_os_release(system, why));
	TRY(read_machine_id(system, why));
	TRY(read_line(system, "entry-token", path, system->token, why));
	if (version == NULL)
		return OK;
	if (system->title[0] == '\0')
		snprintf(system->title, sizeof(system->title), "Linux %.200s", version);
	TRY(read_line(system, "tries", path, system->tries, why));
	if (strspn(system->tries, "0123456789") != strlen(system->tries) || strlen(system->tries) > 9)
		return fail(why, BAD_INPUT, "%s: \"%s\" is not a number of tries", path, system->tries);
	TRY(find_devicetree(system, version, why));
	TRY(read_conf(system, why));
	return read_options(system, why);
}

static void ignore_name(void *context, const char *name)
{
	(void)context;
	(void)name;
}

static enum status has_folder(struct medium *boot, const char *name, bool *has, struct fail *why)
{
	char path[SYSTEM_TEXT + 1];
	enum status status;

	snprintf(path, sizeof(path), "\\%s", name);
	status = boot->calls->list(boot, path, ignore_name, NULL, why);
	*has = status == OK;
	return status == NOT_FOUND ? OK : status;
}

enum status system_token(struct kernel_system *system, struct medium *boot, struct fail *why)
{
	const char *const names[] = {system->machine_id, system->image_id, system->id, "Default"};
	const char *first = NULL;
	bool has = false;

	for (size_t i = 0; system->token[0] == '\0' && i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i][0] == '\0')
			continue;
		first = first == NULL ? names[i] : first;
		TRY(has_folder(boot, names[i], &has, why));
		if (has)
			snprintf(system->token, SYSTEM_TEXT, "%s", names[i]);
	}
	if (system->token[0] == '\0')
		snprintf(system->token, SYSTEM_TEXT, "%s", first);
	return system->machine_id[0] != '\0' ? add_machine_id(system, why) : OK;
}

const char *system_sort_key(const struct kernel_system *system)
{
	return system->image_id[0] != '\0' ? system->image_id : system->id;
}
