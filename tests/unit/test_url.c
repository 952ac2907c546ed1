/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the image of `uki-url` is fetched from. Sources: RFC 3986, 3; UAPI.1, "Type #1"; systemd, src/boot/util.c. */
#include "given.h"

#include "../../config/url.h"

#define BEFORE_A_HOST "//"
#define HTTP	      "http:" BEFORE_A_HOST
#define FILE_URL      "file:" BEFORE_A_HOST

static char out[64];
static struct fail why;

static enum status meant(const char *value, const char *origin)
{
	return url_meant(word_of(value), origin, out, sizeof(out), &why);
}

static void a_url_stands_for_itself(void **state)
{
	static const char *const url[] = {HTTP "server/a.efi", HTTP "[::1]:8080/a%20b?c#d", "tftp://x/y", "a+b-c.1:x",
					  "HTTP:"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(url); i++) {
		assert_int_equal(meant(url[i], NULL), OK);
		assert_string_equal(out, url[i]);
		assert_int_equal(meant(url[i], HTTP "another/"), OK);
		assert_string_equal(out, url[i]);
	}
}

static void a_name_takes_the_place_of_the_last_part(void **state)
{
	static const struct {
		const char *origin, *url;
	} row[] = {
	    {HTTP "h/boot.efi", HTTP "h/n.efi"},
	    {HTTP "h/a/b/boot.efi?x=/y#/z", HTTP "h/a/b/n.efi"},
	    {HTTP "h:80/a#/z", HTTP "h:80/n.efi"},
	    {HTTP "h/a/b/", HTTP "h/a/n.efi"}, /* slashes at the end are the last part's */
	    {HTTP "h/a/b//", HTTP "h/a/n.efi"},
	    {HTTP "h/", HTTP "h/n.efi"},
	    {HTTP "h", HTTP "h/n.efi"},
	    {HTTP "h?x/y", HTTP "h/n.efi"},
	    {HTTP "h#x", HTTP "h/n.efi"},
	    {HTTP "h/?x", HTTP "h/n.efi"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		assert_int_equal(meant(":n.efi", row[i].origin), OK);
		assert_string_equal(out, row[i].url);
	}
	assert_int_equal(meant(":sub/n.efi", HTTP "h/b"), OK);
	assert_string_equal(out, HTTP "h/sub/n.efi");
}

static void a_name_without_an_origin_is_nothing_that_there_is(void **state)
{
	(void)state;
	assert_int_equal(meant(":n.efi", NULL), NOT_FOUND);
	assert_string_equal(why.text, "uki-url :n.efi: Berth itself was not fetched by a URL");
}

static void what_is_no_url_is_refused(void **state)
{
	static const char *const value[] = {"",	     ":",     "/a.efi",	 "a.efi",      "http//h/a", "1a:b",   "+a:b",
					    "a_b:c", "h:a b", "h:a\x7f", "h:\xc3\xa4", ":a b",	    ":a\x7f", "h:\x1b"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(value); i++) {
		assert_int_equal(meant(value[i], HTTP "h/b"), BAD_INPUT);
		assert_non_null(strstr(why.text, "is no URL with its scheme, such as http:, nor :IMAGE.efi"));
	}
}

static void an_origin_without_a_host_has_no_last_part(void **state)
{
	static const char *const origin[] = {"", "b.efi", "http:", HTTP, HTTP "/", (FILE_URL "/?x"), ":x/y"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(origin); i++) {
		assert_int_equal(meant(":n.efi", origin[i]), BAD_INPUT);
		assert_non_null(strstr(why.text, "the URL that Berth was fetched by has no host"));
	}
}

static void what_does_not_fit_is_refused_and_not_cut(void **state)
{
	char value[80];

	(void)state;
	for (size_t length = 60; length < 70; length++) {
		memset(value, 'a', sizeof(value));
		memcpy(value, "h:", 2);
		assert_int_equal(url_meant((struct word){value, length}, NULL, out, sizeof(out), &why),
				 length < sizeof(out) ? OK : BAD_INPUT);
		assert_int_equal(strlen(out) == length, length < sizeof(out));
		memcpy(value, ":a", 2);
		assert_int_equal(url_meant((struct word){value, length - 8}, HTTP "h/b", out, sizeof(out), &why),
				 length < sizeof(out) ? OK : BAD_INPUT);
	}
	assert_non_null(strstr(why.text, "more than 63 bytes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_url_stands_for_itself),
	    cmocka_unit_test(a_name_takes_the_place_of_the_last_part),
	    cmocka_unit_test(a_name_without_an_origin_is_nothing_that_there_is),
	    cmocka_unit_test(what_is_no_url_is_refused),
	    cmocka_unit_test(an_origin_without_a_host_has_no_last_part),
	    cmocka_unit_test(what_does_not_fit_is_refused_and_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
