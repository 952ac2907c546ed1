/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries of the XBOOTLDR partition: found by the table of the loader's own disk alone, listed with the others, with
 * their files and counters on their own volume; and no fault on that way costs an entry beside the loader. Source:
 * UAPI.1, "The Partitions"; UEFI 2.10, 5.3.
 */
#include "../sim/bench.h"
#include "../unit/gpt_disk.h"
#include "../unit/pe_file.h"
#include "scene.h"
#include "local.h"

#include "../../base/gpt.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static struct gpt_disk disk;

#define ENTRIES UEFI_XBOOTLDR "\\loader\\entries\\"

static void given(const char *entry)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", entry, "", &debian);
	gpt_disk_begin(&disk, 512);
	gpt_disk_add(&disk, 0, gpt_disk_esp, 0x11, 40, 49);
	gpt_disk_add(&disk, 5, gpt_disk_xbootldr, UEFI_XBOOTLDR_GUID, 60, 60);
	uefi = (struct uefi_setup){.nobody = true, .disk = &disk};
}

/* The kernel and its initrds are there and nowhere else. */
static void given_kernel_on_xbootldr(const char *entry)
{
	given(entry);
	sim.file[0].path = UEFI_XBOOTLDR "\\vmlinuz";
	sim.file[1].path = UEFI_XBOOTLDR "\\one";
	sim.file[2].path = UEFI_XBOOTLDR "\\empty";
	sim.file[3].path = UEFI_XBOOTLDR "\\two";
}

/* UAPI.1: of an MBR the type is 0xea; the second partition. */
static void put_mbr(uint8_t type)
{
	static const uint8_t esp[16] = {0, 0, 0, 0, 0xef, 0, 0, 0, 40, 0, 0, 0, 10, 0, 0, 0};
	const uint8_t second[16] = {0, 0, 0, 0, type, 0, 0, 0, 60, 0, 0, 0, 1, 0, 0, 0};

	memset(&disk, 0, sizeof(disk));
	disk.block = 512;
	store_le(disk.bytes + 440, 4, UEFI_MBR_SIGNATURE);
	memcpy(disk.bytes + 446, esp, 16);
	memcpy(disk.bytes + 462, second, 16);
	store_le(disk.bytes + 510, 2, 0xaa55);
	uefi.mbr = 2;
}

static void given_mbr(uint8_t type)
{
	given_kernel_on_xbootldr(LINUX INITRDS);
	scene_put_text(ENTRIES "x.conf", LINUX INITRDS);
	put_mbr(type);
}

