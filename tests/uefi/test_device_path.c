/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware's device paths: where the loader came from, and on which disk a partition lies. What UEFI describes is
 * found, and a path of any shape is read no further than its own lengths say. Source: UEFI 2.10, 10.2 and 10.3.
 */
#include "../unit/given.h"

#include "../../efi/efi_local.h"

#define END   0x7f, 0xff, 4, 0
#define GUID  0x0a, 0xb1, 0xc2, 0xd3, 0xe4, 0xf5, 0x16, 0x27, 0x38, 0x49, 0x5a, 0x6b, 0x7c, 0x8d, 0x9e, 0xaf
#define WORDS "D3C2B10A-F5E4-2716-3849-5A6B7C8D9EAF"
/* A hard drive's node up to its signature; @size: the low byte of what it says its length is. */
#define DRIVE(size) 4, 1, size, 0, 1, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0
#define OTHER	    1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff

static EFI_BOOT_SERVICES boot;
static EFI_LOADED_IMAGE image;
static int device;

static struct {
	EFI_STATUS status;
	void *path;
} fw;

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **to)
{
	static const EFI_GUID device_path = DEVICE_PATH_PROTOCOL;

	assert_ptr_equal(handle, &device);
	assert_memory_equal(guid, &device_path, sizeof(*guid));
	*to = fw.path;
	return fw.status;
}

/* A copy that ends where memory may: what is read behind it is seen by valgrind alone, so the bytes there are a trap.
 */
static void *path_of(const uint8_t *bytes, size_t size)
{
	static uint8_t copy[4096];

	assert_true(size <= 512);
	memset(copy, 4, sizeof(copy));
	memcpy(copy, bytes, size);
	boot = (EFI_BOOT_SERVICES){.HandleProtocol = handle_protocol};
	image = (EFI_LOADED_IMAGE){.DeviceHandle = &device, .FilePath = (EFI_DEVICE_PATH *)(void *)copy};
	efi = (struct efi_state){.boot = &boot, .loaded = &image};
	return copy;
}

static void the_partition_is_the_last_that_has_a_guid(void **state)
{
	static const struct {
		const char *words; /* NULL: none */
		uint8_t bytes[128];
	} row[] = {
	    {WORDS, {2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 0, 0, 0, 0, DRIVE(42), GUID, 2, 2, END}},
	    {WORDS, {DRIVE(42), GUID, 2, 2, 4, 4, 6, 0, 0, 0, END}},
	    {WORDS, {DRIVE(42), OTHER, 2, 2, DRIVE(42), GUID, 2, 2, END}},
	    {"00000001-0000-0000-0000-0000000000FF", {DRIVE(42), OTHER, 2, 2, END}},
	    {NULL, {DRIVE(42), GUID, 1, 1, END}}, /* the number of a disk with an MBR */
	    {NULL, {DRIVE(42), GUID, 2, 0, END}}, /* no signature */
	    {NULL, {DRIVE(41), GUID, 2, END}},	  /* no room for its kind */
	    {NULL, {END}},
	    {NULL, {0xff, 0xff, 4, 0}},				 /* as old firmware ends a path */
	    {NULL, {4, 1, 0, 0}},				 /* no length */
	    {NULL, {4, 1, 3, 0}},				 /* too short for what stands before it */
	    {NULL, {4, 2, 24, 0, [24] = 0x7f, 0xff, 4, 0}},	 /* a CD */
	    {NULL, {END, DRIVE(42), GUID, 2, 2, END}},		 /* behind the end */
	    {NULL, {0x7f, 1, 4, 0, DRIVE(42), GUID, 2, 2, END}}, /* of another instance */
	};
	char out[EFI_GUID_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		bool found;

		fw.path = path_of(row[i].bytes, sizeof(row[i].bytes));
		fw.status = EFI_SUCCESS;
		found = efi_partition(out);
		if (found != (row[i].words != NULL) || (found && strcmp(out, row[i].words) != 0))
			fail_msg("row %zu: %s", i, found ? out : "none");
	}
	fw.path = NULL;
	assert_false(efi_partition(out));
	fw.path = path_of(row[0].bytes, sizeof(row[0].bytes));
	fw.status = EFI_UNSUPPORTED;
	assert_false(efi_partition(out));
}

