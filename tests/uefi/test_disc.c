/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which partition of a disc the loader came from: firmware knows the boot image alone (UEFI 2.10, 13.3.2.1), and the
 * disc's own table, written for a disk, has what begins at the same byte. Read by read, on discs of every size.
 */
#include "../unit/given.h"
#include "../unit/gpt_disk.h"

#include "../../efi/disc.h"
#include "../../efi/efi_local.h"

#define BLOCK 2048u /* of a disc */
#define IMAGE 10u   /* the block that the boot image begins with */
#define GUID  0x11

static EFI_GUID const block_io_guid = BLOCK_IO_PROTOCOL, path_guid = DEVICE_PATH_PROTOCOL;
static EFI_SYSTEM_TABLE table;
static EFI_BOOT_SERVICES services;
static EFI_BLOCK_IO block_io;
static EFI_BLOCK_IO_MEDIA media;
static struct gpt_disk disk;
static int image, disc;

/* 10.3.5.2: the boot image's number, its first block, how many it has. */
static uint8_t path[] = {2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 0, 0, 0, 0, 4, 2, 24, 0, 0,	  0,	0, 0,
			 0, 0, 0,  0, 0,    0,	  0, 0,	   9, 0, 0, 0, 0, 0, 0,	 0, 0x7f, 0xff, 4, 0};

static struct {
	bool no_path, no_disc;
	unsigned int reads, taken, fail_read; /* the so many-th fails */
	UINTN pages;			      /* that were taken at last */
	uint64_t bytes_read;
} fw;

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **to)
{
	if (handle == &image && memcmp(guid, &path_guid, sizeof(*guid)) == 0 && !fw.no_path) {
		*to = path;
		return EFI_SUCCESS;
	}
	if (handle == &disc && memcmp(guid, &block_io_guid, sizeof(*guid)) == 0) {
		*to = &block_io;
		return EFI_SUCCESS;
	}
	return EFI_UNSUPPORTED;
}

