/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the user wrote, parsed: boot entries (Boot Loader Specification, type #1) and loader.conf.
 *
 * Parsers take a file's text, which may hold any bytes, and keep pointers into it: the text must outlive the
 * structs. Nothing here allocates or calls firmware.
 */
#ifndef BERTH_ENTRY_H
#define BERTH_ENTRY_H

#include "../base/fail.h"

#define MAX_INITRDS	 16
#define MAX_OVERLAYS	 16
#define MAX_OPTIONS	 32
#define MAX_EXTRAS	 32
#define MAX_ENTRY_ID	 256   /* bytes with the NUL; UAPI.1, "Type #1": at most 255 characters, all ASCII */
#define MAX_CONFIG_FILE	 65536 /* bytes; a larger entry or loader.conf is an error */
#define MAX_COMMAND_LINE 65536 /* bytes with the NUL; rule X7 has the kernel's own limit */
#define MAX_PATH_TEXT	 1024  /* bytes with the NUL of one path in an entry */

/* A piece of a file's text: not NUL-terminated, at == NULL when the key was absent. */
struct word {
	const char *at;
	size_t length;
};

enum placement_policy {
	PLACE_HIGH, /* rule C3 */
	PLACE_LOW,
	PLACE_PREFERRED,
	PLACE_RANDOM, /* rule C12 */
	PLACE_EXACT,  /* rule C5: the kernel at this address */
	PLACE_WITHIN, /* rule C5: kernel, initrd and handoff in this window */
};

/* What the key `placement` wishes: high, low, preferred, random, ADDRESS, MIN-MAX. */
struct wish {
	enum placement_policy policy;
	bool said;	  /* by the user; else it is a default (rule X10) */
	uint64_t at, end; /* whole pages: the address, or the window [at, end) */
};

/* What an entry starts. */
enum entry_kind {
	ENTRY_LINUX,   /* the key `linux`: a kernel, which Berth places and enters, or hands to its EFI stub */
	ENTRY_EFI,     /* `efi`: any program for UEFI */
	ENTRY_UKI,     /* `uki`: a unified kernel image */
	ENTRY_UKI_URL, /* `uki-url`: one that firmware fetches (url.h) */
	/* What firmware does, as automatic entries alone. */
	ENTRY_SETUP,
	ENTRY_POWER_OFF,
	ENTRY_REBOOT,
	ENTRY_KEYS, /* enrols the keys for Secure Boot of the folder that `program` names */
};

struct fw_volume; /* firmware's; nothing here looks into one */

struct entry {
	struct fw_volume *volume; /* that its files are on; NULL: the one that the loader came from */
	const char *folder;	  /* in which its file lies, from the root of its volume; NULL: it has none */
	const char *file_name;	  /* and the text that it was read from */
	struct word source;
	char id[MAX_ENTRY_ID]; /* file name without boot counters, in small letters; a longer one is cut */
	size_t plain_id;       /* of an id with "@PROFILE" behind it, the bytes before that; else 0 */
	bool automatic;	       /* nobody wrote it: the loader found it */
	bool elsewhere;	       /* it is on another disk: nothing there is changed, and only its whole id selects it */
	struct word title, version, sort_key, machine_id, architecture;
	enum entry_kind kind;
	struct word program; /* what the key of its kind names; absent: the entry's own file, which is an image */
	struct word devicetree, overlays; /* overlays: paths with blanks between, for entry_next_path() */
	struct word initrd[MAX_INITRDS];
	size_t n_initrds;
	struct word extra[MAX_EXTRAS]; /* files beside an image (extra.h) */
	size_t n_extras;
	struct word options[MAX_OPTIONS]; /* joined by one space */
	size_t n_options;
	bool is_edited;	     /* a person typed the whole command line, which is options[0] */
	struct word dropins; /* options for all kernels, behind the entry's own (dropins.h); the loader sets it */
	struct word added;   /* options after these, from SMBIOS; a control character in it becomes a blank */
	uint32_t profile;    /* of a unified kernel image; 0: the one that it has by itself */
	struct wish wish;
	bool by_stub;	      /* `handoff stub`: the kernel's EFI stub is started, and does what Berth would */
	bool loader_unpacks;  /* `decompress loader`: the payload of a bzImage is unpacked and entered by Berth */
	bool tries_exhausted; /* boot counting: "+0" or "+0-N" in the file name; sorted last */
	bool broken;	      /* cannot be booted; broken_why says why; it stays in the list */
	struct fail broken_why;
	/* What came of it since the loader was started; the rest never changes. */
	bool tried;   /* it has failed to boot */
	bool counted; /* a try is in the name of its file */
};

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_DEBUG };

