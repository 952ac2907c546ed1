/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of keys for Secure Boot of any bytes: one that is taken is as long as its parts say, walked once more here; it
 * holds a key, each of its keys is in it, and with one byte less it is not taken.
 */
#include "fuzz.h"

#include "../../config/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes file = {data, size};
	size_t at, keys = 0;
	struct auth auth;
	struct fail why;

	if (auth_read(file, "PK.auth", &auth, &why) != OK) {
		REQUIRE(why.status == BAD_INPUT && why.text[0] != '\0');
		return 0;
	}
	at = 16 + load_le(data + 16, 4);
	REQUIRE(auth.is_signed == (at > 40) && auth.n_keys != 0);
	while (at < size) {
		size_t list = load_le(data + at + 16, 4), header = load_le(data + at + 20, 4),
		       each = load_le(data + at + 24, 4);

		REQUIRE(list >= 28 + header && each > 16);
		for (size_t used = 28 + header; used < list; used += each) {
			REQUIRE(at + used + each <= size);
			keys++;
		}
		at += list;
	}
	REQUIRE(at == size && keys == auth.n_keys);
	file.size--;
	REQUIRE(auth_read(file, "PK.auth", &auth, &why) != OK);
	return 0;
}