static void the_own_path_is_all_of_its_names_with_backslashes(void **state)
{
#define U(c) c, 0
	static const struct {
		const char *text; /* NULL: none */
		uint8_t bytes[64];
	} row[] = {
	    {"\\a\\b", {4, 4, 14, 0, U('\\'), U('a'), U('\\'), U('b'), U(0), END}},
	    {"\\a\\b", {4, 4, 14, 0, U('/'), U('a'), U('/'), U('b'), U(0), END}},
	    {"\\a", {4, 4, 8, 0, U('a'), U(0), END}},
	    {"\\a", {4, 4, 6, 0, U('a'), END}}, /* no end of its own */
	    {"\\a\\b", {4, 4, 8, 0, U('a'), U(0), 4, 4, 8, 0, U('b'), U(0), END}},
	    {"\\a\\b", {4, 4, 10, 0, U('a'), U('\\'), U(0), 4, 4, 8, 0, U('b'), U(0), END}},
	    {"\\a\\b", {4, 4, 10, 0, U('a'), U('\\'), U(0), 4, 4, 10, 0, U('\\'), U('b'), U(0), END}},
	    {"\\\xc3\xa4", {4, 4, 8, 0, 0xe4, 0, U(0), END}},
	    {"\\\xe2\x82\xac", {4, 4, 8, 0, 0xac, 0x20, U(0), END}},
	    {"\\a", {4, 4, 7, 0, U('a'), 'b', END}}, /* half a character */
	    {NULL, {4, 4, 4, 0, END}},
	    {NULL, {4, 4, 6, 0, U(0), END}},
	    {NULL, {END}},
	    {NULL, {DRIVE(42), GUID, 2, 2, 4}}, /* no file */
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		bool found;

		(void)path_of(row[i].bytes, sizeof(row[i].bytes));
		found = efi_own_path(out, sizeof(out));
		if (found != (row[i].text != NULL) || (found && strcmp(out, row[i].text) != 0))
			fail_msg("row %zu: %s", i, found ? out : "none");
	}
	(void)path_of(row[0].bytes, sizeof(row[0].bytes));
	assert_true(efi_own_path(out, 5));
	assert_false(efi_own_path(out, 4));
	image.FilePath = NULL;
	assert_false(efi_own_path(out, sizeof(out)));
}

/* Nodes of the least length without end; and one of the greatest, which is longer than any path. */
static void a_path_without_end_ends(void **state)
{
	static uint8_t nodes[70000];
	char out[MAX_PATH_TEXT];

	(void)state;
	(void)path_of(nodes, 4);
	for (size_t i = 0; i < sizeof(nodes); i += 4)
		memcpy(nodes + i, (const uint8_t[]){4, 4, 4, 0}, 4);
	fw.path = nodes;
	fw.status = EFI_SUCCESS;
	image.FilePath = (EFI_DEVICE_PATH *)(void *)nodes;
	assert_false(efi_partition(out));
	assert_false(efi_own_path(out, sizeof(out)));
	memset(nodes, 'a', sizeof(nodes));
	memcpy(nodes, (const uint8_t[]){4, 4, 0xff, 0xff}, 4);
	assert_false(efi_own_path(out, sizeof(out)));
}