/* Receives a sentence, with file and line, about each thing in a file that Berth ignores. */
struct remarks {
	void (*say)(void *context, enum log_level level, const char *sentence);
	void *context;
};

/* ---- words ---- */

/* For "%.*s", of words that come from Berth itself. What the user wrote is shown by word_shown. */
#define WORD(w) (int)(w).length, (w).at

bool word_is(struct word word, const char *text);	     /* byte for byte */
bool word_is_ascii_case(struct word word, const char *text); /* ASCII letters of either case are the same */
/* As strcmp(3): negative, 0, positive. An absent word is less than all others (UAPI.1, "Alphanumerical Order"). */
int word_compare(struct word a, struct word b);
/* The same of numbers in decimal digits, however many there are, and however many zeros they begin with. */
int word_compare_digits(struct word a, struct word b);
/* Decimal, or hexadecimal after 0x; false, and *out untouched, when it is neither or does not fit. */
bool word_number(struct word word, uint64_t *out);
/*
 * loader.conf(5): 1, yes, y, true, t, on, or 0, no, n, false, f, off, in upper or lower case; false, and *out
 * untouched, when it is neither.
 */
bool word_bool(struct word word, bool *out);
struct word word_of(const char *text);
/*
 * A file's name without this suffix, in upper or lower case, because FAT does not tell them apart; all of it when the
 * name ends otherwise, or is nothing else.
 */
struct word word_without(struct word name, const char *suffix);
struct word word_without_conf(struct word name);

/*
 * Appends @word as a console may show it: control characters, and bytes that are not UTF-8, become "?". Ends before the
 * first character that *columns has no room for; subtracts what it used from *columns. Returns how many bytes it
 * showed.
 */
size_t word_show(struct text *out, struct word word, unsigned int *columns);

/* How many columns that takes, as far as an unsigned int counts. */
unsigned int word_columns(struct word word);

/* The start of a word for a message, in the same way; "..." stands for the rest. */
#define SHOWN_COLUMNS 40u
struct word_shown {
	char at[3ul * SHOWN_COLUMNS + sizeof("...")]; /* UTF-8: at most three bytes a column, as four take two */
};
struct word_shown word_shown(struct word word);

/* ---- entries: bls.c ---- */

/*
 * Reads an entry from the text of its file. @file_name: without its folder; messages repeat it. BAD_INPUT names the
 * first mistake, with file and line; then entry->broken is set, entry->broken_why says the same, and id, title and all
 * lines without a mistake are usable for the menu. A line without a value counts as absent; a value that is not
 * understood changes nothing, and neither do variables of other loaders in `initrd` and `options`: entry_remarks tells.
 */
enum status entry_parse(struct entry *entry, const char *file_name, const char *text, size_t size, struct fail *why);

/* Tells what was ignored, wholly or in part, and in which line. The file's name and text must still be there. */
void entry_remarks(const struct entry *entry, const struct remarks *remarks);

/* The value of `placement`; sizes as memparse reads them. BAD_INPUT, and *wish untouched, when it is invalid. */
enum status wish_parse(struct wish *wish, struct word value, struct fail *why) MUST_CHECK;

/*
 * A path on the volume: backslashes, absolute, "." and empty components gone. BAD_INPUT for "..", for a path that
 * names no file, for one with control characters, and for one that does not fit into @room bytes with its NUL.
 */
enum status entry_path(struct word value, char *out, size_t room, struct fail *why) MUST_CHECK;

