/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The random seed in firmware: gathers its parts, writes the file's, and only when that is on the disk hands over the
 * system's. config/seed.h says what is made of what, and why nothing is done where the file could be a copy.
 */
#include "efi_local.h"

#include "../base/mem.h"
#include "../config/seed.h"

#define SEED_FILE "\\loader\\random-seed"

/* include/linux/efi.h, LINUX_EFI_RANDOM_SEED_TABLE_GUID. */
static EFI_GUID seed_guid = {0x1ce1e5bc, 0x7ceb, 0x42f2, {0x81, 0xe5, 0x8a, 0xad, 0xf1, 0x80, 0xf5, 0x7b}};

/* All of it is secret, and cleared before fw_pass_seed returns. */
static struct {
	struct seed_parts parts;
	uint8_t random[SEED_SIZE], token[SEED_TOKEN_MOST], for_file[SEED_SIZE];
	EFI_TIME time;
	struct fw_file *file;
	uint64_t size; /* of the file */
	char *content; /* of the file, in a pool; NULL: it counts as new */
} seed;

_Static_assert(sizeof(EFI_TIME) == 16, "UEFI 2.10, 8.3.1: the bytes that go into the sum");

static void gather(const uint8_t *table)
{
	size_t size = sizeof(seed.token);

	if (table != NULL)
		seed.parts.previous = seed_of_table(table);
	if (fw_random(seed.random, sizeof(seed.random)))
		seed.parts.random = (struct bytes){seed.random, sizeof(seed.random)};
	if (efi_variable_read(L"LoaderSystemToken", seed.token, &size) == VARIABLE_READ)
		seed.parts.token = (struct bytes){seed.token, size};
}

static enum status read_file(struct fail *why)
{
	size_t got = 0;

	TRY(efi_open_to_write(SEED_FILE, seed_is_fresh(&seed.parts), &seed.file, &seed.size, why));
	if (seed.size > SEED_FILE_MOST)
		return fail(why, BAD_INPUT,
			    SEED_FILE " has %" PRIu64 " bytes; at most %u are a seed\n"
				      "  try: remove it, and run `bootctl random-seed`",
			    seed.size, SEED_FILE_MOST);
	/* A power cut left too little of it for a seed; a new one needs what a new file needs. */
	if (seed.size < SEED_SIZE && !seed_is_fresh(&seed.parts))
		return fail(why, REFUSED, SEED_FILE " has %" PRIu64 " bytes, and firmware has no entropy for a new one",
			    seed.size);
	if (seed.size < SEED_SIZE)
		return OK;
	seed.content = efi_alloc(seed.size);
	if (seed.content == NULL)
		return fail(why, IO_ERROR, "no memory to read " SEED_FILE);
	TRY(fw_read(seed.file, 0, seed.content, (size_t)seed.size, &got, why));
	if (got != seed.size)
		return fail(why, IO_ERROR, SEED_FILE ": firmware read %zu of its %" PRIu64 " bytes", got, seed.size);
	seed.parts.file = (struct bytes){(const uint8_t *)seed.content, got};
	return OK;
}

/* UEFI 2.10, 7.5.3: it grows at each call and each reset, so that a restored file does not give two boots the same
 * seed. */
static enum status count(struct fail *why)
{
	UINT64 count = 0;
	EFI_STATUS status = efi.boot->GetNextMonotonicCount(&count);

	if (EFI_ERROR(status) && !seed_is_fresh(&seed.parts))
		return fail(why, IO_ERROR, "firmware does not count its boots: %s", efi_status_words(status));
	seed.parts.count = EFI_ERROR(status) ? 0 : count;
	if (!EFI_ERROR(efi.system->RuntimeServices->GetTime(&seed.time, NULL)))
		seed.parts.time = (struct bytes){(const uint8_t *)&seed.time, sizeof(seed.time)};
	return OK;
}

/* Bytes behind the seed are cleared first, so that a file that is only half written holds no old seed either. */
static enum status write_file(struct fail *why)
{
	if (seed.content != NULL && seed.size > SEED_SIZE) {
		wipe(seed.content, (size_t)seed.size);
		TRY(efi_write(seed.file, SEED_SIZE, seed.content, (size_t)seed.size - SEED_SIZE, why));
	}
	return efi_write(seed.file, 0, seed.for_file, SEED_SIZE, why);
}

/* @table: SEED_TABLE_HEADER + SEED_SIZE bytes. */
static enum status fill(uint8_t *table, struct fail *why)
{
	EFI_STATUS status;

	store_le(table, SEED_TABLE_HEADER, SEED_SIZE);
	seed_compose(&seed.parts, seed.for_file, table + SEED_TABLE_HEADER);
	TRY(write_file(why));
	status = efi_install_table(&seed_guid, table);
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "firmware does not take its table: %s", efi_status_words(status));
	return OK;
}

/* The kernel reads the table when boot services are gone, so it lies where the memory map keeps it for that long. */
static enum status hand_over(struct fail *why)
{
	const size_t size = SEED_TABLE_HEADER + SEED_SIZE;
	void *table;
	EFI_STATUS status = efi_alloc_table(size, &table);
	enum status result;

	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "no memory for its table: %s", efi_status_words(status));
	result = fill(table, why);
	if (result != OK) {
		wipe(table, size);
		efi_free(table);
	}
	return result;
}

static enum status pass(uint8_t *previous, struct fail *why)
{
	const char *refusal;

	gather(previous);
	refusal = seed_refusal(&seed.parts, !seed_is_fresh(&seed.parts) && efi_secure_boot() != SECURE_BOOT_DISABLED);
	if (refusal != NULL)
		return fail(why, REFUSED, "%s", refusal);
	TRY(read_file(why));
	TRY(count(why));
	TRY(hand_over(why));
	/* It was an earlier loader's, or ours for an entry that did not start: nobody reads it any more. */
	if (seed.parts.previous.at != NULL) {
		wipe(previous, SEED_TABLE_HEADER + seed.parts.previous.size);
		efi_free(previous);
	}
	return OK;
}

/* Clears what the sums, and the functions above, left below the caller's own frame. */
__attribute__((noinline)) static void clear_stack(void)
{
	uint8_t left[2048];

	wipe(left, sizeof(left));
}

void fw_pass_seed(void)
{
	struct fail why;
	enum status status = pass(efi_table(&seed_guid), &why);

	fw_close(seed.file);
	if (seed.content != NULL)
		wipe(seed.content, (size_t)seed.size);
	efi_free(seed.content);
	wipe(&seed, sizeof(seed));
	clear_stack();
	if (status == OK)
		fw_log(LOG_DEBUG, "random seed: " SEED_FILE " is renewed, and the system gets %u bytes", SEED_SIZE);
	else
		fw_log(status == REFUSED || status == NOT_FOUND ? LOG_DEBUG : LOG_NORMAL,
		       "random seed: the system gets none of this loader's: %s", why.text);
}
