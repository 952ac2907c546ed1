/* SPDX-License-Identifier: BSD-2-Clause */
/* Which entry boots when nobody chooses another. Source: systemd, src/boot/boot.c, config_select_default_entry. */
#include "interface.h"

bool is_saved(struct word pattern)
{
	return word_is_ascii_case(pattern, "@saved");
}

bool asks_for_saved(const struct loader_conf *conf, const struct asked *asked)
{
	return is_saved(asked->preferred) || is_saved(conf->preferred_pattern) || is_saved(asked->standard) ||
	       (asked->standard.length == 0 && is_saved(conf->default_pattern));
}

struct word chooser_pattern(enum chooser chooser, const struct loader_conf *conf, const struct asked *asked)
{
	const struct word pattern[N_CHOOSERS] = {
	    [BY_SYS_FAIL] = asked->sys_fail,   [BY_ONE_SHOT] = asked->one_shot,
	    [BY_PREFERRED] = asked->preferred, [BY_CONF_PREFERRED] = conf->preferred_pattern,
	    [BY_DEFAULT] = asked->standard,    [BY_CONF_DEFAULT] = conf->default_pattern,
	};

	return pattern[chooser];
}

bool entry_starts_unasked(const struct entry *entry)
{
	return !entry->automatic && !entry->elsewhere && (!entry_is_image(entry) || entry->profile == 0);
}

/* The first that can boot and that the pattern means, or any when it is NULL. @has_tries: of those with tries left. */
static bool find(struct entry *const *entries, size_t n, const struct word *pattern, bool has_tries, size_t *index)
{
	for (size_t i = 0; i < n; i++)
		if (!entries[i]->broken && !(has_tries && entries[i]->tries_exhausted) &&
		    (pattern == NULL ? entry_starts_unasked(entries[i]) : entry_is_meant(entries[i], *pattern))) {
			*index = i;
			return true;
		}
	return false;
}

enum chooser entries_choose(struct entry *const *entries, size_t n, const struct loader_conf *conf,
			    const struct asked *asked, size_t *index)
{
	for (enum chooser by = BY_SYS_FAIL; by < BY_NOBODY; by++) {
		struct word pattern = chooser_pattern(by, conf, asked);
		bool has_tries = by == BY_PREFERRED || by == BY_CONF_PREFERRED;

		if (is_saved(pattern))
			pattern = asked->last_booted;
		if (pattern.length != 0 && find(entries, n, &pattern, has_tries, index))
			return by;
	}
	*index = 0;
	if (!find(entries, n, NULL, true, index))
		(void)find(entries, n, NULL, false, index);
	return BY_NOBODY;
}
