/* SPDX-License-Identifier: BSD-2-Clause */
/* \loader\loader.conf: the keys that Berth knows of those in loader.conf(5), and its own beside them. */
#include "lines.h"
#include "password.h"

#include "../base/memparse.h"

/* loader.conf(5), "timeout". */
bool loader_conf_timeout(struct loader_conf *conf, struct word value)
{
	bool disabled = word_is(value, "menu-disabled");
	uint64_t seconds = TIMEOUT_NONE;

	if (word_is(value, "menu-force"))
		seconds = TIMEOUT_FOREVER;
	else if (!disabled && !word_is(value, "menu-hidden") &&
		 (!word_number(value, &seconds) || seconds >= TIMEOUT_FOREVER))
		return false;
	conf->menu_disabled = disabled;
	conf->timeout_seconds = (uint32_t)seconds;
	return true;
}

/* Which of @n words the value is; false when it is none of them. */
static bool is_among(struct word value, const char *const *words, size_t n, size_t *which)
{
	for (*which = 0; *which < n; *which += 1)
		if (word_is(value, words[*which]))
			return true;
	return false;
}

static bool set_log(struct loader_conf *conf, struct word value)
{
	static const char *const level[] = {[LOG_QUIET] = "quiet", [LOG_NORMAL] = "normal", [LOG_DEBUG] = "debug"};
	size_t which;

	if (!is_among(value, level, sizeof(level) / sizeof(level[0]), &which))
		return false;
	conf->log = (enum log_level)which;
	conf->log_by = LOG_BY_LOG;
	return true;
}

bool log_level_parse(struct word value, enum log_level *level)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = {{"emerg", LOG_QUIET},   {"alert", LOG_QUIET},   {"crit", LOG_QUIET},  {"err", LOG_QUIET},
		      {"warning", LOG_QUIET}, {"notice", LOG_NORMAL}, {"info", LOG_NORMAL}, {"debug", LOG_DEBUG}};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (word_is(value, levels[i].name)) {
			*level = levels[i].level;
			return true;
		}
	return false;
}

/* Berth's own `log` says more precisely what is wanted, wherever it stands. */
static bool set_level(struct loader_conf *conf, struct word value)
{
	enum log_level level;

	if (!log_level_parse(value, &level))
		return false;
	if (conf->log_by != LOG_BY_LOG) {
		conf->log = level;
		conf->log_by = LOG_BY_LEVEL;
	}
	return true;
}

/* loader.conf(5), "reboot-on-error". */
static bool set_reboot(struct loader_conf *conf, struct word value)
{
	bool reboot;

	if (word_is(value, "auto"))
		conf->reboot_on_error = REBOOT_AUTO;
	else if (word_bool(value, &reboot))
		conf->reboot_on_error = reboot ? REBOOT_YES : REBOOT_NO;
	else
		return false;
	return true;
}

static bool set_kept_free(struct loader_conf *conf, struct word value)
{
	uint64_t size;

	if (memparse(value.at, value.length, &size) != value.length || value.length == 0)
		return false;
	conf->keep_free_below_4g = size;
	return true;
}

/* loader.conf(5), "default": what begins with "@" is not a pattern but a way to choose. */
static bool set_pattern(struct word *pattern, struct word value)
{
	if (value.length != 0 && value.at[0] == '@' && !word_is_ascii_case(value, "@saved"))
		return false;
	*pattern = value;
	return true;
}

bool console_mode_parse(struct console_mode *mode, struct word value)
{
	static const char *const how[] = {[CONSOLE_KEEP] = "keep", [CONSOLE_AUTO] = "auto", [CONSOLE_MAX] = "max"};
	uint64_t number;

	for (unsigned int i = 0; i < sizeof(how) / sizeof(how[0]); i++)
		if (word_is(value, how[i])) {
			*mode = (struct console_mode){i, 0};
			return true;
		}
	if (!word_number(value, &number) || number > INT32_MAX) /* UEFI 2.10, 12.4.1: MaxMode has 32 bits with a sign */
		return false;
	*mode = (struct console_mode){CONSOLE_NUMBER, (uint32_t)number};
	return true;
}

static bool set_fold(struct loader_conf *conf, struct word value)
{
	uint64_t most;

	if (!word_number(value, &most) || most > UINT32_MAX)
		return false;
	conf->menu_fold = (uint32_t)most;
	return true;
}

/* loader.conf(5), "secure-boot-enroll". */
static bool set_enroll(struct loader_conf *conf, struct word value)
{
	static const char *const when[] = {
	    [ENROLL_IF_SAFE] = "if-safe", [ENROLL_OFF] = "off", [ENROLL_MANUAL] = "manual", [ENROLL_FORCE] = "force"};
	size_t which;

	if (!is_among(value, when, sizeof(when) / sizeof(when[0]), &which))
		return false;
	conf->enroll = (enum enroll)which;
	return true;
}

static bool set_enroll_action(struct loader_conf *conf, struct word value)
{
	static const char *const action[] = {"reboot", "shutdown"};
	size_t which;

	if (!is_among(value, action, 2, &which))
		return false;
	conf->enroll_powers_off = which == 1;
	return true;
}

