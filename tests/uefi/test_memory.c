/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What efi/memory.c asks of the memory services, argument by argument, and what it makes of each answer:
 * UEFI 2.10, 7.2, 7.4.6 and 8.4.1. Buffers are never said to be larger than they are, and what firmware gives back is
 * looked at first.
 */
#include "descriptors.h"

#include "../unit/given.h"

#include "../../efi/efi_local.h"

#define MOST_LOOKS 40

static EFI_SYSTEM_TABLE table;
static EFI_BOOT_SERVICES services;
static EFI_RUNTIME_SERVICES runtime;
static int image;

/* One answer of GetMemoryMap; the last one counts for all later ones. */
struct look {
	EFI_STATUS status;
	size_t n;	   /* descriptors that it has */
	UINTN says;	   /* bytes that it says; 0: those */
	UINTN desc_size;   /* 0: 48 */
	bool says_nothing; /* 0 bytes, of 0 each */
};

static struct {
	const struct look *looks;
	size_t n_looks, looked;
	UINTN room[MOST_LOOKS];
	void *pool;
	size_t pool_size, pools, freed;
	bool no_pool;
	/* pages */
	EFI_ALLOCATE_TYPE how;
	UINTN pages;
	EFI_PHYSICAL_ADDRESS at, gives;
	EFI_STATUS pages_status;
	unsigned int page_calls, pages_freed;
	/* exit */
	unsigned int exit_fails, exits;
	UINTN key;
	EFI_RESET_TYPE reset;
	unsigned int resets;
	jmp_buf left;
} fw;

