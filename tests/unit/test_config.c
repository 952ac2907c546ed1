/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loader.conf is read as loader.conf(5) says, and its mistakes are named with their line while all other lines count.
 * No bytes make any parser of config/ look outside of its text, and what it accepts keeps the promises of entry.h.
 */
#include "given.h"

#include "../../config/interface.h"
#include "../../config/lines.h"

static void expect_word(struct word word, const char *text)
{
	if (!word_is(word, text))
		fail_msg("\"%.*s\" instead of \"%s\"", WORD(word), text);
}

/* ---- loader.conf ---- */

static struct loader_conf read_conf(const char *text, enum status expected, struct fail *why)
{
	struct loader_conf conf;

	assert_int_equal(loader_conf_parse(&conf, text, strlen(text), why), expected);
	return conf;
}

/* loader.conf(5), "console-mode"; UEFI 2.10, 12.4.1: MaxMode has 32 bits with a sign. */
static void console_modes_are_words_or_numbers(void **state)
{
	static const struct {
		const char *text;
		int how; /* -1: refused */
		uint32_t number;
	} row[] = {
	    {"console-mode keep", CONSOLE_KEEP, 0},
	    {"console-mode auto", CONSOLE_AUTO, 0},
	    {"console-mode max", CONSOLE_MAX, 0},
	    {"console-mode 0", CONSOLE_NUMBER, 0},
	    {"console-mode 2147483647", CONSOLE_NUMBER, INT32_MAX},
	    {"console-mode 2147483648", -1, 0},
	    {"console-mode Max", -1, 0},
	    {"console-mode -1", -1, 0},
	    {"console-mode 2\nconsole-mode large", -1, 2},
	    {"", CONSOLE_KEEP, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct fail why;
		struct loader_conf conf = read_conf(row[i].text, row[i].how < 0 ? BAD_INPUT : OK, &why);

		if (row[i].how >= 0)
			assert_int_equal(conf.console_mode.how, row[i].how);
		assert_int_equal(conf.console_mode.number, row[i].number);
	}
}

static void the_menu_folds_and_edits_as_it_is_told(void **state)
{
	struct fail why;

	(void)state;
	assert_int_equal(read_conf("", OK, &why).menu_fold, 0);
	assert_true(read_conf("", OK, &why).editor);
	assert_int_equal(read_conf("menu-fold 3", OK, &why).menu_fold, 3);
	assert_int_equal(read_conf("menu-fold 4294967295", OK, &why).menu_fold, UINT32_MAX);
	assert_int_equal(read_conf("menu-fold 2\nmenu-fold 4294967296", BAD_INPUT, &why).menu_fold, 2);
	assert_int_equal(read_conf("menu-fold yes", BAD_INPUT, &why).menu_fold, 0);
	assert_non_null(strstr(why.text, "loader.conf line 1: menu-fold \"yes\" is not a number of entries"));
	assert_false(read_conf("editor no", OK, &why).editor);
}

static void timeouts_are_seconds_or_words(void **state)
{
	static const struct {
		const char *text;
		uint32_t seconds;
		bool disabled;
	} row[] = {
	    {"", TIMEOUT_NONE, false},
	    {"timeout 0", TIMEOUT_NONE, false},
	    {"timeout 5", 5, false},
	    {"timeout 4294967294", 4294967294, false},
	    {"timeout 0x1f", 31, false},
	    {"timeout 0XAF", 175, false},
	    {"timeout 0x9", 9, false},
	    {"timeout 010", 10, false},
	    {"timeout menu-force", TIMEOUT_FOREVER, false},
	    {"timeout menu-hidden", TIMEOUT_NONE, false},
	    {"timeout menu-disabled", TIMEOUT_NONE, true},
	    {"timeout menu-disabled\ntimeout 5", 5, false},
	    {"timeout \"5\"", 5, false},
	    {"timeout '0x1f' \r\n", 31, false},
	    {"timeout 3\rtimeout \"menu-force\"\r", TIMEOUT_FOREVER, false},
	    {"timeout 7\ntimeout menu-hidden", TIMEOUT_NONE, false},
	    {"timeout menu-force\ntimeout menu-disabled", TIMEOUT_NONE, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct fail why;
		struct loader_conf conf = read_conf(row[i].text, OK, &why);

		assert_int_equal(conf.timeout_seconds, row[i].seconds);
		assert_int_equal(conf.menu_disabled, row[i].disabled);
	}
}

/* loader.conf(5): if-safe, reboot and 15 s where nothing is said. */
static void enrolment_of_keys_is_had_by_its_words(void **state)
{
	static const struct {
		const char *text;
		enum enroll enroll;
		bool powers_off;
		uint32_t seconds;
	} row[] = {
	    {"", ENROLL_IF_SAFE, false, 15},
	    {"secure-boot-enroll off", ENROLL_OFF, false, 15},
	    {"secure-boot-enroll manual", ENROLL_MANUAL, false, 15},
	    {"secure-boot-enroll force", ENROLL_FORCE, false, 15},
	    {"secure-boot-enroll force\nsecure-boot-enroll if-safe", ENROLL_IF_SAFE, false, 15},
	    {"secure-boot-enroll-action shutdown", ENROLL_IF_SAFE, true, 15},
	    {"secure-boot-enroll-action shutdown\nsecure-boot-enroll-action reboot", ENROLL_IF_SAFE, false, 15},
	    {"secure-boot-enroll-timeout-sec 0", ENROLL_IF_SAFE, false, 0},
	    {"secure-boot-enroll-timeout-sec hidden", ENROLL_IF_SAFE, false, 0},
	    {"secure-boot-enroll-timeout-sec 4294967295", ENROLL_IF_SAFE, false, UINT32_MAX},
	};
	static const char *const bad[] = {"secure-boot-enroll yes",
					  "secure-boot-enroll Force",
					  "secure-boot-enroll-action off",
					  "secure-boot-enroll-action poweroff",
					  "secure-boot-enroll-timeout-sec 1s",
					  "secure-boot-enroll-timeout-sec 4294967296"};
	struct fail why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct loader_conf conf = read_conf(row[i].text, OK, &why);

		assert_int_equal(conf.enroll, row[i].enroll);
		assert_int_equal(conf.enroll_powers_off, row[i].powers_off);
		assert_int_equal(conf.enroll_seconds, row[i].seconds);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct loader_conf conf = read_conf(bad[i], BAD_INPUT, &why);

		assert_true(conf.enroll == ENROLL_IF_SAFE && !conf.enroll_powers_off && conf.enroll_seconds == 15);
		assert_non_null(strstr(why.text, i < 2 ? "is not off, manual, if-safe or force; the line is ignored"
						 : i < 4
						     ? "is not reboot or shutdown; the line is ignored"
						     : "is not a number of seconds or hidden; the line is ignored"));
	}
}

/* loader.conf(5): the first two are offered where nothing is said, the others are not. Any case, as systemd reads it.
 */
static void automatic_entries_and_a_log_file_are_had_by_yes_and_no(void **state)
{
	static const char *const key[] = {"auto-entries", "auto-firmware",	  "auto-reboot", "auto-poweroff",
					  "log-file",	  "reboot-for-bitlocker", "beep"};
	static const char *const yes[] = {"1", "yes", "y", "true", "t", "on", "YES", "oN"};
	static const char *const no[] = {"0", "no", "n", "false", "f", "off", "Off"};
	static const char *const odd[] = {"", "2", "ye", "yess", "o", "tr", "10", "yes no"};

	(void)state;
	for (size_t k = 0; k < COUNT_OF(key); k++)
		for (size_t i = 0; i < COUNT_OF(yes) + COUNT_OF(no) + COUNT_OF(odd); i++) {
			bool is_yes = i < COUNT_OF(yes), is_odd = i >= COUNT_OF(yes) + COUNT_OF(no);
			const char *value = is_yes   ? yes[i]
					    : is_odd ? odd[i - COUNT_OF(yes) - COUNT_OF(no)]
						     : no[i - COUNT_OF(yes)];
			struct loader_conf conf;
			struct fail why;
			char line[64];

			snprintf(line, sizeof(line), "%s %s\n", key[k], value);
			conf = read_conf(line, is_odd ? BAD_INPUT : OK, &why);
			for (size_t other = 0; other < COUNT_OF(key); other++) {
				bool got = (const bool[]){
				    conf.auto_entries, conf.auto_firmware,	  conf.auto_reboot, conf.auto_poweroff,
				    conf.log_file,     conf.reboot_for_bitlocker, conf.beep}[other];

				assert_int_equal(got, other == k && !is_odd ? is_yes : other < 2);
			}
			if (is_odd)
				assert_non_null(strstr(why.text, "is not yes or no; the line is ignored"));
		}
}

static void c9_the_memory_to_keep_free_is_a_size_with_a_suffix(void **state)
{
	static const char *const wrong[] = {"", "much", "512Mi", "5 G", "-1", "16E", "1.5G"};
	struct fail why;

	(void)state;
	assert_true(read_conf("", OK, &why).keep_free_below_4g == 0);
	assert_true(read_conf("keep-free-below-4g 512M", OK, &why).keep_free_below_4g == UINT64_C(512) << 20);
	assert_true(read_conf("keep-free-below-4g 0x10000000", OK, &why).keep_free_below_4g == 0x10000000);
	assert_true(read_conf("keep-free-below-4g 1g\n", OK, &why).keep_free_below_4g == UINT64_C(1) << 30);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char line[64];

		snprintf(line, sizeof(line), "log quiet\nkeep-free-below-4g %s", wrong[i]);
		assert_true(read_conf(line, BAD_INPUT, &why).keep_free_below_4g == 0);
		assert_non_null(strstr(why.text, "loader.conf line 2: keep-free-below-4g"));
		assert_non_null(strstr(why.text, "is not a size such as 512M"));
	}
}

