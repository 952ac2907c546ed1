/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 against the examples of NIST's "Cryptographic Standards and Guidelines" for FIPS 180-4, however the bytes are
 * cut into pieces.
 */
#include "given.h"

#include "../../codecs/sha256.h"

#define TWO_BLOCKS "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

static void expect_sum(const uint8_t sum[SHA256_SIZE], const char *hex)
{
	char told[2 * SHA256_SIZE + 1];

	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(told + 2 * i, 3, "%02x", sum[i]);
	assert_string_equal(told, hex);
}

static void sum_of(const char *text, uint8_t out[SHA256_SIZE])
{
	struct sha256 sum;

	sha256_start(&sum);
	sha256_add(&sum, (struct bytes){(const uint8_t *)text, strlen(text)});
	sha256_end(&sum, out);
}

static void the_examples_have_their_sums(void **state)
{
	uint8_t out[SHA256_SIZE];

	(void)state;
	sum_of("", out);
	expect_sum(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sum_of("abc", out);
	expect_sum(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sum_of(TWO_BLOCKS, out);
	expect_sum(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void a_million_letters_have_their_sum(void **state)
{
	uint8_t piece[1000], out[SHA256_SIZE];
	struct sha256 sum;

	(void)state;
	memset(piece, 'a', sizeof(piece));
	sha256_start(&sum);
	for (unsigned int i = 0; i < 1000; i++)
		sha256_add(&sum, (struct bytes){piece, sizeof(piece)});
	sha256_end(&sum, out);
	expect_sum(out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Up to two blocks and a bit, each in two pieces, of which either may be empty. */
static void pieces_have_the_sum_of_the_whole(void **state)
{
	uint8_t whole[SHA256_SIZE], parts[SHA256_SIZE];
	char text[140];
	struct sha256 sum;

	(void)state;
	for (size_t length = 0; length < sizeof(text); length++) {
		for (size_t i = 0; i < length; i++)
			text[i] = (char)('a' + (i * 7 + length) % 26);
		text[length] = '\0';
		sum_of(text, whole);
		for (size_t cut = 0; cut <= length; cut++) {
			sha256_start(&sum);
			sha256_add(&sum, (struct bytes){(const uint8_t *)text, cut});
			sha256_add(&sum, (struct bytes){(const uint8_t *)text + cut, length - cut});
			sha256_end(&sum, parts);
			assert_memory_equal(parts, whole, SHA256_SIZE);
		}
	}
}

static void nothing_stays_in_a_sum_that_has_ended(void **state)
{
	static const struct sha256 nothing;
	uint8_t out[SHA256_SIZE];
	struct sha256 sum;

	(void)state;
	sha256_start(&sum);
	sha256_add(&sum, (struct bytes){(const uint8_t *)TWO_BLOCKS, sizeof(TWO_BLOCKS) - 1});
	sha256_end(&sum, out);
	assert_memory_equal(&sum, &nothing, sizeof(sum));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_examples_have_their_sums),
	    cmocka_unit_test(a_million_letters_have_their_sum),
	    cmocka_unit_test(pieces_have_the_sum_of_the_whole),
	    cmocka_unit_test(nothing_stays_in_a_sum_that_has_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
