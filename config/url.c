/* SPDX-License-Identifier: BSD-2-Clause */
#include "url.h"
#include "scan.h"

/* RFC 3986, 3.1: the bytes of "http:", or 0 when it begins with no scheme. */
static size_t scheme_of(struct word url)
{
	size_t n = 0;

	while (n < url.length && (is_letter(url.at[n]) || (n > 0 && (is_digit(url.at[n]) || url.at[n] == '+' ||
								     url.at[n] == '-' || url.at[n] == '.'))))
		n++;
	return n > 0 && n < url.length && url.at[n] == ':' ? n + 1 : 0;
}

/* RFC 3986, 2: all others are written in three of these. */
static bool is_printable(struct word url)
{
	for (size_t i = 0; i < url.length; i++)
		if (url.at[i] <= ' ' || url.at[i] > '~')
			return false;
	return true;
}

/* What stands before the last part of its path; 0 when it has no host. Slashes at its end belong to that part. */
static size_t folder_of(struct word url)
{
	size_t path = scheme_of(url), end, host;

	if (path == 0)
		return 0;
	while (path < url.length && url.at[path] == '/')
		path++;
	for (host = path; path < url.length && url.at[path] != '/' && url.at[path] != '?' && url.at[path] != '#';)
		path++;
	if (path == host)
		return 0;
	for (end = path; end < url.length && url.at[end] != '?' && url.at[end] != '#';)
		end++;
	while (end > path && url.at[end - 1] == '/')
		end--;
	while (end > path && url.at[end - 1] != '/')
		end--;
	return end > path ? end - 1 : path;
}

enum status url_meant(struct word value, const char *origin, char *out, size_t room, struct fail *why)
{
	struct word rest = value;
	struct text text = {out, room, 0};

	if (!is_printable(value) || (first(value) == ':' ? value.length == 1 : scheme_of(value) == 0))
		return fail(why, BAD_INPUT, "uki-url \"%s\" is no URL with its scheme, such as http:, nor :IMAGE.efi",
			    word_shown(value).at);
	if (first(value) == ':') {
		struct word from;

		if (origin == NULL)
			return fail(why, NOT_FOUND, "uki-url %s: Berth itself was not fetched by a URL",
				    word_shown(value).at);
		from = word_of(origin);
		from.length = folder_of(from);
		if (from.length == 0)
			return fail(why, BAD_INPUT, "uki-url %s: the URL that Berth was fetched by has no host: %s",
				    word_shown(value).at, word_shown(word_of(origin)).at);
		skip(&rest, 1);
		text_add(&text, "%.*s/", WORD(from));
	}
	text_add(&text, "%.*s", WORD(rest));
	if (text_cut(&text))
		return fail(why, BAD_INPUT, "uki-url %s: more than %zu bytes", word_shown(value).at, room - 1);
	return OK;
}
