/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is taken as a password's hash, written again from what was understood, is the same, whatever the letters' case;
 * its numbers are within their bounds, and what is most unlikely to be its password does not open it.
 */
#include "fuzz.h"

#include "../../config/password.h"

static bool writes_back(const struct password *password, struct word value)
{
	char text[64 + 2 * (PASSWORD_SALT_MOST + PASSWORD_HASH_MOST)];
	struct text out = TEXT(text);

	text_add(&out, "grub.pbkdf2.sha512.%u.", (unsigned int)password->iterations);
	for (size_t i = 0; i < password->salt_size; i++)
		text_add(&out, "%02x", password->salt[i]);
	text_add(&out, ".");
	for (size_t i = 0; i < password->hash_size; i++)
		text_add(&out, "%02x", password->hash[i]);
	return word_is_ascii_case(value, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct word value = {(const char *)data, size};
	struct password password;

	if (!password_parse(&password, value))
		return 0;
	REQUIRE(password.iterations >= PASSWORD_LEAST && password.iterations <= PASSWORD_MOST);
	REQUIRE(password.salt_size >= PASSWORD_SALT_LEAST && password.salt_size <= PASSWORD_SALT_MOST);
	REQUIRE(password.hash_size >= PASSWORD_HASH_LEAST && password.hash_size <= PASSWORD_HASH_MOST);
	/* Zeros before the number are lost, and a number of base 16 is written in base 10. */
	if (size > 19 && data[19] != '0')
		REQUIRE(writes_back(&password, value));
	if (password.iterations == PASSWORD_LEAST)
		REQUIRE(!password_is(&password, (struct bytes){data, 1}));
	return 0;
}