/* loader.conf(5), "reboot-on-error": a boolean, or auto, which is the default. */
static void reboot_on_error_is_a_boolean_or_auto(void **state)
{
	static const struct {
		const char *text;
		enum reboot_on_error reboot;
	} row[] = {
	    {"", REBOOT_AUTO},
	    {"reboot-on-error auto", REBOOT_AUTO},
	    {"reboot-on-error yes", REBOOT_YES},
	    {"reboot-on-error 1", REBOOT_YES},
	    {"reboot-on-error Y", REBOOT_YES},
	    {"reboot-on-error TRUE", REBOOT_YES},
	    {"reboot-on-error t", REBOOT_YES},
	    {"reboot-on-error On", REBOOT_YES},
	    {"reboot-on-error 0", REBOOT_NO},
	    {"reboot-on-error no", REBOOT_NO},
	    {"reboot-on-error N", REBOOT_NO},
	    {"reboot-on-error false", REBOOT_NO},
	    {"reboot-on-error F", REBOOT_NO},
	    {"reboot-on-error off", REBOOT_NO},
	    {"reboot-on-error yes\nreboot-on-error auto", REBOOT_AUTO},
	};
	static const char *const wrong[] = {"", "Auto", "2", "yess", "ye", "tru", "o", "10", "maybe"};
	struct fail why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		if (read_conf(row[i].text, OK, &why).reboot_on_error != row[i].reboot)
			fail_msg("\"%s\" is another", row[i].text);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char text[64];

		snprintf(text, sizeof(text), "reboot-on-error no\nreboot-on-error %s\n", wrong[i]);
		assert_int_equal(read_conf(text, BAD_INPUT, &why).reboot_on_error, REBOOT_NO);
		assert_non_null(strstr(why.text, "loader.conf line 2: reboot-on-error"));
		assert_non_null(strstr(why.text, "is not yes, no or auto"));
	}
}

