/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the loader came from, out of firmware's device paths: what UEFI describes is found, and a path of any shape is
 * read no further than its own lengths say. Source: UEFI 2.10, 10.2 and 10.3.
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_partition_is_the_last_that_has_a_guid),
	    cmocka_unit_test(the_own_path_is_all_of_its_names_with_backslashes),
	    cmocka_unit_test(a_path_without_end_ends),
	    cmocka_unit_test(a_name_that_is_too_long_is_none),
	    cmocka_unit_test(a_files_path_is_its_devices_with_the_name_behind),
	    cmocka_unit_test(a_path_that_cannot_be_made_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