static EFI_STATUS EFIAPI get_memory_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *to, UINTN *key, UINTN *desc_size,
					UINT32 *version)
{
	size_t i = fw.looked < fw.n_looks ? fw.looked : fw.n_looks - 1;
	const struct look *look = &fw.looks[i];
	UINTN each = look->desc_size != 0 ? look->desc_size : 48, room = *size;

	assert_true(fw.looked < MOST_LOOKS);
	fw.room[fw.looked++] = room;
	*key = 1000 + fw.looked;
	*desc_size = look->says_nothing ? 0 : each;
	*version = 1;
	*size = look->says_nothing ? 0 : look->says != 0 ? look->says : look->n * each;
	if (look->status != EFI_SUCCESS)
		return look->status;
	if (look->n * each > room)
		return EFI_BUFFER_TOO_SMALL;
	for (size_t d = 0; d < look->n; d++)
		put_page((uint8_t *)to + d * each, d, each);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **to)
{
	assert_int_equal(type, EfiLoaderData);
	fw.pools++;
	fw.pool_size = size;
	if (fw.no_pool)
		return EFI_OUT_OF_RESOURCES;
	*to = fw.pool = malloc(size);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pool(VOID *pool)
{
	assert_ptr_equal(pool, fw.pool);
	free(pool);
	fw.pool = NULL;
	fw.freed++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_pages(EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type, UINTN pages,
					EFI_PHYSICAL_ADDRESS *address)
{
	assert_int_equal(type, EfiLoaderData);
	fw.page_calls++;
	fw.how = how;
	fw.pages = pages;
	fw.at = *address;
	*address = fw.gives;
	return fw.pages_status;
}

static EFI_STATUS EFIAPI free_pages(EFI_PHYSICAL_ADDRESS address, UINTN pages)
{
	fw.pages_freed++;
	fw.at = address;
	fw.pages = pages;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI exit_boot_services(EFI_HANDLE handle, UINTN key)
{
	assert_ptr_equal(handle, &image);
	assert_int_equal(key, 1000 + fw.looked); /* the newest */
	fw.key = key;
	return fw.exits++ < fw.exit_fails ? EFI_INVALID_PARAMETER : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI reset_system(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, CHAR16 *data)
{
	fw.reset = type;
	fw.resets++;
	assert_true(EFI_ERROR(status) && size == 0 && data == NULL);
	longjmp(fw.left, 1);
}

static void given_firmware(const struct look *looks, size_t n)
{
	free(fw.pool);
	memset(&fw, 0, sizeof(fw));
	fw.looks = looks;
	fw.n_looks = n;
	services = (EFI_BOOT_SERVICES){.GetMemoryMap = get_memory_map,
				       .AllocatePool = allocate_pool,
				       .FreePool = free_pool,
				       .AllocatePages = allocate_pages,
				       .FreePages = free_pages,
				       .ExitBootServices = exit_boot_services};
	runtime = (EFI_RUNTIME_SERVICES){.ResetSystem = reset_system};
	table = (EFI_SYSTEM_TABLE){.BootServices = &services, .RuntimeServices = &runtime};
	efi = (struct efi_state){.image = &image, .system = &table, .boot = &services};
}

#define given_looks(...)                                                                                               \
	do {                                                                                                           \
		static struct look given_[MOST_LOOKS];                                                                 \
		const struct look these_[] = {__VA_ARGS__};                                                            \
		memcpy(given_, these_, sizeof(these_));                                                                \
		given_firmware(given_, COUNT_OF(these_));                                                              \
	} while (0)

/* ---- the survey ---- */

static void expect_surveyed(size_t n, size_t desc_size)
{
	struct survey survey;
	struct fail why;
	size_t run = 0;

	if (fw_survey(&survey, &why) != OK)
		fail_msg("%zu descriptors: %s", n, why.text);
	assert_int_equal(survey.descriptors, n);
	assert_int_equal(survey.desc_size, desc_size);
	assert_int_equal(survey.final_room, n + SPARE_DESCRIPTORS);
	assert_int_equal(survey.map.count, n);
	/* Four runs of five are free, and lie where firmware says; room is left to split each, and many more. */
	assert_int_equal(survey.free.all.count, n - n / 5);
	for (size_t i = 0; i < n; i++) {
		if (i % 5 == 4)
			continue;
		assert_int_equal(survey.free.all.run[run].start, MIB(1) + i * 2 * EFI_PAGE);
		assert_int_equal(range_size(survey.free.all.run[run++]), EFI_PAGE);
	}
	assert_int_equal(survey.free.reliable.count, 0);
	/* For what the command line and a device tree keep out: an entry each, and each splits a run. */
	assert_true(survey.map.room >= n + MAX_RESERVED + MAX_KEPT_OUT);
	assert_true(survey.free.all.room >= 2 * survey.map.room + MAX_RESERVED);
	assert_int_equal(survey.free.reliable.room, survey.free.all.room);
	for (size_t i = 0; i < survey.map.room; i++) /* all of it can be written to */
		memset(&survey.map.entry[i], 0, sizeof(survey.map.entry[i]));
	for (size_t i = 0; i < survey.free.all.room; i++)
		survey.free.all.run[i] = survey.free.reliable.run[i] = (struct range){0, 0};
	fw_forget(&survey);
	assert_null(survey.pool);
	assert_int_equal(survey.map.count, 0);
	assert_null(fw.pool);
	assert_int_equal(fw.freed, fw.pools);
}

static void a_usual_map_needs_no_pool_and_one_look(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 150; n += n < 10 ? 1 : 35) {
		given_looks({.n = n});
		expect_surveyed(n, 48);
		assert_true(fw.looked == 1 && fw.pools == 0);
		/* Never more than there is behind it. */
		assert_true(fw.room[0] >= 150 * 48 && fw.room[0] <= 320 * sizeof(EFI_MEMORY_DESCRIPTOR));
	}
	given_looks({.n = 60, .desc_size = 80});
	expect_surveyed(60, 80);
}

/* UEFI 2.10, 7.2.3: the size is told, and "the allocation of the new buffer may potentially increase memory map size".
 */
static void a_large_map_gets_a_pool_with_room_for_what_that_adds(void **state)
{
	(void)state;
	for (size_t n = 400; n <= 3000; n += 650) {
		given_looks({.n = n}, {.n = n + 20});
		expect_surveyed(n + 20, 48);
		assert_true(fw.looked == 2 && fw.pools == 1);
		assert_true(fw.room[1] >= (n + SPARE_DESCRIPTORS - 8) * 48 && fw.room[1] < fw.pool_size / 2);
	}
}

static void expect_no_survey(const char *what, const char *words, size_t pools)
{
	struct survey survey;
	struct fail why = {.text = ""};
	enum status status = fw_survey(&survey, &why);

	if (status == OK || strstr(why.text, words) == NULL)
		fail_msg("%s: %d \"%s\"", what, (int)status, why.text);
	if (fw.pools != pools || fw.pool != NULL || survey.pool != NULL || survey.map.entry != NULL)
		fail_msg("%s: %zu pools, %s", what, fw.pools, fw.pool != NULL ? "kept" : "given back");
}

static void a_map_that_cannot_be_read_or_believed_is_an_error_with_nothing_left(void **state)
{
	(void)state;
	given_looks({.status = EFI_DEVICE_ERROR});
	expect_no_survey("an error", "does not give its memory map: device error", 0);
	given_looks({.n = 900}, {.status = EFI_DEVICE_ERROR});
	expect_no_survey("an error at the second look", "does not give its memory map: device error", 1);
	given_looks({.n = 900}, {.n = 2000});
	expect_no_survey("a map that grows without end", "buffer too small", 1);
	given_looks({.n = 10, .says = 400 * 48});
	expect_no_survey("larger than its room", "19200 bytes in a buffer of", 0);
	given_looks({.n = 900}, {.n = 10, .says = MIB(1)});
	expect_no_survey("larger than its pool", "1048576 bytes in a buffer of", 1);
	given_looks({.status = EFI_BUFFER_TOO_SMALL, .says = MIB(64) + 1});
	expect_no_survey("a map of more than 64 MiB", "buffer too small", 0);
	given_looks({.n = 900});
	fw.no_pool = true;
	expect_no_survey("no memory for it", "no memory for the memory map", 1);
	given_looks({.says_nothing = true});
	expect_no_survey("no descriptors", "", 0);
	given_looks({.n = 900}, {.says_nothing = true});
	expect_no_survey("no descriptors in a pool", "", 1);
}

static void a_map_of_64_mib_is_asked_for(void **state)
{
	struct survey survey;
	struct fail why;

	(void)state;
	given_looks({.status = EFI_BUFFER_TOO_SMALL, .says = MIB(64)}, {.n = 3});
	assert_int_equal(fw_survey(&survey, &why), OK);
	assert_int_equal(fw.pools, 1);
	assert_true(fw.room[1] > MIB(64));
	fw_forget(&survey);
}

/* The byte behind the last that firmware was told of belongs to the same buffer. */
static void the_room_that_firmware_is_told_ends_within_its_buffer(void **state)
{
	struct survey survey;
	struct fail why;
	size_t sorted, runs;

	(void)state;
	given_looks({.n = 900}, {.n = 3});
	assert_int_equal(fw_survey(&survey, &why), OK);
	sorted = survey.map.room * sizeof(struct memory);
	runs = (survey.free.all.room + survey.free.reliable.room) * sizeof(struct range);
	assert_ptr_equal(survey.map.entry, survey.pool);
	assert_ptr_equal((uint8_t *)survey.free.all.run, (uint8_t *)survey.pool + sorted);
	assert_ptr_equal(survey.free.reliable.run, survey.free.all.run + survey.free.all.room);
	assert_true(sorted + runs + fw.room[1] <= fw.pool_size);
	fw_forget(&survey);
}

/* ---- pages ---- */

static void a_claim_is_of_these_pages_or_none(void **state)
{
	struct fail why;

	(void)state;
	given_looks({.n = 1});
	fw.gives = MIB(16);
	assert_int_equal(fw_claim((struct range){MIB(16), MIB(16) + 3 * EFI_PAGE}, &why), OK);
	assert_true(fw.how == AllocateAddress && fw.pages == 3 && fw.at == MIB(16));
	fw.gives = MIB(16) + EFI_PAGE; /* another address than was asked for */
	assert_int_equal(fw_claim((struct range){MIB(16), MIB(16) + 3 * EFI_PAGE}, &why), TAKEN);
	fw.gives = MIB(16);
	fw.pages_status = EFI_NOT_FOUND;
	assert_int_equal(fw_claim((struct range){MIB(16), MIB(16) + 3 * EFI_PAGE}, &why), TAKEN);
	assert_non_null(strstr(why.text, "0x1000000-0x1003000: not found"));
	fw_release((struct range){MIB(32), MIB(32) + 5 * EFI_PAGE});
	assert_true(fw.pages_freed == 1 && fw.at == MIB(32) && fw.pages == 5);
	assert_ptr_equal(fw_memory_at(MIB(48)), (void *)(uintptr_t)MIB(48));
}

static void what_the_loader_takes_for_itself_is_whole_pages_given_back_as_many(void **state)
{
	static const struct {
		uint64_t size;
		UINTN pages;
	} rows[] = {{1, 1}, {4095, 1}, {4096, 1}, {4097, 2}, {8192, 2}, {MIB(1), 256}, {MIB(1) + 1, 257}};

	(void)state;
	given_looks({.n = 1});
	fw.gives = MIB(64);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_ptr_equal(fw_take(rows[i].size), (void *)(uintptr_t)MIB(64));
		assert_int_equal(fw.how, AllocateAnyPages);
		assert_int_equal(fw.pages, rows[i].pages);
		fw.pages = 0;
		fw_give((void *)(uintptr_t)MIB(64), rows[i].size);
		assert_int_equal(fw.at, MIB(64));
		assert_int_equal(fw.pages, rows[i].pages);
	}
	fw.gives = UINT64_MAX - EFI_PAGE + 1; /* it would end where no pointer leads */
	fw.pages = 0;
	assert_null(fw_take(MIB(1)));
	assert_int_equal(fw.at, fw.gives);
	assert_int_equal(fw.pages, MIB(1) / EFI_PAGE); /* and is given back */
	fw.pages_status = EFI_OUT_OF_RESOURCES;
	assert_null(fw_take(EFI_PAGE));
	fw.page_calls = 0;
	assert_null(fw_take(UINT64_MAX));
	assert_int_equal(fw.page_calls, 0);
}

/* ---- exit ---- */

static _Alignas(8) uint8_t final_room[64 * 48];

/* True when it came back; false when the machine was reset. */
static bool try_to_exit(size_t room, struct final_map *final, enum status *status, struct fail *why)
{
	*final = (struct final_map){.descriptors = final_room, .room = room};
	memset(final_room, 0xee, sizeof(final_room));
	if (setjmp(fw.left) != 0)
		return false;
	*status = fw_exit(final, why);
	return true;
}

static void the_last_map_is_kept_as_firmware_gave_it(void **state)
{
	struct final_map final;
	enum status status;
	struct fail why;
	uint8_t wanted[48];

	(void)state;
	given_looks({.n = 20});
	assert_true(try_to_exit(30 * 48, &final, &status, &why));
	assert_int_equal(status, OK);
	assert_true(fw.looked == 1 && fw.exits == 1 && fw.key == 1001);
	assert_int_equal(fw.room[0], 30 * 48);
	assert_true(final.size == 20 * 48 && final.desc_size == 48 && final.desc_version == 1);
	put_page(wanted, 19, 48);
	assert_memory_equal(final_room + 19 * 48, wanted, 48);
	assert_int_equal(final_room[20 * 48], 0xee);
}

/* UEFI 2.10, 7.4.6: with a stale key the map is to be read again, and exit tried again. */
static void a_stale_key_is_answered_with_another_map_and_another_try(void **state)
{
	struct final_map final;
	enum status status;
	struct fail why;

	(void)state;
	for (unsigned int fails = 1; fails <= 15; fails++) {
		given_looks({.n = 20}, {.n = 22});
		fw.exit_fails = fails;
		assert_true(try_to_exit(30 * 48, &final, &status, &why));
		assert_int_equal(status, OK);
		assert_true(fw.exits == fails + 1 && fw.looked == fails + 1);
		assert_int_equal(final.size, 22 * 48);
		for (size_t i = 0; i < fw.looked; i++)
			assert_int_equal(fw.room[i], 30 * 48); /* all of it, each time */
	}
	given_looks({.n = 20});
	fw.exit_fails = 100;
	assert_false(try_to_exit(30 * 48, &final, &status, &why));
	assert_true(fw.exits == 16 && fw.resets == 1 && fw.reset == EfiResetCold);
	/* Without a map there is nothing to try again with. */
	given_looks({.n = 20}, {.n = 31});
	fw.exit_fails = 1;
	assert_false(try_to_exit(30 * 48, &final, &status, &why));
	assert_true(fw.exits == 1 && fw.looked == 2 && fw.resets == 1);
}

static void boot_services_go_on_where_the_last_map_is_none(void **state)
{
	static const struct {
		struct look look;
		const char *words;
	} rows[] = {
	    {{.status = EFI_DEVICE_ERROR}, "device error"},
	    {{.n = 31}, "buffer too small"},
	    {{.n = 3, .says = 30 * 48 + 48}, "buffer too small"},
	    {{.n = 3, .says = 47}, "bad buffer size"},
	    {{.n = 3, .says = 49}, "bad buffer size"},
	    {{.n = 3, .desc_size = sizeof(EFI_MEMORY_DESCRIPTOR) - 1}, "bad buffer size"},
	    {{.says_nothing = true}, "bad buffer size"},
	};
	struct final_map final;
	enum status status;
	struct fail why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		given_firmware(&rows[i].look, 1);
		assert_true(try_to_exit(30 * 48, &final, &status, &why));
		if (status != IO_ERROR || strstr(why.text, rows[i].words) == NULL || fw.exits != 0)
			fail_msg("row %zu: %d \"%s\"", i, (int)status, why.text);
	}
	/* One that fills its room, and one of a single descriptor of the smallest size, are maps. */
	given_looks({.n = 30});
	assert_true(try_to_exit(30 * 48, &final, &status, &why) && status == OK);
	given_looks({.n = 1, .desc_size = sizeof(EFI_MEMORY_DESCRIPTOR)});
	assert_true(try_to_exit(30 * 48, &final, &status, &why) && status == OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_usual_map_needs_no_pool_and_one_look),
	    cmocka_unit_test(a_large_map_gets_a_pool_with_room_for_what_that_adds),
	    cmocka_unit_test(a_map_that_cannot_be_read_or_believed_is_an_error_with_nothing_left),
	    cmocka_unit_test(a_map_of_64_mib_is_asked_for),
	    cmocka_unit_test(the_room_that_firmware_is_told_ends_within_its_buffer),
	    cmocka_unit_test(a_claim_is_of_these_pages_or_none),
	    cmocka_unit_test(what_the_loader_takes_for_itself_is_whole_pages_given_back_as_many),
	    cmocka_unit_test(the_last_map_is_kept_as_firmware_gave_it),
	    cmocka_unit_test(a_stale_key_is_answered_with_another_map_and_another_try),
	    cmocka_unit_test(boot_services_go_on_where_the_last_map_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