static void the_other_keys_of_loader_conf_are_read(void **state)
{
	static const struct {
		const char *text;
		enum log_level log;
		const char *pattern;
	} row[] = {
	    {"", LOG_QUIET, ""},
	    {"log quiet", LOG_QUIET, ""},
	    {"log normal\n", LOG_NORMAL, ""},
	    {"log debug\r\n", LOG_DEBUG, ""},
	    {"log debug\nlog quiet\n", LOG_QUIET, ""},
	    {"default deb*\n", LOG_QUIET, "deb*"},
	    {"default a\ndefault b c\n", LOG_QUIET, "b c"},
	    {"default a\ndefault\n", LOG_QUIET, ""},
	    {"\xef\xbb\xbf  default\tsaved \n#log quiet\n", LOG_QUIET, "saved"},
	    {"default @saved\n", LOG_QUIET, "@saved"},
	    {"default \"arch.conf\"\nlog 'debug'\n", LOG_DEBUG, "arch.conf"},
	    {"console-mode max\neditor no\nLOG quiet\nlogs quiet\n", LOG_QUIET, ""},
	    {"log-level debug\n", LOG_DEBUG, ""},
	    {"log-level err\nlog-level notice\n", LOG_NORMAL, ""},
	    {"log debug\nlog-level err\n", LOG_DEBUG, ""}, /* Berth's own key wins, wherever it stands */
	    {"log-level err\nlog debug\n", LOG_DEBUG, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct fail why;
		struct loader_conf conf = read_conf(row[i].text, OK, &why);

		assert_int_equal(conf.log, row[i].log);
		expect_word(conf.default_pattern, row[i].pattern);
	}
}

static void mistakes_in_loader_conf_name_the_line_and_the_rest_counts(void **state)
{
	static const struct {
		const char *text;
		uint32_t seconds;
		enum log_level log;
		const char *problem;
	} row[] = {
	    {"timeout soon\nlog quiet", 0, LOG_QUIET,
	     "loader.conf line 1: timeout \"soon\" is not a number of seconds"},
	    {"#\n\nlog loud\ntimeout 3", 3, LOG_QUIET,
	     "loader.conf line 3: log \"loud\" is not quiet, normal or debug"},
	    {"log no\ntimeout no\nlog debug\ntimeout 2", 2, LOG_DEBUG, "loader.conf line 1: log \"no\""},
	    {"timeout 8\ntimeout x", 8, LOG_QUIET, "line 2: timeout \"x\""},
	    {"timeout", 0, LOG_QUIET, "line 1: timeout \"\""},
	    {"log", 0, LOG_QUIET, "line 1: log \"\""},
	    {"timeout 4294967295", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout 18446744073709551621", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout -1", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout 5s", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout 5a", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout 0x5g", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout 0x5`", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout 0x", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout 1x5", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout 0x10000000000000005", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout 18446744073709551616", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout Menu-Force", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout menu-forced", 0, LOG_QUIET, "line 1: timeout"},
	    {"timeout \"5", 0, LOG_QUIET, "line 1: timeout \"\"5\""},
	    {"default @last\ntimeout 1", 1, LOG_QUIET, "line 1: default \"@last\" is not the name of an entry"},
	    {"timeout 1\npreferred @", 1, LOG_QUIET, "line 2: preferred \"@\" is not the name of an entry"},
	    {"log \x1b[31m", 0, LOG_QUIET, "line 1: log \"?[31m\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct fail why;
		struct loader_conf conf = read_conf(row[i].text, BAD_INPUT, &why);

		assert_int_equal(conf.timeout_seconds, row[i].seconds);
		assert_int_equal(conf.log, row[i].log);
		if (strstr(why.text, row[i].problem) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", why.text, row[i].problem);
	}
}

static void count_remarks(void *context, enum log_level level, const char *sentence)
{
	assert_int_equal(level, LOG_QUIET);
	assert_non_null(strstr(sentence, "loader.conf line "));
	++*(unsigned int *)context;
}

/* Each is told, not the first alone, and changes nothing. */
static void every_mistake_in_loader_conf_is_said_once(void **state)
{
	static const char text[] =
	    "default a\ntimeout 4\nlog loud\ntimeout soon\r\nkeep-free-below-4g lots\rdefault @last\n"
	    "editor perhaps\n";
	unsigned int n = 0;
	const struct remarks remarks = {count_remarks, &n};
	struct loader_conf conf;
	struct fail why;

	(void)state;
	loader_conf_remarks(text, sizeof(text) - 1, &remarks);
	assert_int_equal(n, 5);
	assert_int_equal(loader_conf_parse(&conf, text, sizeof(text) - 1, &why), BAD_INPUT);
	assert_int_equal(conf.timeout_seconds, 4);
	assert_true(conf.log == LOG_QUIET && conf.keep_free_below_4g == 0);
	expect_word(conf.default_pattern, "a");
}

static void a_loader_conf_in_utf_16_is_told(void **state)
{
	static const char text[] = "log quiet\ntimeout 4\nl\0o\0g\0";
	struct loader_conf conf;
	struct fail why;

	(void)state;
	assert_int_equal(loader_conf_parse(&conf, text, sizeof(text) - 1, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "loader.conf line 3: a NUL byte"));
	assert_int_equal(conf.log, LOG_QUIET);
	assert_int_equal(conf.timeout_seconds, 4);
	assert_false(conf.editor); /* what stands there in UTF-16 may lock it */
}

/* ---- lines and words ---- */

static void lines_are_numbered_and_comments_are_none(void **state)
{
	static const char text[] = "\xef\xbb\xbf# key value\n\nkey \t a b \r\n #x y\nalone";
	struct lines lines;
	struct line line;

	(void)state;
	lines_open(&lines, text, sizeof(text) - 1);
	assert_true(lines_next(&lines, &line));
	assert_int_equal(line.number, 3);
	expect_word(line.key, "key");
	expect_word(line.value, "a b");
	assert_true(lines_next(&lines, &line));
	assert_int_equal(line.number, 5);
	expect_word(line.key, "alone");
	expect_word(line.value, "");
	assert_false(lines_next(&lines, &line));
	assert_false(lines_next(&lines, &line));
}

static void marks_and_blanks_alone_are_no_lines(void **state)
{
	static const char *const empty[] = {"", "\xef\xbb\xbf", " ", "\t\n \n\r\n", "\xef\xbb\xbf#", "#"};
	static const char text[] = " \n\t\na";
	struct lines lines;
	struct line line;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(empty); i++) {
		lines_open(&lines, empty[i], strlen(empty[i]));
		assert_false(lines_next(&lines, &line));
	}
	lines_open(&lines, text, sizeof(text) - 1);
	assert_true(lines_next(&lines, &line));
	expect_word(line.key, "a");
	assert_int_equal(line.number, 3);
}

static void a_word_in_a_message_is_short_and_harmless(void **state)
{
	static const char *const row[][2] = {
	    {"", ""},
	    {"abc", "abc"},
	    {"~\x7f\xc2\x9f\xc2\xa0", "~??\xc2\xa0"},
	    {"\xff\xe1\x84\x80", "?\xe1\x84\x80"},
	    /* U+10FF is one column wide, U+1100 two. */
	    {"012345678901234567890123456789012345678\xe1\x83\xbf",
	     "012345678901234567890123456789012345678\xe1\x83\xbf"},
	    {"012345678901234567890123456789012345678\xe1\x84\x80", "012345678901234567890123456789012345678..."},
	    {"a\x1b[0m\n\xc2\x85", "a?[0m??"},
	    {"0123456789012345678901234567890123456789", "0123456789012345678901234567890123456789"},
	    {"01234567890123456789012345678901234567890", "0123456789012345678901234567890123456789..."},
	    {"012345678901234567890123456789012345678\xe6\xb8\xaf", "012345678901234567890123456789012345678..."},
	    /* An arrow and a line of a table are narrow; a fullwidth letter and a face are not. */
	    {"012345678901234567890123456789012345678\xe2\x86\x92",
	     "012345678901234567890123456789012345678\xe2\x86\x92"},
	    {"012345678901234567890123456789012345678\xe2\x94\x80",
	     "012345678901234567890123456789012345678\xe2\x94\x80"},
	    {"012345678901234567890123456789012345678\xef\xbc\xa1", "012345678901234567890123456789012345678..."},
	    {"012345678901234567890123456789012345678\xf0\x9f\x98\x80", "012345678901234567890123456789012345678..."},
	};
	char wide[40 * 3 + 1];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		assert_string_equal(word_shown(word_of(row[i][0])).at, row[i][1]);
	for (size_t i = 0; i < 40; i++)
		memcpy(wide + i * 3, "\xe0\xa4\x95", 4); /* three bytes, one column */
	assert_string_equal(word_shown(word_of(wide)).at, wide);
}

/* ---- any bytes at all ---- */

static const char alphabet[] = "linux initrd options placement title default timeout log 0x1fF+-~^.#\r\n\n\n\t  /\\*[]!"
			       "\xc3\xbc\xef\xbb\xbf";

/* Bytes at random, or whole keys and values, so that the parsers accept some of it. */
static size_t make_text(char *text, size_t room)
{
	static const char *const piece[] = {
	    "linux /k\n", "initrd", "options", "placement 0x", "placement ", "000",  "title", "timeout", "log",
	    " ",	  "\n",	    "../",     "a/b",	       "\r\n",	     "high", "#",     "efi",	 "version"};
	size_t size = 0, wanted = (size_t)rand() % room;

	while (size < wanted) {
		const char *next = piece[(size_t)rand() % COUNT_OF(piece)];
		size_t length = strlen(next);

		if (rand() % 4 == 0 || length > wanted - size)
			text[size++] =
			    rand() % 32 == 0 ? (char)rand() : alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		else
			memcpy(text + size, next, length), size += length;
	}
	return size;
}

static void expect_inside(struct word word, const char *text, size_t size)
{
	if (word.at != NULL)
		assert_true(word.at >= text && word.length <= size && (size_t)(word.at - text) <= size - word.length);
}

static void expect_sound_entry(const struct entry *e, const char *text, size_t size, enum status status)
{
	const struct word plain[] = {e->title, e->version, e->sort_key, e->machine_id, e->architecture, e->program};

	for (size_t i = 0; i < COUNT_OF(plain); i++)
		expect_inside(plain[i], text, size);
	assert_true(e->n_initrds <= MAX_INITRDS && e->n_options <= MAX_OPTIONS);
	for (size_t i = 0; i < e->n_initrds; i++)
		expect_inside(e->initrd[i], text, size);
	for (size_t i = 0; i < e->n_options; i++)
		expect_inside(e->options[i], text, size);
	assert_true(e->wish.at % 4096 == 0);
	assert_int_equal(e->broken, status != OK);
	if (status == OK)
		assert_true(e->program.length != 0 && memchr(text, '\0', size) == NULL);
	else
		assert_non_null(strstr(e->broken_why.text, "r.conf"));
}

static void expect_sound_path(struct word value)
{
	char path[24];
	struct fail why;

	if (entry_path(value, path, sizeof(path), &why) != OK)
		return;
	assert_int_equal(path[0], '\\');
	assert_true(path[1] != '\0' && memchr(path, '\0', sizeof(path)) != NULL);
	assert_null(strchr(path, '/'));
	assert_null(strstr(path, "\\\\"));
	assert_null(strstr(path, "\\..\\"));
	assert_false(strlen(path) >= 3 && strcmp(path + strlen(path) - 3, "\\..") == 0);
}

static void no_bytes_make_a_parser_look_outside_of_its_text(void **state)
{
	const char *given = getenv("SEED");
	unsigned int seed = given != NULL ? (unsigned int)strtoul(given, NULL, 0) : 20260101, accepted = 0;

	(void)state;
	printf("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 30000; round++) {
		char text[300], line[64], *exact;
		size_t size = make_text(text, sizeof(text));
		struct loader_conf conf;
		enum status status;
		struct entry e;
		struct fail why;
		size_t index;

		exact = malloc(size == 0 ? 1 : size);
		memcpy(exact, text, size);
		status = entry_parse(&e, "r.conf", exact, size, &why);
		accepted += status == OK;
		expect_sound_entry(&e, exact, size, status);
		expect_sound_path(e.program);
		expect_sound_path((struct word){exact, size});
		if (entry_command_line(&e, line, sizeof(line), &why) == OK)
			assert_non_null(memchr(line, '\0', sizeof(line)));
		(void)loader_conf_parse(&conf, exact, size, &why);
		expect_inside(conf.default_pattern, exact, size);
		expect_inside(conf.preferred_pattern, exact, size);
		(void)entries_choose((struct entry *const[]){&e}, 1, &conf, &(struct asked){.one_shot = {NULL, 0}},
				     &index);
		free(exact);
	}
	assert_true(accepted > 1000); /* else all this says little about what is accepted */
}

static void no_file_name_overruns_the_id(void **state)
{
	static const char letters[] = "a+0-9.conf\xc3";

	(void)state;
	srand(20260101);
	for (int round = 0; round < 20000; round++) {
		size_t length = (size_t)rand() % (round % 2 == 0 ? 20 : 700);
		char *name = malloc(length + 1);
		struct entry e;
		struct fail why;

		for (size_t i = 0; i < length; i++)
			name[i] = letters[(size_t)rand() % (sizeof(letters) - 1)];
		name[length] = '\0';
		(void)entry_parse(&e, name, "", 0, &why);
		assert_true(strlen(e.id) <= length);
		assert_memory_equal(e.id, name, word_without_conf(word_of(e.id)).length); /* but for the counters */
		free(name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(timeouts_are_seconds_or_words),
	    cmocka_unit_test(console_modes_are_words_or_numbers),
	    cmocka_unit_test(the_menu_folds_and_edits_as_it_is_told),
	    cmocka_unit_test(enrolment_of_keys_is_had_by_its_words),
	    cmocka_unit_test(automatic_entries_and_a_log_file_are_had_by_yes_and_no),
	    cmocka_unit_test(c9_the_memory_to_keep_free_is_a_size_with_a_suffix),
	    cmocka_unit_test(reboot_on_error_is_a_boolean_or_auto),
	    cmocka_unit_test(the_other_keys_of_loader_conf_are_read),
	    cmocka_unit_test(mistakes_in_loader_conf_name_the_line_and_the_rest_counts),
	    cmocka_unit_test(every_mistake_in_loader_conf_is_said_once),
	    cmocka_unit_test(a_loader_conf_in_utf_16_is_told),
	    cmocka_unit_test(lines_are_numbered_and_comments_are_none),
	    cmocka_unit_test(marks_and_blanks_alone_are_no_lines),
	    cmocka_unit_test(a_word_in_a_message_is_short_and_harmless),
	    cmocka_unit_test(no_bytes_make_a_parser_look_outside_of_its_text),
	    cmocka_unit_test(no_file_name_overruns_the_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