static void expect_entered(const char *name)
{
	scene_run(name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
}

static void expect_entries(const char *wanted)
{
	char ids[512];

	scene_ids(ids, sizeof(ids));
	assert_string_equal(ids, wanted);
}

static void a_disk_with_the_older_table_may_have_one(void **state)
{
	(void)state;
	given_mbr(0xea);
	expect_entered("MBR");
	assert_int_equal(uefi_report.blocks, 1);
	given_mbr(0xea);
	uefi.connected = CONNECTED_NOT;
	expect_entered("MBR, not connected");
	given_mbr(0x83);
	scene_run("of another type");
	assert_false(outcome.entered);
	given_mbr(0xea);
	disk.bytes[510] = 0;
	scene_run("no table");
	assert_false(outcome.entered);
	given_mbr(0xea);
	disk.bytes[462 + 12] = 100; /* behind the disk's end */
	scene_run("too long");
	assert_false(outcome.entered);
}

/* Its row is the third, the second is empty: older firmware numbers only those in use. */
static void firmware_may_number_rows_of_the_older_table_otherwise(void **state)
{
	(void)state;
	for (enum uefi_connected c = CONNECTED; c <= CONNECTED_NOT; c++)
		for (uint8_t number = 2; number <= 3; number++) {
			given_mbr(0xea);
			memcpy(disk.bytes + 478, disk.bytes + 462, 16);
			memset(disk.bytes + 462, 0, 16);
			uefi.mbr = number;
			uefi.connected = c;
			expect_entered("the third row");
		}
	given_mbr(0xea);
	uefi.mbr = 4;
	scene_run("a number that is neither");
	assert_false(outcome.entered);
}

static void an_entry_has_its_files_and_counters_on_its_own_volume(void **state)
{
	(void)state;
	given_kernel_on_xbootldr(LINUX INITRDS);
	scene_put_text(ENTRIES "x+3.conf", LINUX INITRDS);
	expect_entered("kernel on XBOOTLDR");
	assert_string_equal(sim.file[4].path, ENTRIES "x+2-1.conf");
	assert_true(uefi_variable_says("LoaderBootCountPath", "\\loader\\entries\\x+2-1.conf"));
	assert_int_equal(uefi_report.blocks, 1 + 32); /* the backup is not read */
	assert_int_equal(uefi_report.connects, 0);
	/* What is on the other volume is no file of the entry's. */
	given_kernel_on_xbootldr(LINUX);
	scene_put_text("\\loader\\entries\\esp.conf", LINUX);
	scene_run("kernel on another volume");
	assert_false(outcome.entered);
	scene_expect("\\vmlinuz: no such file on the volume that Berth was started from", 1);
	given(LINUX);
	scene_put_text(ENTRIES "x.conf", LINUX);
	scene_run("kernel beside the loader");
	assert_false(outcome.entered);
	scene_expect("\\vmlinuz: no such file on the XBOOTLDR partition", 1);
}

/* systemd, src/boot/boot.c: both are sorted as one list; if two are equal, the one beside the loader comes first. */
static void entries_of_both_are_one_list(void **state)
{
	static struct pe_file image;

	(void)state;
	given(LINUX);
	pe_file_begin(&image, PE_X64, 0);
	pe_file_add_text(&image, ".osrel", "ID=system\n");
	pe_file_add_text(&image, ".linux", "kernel");
	scene_put(UEFI_XBOOTLDR "\\EFI\\Linux\\image+2.efi", image.bytes, image.size);
	scene_put_text(ENTRIES "b.conf", LINUX);
	scene_put_text(ENTRIES "same.conf", "title There\nlinux /nowhere\n");
	scene_put_text("\\loader\\entries\\same.conf", LINUX);
	scene_put_text("\\loader\\entries\\c.conf", LINUX);
	scene_put_text("\\loader\\loader.conf", "default same.conf\nlog debug\n");
	expect_entered("two volumes");
	expect_entries("image.efi same.conf same.conf c.conf b.conf ");
	/* An image is started from there, by the name that it has after it was counted. */
	uefi_variable_put_text("LoaderEntryOneShot", "image.efi");
	uefi.program_returns = EFIERR(1);
	scene_run("image");
	scene_expect("\\EFI\\Linux\\image+1-1.efi came back with an error", 1);
	assert_string_equal(uefi_report.program, "\\EFI\\Linux\\image+1-1.efi");
	assert_string_equal(sim.file[4].path, UEFI_XBOOTLDR "\\EFI\\Linux\\image+1-1.efi");
}

/* Whether it is there, and whether it is Berth, is asked of the volume that the entry is on. */
static void a_program_is_looked_for_on_its_entrys_volume(void **state)
{
	static struct pe_file program, berth;

	(void)state;
	pe_file_begin(&program, PE_X64, 0);
	pe_file_begin(&berth, PE_X64, 0);
	pe_file_add_text(&berth, ".sdmagic", "#### LoaderInfo: Berth 9 ####");
	given(LINUX);
	scene_put_text("\\loader\\entries\\esp.conf", LINUX);
	scene_put_text(ENTRIES "here.conf", "sort-key z\nefi /here.efi\n");
	scene_put_text(ENTRIES "elsewhere.conf", "sort-key z\nefi /elsewhere.efi\n");
	scene_put_text(ENTRIES "both.conf", "sort-key z\nefi /both.efi\n");
	scene_put(UEFI_XBOOTLDR "\\here.efi", program.bytes, program.size);
	scene_put("\\elsewhere.efi", program.bytes, program.size);
	scene_put(UEFI_XBOOTLDR "\\both.efi", berth.bytes, berth.size);
	scene_put("\\both.efi", program.bytes, program.size);
	uefi_variable_put_text("LoaderEntryOneShot", "esp.conf");
	expect_entered("programs");
	expect_entries("here.conf esp.conf ");
}

/* What is beside an image is on its volume, too. */
static void extras_are_read_from_their_entrys_volume(void **state)
{
	static struct pe_file image;

	(void)state;
	for (unsigned int is_old = 0; is_old < 2; is_old++) {
		given(LINUX);
		pe_file_begin(&image, PE_X64, 1);
		if (is_old == 1)
			pe_file_add_text(&image, ".sdmagic", "#### LoaderInfo: systemd-stub 257 ####");
		scene_put(UEFI_XBOOTLDR "\\u.efi", image.bytes, image.size);
		scene_put_text(UEFI_XBOOTLDR "\\a.cred", "secret");
		scene_put_text(ENTRIES "u.conf", "uki /u.efi\nextra /a.cred\n");
		scene_run("an image with a credential");
		assert_int_equal(uefi_report.starts, is_old == 0);
		scene_expect("\\u.efi: its stub is of a systemd before 261", is_old);
	}
}

static void firmware_that_has_not_looked_at_it_is_made_to(void **state)
{
	static const struct {
		enum uefi_connected connected;
		unsigned int connects;
	} row[] = {{CONNECTED, 0}, {CONNECTED_AT_ALL, 1}, {CONNECTED_NOT, 1}, {CONNECTED_WRONG, 2}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_kernel_on_xbootldr(LINUX);
		scene_put_text(ENTRIES "x.conf", LINUX);
		uefi.connected = row[i].connected;
		expect_entered("connected");
		assert_int_equal(uefi_report.connects, row[i].connects);
	}
	given(LINUX);
	scene_put_text("\\loader\\loader.conf", "log normal\n");
	scene_put_text(ENTRIES "x.conf", LINUX);
	scene_put_text("\\loader\\entries\\esp.conf", LINUX);
	uefi.connected = CONNECTED_NEVER;
	expect_entered("no driver");
	expect_entries("esp.conf ");
	scene_expect("partition 6 may hold boot entries", 1);
}

/* The backup may be anywhere, where the disk has grown; the last block is the last resort. */
static void a_damaged_table_has_others(void **state)
{
	static const struct {
		bool header, table, other, backup;
		unsigned int blocks; /* that are read; 0: the partition is not found */
	} row[] = {
	    {true, false, false, false, 1 + 1 + 32}, {false, true, false, false, 1 + 32 + 1 + 32},
	    {true, true, true, false, 1 + 1 + 32},   {true, false, false, true, 0},
	    {false, true, false, true, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_kernel_on_xbootldr(LINUX);
		scene_put_text(ENTRIES "x.conf", LINUX);
		gpt_disk_table(&disk, false)[5] ^= row[i].table;
		gpt_disk_header(&disk, false)[60] ^= row[i].header;
		if (row[i].other) /* a wrong one */
			store_le(gpt_disk_header(&disk, false) + 32, 8, 1);
		gpt_disk_header(&disk, true)[60] ^= row[i].backup;
		scene_run("damaged");
		assert_int_equal(outcome.entered, row[i].blocks != 0);
		if (row[i].blocks != 0)
			assert_int_equal(uefi_report.blocks, row[i].blocks);
	}
	/* Before the disk has grown the backup was elsewhere. */
	given_kernel_on_xbootldr(LINUX);
	scene_put_text(ENTRIES "x.conf", LINUX);
	memcpy(disk.bytes + 512u * 90, gpt_disk_header(&disk, true), 512);
	store_le(disk.bytes + 512u * 90 + 24, 8, 90);
	store_le(disk.bytes + 512u * 90 + 16, 4, 0);
	store_le(disk.bytes + 512u * 90 + 16, 4, gpt_crc32((struct bytes){disk.bytes + 512u * 90, 92}));
	store_le(gpt_disk_header(&disk, false) + 32, 8, 90);
	memset(gpt_disk_header(&disk, true), 0, 512);
	expect_entered("grown");
	assert_int_equal(uefi_report.blocks, 1 + 1 + 32);
}

static void expect_none(const char *name, unsigned int blocks)
{
	scene_put_text(ENTRIES "x.conf", LINUX);
	scene_put_text("\\loader\\entries\\esp.conf", LINUX);
	expect_entered(name);
	expect_entries("esp.conf ");
	assert_int_equal(uefi_report.blocks, blocks);
	assert_int_equal(uefi_report.connects, 0);
}

static void where_there_is_none_nothing_is_looked_for(void **state)
{
	(void)state;
	given(LINUX);
	gpt_disk_begin(&disk, 512);
	gpt_disk_add(&disk, 0, gpt_disk_esp, 0x11, 40, 49);
	expect_none("no such partition", 1 + 32);
	given(LINUX);
	uefi.no_origin = true;
	expect_none("no path", 0);
	given(LINUX);
	uefi.disk = NULL;
	expect_none("no disk", 0);
	/* The loader itself was started from it. */
	given(LINUX);
	gpt_disk_begin(&disk, 512);
	gpt_disk_add(&disk, 0, gpt_disk_xbootldr, 0, 40, 49);
	for (int backup = 0; backup < 2; backup++) {
		memcpy(gpt_disk_table(&disk, backup) + 16, uefi_own_guid, 16);
		gpt_disk_seal(&disk, backup);
	}
	expect_none("the loader's own", 1 + 32);
}

/* 10.3.5.2: a disc's image begins at block 10, of 2048 bytes each; the table on it is one of a disk's. */
static uint8_t disc_path[] = {2,  1, 12, 0, 0xd0, 0x41, 3, 0x0a, 0, 0, 0, 0, 4, 2, 24, 0, 0,	0,    0, 0,
			      10, 0, 0,	 0, 0,	  0,	0, 0,	 9, 0, 0, 0, 0, 0, 0,  0, 0x7f, 0xff, 4, 0};

static void given_disc(size_t unit)
{
	given(LINUX);
	scene_put_text("\\loader\\entries\\esp.conf", LINUX);
	gpt_disk_begin(&disk, unit);
	gpt_disk_add(&disk, 0, gpt_disk_xbootldr, 0x33, 34, 36);
	gpt_disk_add(&disk, 3, gpt_disk_esp, 0x11, 10 * 2048 / unit, 10 * 2048 / unit + 9);
	disk.block = 2048;
	uefi.own_path = disc_path;
}

#define DISC_GUID "11111111-1111-1111-1111-111111111111"

/* LoaderDevicePartUUID, as an installer's system finds its root by it. */
static void a_disc_that_firmware_boots_has_the_partition_that_begins_there(void **state)
{
	(void)state;
	given_disc(512);
	expect_entered("a disc");
	assert_true(uefi_variable_says("LoaderDevicePartUUID", DISC_GUID));
	given_disc(512);
	disc_path[20] = 11;
	expect_entered("nothing begins there");
	assert_null(uefi_variable("LoaderDevicePartUUID"));
	disc_path[27] = 0x80;
	expect_entered("behind all numbers");
	assert_null(uefi_variable("LoaderDevicePartUUID"));
	disc_path[20] = 10;
	disc_path[27] = 0;
	given_disc(512);
	gpt_disk_table(&disk, 0)[3 * 128 + 16] ^= 1;
	expect_entered("a damaged table");
	assert_null(uefi_variable("LoaderDevicePartUUID"));
	given_disc(512);
	gpt_disk_header(&disk, false)[16] ^= 1;
	expect_entered("a damaged header");
	assert_null(uefi_variable("LoaderDevicePartUUID"));
	given_disc(512);
	disc_path[14] = 23; /* a node that is too short */
	scene_run("no disc");
	assert_null(uefi_variable("LoaderDevicePartUUID"));
	disc_path[14] = 24;
}

static void each_call_on_the_way_to_the_disc_may_fail(void **state)
{
	static const uint64_t faults[] = {EFIERR(7), EFIERR(9), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int calls = 1000, reads = 0;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			given_disc(512);
			sim.fail_call = k;
			uefi.fault = faults[f];
			scene_run("a call fails");
			calls = k == 1 && f == 0 ? outcome.calls : calls;
			if (scene_failed_in("ReadBlocks")) {
				reads++;
				assert_true(outcome.entered);
				assert_null(uefi_variable("LoaderDevicePartUUID"));
			}
		}
	assert_true(reads >= 2);
}

static void blocks_may_be_larger(void **state)
{
	(void)state;
	given_kernel_on_xbootldr(LINUX);
	scene_put_text(ENTRIES "x.conf", LINUX);
	gpt_disk_begin(&disk, 4096);
	gpt_disk_add(&disk, 5, gpt_disk_xbootldr, UEFI_XBOOTLDR_GUID, 60, 60);
	expect_entered("4096");
	assert_int_equal(uefi_report.blocks, 1 + 4);
}

/* What a disk says of its blocks must be possible, and then such that they can be read. */
static void an_impossible_disk_is_not_read(void **state)
{
	/* A page is the largest alignment that is on offer. */
	static const EFI_BLOCK_IO_MEDIA aligned = {
	    .MediaPresent = TRUE, .BlockSize = 512, .LastBlock = 127, .IoAlign = 4096};
	static const EFI_BLOCK_IO_MEDIA media[] = {
	    {.MediaPresent = FALSE, .BlockSize = 512, .LastBlock = 127},
	    {.MediaPresent = TRUE, .BlockSize = 256, .LastBlock = 127},
	    {.MediaPresent = TRUE, .BlockSize = 0, .LastBlock = 127},
	    {.MediaPresent = TRUE, .BlockSize = 520, .LastBlock = 127},
	    {.MediaPresent = TRUE, .BlockSize = 1u << 31, .LastBlock = 127},
	    {.MediaPresent = TRUE, .BlockSize = 512, .LastBlock = 127, .IoAlign = 8192},
	    {.MediaPresent = TRUE, .BlockSize = 512, .LastBlock = 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(media); i++) {
		given(LINUX);
		uefi.media = &media[i];
		expect_none("impossible", i == 6 ? 1 : 0);
	}
	given_kernel_on_xbootldr(LINUX);
	scene_put_text(ENTRIES "x.conf", LINUX);
	uefi.media = &aligned;
	expect_entered("aligned to a page");
}

/* What is beside the loader boots whatever becomes of the other volume. */
static void each_call_on_the_way_to_it_may_fail(void **state)
{
	static const uint64_t faults[] = {EFIERR(7), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int calls = 1000, on_the_way = 0;

	(void)state;
	for (enum uefi_connected c = CONNECTED; c <= CONNECTED_NEVER; c++)
		for (unsigned int k = 1; k <= calls; k++)
			for (size_t f = 0; f < COUNT_OF(faults); f++) {
				given(LINUX);
				if (c == CONNECTED_AT_ALL)
					put_mbr(0xea);
				scene_put_text("\\loader\\entries\\esp.conf", LINUX);
				scene_put_text(ENTRIES "x.conf", "title X\nlinux /nowhere\n");
				uefi.connected = c;
				sim.fail_call = k;
				uefi.fault = faults[f];
				scene_run("a call fails");
				calls = k == 1 && f == 0 ? outcome.calls : calls;
				if (!scene_failed_in("ReadBlocks") && !scene_failed_in("LocateDevicePath") &&
				    !scene_failed_in("ConnectController") && !scene_failed_in("DisconnectController"))
					break;
				on_the_way++;
				if (!outcome.entered)
					fail_msg("call %u, fault %#" PRIx64 ": %s", k, faults[f], outcome.why.text);
			}
	assert_true(on_the_way >= 5 * 6 * COUNT_OF(faults));
}

/* And where everything is on it, a fault leaves nothing open, taken or half done. */
static void each_call_of_a_boot_from_it_may_fail(void **state)
{
	static const uint64_t faults[] = {EFIERR(7), EFIERR(9), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int calls = 1000, entered = 0;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			given_kernel_on_xbootldr(LINUX INITRDS);
			scene_put_text(ENTRIES "x+3.conf", LINUX INITRDS);
			sim.fail_call = k;
			uefi.fault = faults[f];
			scene_run("a call fails");
			calls = k == 1 && f == 0 ? outcome.calls : calls;
			entered += outcome.entered;
		}
	assert_true(entered > calls && entered < calls * COUNT_OF(faults));
}

static void without_memory_what_is_beside_the_loader_boots(void **state)
{
	(void)state;
	for (unsigned int k = 1; k < 30; k++) {
		given(LINUX);
		scene_put_text("\\loader\\entries\\esp.conf", LINUX);
		scene_put_text(ENTRIES "x.conf", "title X\nlinux /nowhere\n");
		uefi.pools = k;
		scene_run("no memory");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_disk_with_the_older_table_may_have_one),
	    cmocka_unit_test(firmware_may_number_rows_of_the_older_table_otherwise),
	    cmocka_unit_test(an_entry_has_its_files_and_counters_on_its_own_volume),
	    cmocka_unit_test(entries_of_both_are_one_list),
	    cmocka_unit_test(firmware_that_has_not_looked_at_it_is_made_to),
	    cmocka_unit_test(a_damaged_table_has_others),
	    cmocka_unit_test(where_there_is_none_nothing_is_looked_for),
	    cmocka_unit_test(a_disc_that_firmware_boots_has_the_partition_that_begins_there),
	    cmocka_unit_test(each_call_on_the_way_to_the_disc_may_fail),
	    cmocka_unit_test(blocks_may_be_larger),
	    cmocka_unit_test(an_impossible_disk_is_not_read),
	    cmocka_unit_test(a_program_is_looked_for_on_its_entrys_volume),
	    cmocka_unit_test(extras_are_read_from_their_entrys_volume),
	    cmocka_unit_test(each_call_on_the_way_to_it_may_fail),
	    cmocka_unit_test(each_call_of_a_boot_from_it_may_fail),
	    cmocka_unit_test(without_memory_what_is_beside_the_loader_boots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
