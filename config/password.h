/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A password that loader.conf has the hash of. Pure.
 *
 * Sources: RFC 8018, 5.2 (PBKDF2), with HMAC (RFC 2104) over SHA-512; the form is that of GRUB's command
 * password_pbkdf2 (GRUB's manual, "Invoking grub-mkpasswd-pbkdf2"), so that its users can paste what they have.
 */
#ifndef BERTH_PASSWORD_H
#define BERTH_PASSWORD_H

#include "entry.h"

#include "../base/bytes.h"

/* RFC 8018, 4.2: at least 1000. Each takes two blocks of SHA-512: a million some three seconds of a common CPU. */
#define PASSWORD_LEAST 1000
#define PASSWORD_MOST  1000000

#define PASSWORD_SALT_LEAST 8 /* bytes; RFC 8018, 4.1 */
#define PASSWORD_SALT_MOST  128
#define PASSWORD_HASH_MOST  64
#define PASSWORD_HASH_LEAST 16	/* bytes; of a shorter one too many passwords are right */
#define PASSWORD_ROOM	    256 /* bytes of one that is typed, with a NUL */

#define PASSWORD_VALUES                                                                                                \
	"grub.pbkdf2.sha512.N.SALT.HASH with N from 1000 to 1000000, 8 to 128 bytes of salt and 16 to 64 of hash, "    \
	"as grub-mkpasswd-pbkdf2 prints it"

struct password {
	uint32_t iterations;
	uint8_t salt[PASSWORD_SALT_MOST], hash[PASSWORD_HASH_MOST];
	size_t salt_size, hash_size; /* bytes */
};

/* False when it has another form, or a number that is out of these bounds. */
bool password_parse(struct password *password, struct word value);

/* How long it takes does not tell where the first difference is. Nothing of @typed stays behind. */
bool password_is(const struct password *password, struct bytes typed);

#endif
