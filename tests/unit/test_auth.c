/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of keys as UEFI 2.10, 8.2.2 and 32.4.1, lay them out, drawn byte by byte: which are taken, with or without a
 * signature, and that each field that firmware would refuse is refused before anything is written.
 */
#include "given.h"

#include "../../config/auth.h"

static uint8_t file[4096];
static size_t size;

/* EFI_TIME of 2024-01-02 03:04:05; WIN_CERTIFICATE_UEFI_GUID, EFI_CERT_TYPE_PKCS7_GUID. */
static void given_file(size_t signature)
{
	static const uint8_t head[40] = {0xe8, 7,    1,	   2,	 3,    4,    5,	   0,	 0,    0,
					 0,    0,    0,	   0,	 0,    0,    24,   0,	 0,    0,
					 0,    2,    0xf1, 0x0e, 0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68,
					 0xee, 0x49, 0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7};

	memset(file, 0x30, sizeof(file));
	memcpy(file, head, sizeof(head));
	store_le(file + 16, 4, 24 + signature);
	size = sizeof(head) + signature;
}

/* A list with @n keys of @each bytes, the GUID of the owner among them, behind @header bytes. */
static void given_list(size_t header, size_t each, size_t n)
{
	memset(file + size, 0xa5, 16);
	store_le(file + size + 16, 4, 28 + header + n * each);
	store_le(file + size + 20, 4, header);
	store_le(file + size + 24, 4, each);
	size += 28 + header + n * each;
}

/* In memory of exactly that size: what is read behind it is found. */
static enum status read_file(struct auth *auth, struct fail *why)
{
	uint8_t *bytes = malloc(size + (size == 0));
	enum status status;

	memcpy(bytes, file, size);
	status = auth_read((struct bytes){bytes, size}, "\\PK.auth", auth, why);
	free(bytes);
	return status;
}

static void expect_n(size_t n, bool is_signed)
{
	struct auth auth = {!is_signed, 0};
	struct fail why;

	if (read_file(&auth, &why) != OK)
		fail_msg("%s", why.text);
	assert_int_equal(auth.n_keys, n);
	assert_int_equal(auth.is_signed, is_signed);
}

static void expect_none(const char *words)
{
	struct auth auth = {true, 77};
	struct fail why;

	assert_int_equal(read_file(&auth, &why), BAD_INPUT);
	if (strstr(why.text, words) == NULL || strncmp(why.text, "\\PK.auth: ", 10) != 0)
		fail_msg("not \"%s\" but \"%s\"", words, why.text);
	assert_true(auth.is_signed && auth.n_keys == 77);
}

static void keys_are_counted_and_a_signature_is_seen(void **state)
{
	(void)state;
	given_file(0);
	given_list(0, 16 + 900, 1);
	expect_n(1, false);
	given_file(1);
	given_list(0, 17, 1);
	expect_n(1, true);
	given_file(1234);
	given_list(0, 48, 20);
	given_list(7, 100, 3);
	given_list(5, 100, 0);
	given_list(0, 100, 0);
	expect_n(23, true);
}

#define HEAD "does not begin with a time and a signature"

static void what_is_cut_off_is_refused(void **state)
{
	(void)state;
	given_file(3);
	given_list(0, 48, 2);
	for (size_t whole = size; size-- > 0;)
		expect_none(size < 43	   ? HEAD
			    : size == 43   ? "has no key: firmware would remove those that it has"
			    : size < whole ? "what stands at byte 43 is no whole list of keys"
					   : "");
	given_file(0);
	given_list(0, 48, 1);
	size++;
	expect_none("what stands at byte 116 is no whole list of keys");
}

static void a_head_that_firmware_refuses_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 40; i++) {
		/* A time of any day, as firmware compares it; the length is below. */
		bool counts = i == 7 || (i >= 8 && i < 16) || i >= 20;

		given_file(0);
		given_list(0, 48, 1);
		file[i] ^= 0x80;
		if (counts)
			expect_none(HEAD);
		else if (i < 7)
			expect_n(1, false);
	}
	for (unsigned int length = 0; length < 24; length++) {
		given_file(0);
		given_list(0, 48, 1);
		store_le(file + 16, 4, length);
		expect_none(HEAD);
	}
	given_file(0);
	given_list(0, 48, 1);
	store_le(file + 16, 4, size - 16 + 1);
	expect_none("within its 116 bytes");
	store_le(file + 16, 4, 0xffffffff);
	expect_none(HEAD);
	store_le(file + 16, 4, 24 + (1 << 24));
	expect_none(HEAD);
	store_le(file + 16, 4, size - 16);
	expect_none("has no key");
}

/* 32.4.1: lists are whole, and each key has its owner and at least a byte. */
static void a_list_that_firmware_refuses_is_refused(void **state)
{
	static const struct {
		uint32_t size, header, each;
		size_t keys; /* 0: refused */
	} row[] = {{28 + 48, 0, 48, 1},
		   {28 + 48, 0, 24, 2},
		   {28 + 48, 48, 48, 0},
		   {28 + 48, 49, 48, 0},
		   {28 + 48, 49, 17, 0},
		   {28 + 48 + (1 << 24), 0, 48, 0},
		   {28 + 48, 1 << 24, 48, 0},
		   {28 + 48, 0, 48 + (1 << 24), 0},
		   {28, 0, 48, 0},
		   {28 + 48, 24, 24, 1},
		   {28 + 48, 0, 47, 0},
		   {28 + 48, 0, 16, 0},
		   {28 + 48, 0, 17, 0},
		   {28 + 48, 0, 0, 0},
		   {27, 0, 48, 0},
		   {0, 0, 48, 0},
		   {28 + 49, 0, 49, 0},
		   {28 + 47, 0, 47, 0},
		   {0xffffffff, 0, 48, 0},
		   {28 + 48, 14, 17, 2},
		   {28 + 48, 0xffffffff, 48, 0}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_file(0);
		given_list(0, 48, 1);
		store_le(file + 40 + 16, 4, row[i].size);
		store_le(file + 40 + 20, 4, row[i].header);
		store_le(file + 40 + 24, 4, row[i].each);
		if (row[i].keys != 0)
			expect_n(row[i].keys, false);
		else
			expect_none(row[i].header == 48 ? "has no key" : "is no whole list of keys");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_are_counted_and_a_signature_is_seen),
	    cmocka_unit_test(what_is_cut_off_is_refused),
	    cmocka_unit_test(a_head_that_firmware_refuses_is_refused),
	    cmocka_unit_test(a_list_that_firmware_refuses_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