/* A name longer than any path in an entry is not told, however much room there is. */
static void a_name_that_is_too_long_is_none(void **state)
{
	static uint8_t nodes[4 + 2 * MAX_PATH_TEXT + 4];
	static char out[8 * MAX_PATH_TEXT];
	size_t size = 4 + 2 * (MAX_PATH_TEXT - 2);

	(void)state;
	(void)path_of(nodes, 4);
	for (size_t i = 4; i < size; i += 2)
		memcpy(nodes + i, (const uint8_t[]){'a', 0}, 2);
	memcpy(nodes, (const uint8_t[]){4, 4, (uint8_t)size, (uint8_t)(size >> 8)}, 4);
	memcpy(nodes + size, (const uint8_t[]){0x7f, 0xff, 4, 0}, 4);
	fw.status = EFI_SUCCESS;
	image.FilePath = (EFI_DEVICE_PATH *)(void *)nodes;
	assert_false(efi_own_path(out, sizeof(out)));
}

/* ---- the path of a file on that device ---- */

static size_t room; /* of the next pool; 0: there is none */
static uint8_t pool[70000 + 4096];

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **to)
{
	(void)type;
	room = size;
	*to = pool;
	return room <= sizeof(pool) - 4096 ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

static EFI_STATUS EFIAPI no_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **to)
{
	(void)type;
	(void)size;
	(void)to;
	return EFI_OUT_OF_RESOURCES;
}

/* What stands here is the path of the device from now on. */
static void given_path(const uint8_t *bytes, size_t size)
{
	fw.path = path_of(bytes, size);
	fw.status = EFI_SUCCESS;
	boot.AllocatePool = allocate_pool;
	memset(pool, 4, sizeof(pool));
}

static void a_files_path_is_its_devices_with_the_name_behind(void **state)
{
	static const uint8_t device_node[] = {2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 0, 0, 0, 0, END},
			     wanted[] = {2, 1,	12, 0,	  0xd0, 0x41, 3, 0x0a, 0, 0, 0, 0,  4,
					 4, 12, 0,  '\\', 0,	0xfc, 0, '!',  0, 0, 0, END};
	EFI_DEVICE_PATH *out = NULL;
	struct fail why;

	(void)state;
	fw.path = path_of(device_node, sizeof(device_node));
	fw.status = EFI_SUCCESS;
	boot.AllocatePool = allocate_pool;
	assert_int_equal(efi_file_path(&device, "\\\xc3\xbc!", &out, &why), OK);
	assert_ptr_equal(out, pool);
	assert_int_equal(room, sizeof(wanted));
	assert_memory_equal(pool, wanted, sizeof(wanted));
}

static void a_path_that_cannot_be_made_is_said(void **state)
{
	static uint8_t nodes[64 * 65535 + 4];
	char name[MAX_PATH_TEXT + 2];
	EFI_DEVICE_PATH *out = NULL;
	struct fail why;

	(void)state;
	(void)path_of(nodes, 4);
	boot.AllocatePool = allocate_pool;
	fw.path = nodes;
	fw.status = EFI_UNSUPPORTED;
	assert_int_equal(efi_file_path(&device, "\\a", &out, &why), IO_ERROR);
	assert_non_null(strstr(why.text, "\\a: firmware does not tell which device it is on: unsupported"));
	fw.status = EFI_SUCCESS;
	fw.path = NULL;
	assert_int_equal(efi_file_path(&device, "\\a", &out, &why), IO_ERROR);
	fw.path = nodes;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(efi_file_path(&device, name, &out, &why), BAD_INPUT);
	/* 64 nodes of the greatest length, which no firmware has memory for here. */
	for (size_t i = 0; i < 64; i++)
		memcpy(nodes + i * 65535, (const uint8_t[]){1, 1, 0xff, 0xff}, 4);
	assert_int_equal(efi_file_path(&device, "\\a", &out, &why), IO_ERROR);
	assert_non_null(strstr(why.text, "\\a: no memory for its path"));
	assert_int_equal(room, 64 * 65535 + 4 + 6 + 4);
}

/* ---- disks and partitions ---- */

