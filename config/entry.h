/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the user wrote, parsed: boot entries (Boot Loader Specification, type #1) and loader.conf.
 *
 * Parsers take a file's text, which may hold any bytes, and keep pointers into it: the text must outlive the
 * structs. Nothing here allocates or calls firmware.
 */
#ifndef BERTH_ENTRY_H
#define BERTH_ENTRY_H

#include "../protocol/base/fail.h"

#define MAX_ENTRIES	   64
#define MAX_INITRDS	   16
#define MAX_OPTIONS	   32
#define MAX_ENTRY_ID	   128	 /* bytes with the NUL; a FAT long name has at most 255 UTF-16 units */
#define MAX_CONFIG_FILE	   65536 /* bytes; a larger entry or loader.conf is an error */
#define MAX_COMMAND_LINE   65536 /* bytes with the NUL; what the kernel takes is rule X7's business */
#define MAX_PATH_TEXT	   1024	 /* bytes with the NUL of one path in an entry */

/* A piece of a file's text: not NUL-terminated, at == NULL when the key was absent. */
struct word {
	const char *at;
	size_t length;
};

enum placement_policy {
	PLACE_HIGH, /* rule C3, the default */
	PLACE_LOW,
	PLACE_PREFERRED,
	PLACE_EXACT, /* at entry.place_at */
};

struct entry {
	char id[MAX_ENTRY_ID]; /* file name without .conf and without boot counters */
	struct word title, version, sort_key, machine_id, architecture;
	struct word linux_path; /* the key `linux` */
	struct word initrd[MAX_INITRDS];
	size_t n_initrds;
	struct word options[MAX_OPTIONS]; /* joined by one space */
	size_t n_options;
	enum placement_policy placement;
	uint64_t place_at;
	bool tries_exhausted; /* boot counting: "+0" or "+0-N" in the file name; sorted last */
	bool broken;	      /* cannot be booted; broken_why says why; it stays in the list */
	struct fail broken_why;
};

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_DEBUG };

/* ---- words ---- */

/* For "%.*s". */
#define WORD(w) (int)(w).length, (w).at

bool word_is(struct word word, const char *text);	     /* byte for byte */
bool word_is_ascii_case(struct word word, const char *text); /* ASCII letters of either case are the same */
/* Decimal, or hexadecimal after 0x; false when it is neither or does not fit. */
bool word_number(struct word word, uint64_t *out);
struct word word_of(const char *text);

/* ---- entries: bls.c ---- */

/*
 * Reads an entry from the text of its file. @file_name: without its folder. An error leaves entry->broken set, its
 * reason in entry->broken_why too, and id, title and the other keys read so far usable for the menu.
 * BAD_INPUT names the file and the line.
 */
enum status entry_parse(struct entry *entry, const char *file_name, const char *text, size_t size, struct fail *why);

/*
 * A path on the volume: backslashes, absolute, "." and empty components gone. BAD_INPUT for "..", for an empty path,
 * for one with control characters, and for one that does not fit.
 */
enum status entry_path(struct word value, char *out, size_t room, struct fail *why) MUST_CHECK;

/* The options joined by one space, NUL-terminated; BAD_INPUT, never cut, when @room bytes do not hold them. */
enum status entry_command_line(const struct entry *entry, char *out, size_t room, struct fail *why) MUST_CHECK;

/* False for an entry whose `architecture` names another CPU. */
bool entry_is_for_cpu(const struct entry *entry, const char *architecture);

/* What the menu shows: the title, or the id when there is none. */
struct word entry_title(const struct entry *entry);

/* ---- choosing: select.c ---- */

/* UAPI.1, "Sorting", the first entry of the menu first. */
void entries_sort(struct entry **entries, size_t n);

/* UAPI.10, version format: negative, 0 or positive as @a is older than, equal to or newer than @b. */
int version_compare(struct word a, struct word b);

/* `*`, `?`, `[abc]`, `[a-z]`, `[!…]`; ASCII case is ignored, as FAT ignores it in file names. */
bool glob_match(struct word pattern, const char *text);

struct loader_conf;
/* The first entry that loader.conf's pattern matches and that can be booted; else the first that can; else 0. */
size_t entries_default(struct entry *const *entries, size_t n, const struct loader_conf *conf);

/* The entry with this id, with or without ".conf", in any case of letters; false when there is none. */
bool entries_named(struct entry *const *entries, size_t n, struct word name, size_t *index);

/* ---- loader.conf ---- */

#define TIMEOUT_NONE	0	   /* no menu: straight to the default */
#define TIMEOUT_FOREVER UINT32_MAX /* menu-force */

struct loader_conf {
	uint32_t timeout_seconds;
	struct word default_pattern; /* a glob over entry ids */
	enum log_level log;
};

/*
 * Reads loader.conf into @conf, which it sets to the defaults first. BAD_INPUT tells of the first line with a bad
 * value; all other lines count all the same.
 */
enum status loader_conf_parse(struct loader_conf *conf, const char *text, size_t size, struct fail *why);

#endif
