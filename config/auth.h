/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys for Secure Boot as firmware takes them: a file holds a time, a signature, which may be missing, and lists of
 * keys. Pure: efi/enroll.c reads the files and writes the variables.
 *
 * Sources: UEFI 2.10, 8.2.2 (EFI_VARIABLE_AUTHENTICATION_2) and 32.4.1 (EFI_SIGNATURE_LIST).
 */
#ifndef BERTH_AUTH_H
#define BERTH_AUTH_H

#include "../base/fail.h"

#define AUTH_MOST 262144u /* bytes of a file; Microsoft's list of what is revoked has 24 KiB */

struct auth {
	bool is_signed;
	size_t n_keys; /* in all lists together; 1 or more */
};

/*
 * Whether a file is one that firmware may take. @path: for messages. BAD_INPUT when its time or its certificate is not
 * what 8.2.2 demands, when it has no key, which would remove those that are there, or when its lists do not end where
 * it ends; *auth is not set then.
 */
enum status auth_read(struct bytes file, const char *path, struct auth *auth, struct fail *why) MUST_CHECK;

#endif