#define DISK	  2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 0, 0, 0, 0
#define DISK_SIZE 12
/* A partition each of whose numbers has other bytes; of which table it says that it is, and what its signature is. */
#define PARTITION(table, signature)                                                                                    \
	4, 1, 42, 0, 1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26,   \
	    0x27, 0x28, GUID, table, signature
#define DISC                                                                                                           \
	4, 2, 24, 0, 1, 0, 0, 0, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26,   \
	    0x27, 0x28

static const uint8_t disk_alone[] = {DISK, END};

/* 10.3.5.1: tables 1 and 2 are an MBR and a GPT, and so are the kinds of signatures. */
static void a_partition_tells_its_disk_and_where_on_it_it_lies(void **state)
{
	static const struct {
		bool found, in_mbr;
		uint8_t bytes[DISK_SIZE + 42 + 4];
	} row[] = {
	    {true, false, {DISK, PARTITION(2, 2), END}},  {true, true, {DISK, PARTITION(1, 1), END}},
	    {false, false, {DISK, PARTITION(1, 2), END}}, {false, false, {DISK, PARTITION(2, 1), END}},
	    {false, false, {DISK, PARTITION(2, 0), END}}, {false, false, {DISK, END}},
	};
	static const uint8_t guid[16] = {GUID};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct gpt_partition partition = {.number = 9};
		EFI_DEVICE_PATH *out;
		uint32_t digits = 9;

		given_path(row[i].bytes, sizeof(row[i].bytes));
		assert_int_equal(efi_partition_digits(&device, &digits), i < 4);
		assert_int_equal(digits, i < 4 ? 0xd3c2b10a : 9);
		out = efi_disk_path(&device, &partition);
		if ((out != NULL) != row[i].found)
			fail_msg("row %zu", i);
		if (out == NULL)
			continue;
		assert_memory_equal(pool, disk_alone, sizeof(disk_alone));
		assert_int_equal(room, sizeof(row[i].bytes));
		assert_int_equal(partition.in_mbr, row[i].in_mbr);
		assert_int_equal(partition.number, 0x04030201);
		assert_int_equal(partition.start, 0x1817161514131211);
		assert_int_equal(partition.blocks, 0x2827262524232221);
		assert_memory_equal(partition.guid, guid, sizeof(guid));
		efi_add_partition(out, &partition);
		assert_memory_equal(pool, row[i].bytes, sizeof(row[i].bytes));
		efi_number_partition(out, 0x64636261);
		assert_memory_equal(pool + DISK_SIZE + 4, "abcd\x11", 5);
		boot.AllocatePool = no_pool;
		assert_null(efi_disk_path(&device, &partition));
	}
}

static void a_disc_tells_its_drive_and_where_it_begins(void **state)
{
	static const struct {
		bool found;
		uint8_t bytes[80];
	} row[] = {
	    {true, {DISK, DISC, END}},
	    {true, {DISK, DISC, 4, 4, 6, 0, 0, 0, END}},
	    {false, {DISK, END}},
	    {false, {DISK, 4, 2, 23, 0, 1, 0, 0, 0, 0x11, 0x12, 0x13, 0x14, [DISK_SIZE + 23] = 0x7f, 0xff, 4, 0}},
	    {false, {DISK, PARTITION(2, 2), END}},
	    {false, {DISC, END}}, /* in no drive */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		uint64_t start = 0;
		EFI_DEVICE_PATH *out;

		given_path(row[i].bytes, sizeof(row[i].bytes));
		out = efi_disc_path(&device, &start);
		if ((out != NULL) != row[i].found)
			fail_msg("row %zu", i);
		if (out == NULL)
			continue;
		assert_memory_equal(pool, disk_alone, sizeof(disk_alone));
		assert_int_equal(room, sizeof(disk_alone));
		assert_int_equal(start, 0x1817161514131211);
		boot.AllocatePool = no_pool;
		assert_null(efi_disc_path(&device, &start));
		fw.status = EFI_UNSUPPORTED;
		boot.AllocatePool = allocate_pool;
		assert_null(efi_disc_path(&device, &start));
	}
}