/* It starts a unified kernel image. */
static inline bool entry_is_image(const struct entry *entry)
{
	return entry->kind == ENTRY_UKI || entry->kind == ENTRY_UKI_URL;
}

/* It names a device tree, or overlays of one. */
static inline bool entry_wants_tree(const struct entry *entry)
{
	return entry->devicetree.length != 0 || entry->overlays.length != 0;
}

/* The next of several paths in a value, which have no blanks in them; takes it off the front. False at the end. */
bool entry_next_path(struct word *paths, struct word *path);

/* The options joined by one space, then those of drop-ins, without variables; BAD_INPUT, never cut, when @room bytes (1
 * or more) do not hold them and a NUL. */
enum status entry_command_line(const struct entry *entry, char *out, size_t room, struct fail *why) MUST_CHECK;

/*
 * What a program is passed: the options, behind "@N " for a profile of a unified kernel image, which is how its stub
 * takes it (systemd-stub(7), "Command line options"). Empty: nothing is passed.
 */
enum status entry_load_options(const struct entry *entry, char *out, size_t room, struct fail *why) MUST_CHECK;

/*
 * Whether a file of this name is an entry: it has the suffix, in upper or lower case, and is neither hidden nor named
 * like an automatic entry (systemd, src/boot/boot.c).
 */
bool entry_is_named(const char *file_name, const char *suffix);

/* False for an entry whose `architecture` names another CPU. */
bool entry_is_for_cpu(const struct entry *entry, const char *architecture);

/*
 * What the menu shows: the title, or the id when there is none. UAPI.1, "Type #1", would show no file name at all, but
 * `title` is optional and something must stand there.
 */
struct word entry_title(const struct entry *entry);

/* ---- names and order: select.c, version.c, glob.c; which entry boots: interface.h ---- */

/* UAPI.1, "Sorting": the first entry of the menu first; profiles of an image follow each other. Equal ones keep their
 * order. */
void entries_sort(struct entry **entries, size_t n);

/* UAPI.10, "Version Comparison": negative, 0 or positive as @a is older than, equal to or newer than @b. */
int version_compare(struct word a, struct word b);

/*
 * `*`, `?`, `[abc]`, `[a-z]`, `[!...]`, `\` before a character that stands for itself. ASCII case is ignored, as
 * loader.conf(5), "default", says; one byte is one character. Never goes back further than the last star.
 */
bool glob_match(struct word pattern, const char *text);

/*
 * It may be booted without anybody asking for it: somebody has written it, it is on no other disk, and it is not
 * another profile of an image than the one that this has by itself. Source: systemd, src/boot/boot.c,
 * config_select_default_entry.
 */
bool entry_starts_unasked(const struct entry *entry);

/*
 * The pattern is a glob over ids, with or without their ".conf"; or an id, whatever a glob would make of it. No glob
 * matches the id of an entry on another disk.
 */
bool entry_is_meant(const struct entry *entry, struct word pattern);

/* ---- other_disks.c ---- */

#define DISK_TAG 9 /* bytes with the NUL: eight hexadecimal digits, the first of the GUID of a disk's partition */

/*
 * Marks an entry as one of another disk: "auto-disk-TAG-" stands before its id. Its title, with the disk behind it,
 * goes to @title, which must outlive the entry. @kind: the disk's, "NVMe " for instance, or empty.
 */
void entry_moves_elsewhere(struct entry *entry, const char tag[DISK_TAG], const char *kind, struct text *title);
#define DISK_TITLE_ROOM(entry) (entry_title(entry).length + 64) /* bytes that hold it */

/* It is the automatic entry @id, on whatever disk; ids of others end in a suffix of files. */
bool entry_is_automatic(const struct entry *entry, const char *id);

/* Whether this is such an id, and not a pattern. */
bool names_other_disk(struct word name);

/* The entry with this id, with or without ".conf", in upper or lower case; false when there is none. */
bool entries_named(struct entry *const *entries, size_t n, struct word name, size_t *index);

/* ---- loader_conf.c ---- */