static bool set_enroll_seconds(struct loader_conf *conf, struct word value)
{
	uint64_t seconds = 0;

	if (!word_is(value, "hidden") && (!word_number(value, &seconds) || seconds > UINT32_MAX))
		return false;
	conf->enroll_seconds = (uint32_t)seconds;
	return true;
}

/* What is not understood must not open the editor to everybody. */
static bool set_password(struct loader_conf *conf, struct word value)
{
	struct password password;

	conf->asks_password = true;
	conf->editor_password = value;
	return password_parse(&password, value);
}

static bool set_bool(struct loader_conf *conf, const struct line *line)
{
	const struct {
		const char *key;
		bool *value;
	} keys[] = {{"editor", &conf->editor},
		    {"auto-entries", &conf->auto_entries},
		    {"auto-firmware", &conf->auto_firmware},
		    {"auto-reboot", &conf->auto_reboot},
		    {"auto-poweroff", &conf->auto_poweroff},
		    {"other-disks", &conf->other_disks},
		    {"beep", &conf->beep},
		    {"reboot-for-bitlocker", &conf->reboot_for_bitlocker},
		    {"log-file", &conf->log_file}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (word_is(line->key, keys[i].key))
			return word_bool(line->value, keys[i].value);
	return true;
}

/* Returns NULL, or what the key takes when the value is something else. */
static const char *take_line(struct loader_conf *conf, const struct line *line)
{
	if (word_is(line->key, "timeout") && !loader_conf_timeout(conf, line->value))
		return TIMEOUT_VALUES;
	if (word_is(line->key, "log") && !set_log(conf, line->value))
		return "quiet, normal or debug";
	if (word_is(line->key, "log-level") && !set_level(conf, line->value))
		return LEVEL_VALUES;
	if (word_is(line->key, "keep-free-below-4g") && !set_kept_free(conf, line->value))
		return "a size such as 512M";
	if (word_is(line->key, "console-mode") && !console_mode_parse(&conf->console_mode, line->value))
		return MODE_VALUES;
	if (word_is(line->key, "menu-fold") && !set_fold(conf, line->value))
		return "a number of entries";
	if (word_is(line->key, "reboot-on-error") && !set_reboot(conf, line->value))
		return "yes, no or auto";
	if ((word_is(line->key, "default") && !set_pattern(&conf->default_pattern, line->value)) ||
	    (word_is(line->key, "preferred") && !set_pattern(&conf->preferred_pattern, line->value)))
		return "the name of an entry, a pattern or @saved";
	if (word_is(line->key, "editor-password") && !set_password(conf, line->value))
		return PASSWORD_VALUES;
	if (word_is(line->key, "secure-boot-enroll") && !set_enroll(conf, line->value))
		return "off, manual, if-safe or force";
	if (word_is(line->key, "secure-boot-enroll-action") && !set_enroll_action(conf, line->value))
		return "reboot or shutdown";
	if (word_is(line->key, "secure-boot-enroll-timeout-sec") && !set_enroll_seconds(conf, line->value))
		return "a number of seconds or hidden";
	if (!set_bool(conf, line))
		return "yes or no";
	return NULL;
}

/* What stands where a password's hash belongs may be the password, and everybody can read the log. */
static void say_mistake(const struct line *line, const char *allowed, struct fail *why)
{
	if (word_is(line->key, "editor-password"))
		(void)fail(why, BAD_INPUT,
			   "loader.conf line %u: the value of editor-password is not %s; "
			   "no command line can be edited",
			   line->number, allowed);
	else
		(void)fail(why, BAD_INPUT, "loader.conf line %u: %.*s \"%s\" is not %s; the line is ignored",
			   line->number, WORD(line->key), word_shown(line->value).at, allowed);
}

/* @why: the first mistake. */
static enum status read_lines(struct loader_conf *conf, const char *text, size_t size, const struct remarks *remarks,
			      struct fail *why)
{
	unsigned int nul = lines_nul(text, size);
	enum status status = OK;
	struct lines lines;
	struct line line;

	*conf = LOADER_CONF_DEFAULT;
	if (nul != 0) {
		status = fail(why, BAD_INPUT, "loader.conf line %u: a NUL byte: this is not UTF-8 text", nul);
		remark(remarks, LOG_QUIET, "%s", why->text);
	}
	lines_open(&lines, text, size);
	while (lines_next(&lines, &line)) {
		const char *allowed = take_line(conf, &line);
		struct fail this;

		if (allowed == NULL)
			continue;
		say_mistake(&line, allowed, &this);
		remark(remarks, LOG_QUIET, "%s", this.text);
		if (status == OK)
			*why = this;
		status = BAD_INPUT;
	}
	/* Text in UTF-16 may lock the editor, and nothing here can read that. */
	if (nul != 0)
		conf->editor = false;
	return status;
}

enum status loader_conf_parse(struct loader_conf *conf, const char *text, size_t size, struct fail *why)
{
	return read_lines(conf, text, size, NULL, why);
}

void loader_conf_remarks(const char *text, size_t size, const struct remarks *remarks)
{
	struct loader_conf conf;
	struct fail why;

	(void)read_lines(&conf, text, size, remarks, &why);
}
