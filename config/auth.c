/* SPDX-License-Identifier: BSD-2-Clause */
#include "auth.h"

#include "../base/mem.h"

#define TIME	    16		/* bytes of an EFI_TIME */
#define CERTIFICATE 24		/* of a WIN_CERTIFICATE_UEFI_GUID without its data (32.2.4) */
#define KIND	    0x0ef10200u /* its wRevision and wCertificateType, WIN_CERT_TYPE_EFI_GUID */
#define LIST	    28		/* of an EFI_SIGNATURE_LIST without header and keys */
#define OWNER	    16		/* of the GUID before each key */

/* EFI_CERT_TYPE_PKCS7_GUID. */
static const uint8_t pkcs7[16] = {0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
				  0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7};

/* 8.2.2: Pad1, Nanosecond, TimeZone, Daylight and Pad2 are 0. */
static bool is_time(const uint8_t *time)
{
	return time[7] == 0 && load_le(time + 8, 8) == 0;
}

/* All lists from byte @at on, which end where the file ends; *at is then the byte of the one that does not. */
static bool count_keys(struct bytes file, size_t *at, size_t *n)
{
	uint64_t size, header, each;

	for (*n = 0; *at < file.size; *at += (size_t)size) {
		const uint8_t *list = file.at + *at;
		size_t left = file.size - *at;

		if (left < LIST)
			return false;
		size = load_le(list + 16, 4);
		header = load_le(list + 20, 4);
		each = load_le(list + 24, 4);
		if (size < LIST || size > left || header > size - LIST || each <= OWNER ||
		    (size - LIST - header) % each != 0)
			return false;
		*n += (size_t)((size - LIST - header) / each);
	}
	return true;
}

enum status auth_read(struct bytes file, const char *path, struct auth *auth, struct fail *why)
{
	size_t at = TIME, n;
	uint64_t length;

	if (!bytes_get(file, TIME, 4, &length) || length < CERTIFICATE || length > file.size - TIME ||
	    !is_time(file.at) || load_le(file.at + TIME + 4, 4) != KIND ||
	    memcmp(file.at + TIME + 8, pkcs7, sizeof(pkcs7)) != 0)
		return fail(why, BAD_INPUT,
			    "%s: does not begin with a time and a signature within its %zu bytes, as keys for Secure "
			    "Boot do\n"
			    "  try: the file that sign-efi-sig-list or sbctl makes",
			    path, file.size);
	at += (size_t)length;
	if (!count_keys(file, &at, &n))
		return fail(why, BAD_INPUT, "%s: what stands at byte %zu is no whole list of keys", path, at);
	if (n == 0)
		return fail(why, BAD_INPUT, "%s: has no key: firmware would remove those that it has", path);
	*auth = (struct auth){length > CERTIFICATE, n};
	return OK;
}