/* 10.3.4, by subtype; of a path with several what is nearest to the disk. */
static void what_a_disk_is_behind_is_said(void **state)
{
	static const struct {
		const char *words;
		uint8_t bytes[16];
	} row[] = {
	    {"SCSI ", {3, 2, 4, 0, END}},  {"USB ", {3, 5, 4, 0, END}},
	    {"USB ", {3, 16, 4, 0, END}},  {"SATA ", {3, 18, 4, 0, END}},
	    {"NVMe ", {3, 23, 4, 0, END}}, {"SD ", {3, 26, 4, 0, END}},
	    {"eMMC ", {3, 29, 4, 0, END}}, {"", {3, 1, 4, 0, END}},
	    {"", {4, 2, 4, 0, END}},	   {"USB ", {3, 2, 4, 0, 3, 5, 4, 0, END}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_path(row[i].bytes, sizeof(row[i].bytes));
		if (strcmp(efi_disk_kind(&device), row[i].words) != 0)
			fail_msg("row %zu: %s", i, efi_disk_kind(&device));
		fw.status = EFI_UNSUPPORTED;
		assert_string_equal(efi_disk_kind(&device), "");
	}
}

static void what_lies_behind_a_device_begins_with_its_path(void **state)
{
	static const uint8_t whole[] = {DISK, 3, 18, 4, 0, END},
			     other[] = {2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 1, 0, 0, 0};

	(void)state;
	given_path(whole, sizeof(whole));
	assert_true(efi_is_below(&device, (struct bytes){whole, DISK_SIZE}));
	assert_true(efi_is_below(&device, (struct bytes){whole, DISK_SIZE + 4}));
	assert_false(efi_is_below(&device, (struct bytes){whole, sizeof(whole)}));
	assert_false(efi_is_below(&device, (struct bytes){other, sizeof(other)}));
	fw.status = EFI_UNSUPPORTED;
	assert_false(efi_is_below(&device, (struct bytes){whole, DISK_SIZE}));
	assert_true(efi_is_below(&device, (struct bytes){whole, 0}));
}

/* ---- where it came from ---- */

#define QEMU 0x72, 0xf7, 0x28, 0x14, 0x4a, 0xb6, 0x1e, 0x44, 0xb8, 0xc3, 0x9e, 0xbd, 0xd7, 0xf8, 0x93

static void what_firmware_has_in_itself_is_told_from_a_partition(void **state)
{
	static const struct {
		enum origin origin;
		uint8_t bytes[80];
	} row[] = {
	    {ORIGIN_FIRMWARE, {4, 6, 20, 0, GUID, END}},
	    {ORIGIN_FIRMWARE, {4, 7, 20, 0, GUID, END}},
	    {ORIGIN_FIRMWARE, {4, 3, 20, 0, QEMU, 0xc7, END}},
	    {ORIGIN_FIRMWARE, {PARTITION(2, 2), 4, 6, 20, 0, GUID, END}},
	    {ORIGIN_OTHER, {4, 3, 20, 0, GUID, END}},
	    {ORIGIN_OTHER, {4, 3, 19, 0, QEMU, 0xc7, 0xff, 4, 0}},
	    {ORIGIN_OTHER, {3, 3, 20, 0, QEMU, 0xc7, END}},
	    {ORIGIN_PARTITION, {DISK, PARTITION(2, 2), END}},
	    {ORIGIN_OTHER, {DISK, END}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_path(row[i].bytes, sizeof(row[i].bytes));
		if (efi_origin(&device) != row[i].origin)
			fail_msg("row %zu: %d", i, (int)efi_origin(&device));
		fw.status = EFI_UNSUPPORTED;
		assert_int_equal(efi_origin(&device), ORIGIN_OTHER);
	}
}

/* 10.3.4.23, with EDK2's NUL and without it. */
static void the_own_url_is_of_printed_characters(void **state)
{
	static const struct {
		const char *url; /* NULL: none */
		uint8_t bytes[24];
	} row[] = {
	    {"h:!~", {3, 24, 8, 0, 'h', ':', '!', '~', END}},
	    {"h:!~", {3, 24, 9, 0, 'h', ':', '!', '~', 0, END}},
	    {"h", {3, 24, 4, 0, 3, 24, 5, 0, 'h', END}}, /* one that was asked for, and one that was answered */
	    {NULL, {3, 24, 5, 0, 0, END}},
	    {NULL, {3, 24, 7, 0, 'h', ' ', 'h', END}},
	    {NULL, {3, 24, 6, 0, 'h', 0x7f, END}},
	    {NULL, {3, 23, 5, 0, 'h', END}},
	    {NULL, {4, 24, 5, 0, 'h', END}},
	    {NULL, {END}},
	};
	char out[8];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		bool found;

		given_path(row[i].bytes, sizeof(row[i].bytes));
		memset(out, 'x', sizeof(out));
		found = efi_own_url(out, sizeof(out));
		if (found != (row[i].url != NULL) || (found && strcmp(out, row[i].url) != 0))
			fail_msg("row %zu", i);
	}
	given_path(row[0].bytes, sizeof(row[0].bytes));
	assert_true(efi_own_url(out, 5));
	assert_false(efi_own_url(out, 4));
	fw.status = EFI_UNSUPPORTED;
	assert_false(efi_own_url(out, 5));
}

/* ---- paths that are made ---- */

static void a_url_and_a_copy_are_whole_paths(void **state)
{
	static const uint8_t of_url[] = {3, 24, 7, 0, 'h', ':', '!', END};
	static uint8_t many[70 * 4 + 4];

	(void)state;
	given_path(disk_alone, sizeof(disk_alone));
	assert_ptr_equal(efi_url_path("h:!"), pool);
	assert_int_equal(room, sizeof(of_url));
	assert_memory_equal(pool, of_url, sizeof(of_url));
	assert_ptr_equal(efi_path_copy(&device), pool);
	assert_int_equal(room, sizeof(disk_alone));
	assert_memory_equal(pool, disk_alone, sizeof(disk_alone));
	boot.AllocatePool = no_pool;
	assert_null(efi_url_path("h:!"));
	assert_null(efi_path_copy(&device));
	/* Of one that has more nodes than any, the first 64. */
	for (size_t i = 0; i < sizeof(many); i += 4)
		memcpy(many + i, (const uint8_t[]){i < 70 * 4 ? 1 : 0x7f, i < 70 * 4 ? 1 : 0xff, 4, 0}, 4);
	given_path(many, sizeof(many));
	assert_non_null(efi_path_copy(&device));
	assert_int_equal(room, 64 * 4 + 4);
	fw.status = EFI_UNSUPPORTED;
	assert_null(efi_path_copy(&device));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_partition_is_the_last_that_has_a_guid),
	    cmocka_unit_test(the_own_path_is_all_of_its_names_with_backslashes),
	    cmocka_unit_test(a_path_without_end_ends),
	    cmocka_unit_test(a_name_that_is_too_long_is_none),
	    cmocka_unit_test(a_files_path_is_its_devices_with_the_name_behind),
	    cmocka_unit_test(a_path_that_cannot_be_made_is_said),
	    cmocka_unit_test(a_partition_tells_its_disk_and_where_on_it_it_lies),
	    cmocka_unit_test(a_disc_tells_its_drive_and_where_it_begins),
	    cmocka_unit_test(what_a_disk_is_behind_is_said),
	    cmocka_unit_test(what_lies_behind_a_device_begins_with_its_path),
	    cmocka_unit_test(what_firmware_has_in_itself_is_told_from_a_partition),
	    cmocka_unit_test(the_own_url_is_of_printed_characters),
	    cmocka_unit_test(a_url_and_a_copy_are_whole_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
