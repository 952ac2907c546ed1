/* SPDX-License-Identifier: BSD-2-Clause */
/* \loader\loader.conf: the keys that Berth knows of those in loader.conf(5), and its own `log`. */
#include "lines.h"

static bool set_timeout(struct loader_conf *conf, struct word value)
{
	uint64_t seconds;

	if (word_is(value, "menu-force")) {
		conf->timeout_seconds = TIMEOUT_FOREVER;
	} else if (word_is(value, "menu-hidden") || word_is(value, "menu-disabled")) {
		conf->timeout_seconds = TIMEOUT_NONE;
	} else {
		if (!word_number(value, &seconds) || seconds >= TIMEOUT_FOREVER)
			return false;
		conf->timeout_seconds = (uint32_t)seconds;
	}
	return true;
}

static bool set_log(struct loader_conf *conf, struct word value)
{
	static const char *const level[] = {[LOG_QUIET] = "quiet", [LOG_NORMAL] = "normal", [LOG_DEBUG] = "debug"};

	for (size_t i = 0; i < sizeof(level) / sizeof(level[0]); i++)
		if (word_is(value, level[i])) {
			conf->log = (enum log_level)i;
			return true;
		}
	return false;
}

enum status loader_conf_parse(struct loader_conf *conf, const char *text, size_t size, struct fail *why)
{
	enum status status = OK;
	struct lines lines;
	struct line line;

	*conf = (struct loader_conf){.timeout_seconds = TIMEOUT_NONE, .log = LOG_NORMAL};
	lines_open(&lines, text, size);
	while (lines_next(&lines, &line)) {
		const char *allowed = NULL;

		if (word_is(line.key, "timeout") && !set_timeout(conf, line.value))
			allowed = "a number of seconds, menu-force, menu-hidden or menu-disabled";
		else if (word_is(line.key, "log") && !set_log(conf, line.value))
			allowed = "quiet, normal or debug";
		else if (word_is(line.key, "default"))
			conf->default_pattern = line.value;
		if (allowed != NULL && status == OK)
			status = fail(why, BAD_INPUT, "loader.conf line %u: %.*s \"%.*s\" is not %s; the line is ignored",
				      line.number, WORD(line.key), WORD(line.value), allowed);
	}
	return status;
}