static EFI_STATUS EFIAPI locate_device_path(EFI_GUID *guid, EFI_DEVICE_PATH **at, EFI_HANDLE *handle)
{
	assert_memory_equal(guid, &block_io_guid, sizeof(*guid));
	if (fw.no_disc)
		return EFI_NOT_FOUND;
	*at = (EFI_DEVICE_PATH *)(void *)((uint8_t *)*at + 12);
	*handle = &disc;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **to)
{
	assert_int_equal(type, EfiLoaderData);
	*to = malloc(size);
	fw.taken++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pool(VOID *at)
{
	free(at);
	fw.taken--;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_pages(EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type, UINTN pages,
					EFI_PHYSICAL_ADDRESS *at)
{
	assert_true(how == AllocateAnyPages && type == EfiLoaderData);
	*at = (uintptr_t)aligned_alloc(EFI_PAGE, pages * EFI_PAGE);
	fw.pages = pages;
	fw.taken++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pages(EFI_PHYSICAL_ADDRESS at, UINTN pages)
{
	assert_int_equal(pages, fw.pages);
	free((void *)(uintptr_t)at);
	fw.taken--;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI read_blocks(EFI_BLOCK_IO *this, UINT32 medium, EFI_LBA at, UINTN size, VOID *to)
{
	assert_ptr_equal(this, &block_io);
	assert_true(medium == 7 && size % BLOCK == 0 && size <= fw.pages * EFI_PAGE);
	if (++fw.reads == fw.fail_read)
		return EFI_DEVICE_ERROR;
	fw.bytes_read += size;
	assert_true(at * BLOCK + size <= sizeof(disk.bytes));
	memcpy(to, disk.bytes + at * BLOCK, size);
	return EFI_SUCCESS;
}

/* A disc of @blocks, whose table has blocks of @unit bytes; 0: it has none. */
static void given(size_t unit, uint64_t blocks)
{
	memset(&fw, 0, sizeof(fw));
	memset(&disk, 0, sizeof(disk));
	if (unit != 0) {
		gpt_disk_begin(&disk, unit);
		gpt_disk_add(&disk, 3, gpt_disk_esp, GUID, IMAGE * BLOCK / unit, IMAGE * BLOCK / unit + 9);
	}
	store_le(path + 20, 8, IMAGE);
	media = (EFI_BLOCK_IO_MEDIA){.MediaId = 7, .MediaPresent = TRUE, .BlockSize = BLOCK, .LastBlock = blocks - 1};
	block_io = (EFI_BLOCK_IO){.Media = &media, .ReadBlocks = read_blocks};
	services = (EFI_BOOT_SERVICES){.HandleProtocol = handle_protocol,
				       .LocateDevicePath = locate_device_path,
				       .AllocatePool = allocate_pool,
				       .FreePool = free_pool,
				       .AllocatePages = allocate_pages,
				       .FreePages = free_pages};
	table = (EFI_SYSTEM_TABLE){.BootServices = &services};
	efi = (struct efi_state){.system = &table, .boot = &services};
}

static uint64_t whole(size_t unit)
{
	return GPT_DISK_BLOCKS * unit / BLOCK;
}

static void expect(const char *what, bool is_found, unsigned int reads)
{
	uint8_t guid[16] = {0};
	bool found = disc_partition(&image, guid);

	if (found != is_found || fw.reads != reads || fw.taken != 0 || guid[15] != (is_found ? GUID : 0))
		fail_msg("%s: %s, %u reads, %u not given back", what, found ? "found" : "not found", fw.reads,
			 fw.taken);
}

static void a_table_of_any_disks_blocks_is_found(void **state)
{
	static const size_t unit[] = {512, 1024, 2048, 4096};
	char name[40];

	(void)state;
	for (unsigned int i = 0; i < COUNT_OF(unit); i++) {
		snprintf(name, sizeof(name), "blocks of %zu bytes", unit[i]);
		given(unit[i], whole(unit[i]));
		expect(name, true, i + 2);
	}
	given(4096, whole(4096));
	store_le(path + 20, 8, IMAGE + 1);
	expect("in the middle of a block", false, 5);
}

/* What is read is a block of each size, where the disc has so much. */
static void a_disc_without_a_table_costs_as_many_reads_as_there_are_sizes(void **state)
{
	(void)state;
	given(0, 100);
	expect("none", false, 4);
	given(0, 1);
	expect("one block", false, 2);
	given(0, 2);
	expect("two blocks", false, 3);
	given(0, 4);
	expect("four blocks", false, 4);
	given(0, 100);
	fw.no_path = true;
	expect("no path", false, 0);
	given(0, 100);
	fw.no_disc = true;
	expect("no disc", false, 0);
	given(0, 100);
	media.MediaPresent = FALSE;
	expect("no medium", false, 0);
}

static void what_the_table_says_ends_on_the_disc(void **state)
{
	(void)state;
	for (uint64_t beyond = 0; beyond < 2; beyond++) {
		given(512, whole(512));
		store_le(gpt_disk_header(&disk, false) + 48, 8, GPT_DISK_BLOCKS - 1 + beyond);
		gpt_disk_seal(&disk, false);
		expect("the last block that may be used", beyond == 0, beyond == 0 ? 2 : 4);
	}
}

/* Numbers that wrap around would be those of another place. */
static void no_number_of_blocks_or_bytes_wraps_around(void **state)
{
	const uint64_t wrap = UINT64_C(1) << 53; /* blocks of 2048 bytes */

	(void)state;
	given(512, whole(512));
	store_le(path + 20, 8, IMAGE + wrap);
	expect("the image's first block", false, 0);
	given(512, whole(512) + wrap);
	expect("the disc's blocks", false, 0);
	given(512, 0);
	expect("the last block's number", false, 0);
}

static void a_read_that_fails_finds_nothing_and_keeps_nothing(void **state)
{
	(void)state;
	for (unsigned int k = 1; k <= 2; k++) {
		given(512, whole(512));
		fw.fail_read = k;
		expect("a read fails", false, k == 1 ? 4 : 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_table_of_any_disks_blocks_is_found),
	    cmocka_unit_test(a_disc_without_a_table_costs_as_many_reads_as_there_are_sizes),
	    cmocka_unit_test(what_the_table_says_ends_on_the_disc),
	    cmocka_unit_test(no_number_of_blocks_or_bytes_wraps_around),
	    cmocka_unit_test(a_read_that_fails_finds_nothing_and_keeps_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
