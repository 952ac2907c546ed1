/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an installation reads before it plans: which loader a file is, which partition something is on, and what an
 * earlier installation has made.
 */
#include "given.h"
#include "gpt_disk.h"
#include "pe_file.h"

#include "../../install/loader.h"
#include "../../install/manifest.h"
#include "../../install/partition.h"

#include <unistd.h>

/* ---- loaders ---- */

static struct pe_file file;
static struct loader loader;

static bool read_with(const char *section, const char *text)
{
	pe_file_begin(&file, PE_X64, 0);
	if (section != NULL)
		pe_file_add_text(&file, section, text);
	return loader_read((struct bytes){file.bytes, file.size}, &loader);
}

static void a_loader_is_known_by_what_it_says_of_itself(void **state)
{
	static const struct {
		const char *text, *product, *version;
		bool is_berth;
	} row[] = {
	    {"#### LoaderInfo: Berth 0.1 ####", "Berth", "0.1", true},
	    {"#### LoaderInfo: systemd-boot 257.4-1 ####", "systemd-boot", "257.4-1", false},
	    {"#### LoaderInfo: Berthold 1 ####", "Berthold", "1", false},
	    {"#### LoaderInfo: Berth 0.1", "", "", true}, /* as efi/programs.c has it: the front decides */
	    {"#### LoaderInfo: Berth ####", "", "", true},
	    {"#### LoaderInfo: a\033b 1 ####", "", "1", false},
	    {"#### LoaderInfo:  ####", "", "", false},
	    {"", "", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_true(read_with(".sdmagic", row[i].text));
		assert_string_equal(loader.product, row[i].product);
		assert_string_equal(loader.version, row[i].version);
		assert_int_equal(loader.is_berth, row[i].is_berth);
		assert_false(loader.is_shim);
		assert_int_equal(loader.machine, ELF_X86_64);
	}
	assert_true(read_with(".other", "#### LoaderInfo: Berth 0.1 ####"));
	assert_false(loader.is_berth);
}

/* As Debian 12's is: the bytes of a C string, all of them. */
static void systemd_252_ends_what_it_says_with_a_nul(void **state)
{
	static const char text[] = "#### LoaderInfo: systemd-boot 252.39-1~deb12u2 ####";

	(void)state;
	pe_file_begin(&file, PE_X64, 0);
	pe_file_add(&file, ".sdmagic", text, sizeof(text));
	assert_true(loader_read((struct bytes){file.bytes, file.size}, &loader));
	assert_string_equal(loader.product, "systemd-boot");
	assert_string_equal(loader.version, "252.39-1~deb12u2");
}

static void shim_is_known_by_its_component(void **state)
{
	(void)state;
	assert_true(read_with(".sbat", "sbat,1,SBAT Version,sbat,1,x\nshim,4,UEFI shim,shim,1,x\n") && loader.is_shim);
	assert_true(read_with(".sbat", "sbat,1,SBAT Version,sbat,1,x\nshim.debian,4,UEFI shim,shim,1,x\n"));
	assert_false(loader.is_shim);
	assert_true(read_with(".sbat", "sbat,1,x\n\nshim") && !loader.is_shim);
}

static void what_is_no_pe_file_or_is_cut_says_nothing(void **state)
{
	(void)state;
	assert_true(read_with(".sdmagic", "#### LoaderInfo: Berth 0.1 ####"));
	for (size_t size = 0; size < file.size; size++)
		if (loader_read((struct bytes){file.bytes, size}, &loader))
			assert_int_equal(loader.is_berth, loader.version[0] != '\0');
		else
			assert_false(loader.is_berth || loader.product[0] != '\0');
	store_le(pe_file_row(&file, 0) + 20, 4, 0xfffffff0); /* the section lies behind the file */
	assert_true(loader_read((struct bytes){file.bytes, file.size}, &loader) && !loader.is_berth);
	store_le(file.bytes, 2, 0);
	assert_false(loader_read((struct bytes){file.bytes, file.size}, &loader));
}

/* Microsoft PE Format: the fifth directory's size; before it the number of directories. */
static void a_signature_is_seen_where_the_headers_say_so(void **state)
{
	uint64_t at;

	(void)state;
	assert_true(read_with(NULL, NULL) && !loader.has_signature);
	at = load_le(file.bytes + 0x3c, 4) + 24 + 108;
	store_le(file.bytes + at + 4 + 4 * 8 + 4, 4, 0x600);
	assert_true(loader_read((struct bytes){file.bytes, file.size}, &loader) && !loader.has_signature);
	store_le(file.bytes + at, 4, 5);
	assert_true(loader_read((struct bytes){file.bytes, file.size}, &loader) && loader.has_signature);
	store_le(file.bytes + at, 4, 4);
	assert_true(loader_read((struct bytes){file.bytes, file.size}, &loader) && !loader.has_signature);
}

static void each_cpu_has_its_names(void **state)
{
	static const char *const own[] = {"\\EFI\\berth\\berthx64.efi", "\\EFI\\berth\\berthia32.efi",
					  "\\EFI\\berth\\berthaa64.efi", "\\EFI\\berth\\berthriscv64.efi"};
	struct loader_names names;

	(void)state;
	for (size_t i = 0; i < LOADER_MACHINES; i++) {
		assert_true(loader_names(i, &names));
		assert_string_equal(names.own, own[i]);
	}
	assert_string_equal(names.removable, "\\EFI\\BOOT\\BOOTRISCV64.EFI");
	assert_string_equal(names.kept, "\\EFI\\berth\\BOOTRISCV64.EFI.kept");
	assert_string_equal(names.arch, "riscv64");
	assert_false(loader_names(LOADER_MACHINES, &names));
}

/* ---- partitions ---- */

static struct partition partition;

static void told_by_udev(const char *text, unsigned int block)
{
	partition_from_udev((struct bytes){(const uint8_t *)text, strlen(text)}, block, &partition);
}

#define GPT_ROWS                                                                                                       \
	"S:disk/by-uuid/1\nE:ID_PART_ENTRY_SCHEME=gpt\nE:ID_PART_ENTRY_UUID=0a1b2c3d-4e5f-4678-9abc-def012345678\n"    \
	"E:ID_PART_ENTRY_NUMBER=2\nE:ID_PART_ENTRY_OFFSET=2048\nE:ID_PART_ENTRY_SIZE=16384\n"

static void udev_tells_what_a_partition_is(void **state)
{
	static const uint8_t guid[16] = {0x3d, 0x2c, 0x1b, 0x0a, 0x5f, 0x4e, 0x78, 0x46,
					 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78};
	char words[PARTITION_WORDS];

	(void)state;
	told_by_udev(GPT_ROWS "E:ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b\n", 512);
	assert_int_equal(partition.kind, PARTITION_ESP);
	assert_true(partition.at.number == 2 && partition.at.start == 2048 && partition.at.blocks == 16384);
	assert_memory_equal(partition.at.signature, guid, 16);
	assert_int_equal(partition.offset, MIB(1));
	partition_words(&partition, words);
	assert_string_equal(words, "0a1b2c3d-4e5f-4678-9abc-def012345678");
	/* Firmware counts in the disk's own blocks. */
	told_by_udev(GPT_ROWS "E:ID_PART_ENTRY_TYPE=bc13c2ff-59e6-4262-a352-b275fd6f7172", 4096);
	assert_int_equal(partition.kind, PARTITION_XBOOTLDR);
	assert_true(partition.at.start == 256 && partition.at.blocks == 2048 && partition.offset == MIB(1));
	told_by_udev(GPT_ROWS "E:ID_PART_ENTRY_TYPE=0fc63daf-8483-4772-8e79-3d69d8477de4\n", 512);
	assert_int_equal(partition.kind, PARTITION_OTHER);
	told_by_udev(GPT_ROWS, 512);
	assert_true(partition.kind == PARTITION_UNKNOWN && partition.at.number == 2);
}

static void an_older_table_has_a_signature_and_a_number(void **state)
{
	char words[PARTITION_WORDS];

	(void)state;
	told_by_udev("E:ID_PART_ENTRY_SCHEME=dos\nE:ID_PART_ENTRY_UUID=1234abcd-03\nE:ID_PART_ENTRY_TYPE=0xef\n"
		     "E:ID_PART_ENTRY_NUMBER=3\nE:ID_PART_ENTRY_OFFSET=63\nE:ID_PART_ENTRY_SIZE=9\n",
		     512);
	assert_true(partition.kind == PARTITION_ESP && partition.at.in_mbr && partition.at.number == 3);
	assert_int_equal(load_le(partition.at.signature, 8), 0x1234abcd);
	partition_words(&partition, words);
	assert_string_equal(words, "1234abcd-03");
}

static void what_udev_cannot_have_written_tells_nothing(void **state)
{
	static const char *const texts[] = {
	    "",
	    "E:ID_PART_ENTRY_SCHEME=gpt",
	    "E:ID_PART_ENTRY_SCHEME=sun\nE:ID_PART_ENTRY_UUID=1\nE:ID_PART_ENTRY_NUMBER=1\nE:ID_PART_ENTRY_OFFSET=1\n"
	    "E:ID_PART_ENTRY_SIZE=1\n",
	    "E:ID_PART_ENTRY_SCHEME=gpt\nE:ID_PART_ENTRY_UUID=0a1b2c3d-4e5f-4678-9abc-def01234567g\n"
	    "E:ID_PART_ENTRY_NUMBER=1\nE:ID_PART_ENTRY_OFFSET=1\nE:ID_PART_ENTRY_SIZE=1\n",
	    "E:ID_PART_ENTRY_SCHEME=gpt\nE:ID_PART_ENTRY_UUID=0a1b2c3d-4e5f-4678-9abc-def012345678\n"
	    "E:ID_PART_ENTRY_NUMBER=0\nE:ID_PART_ENTRY_OFFSET=1\nE:ID_PART_ENTRY_SIZE=1\n",
	    "E:ID_PART_ENTRY_SCHEME=gpt\nE:ID_PART_ENTRY_UUID=0a1b2c3d-4e5f-4678-9abc-def012345678\n"
	    "E:ID_PART_ENTRY_NUMBER=1\nE:ID_PART_ENTRY_OFFSET=0x7fffffffffffffff\nE:ID_PART_ENTRY_SIZE=1\n",
	    "E:ID_PART_ENTRY_SCHEME=dos\nE:ID_PART_ENTRY_UUID=1234\nE:ID_PART_ENTRY_NUMBER=1\n"
	    "E:ID_PART_ENTRY_OFFSET=1\nE:ID_PART_ENTRY_SIZE=1\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		told_by_udev(texts[i], 512);
		assert_true(partition.at.number == 0 && partition.offset == 0);
	}
	told_by_udev(GPT_ROWS, 500);
	assert_int_equal(partition.at.number, 0);
}

static struct gpt_disk disk;

/* A file that holds the disk, and is gone when the test ends. */
static int disk_file(const uint8_t *bytes, size_t size)
{
	FILE *out = tmpfile();
	int copy;

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	assert_int_equal(fflush(out), 0);
	copy = dup(fileno(out));
	assert_int_equal(fclose(out), 0);
	return copy;
}

static enum status look_for(const uint8_t *bytes, size_t size, enum partition_kind kind)
{
	int in = disk_file(bytes, size);
	struct fail why;
	enum status status = partition_on_disk(in, "disk.img", kind, &partition, &why);

	(void)close(in);
	return status;
}

static void a_disks_table_tells_where_a_partition_is(void **state)
{
	(void)state;
	for (size_t block = 512; block <= 4096; block *= 8) {
		gpt_disk_begin(&disk, block);
		gpt_disk_add(&disk, 0, gpt_disk_linux, 0x11, 40, 49);
		gpt_disk_add(&disk, 4, gpt_disk_esp, 0x22, 60, 69);
		assert_int_equal(look_for(disk.bytes, GPT_DISK_BLOCKS * block, PARTITION_ESP), OK);
		assert_true(partition.kind == PARTITION_ESP && partition.at.number == 5 && partition.at.start == 60);
		assert_true(partition.at.blocks == 10 && partition.offset == 60 * block && partition.block == block);
		assert_int_equal(partition.at.signature[7], 0x22);
		assert_int_equal(look_for(disk.bytes, GPT_DISK_BLOCKS * block, PARTITION_XBOOTLDR), NOT_FOUND);
		/* The first header is gone: the backup tells the same. */
		memset(gpt_disk_header(&disk, false), 0, block);
		assert_int_equal(look_for(disk.bytes, GPT_DISK_BLOCKS * block, PARTITION_ESP), OK);
		assert_int_equal(partition.at.number, 5);
		memset(gpt_disk_header(&disk, true), 0, block);
		assert_int_equal(look_for(disk.bytes, GPT_DISK_BLOCKS * block, PARTITION_ESP), NOT_FOUND);
	}
}

static void an_image_may_have_an_mbr_or_be_the_partition_itself(void **state)
{
	static uint8_t bytes[16384];

	(void)state;
	assert_int_equal(look_for(bytes, sizeof(bytes), PARTITION_ESP), NOT_FOUND);
	store_le(bytes + 510, 2, 0xaa55);
	store_le(bytes + 440, 4, 0x1234abcd);
	bytes[446 + 4] = 0xef;
	store_le(bytes + 446 + 8, 4, 4);
	store_le(bytes + 446 + 12, 4, 20);
	assert_int_equal(look_for(bytes, sizeof(bytes), PARTITION_ESP), OK);
	assert_true(partition.at.in_mbr && partition.at.number == 1 && partition.offset == 2048);
	assert_int_equal(look_for(bytes, sizeof(bytes), PARTITION_XBOOTLDR), NOT_FOUND);
	/* A FAT ends its first block in the same way. */
	memcpy(bytes + 82, "FAT32   ", 8);
	assert_int_equal(look_for(bytes, sizeof(bytes), PARTITION_ESP), OK);
	assert_true(partition.kind == PARTITION_ESP && partition.at.number == 0 && partition.offset == 0);
	assert_int_equal(look_for(bytes, sizeof(bytes), PARTITION_XBOOTLDR), NOT_FOUND);
	assert_int_equal(look_for(bytes, 100, PARTITION_ESP), IO_ERROR);
}

/* ---- the manifest ---- */

static struct bytes text_of(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static void a_manifest_tells_what_was_made_and_nothing_else(void **state)
{
	struct manifest manifest, again;

	(void)state;
	manifest_read(text_of(""), &manifest);
	manifest_add_folder(&manifest, false, "\\loader");
	manifest_add_file(&manifest, true, "\\loader\\a", text_of("content"));
	manifest_add_thing(&manifest, "Token");
	assert_true(manifest.is_changed);
	manifest_read((struct bytes){(const uint8_t *)manifest.text, manifest.used}, &again);
	assert_true(manifest_has_folder(&again, false, "\\loader") && !manifest_has_folder(&again, true, "\\loader"));
	assert_false(manifest_has_folder(&again, false, "\\load"));
	assert_false(manifest_has_folder(&again, false, "\\loader\\entries"));
	assert_true(manifest_has_file(&again, true, "\\loader\\a", text_of("content")));
	assert_false(manifest_has_file(&again, true, "\\loader\\a", text_of("content.")));
	assert_false(manifest_has_file(&again, false, "\\loader\\a", text_of("content")));
	assert_true(manifest_has_thing(&again, "Token") && !manifest_has_thing(&again, "Tok"));
	manifest_add_folder(&again, false, "\\loader");
	assert_true(!again.is_changed && again.used == manifest.used);
}

static void a_manifest_that_is_no_text_tells_nothing_and_never_overflows(void **state)
{
	static char large[MANIFEST_ROOM];
	struct manifest manifest;

	(void)state;
	memset(large, 'a', sizeof(large));
	manifest_read((struct bytes){(const uint8_t *)large, sizeof(large)}, &manifest);
	assert_int_equal(manifest.used, 0);
	manifest_read((struct bytes){(const uint8_t *)large, sizeof(large) - 1}, &manifest);
	assert_false(manifest_has_thing(&manifest, "aaaa"));
	manifest_add_thing(&manifest, "x");
	assert_true(manifest.used == sizeof(large) - 1 && !manifest.is_changed);
	manifest_read(text_of("made half"), &manifest); /* a line that was cut off is none */
	assert_false(manifest_has_thing(&manifest, "half"));
	manifest_add_thing(&manifest, "whole");
	assert_true(manifest_has_thing(&manifest, "whole"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_loader_is_known_by_what_it_says_of_itself),
	    cmocka_unit_test(systemd_252_ends_what_it_says_with_a_nul),
	    cmocka_unit_test(shim_is_known_by_its_component),
	    cmocka_unit_test(what_is_no_pe_file_or_is_cut_says_nothing),
	    cmocka_unit_test(a_signature_is_seen_where_the_headers_say_so),
	    cmocka_unit_test(each_cpu_has_its_names),
	    cmocka_unit_test(udev_tells_what_a_partition_is),
	    cmocka_unit_test(an_older_table_has_a_signature_and_a_number),
	    cmocka_unit_test(what_udev_cannot_have_written_tells_nothing),
	    cmocka_unit_test(a_disks_table_tells_where_a_partition_is),
	    cmocka_unit_test(an_image_may_have_an_mbr_or_be_the_partition_itself),
	    cmocka_unit_test(a_manifest_tells_what_was_made_and_nothing_else),
	    cmocka_unit_test(a_manifest_that_is_no_text_tells_nothing_and_never_overflows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
