/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-512 against the examples for FIPS 180-4, and passwords against sums that Python's hashlib made: what is right
 * opens, nothing else does, and what is not a hash opens for nobody.
 */
#include "given.h"

#include "../../codecs/sha512.h"
#include "../../config/password.h"

#define HASH                                                                                                           \
	"43ABF8C7027C6BD9D63E9D81784A006188474A8DB14663D60114F5EEF4E94B1B76ABA88DA7B04EA335B9E7BAAA6BDE5E"             \
	"36350EE202ACD02CAF25B6061A4BB5B4"
#define FORM  "grub.pbkdf2.sha512."
#define VALUE FORM "1000.73616C7473616C74." HASH /* of "password" */

static void expect_sum(struct bytes piece, unsigned int times, const char *hex)
{
	uint8_t sum[SHA512_SIZE];
	char told[2 * SHA512_SIZE + 1];
	struct sha512 making;

	sha512_start(&making);
	while (times-- > 0)
		sha512_add(&making, piece);
	sha512_end(&making, sum);
	for (size_t i = 0; i < SHA512_SIZE; i++)
		snprintf(told + 2 * i, 3, "%02x", sum[i]);
	assert_string_equal(told, hex);
}

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static void the_examples_of_sha_512_have_their_sums(void **state)
{
	char a[1000];

	(void)state;
	memset(a, 'a', sizeof(a));
	expect_sum((struct bytes){NULL, 0}, 1,
		   "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
		   "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
	expect_sum(bytes_of("abc"), 1,
		   "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
	expect_sum(bytes_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
			    "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
		   1,
		   "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
		   "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909");
	expect_sum((struct bytes){(const uint8_t *)a, sizeof(a)}, 1000,
		   "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
		   "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b");
}

static void nothing_stays_in_a_sum_that_has_ended(void **state)
{
	static const struct sha512 nothing;
	uint8_t out[SHA512_SIZE];
	struct sha512 sum;

	(void)state;
	sha512_start(&sum);
	sha512_add(&sum, bytes_of("abc"));
	sha512_end(&sum, out);
	assert_memory_equal(&sum, &nothing, sizeof(sum));
}

static bool opens(const char *value, const char *typed)
{
	struct password password;

	assert_true(password_parse(&password, word_of(value)));
	return password_is(&password, bytes_of(typed));
}

#define LETTERS_64 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

/* A block of HMAC's has 128 bytes: a password of 129 is hashed first. */
static void the_right_password_opens_and_no_other(void **state)
{
	static const struct {
		const char *value, *typed;
	} row[] = {
	    {VALUE, "password"},
	    {FORM "0x3e8.73616c7473616c74." HASH, "password"},
	    {FORM "4096.73616c7453414c5473616c7453414c5473616c7453414c5473616c7453414c5473616c74."
		  "8C0511F4C6E597C6AC6315D8F0362E225F3C501495BA23B868C005174DC4EE71"
		  "115b59f9e60cd9532fa33e0f75aefe30225c583a186cd82bd4daea9724a3d3b8",
	     "passwordPASSWORDpassword"},
	    {FORM "1000.73616C7473616C74.43ABF8C7027C6BD9D63E9D81784A0061",
	     "password"}, /* grub-mkpasswd-pbkdf2 -l 16 */
	    {FORM "1000.382062797465732e."
		  "FDC0F14BD2E50A3FA81667D3D249B6C37F05F150C69AC13DF1098AA65830719C"
		  "47FD6D079EA6166664C4BB98D3212B43B8677A49E66826C6C79070C6F0F273FF",
	     LETTERS_64 LETTERS_64},
	    {FORM "1000.382062797465732e."
		  "7F7140618A8B5C655EE69FFF6109F141D6AEA7E147999681B5882339C863ED80"
		  "355221AE0FF8D6BD758C123B203FA3CCF8AE65AD8912DA01FE5C839451A550D7",
	     LETTERS_64 LETTERS_64 "k"},
	    {FORM "1000.000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
		  "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
		  "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
		  "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f."
		  "863F6CBD4723F09245D4C2BB5862D517C3DF592F8832C2D2EA27AEC25DB6D371"
		  "719F82BE3049D694FDDAED55E598AF238DC992FB69BC7E5BFC4480A45111A3F6",
	     "p\xc3\xa4ss"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		assert_true(opens(row[i].value, row[i].typed));
		assert_false(opens(row[i].value, "Password"));
		assert_false(opens(row[i].value, ""));
	}
}

/* Each byte of the hash counts: the last as the first. */
static void a_hash_that_differs_in_a_bit_opens_for_nobody(void **state)
{
	char value[] = VALUE;
	size_t start = strlen(value) - 2 * SHA512_SIZE;

	(void)state;
	for (size_t i = start; i < strlen(value); i += 9) {
		char was = value[i];

		value[i] = was == '0' ? '1' : '0';
		assert_false(opens(value, "password"));
		value[i] = was;
	}
	value[strlen(value) - 1] = '5';
	assert_false(opens(value, "password"));
}

static void what_is_not_such_a_hash_is_refused(void **state)
{
	static const char *const row[] = {
	    "",
	    "password",
	    "grub.pbkdf2.sha256.1000.73616C7473616C74." HASH,
	    FORM,
	    FORM "1000",
	    FORM "1000.73616C7473616C74",
	    FORM "1000.73616C7473616C74.",
	    FORM "999.73616C7473616C74." HASH,
	    FORM "1000001.73616C7473616C74." HASH,
	    FORM "4294968296.73616C7473616C74." HASH,
	    FORM "18446744073709552616.73616C7473616C74." HASH,
	    FORM "-1000.73616C7473616C74." HASH,
	    FORM ".73616C7473616C74." HASH,
	    FORM "1000.73616C7473616C." HASH,
	    FORM "1000.73616C7473616C7." HASH,
	    FORM "1000.73616C7473616C7G." HASH,
	    FORM "1000.G3616C7473616C74." HASH,
	    FORM "1000.." HASH,
	    FORM "1000.73616C7473616C74." HASH "00",
	    FORM "1000.73616C7473616C74." HASH ".",
	    FORM "1000.73616C7473616C74." HASH "0",
	    FORM "1000.73616C7473616C74.43ABF8C7027C6BD9D63E9D81784A00",
	    FORM "1000." HASH HASH "00." HASH,
	    " " VALUE,
	};
	struct password password;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		if (password_parse(&password, word_of(row[i])))
			fail_msg("\"%s\" was taken", row[i]);
	assert_true(password_parse(&password, word_of(FORM "1000000." HASH HASH "." HASH)));
}

/* A bad line must not open the editor to everybody, and must not show the password that it may be. */
static void a_bad_hash_in_loader_conf_locks_and_is_not_shown(void **state)
{
	static const char *const row[] = {"editor-password hunter2\n", "editor-password\n",
					  "editor-password " VALUE "\neditor-password \"hunter2\"\n"};
	struct loader_conf conf;
	struct password password;
	struct fail why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		assert_int_equal(loader_conf_parse(&conf, row[i], strlen(row[i]), &why), BAD_INPUT);
		assert_non_null(strstr(why.text, "the value of editor-password is not grub.pbkdf2.sha512.N.SALT.HASH"));
		assert_non_null(strstr(why.text, "no command line can be edited"));
		assert_null(strstr(why.text, "hunter2"));
		assert_true(conf.asks_password && !password_parse(&password, conf.editor_password));
	}
	assert_int_equal(loader_conf_parse(&conf, "editor-password " VALUE, strlen("editor-password " VALUE), &why),
			 OK);
	assert_true(conf.asks_password && password_parse(&password, conf.editor_password));
	assert_int_equal(loader_conf_parse(&conf, "editor yes\n", 11, &why), OK);
	assert_false(conf.asks_password);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_examples_of_sha_512_have_their_sums),
	    cmocka_unit_test(nothing_stays_in_a_sum_that_has_ended),
	    cmocka_unit_test(the_right_password_opens_and_no_other),
	    cmocka_unit_test(a_hash_that_differs_in_a_bit_opens_for_nobody),
	    cmocka_unit_test(what_is_not_such_a_hash_is_refused),
	    cmocka_unit_test(a_bad_hash_in_loader_conf_locks_and_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
