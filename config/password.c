/* SPDX-License-Identifier: BSD-2-Clause */
#include "password.h"
#include "scan.h"

#include "../base/mem.h"
#include "../codecs/sha512.h"

_Static_assert(PASSWORD_HASH_MOST == SHA512_SIZE, "no more than the first block is derived");

#define FORM "grub.pbkdf2.sha512."

/* ---- how it is written ---- */

/* Takes what stands before the next dot, and the dot; or all of it, when there is none. */
static struct word take_part(struct word *rest)
{
	struct word part = {rest->at, 0};

	while (part.length < rest->length && rest->at[part.length] != '.')
		part.length++;
	skip(rest, part.length + (part.length < rest->length));
	return part;
}

/* Pairs of hexadecimal digits, from @least to @most of them. */
static bool take_bytes(struct word part, size_t least, size_t most, uint8_t *out, size_t *size)
{
	*size = part.length / 2;
	if (part.length % 2 != 0 || *size < least || *size > most)
		return false;
	for (size_t i = 0; i < *size; i++) {
		unsigned int high = digit_value(part.at[2 * i]), low = digit_value(part.at[2 * i + 1]);

		if (high > 15 || low > 15)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool password_parse(struct password *password, struct word value)
{
	size_t form = sizeof(FORM) - 1;
	struct word number, salt;
	uint64_t iterations;

	if (value.length < form || memcmp(value.at, FORM, form) != 0)
		return false;
	skip(&value, form);
	number = take_part(&value);
	salt = take_part(&value);
	if (!word_number(number, &iterations) || iterations < PASSWORD_LEAST || iterations > PASSWORD_MOST)
		return false;
	password->iterations = (uint32_t)iterations;
	return take_bytes(salt, PASSWORD_SALT_LEAST, PASSWORD_SALT_MOST, password->salt, &password->salt_size) &&
	       take_bytes(value, PASSWORD_HASH_LEAST, PASSWORD_HASH_MOST, password->hash, &password->hash_size);
}

/* ---- whether it is what was typed ---- */

/* HMAC with one key for many messages: both sums have taken their block of it. */
struct keyed {
	struct sha512 inner, outer;
};

/* RFC 2104, 2: the key is padded to a block; one that is longer than that is hashed. */
static void start_keyed(struct keyed *keyed, struct bytes key)
{
	uint8_t block[SHA512_BLOCK] = {0};

	if (key.size > sizeof(block)) {
		sha512_start(&keyed->inner);
		sha512_add(&keyed->inner, key);
		sha512_end(&keyed->inner, block);
	} else {
		memcpy(block, key.at, key.size);
	}
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36;
	sha512_start(&keyed->inner);
	sha512_add(&keyed->inner, (struct bytes){block, sizeof(block)});
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	sha512_start(&keyed->outer);
	sha512_add(&keyed->outer, (struct bytes){block, sizeof(block)});
	wipe(block, sizeof(block));
}

/* The code of @message with @more behind it, which may be where the code goes. */
static void authenticate(const struct keyed *keyed, struct bytes message, struct bytes more, uint8_t out[SHA512_SIZE])
{
	struct sha512 sum = keyed->inner;
	uint8_t inner[SHA512_SIZE];

	sha512_add(&sum, message);
	sha512_add(&sum, more);
	sha512_end(&sum, inner);
	sum = keyed->outer;
	sha512_add(&sum, (struct bytes){inner, sizeof(inner)});
	sha512_end(&sum, out);
}

/* RFC 8018, 5.2: the first block of PBKDF2's output, which is as long as any hash in here. */
static void derive(const struct password *password, struct bytes typed, uint8_t out[SHA512_SIZE])
{
	static const uint8_t first_block[] = {0, 0, 0, 1};
	uint8_t step[SHA512_SIZE];
	struct keyed keyed;

	start_keyed(&keyed, typed);
	authenticate(&keyed, (struct bytes){password->salt, password->salt_size},
		     (struct bytes){first_block, sizeof(first_block)}, step);
	memcpy(out, step, SHA512_SIZE);
	for (uint32_t i = 1; i < password->iterations; i++) {
		authenticate(&keyed, (struct bytes){step, sizeof(step)}, (struct bytes){NULL, 0}, step);
		for (size_t at = 0; at < SHA512_SIZE; at++)
			out[at] ^= step[at];
	}
	wipe(&keyed, sizeof(keyed));
	wipe(step, sizeof(step));
}

bool password_is(const struct password *password, struct bytes typed)
{
	uint8_t derived[SHA512_SIZE], differences = 0;

	derive(password, typed, derived);
	for (size_t i = 0; i < password->hash_size; i++)
		differences |= derived[i] ^ password->hash[i];
	wipe(derived, sizeof(derived));
	return differences == 0;
}