#define TIMEOUT_VALUES "a number of seconds, menu-force, menu-hidden or menu-disabled"
#define MODE_VALUES    "auto, keep, max or a number"
#define LEVEL_VALUES   "emerg, alert, crit, err, warning, notice, info or debug"

#define TIMEOUT_NONE	0	   /* no menu: straight to the default */
#define TIMEOUT_FOREVER UINT32_MAX /* menu-force */

/* loader.conf(5), "reboot-on-error": after a failure. */
enum reboot_on_error {
	REBOOT_AUTO, /* when nothing else is left to try, and a try was counted */
	REBOOT_YES,  /* at once */
	REBOOT_NO,
};

/* loader.conf(5), "console-mode". */
struct console_mode {
	enum { CONSOLE_KEEP, CONSOLE_AUTO, CONSOLE_MAX, CONSOLE_NUMBER } how;
	uint32_t number;
};

/* loader.conf(5), "secure-boot-enroll". */
enum enroll {
	ENROLL_IF_SAFE, /* unasked, but on virtual machines alone */
	ENROLL_OFF,
	ENROLL_MANUAL,
	ENROLL_FORCE, /* unasked everywhere */
};

struct loader_conf {
	uint32_t timeout_seconds;
	bool menu_disabled; /* loader.conf(5), "timeout": then a held key opens no menu either */
	bool menu_forced;   /* a variable asks for the menu: even an entry that a load option names waits */
	/* Globs over entry ids, written with or without ".conf", or "@saved"; preferred: over those with tries left. */
	struct word default_pattern, preferred_pattern;
	enum reboot_on_error reboot_on_error;
	enum log_level log;
	struct console_mode console_mode;
	bool editor;		     /* the menu lets command lines be edited */
	bool asks_password;	     /* and asks for a password before that: */
	struct word editor_password; /* its hash (password.h), or what is not understood, and then nothing is edited */
	uint32_t menu_fold;	     /* entries of one sort-key that the menu shows side by side; 0: all of them */
	enum { LOG_BY_NOBODY, LOG_BY_LEVEL, LOG_BY_LOG } log_by;      /* the key that says so; else it is a default */
	bool other_disks;					      /* entries on other disks are offered */
	bool beep;						      /* the menu is heard (loader.conf(5)) */
	bool reboot_for_bitlocker;				      /* loader.conf(5) */
	bool log_file;						      /* what was said goes to a file too */
	bool auto_entries, auto_firmware, auto_reboot, auto_poweroff; /* which automatic entries are offered */
	enum enroll enroll;	     /* of keys for Secure Boot, while firmware waits for some */
	bool enroll_powers_off;	     /* after that; else the machine restarts */
	uint32_t enroll_seconds;     /* before that, for a person to stop it; virtual machines do not wait */
	uint64_t keep_free_below_4g; /* bytes of one free run that no part may take (rule C9) */
};

/* What counts where loader.conf says nothing. */
#define LOADER_CONF_DEFAULT                                                                                            \
	(struct loader_conf)                                                                                           \
	{                                                                                                              \
		.timeout_seconds = TIMEOUT_NONE, .log = LOG_QUIET, .editor = true, .auto_entries = true,               \
		.auto_firmware = true, .other_disks = true, .enroll_seconds = 15                                       \
	}

/*
 * Reads loader.conf into @conf, which it sets to the defaults first. BAD_INPUT names the first line with a bad value;
 * all other lines still count.
 */
enum status loader_conf_parse(struct loader_conf *conf, const char *text, size_t size, struct fail *why);

/* The value of `timeout`; false, and nothing changed, when it is not one. */
bool loader_conf_timeout(struct loader_conf *conf, struct word value);

/* The value of `console-mode`, or of the variable LoaderConfigConsoleMode; false, and nothing changed, when it is not
 * one.
 */
bool console_mode_parse(struct console_mode *mode, struct word value);

/* The value of `log-level`, or of SMBIOS' string, as Berth's; false, and *level untouched, when it is not one. */
bool log_level_parse(struct word value, enum log_level *level);

/* Tells of each line with a bad value what is wrong, and where. */
void loader_conf_remarks(const char *text, size_t size, const struct remarks *remarks);

#endif
