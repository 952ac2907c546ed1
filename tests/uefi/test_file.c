/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What efi/file.c asks of the file system, argument by argument, and what it makes of each answer: UEFI 2.10, 13.4 and
 * 13.5. Every handle and every buffer is given back, whatever goes wrong.
 */
#include "../unit/given.h"

#include "../../efi/efi_local.h"

static EFI_GUID const volume_guid = SIMPLE_FILE_SYSTEM_PROTOCOL, info_guid = EFI_FILE_INFO_ID;

static EFI_SYSTEM_TABLE table;
static EFI_BOOT_SERVICES services;
static EFI_LOADED_IMAGE image;
static EFI_FILE_IO_INTERFACE volume;
static EFI_FILE root, file;
static int device;

/* What a folder's Read gives, one after the other. */
struct in_folder {
	const CHAR16 *name;
	UINT64 attribute;
	UINTN size; /* that is said; 0: the right one */
	EFI_STATUS status;
};

static struct {
	EFI_STATUS protocol, open_volume, open, info, position, read;
	bool no_protocol, no_root, no_handle;
	UINT64 attribute, size;
	UINTN info_says; /* 0: the right size */
	UINTN read_says; /* 0: as many as were asked for */
	CHAR16 opened[MAX_PATH_TEXT];
	UINT64 at;
	UINTN asked;
	int files_open, roots_open, pools;
	unsigned int volumes, pool_calls, no_pool; /* the so many-th is refused */
	uint64_t pool_size;
	const struct in_folder *folder;
	size_t n, next;
	bool never_ends;
	bool tells_nothing; /* of a file: its answer is EFI_SUCCESS alone */
	bool writes;	    /* the file is opened to be changed */
	bool missing;	    /* until it is made */
	CHAR16 renamed[300];
	EFI_STATUS write, flush, set;
	unsigned int infos, no_info; /* the so many-th is refused */
	unsigned int sets;
	UINT64 cut_to;
	UINTN write_says; /* 0: as many as were asked for */
	unsigned int opens, made, writes_made, flushes;
} fw;

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **to)
{
	assert_int_equal(type, EfiLoaderData);
	if (++fw.pool_calls == fw.no_pool)
		return EFI_OUT_OF_RESOURCES;
	fw.pools++;
	fw.pool_size = size;
	*to = malloc(size);
	memset(*to, 0xcd, size);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pool(VOID *pool)
{
	assert_non_null(pool);
	fw.pools--;
	free(pool);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **to)
{
	assert_ptr_equal(handle, &device);
	assert_memory_equal(guid, &volume_guid, sizeof(*guid));
	if (fw.protocol == EFI_SUCCESS)
		*to = fw.no_protocol ? NULL : &volume;
	return fw.protocol;
}

static EFI_STATUS EFIAPI open_volume(EFI_FILE_IO_INTERFACE *this, EFI_FILE_HANDLE *to)
{
	assert_ptr_equal(this, &volume);
	fw.volumes++;
	*to = fw.open_volume != EFI_SUCCESS || !fw.no_root ? &root : NULL; /* after an error it means nothing */
	fw.roots_open += fw.open_volume == EFI_SUCCESS && !fw.no_root;
	return fw.open_volume;
}

static EFI_STATUS EFIAPI open_file(EFI_FILE_HANDLE this, EFI_FILE_HANDLE *to, CHAR16 *name, UINT64 mode,
				   UINT64 attributes)
{
	size_t i = 0;

	assert_ptr_equal(this, &root);
	assert_int_equal(mode & ~EFI_FILE_MODE_CREATE,
			 fw.writes ? EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE : EFI_FILE_MODE_READ);
	assert_int_equal(attributes, 0);
	fw.opens++;
	fw.made += (mode & EFI_FILE_MODE_CREATE) != 0;
	if (fw.missing && fw.made == 0)
		return EFI_NOT_FOUND;
	do
		fw.opened[i] = name[i];
	while (name[i++] != 0);
	if (fw.open == EFI_SUCCESS && !fw.no_handle) {
		*to = &file;
		fw.files_open++;
	}
	return fw.open;
}

static EFI_STATUS EFIAPI close_file(EFI_FILE_HANDLE this)
{
	assert_true(this == &file || this == &root);
	*(this == &file ? &fw.files_open : &fw.roots_open) -= 1;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_info(EFI_FILE_HANDLE this, EFI_GUID *guid, UINTN *size, VOID *to)
{
	EFI_FILE_INFO *info = to;

	assert_ptr_equal(this, &file);
	assert_memory_equal(guid, &info_guid, sizeof(*guid));
	assert_true(*size >= FILE_INFO_SIZE + 256 * sizeof(CHAR16)); /* the longest name of FAT */
	if (++fw.infos == fw.no_info)
		return EFI_DEVICE_ERROR;
	if (fw.info != EFI_SUCCESS || fw.tells_nothing)
		return fw.info;
	info->CreateTime.Year = info->LastAccessTime.Year = info->ModificationTime.Year = 2026;
	info->Size = FILE_INFO_SIZE + 2;
	info->FileSize = fw.size;
	info->Attribute = fw.attribute;
	*size = fw.info_says != 0 ? fw.info_says : info->Size;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_info(EFI_FILE_HANDLE this, EFI_GUID *guid, UINTN size, VOID *from)
{
	const EFI_FILE_INFO *info = from;

	assert_ptr_equal(this, &file);
	assert_memory_equal(guid, &info_guid, sizeof(*guid));
	assert_true(size == info->Size && size <= FILE_INFO_SIZE + sizeof(fw.renamed));
	/* 13.5: zeros leave the times as they are. */
	assert_int_equal(info->CreateTime.Year + info->LastAccessTime.Year + info->ModificationTime.Year, 0);
	memcpy(fw.renamed, info->FileName, size - FILE_INFO_SIZE);
	fw.cut_to = info->FileSize;
	fw.sets++;
	return fw.set;
}

static EFI_STATUS EFIAPI flush(EFI_FILE_HANDLE this)
{
	assert_ptr_equal(this, &file);
	fw.flushes++;
	return fw.flush;
}

static EFI_STATUS EFIAPI write_file(EFI_FILE_HANDLE this, UINTN *size, VOID *from)
{
	assert_ptr_equal(this, &file);
	assert_memory_equal(from, "bytes", *size);
	fw.writes_made++;
	*size = fw.write_says != 0 ? fw.write_says : *size;
	return fw.write;
}

static EFI_STATUS EFIAPI set_position(EFI_FILE_HANDLE this, UINT64 at)
{
	assert_ptr_equal(this, &file);
	fw.at = at;
	return fw.position;
}

static EFI_STATUS read_folder(UINTN *size, EFI_FILE_INFO *to)
{
	const struct in_folder *one;
	size_t length = 0;

	assert_true(*size >= FILE_INFO_SIZE + 256 * sizeof(CHAR16));
	if (!fw.never_ends && fw.next >= fw.n) {
		*size = 0;
		return EFI_SUCCESS;
	}
	one = &fw.folder[fw.next++ % fw.n];
	if (one->status != EFI_SUCCESS)
		return one->status;
	while (one->name[length] != 0)
		length++;
	memset(to, 0, FILE_INFO_SIZE);
	to->Attribute = one->attribute;
	memcpy(to->FileName, one->name, (length + 1) * sizeof(CHAR16));
	*size = one->size != 0 ? one->size : FILE_INFO_SIZE + (length + 1) * sizeof(CHAR16);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI read_file(EFI_FILE_HANDLE this, UINTN *size, VOID *to)
{
	assert_ptr_equal(this, &file);
	if ((fw.attribute & EFI_FILE_DIRECTORY) != 0)
		return read_folder(size, to);
	fw.asked = *size;
	if (fw.read != EFI_SUCCESS)
		return fw.read;
	memset(to, 'r', fw.read_says != 0 && fw.read_says < *size ? fw.read_says : *size);
	*size = fw.read_says != 0 ? fw.read_says : *size;
	return EFI_SUCCESS;
}

static void given_volume(void)
{
	memset(&fw, 0, sizeof(fw));
	fw.size = 10;
	root = (EFI_FILE){.Open = open_file, .Close = close_file};
	file = (EFI_FILE){.Close = close_file,
			  .GetInfo = get_info,
			  .SetInfo = set_info,
			  .Flush = flush,
			  .Write = write_file,
			  .SetPosition = set_position,
			  .Read = read_file};
	volume.OpenVolume = open_volume;
	services = (EFI_BOOT_SERVICES){
	    .AllocatePool = allocate_pool, .FreePool = free_pool, .HandleProtocol = handle_protocol};
	image = (EFI_LOADED_IMAGE){.DeviceHandle = &device};
	table = (EFI_SYSTEM_TABLE){.BootServices = &services};
	efi = (struct efi_state){.system = &table, .boot = &services, .loaded = &image};
}

static void expect_closed(const char *what)
{
	efi_close_volumes();
	if (fw.files_open != 0 || fw.roots_open != 0 || fw.pools != 0 || efi.root != NULL)
		fail_msg("%s: %d files, %d volumes, %d pools", what, fw.files_open, fw.roots_open, fw.pools);
}

/* ---- opening ---- */

static void a_file_is_opened_to_be_read_by_its_path_and_closed(void **state)
{
	struct fw_file *one, *two;
	struct fail why;
	uint64_t size = 0;

	(void)state;
	given_volume();
	fw.size = GIB(5);
	assert_int_equal(fw_open(NULL, "\\vmlinuz", &one, &size, &why), OK);
	assert_int_equal(size, GIB(5));
	assert_memory_equal(fw.opened, L"\\vmlinuz", sizeof(L"\\vmlinuz"));
	assert_int_equal(fw_open(NULL, "\\one", &two, &size, &why), OK);
	assert_true(fw.volumes == 1 && fw.files_open == 2);
	fw_close(one);
	fw_close(two);
	fw_close(NULL);
	assert_true(fw.files_open == 0 && fw.roots_open == 1);
	expect_closed("two files");
	expect_closed("nothing is left");
}

#define expect_unopened(wanted, words, fault)                                                                          \
	do {                                                                                                           \
		given_volume();                                                                                        \
		fw.fault;                                                                                              \
		try_to_open(#fault, wanted, words);                                                                    \
	} while (0)

static void try_to_open(const char *what, enum status wanted, const char *words)
{
	struct fail why = {.text = ""};
	struct fw_file *one;
	uint64_t size;
	enum status status = fw_open(NULL, "\\vmlinuz", &one, &size, &why);

	if (status != wanted || strstr(why.text, words) == NULL)
		fail_msg("%s: %d \"%s\"", what, (int)status, why.text);
	expect_closed(what);
}

static void what_cannot_be_opened_is_told_by_name_and_leaves_nothing_open(void **state)
{
	(void)state;
	expect_unopened(NOT_FOUND, "\\vmlinuz: no such file", open = EFI_NOT_FOUND);
	expect_unopened(IO_ERROR, "\\vmlinuz: cannot be opened: access denied", open = EFI_ACCESS_DENIED);
	expect_unopened(IO_ERROR, "\\vmlinuz: cannot be opened: unsupported", no_handle = true);
	expect_unopened(IO_ERROR, "the volume that Berth was started from cannot be read: uns",
			protocol = EFI_UNSUPPORTED);
	expect_unopened(IO_ERROR, "cannot be read: unsupported", no_protocol = true);
	expect_unopened(IO_ERROR, "cannot be read: no medium", open_volume = EFI_NO_MEDIA);
	expect_unopened(IO_ERROR, "cannot be read: unsupported", no_root = true);
	expect_unopened(IO_ERROR, "\\vmlinuz: cannot tell its size: device error", info = EFI_DEVICE_ERROR);
	expect_unopened(BAD_INPUT, "\\vmlinuz: is a folder", attribute = EFI_FILE_DIRECTORY);
	expect_unopened(IO_ERROR, "\\vmlinuz: no memory to open it", no_pool = 1);
	expect_unopened(IO_ERROR, "firmware describes it in 79 bytes", info_says = FILE_INFO_SIZE - 1);
	expect_unopened(IO_ERROR, "firmware describes it in", info_says = sizeof(EFI_FILE_INFO) + 513);
}

static void an_information_of_the_least_and_of_the_largest_size_is_one(void **state)
{
	struct fail why;
	struct fw_file *one;
	uint64_t size;

	(void)state;
	for (int least = 0; least < 2; least++) {
		given_volume();
		fw.info_says = least ? FILE_INFO_SIZE : sizeof(EFI_FILE_INFO) + 512;
		assert_int_equal(fw_open(NULL, "\\k", &one, &size, &why), OK);
		fw_close(one);
		expect_closed("information");
	}
}

/* What the stack held before is in whatever is not written. */
static __attribute__((noinline)) void fill_stack(void)
{
	volatile uint8_t bytes[16384];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = 0xa5;
}

static void what_firmware_does_not_tell_of_a_file_is_none(void **state)
{
	struct fail why;
	struct fw_file *one;
	uint64_t size = 5;

	(void)state;
	given_volume();
	fw.tells_nothing = true;
	fill_stack();
	assert_int_equal(fw_open(NULL, "\\k", &one, &size, &why), OK);
	assert_int_equal(size, 0);
	fw_close(one);
	expect_closed("no information");
}

static void a_path_has_room_up_to_its_end(void **state)
{
	static char path[MAX_PATH_TEXT + 1];
	struct fail why;
	struct fw_file *one;
	uint64_t size;
	size_t got;

	(void)state;
	for (size_t length = MAX_PATH_TEXT - 2; length <= MAX_PATH_TEXT; length++) {
		given_volume();
		memset(path, 'p', length);
		path[length] = '\0';
		if (length < MAX_PATH_TEXT) {
			assert_int_equal(fw_open(NULL, path, &one, &size, &why), OK);
			fw.read = EFI_DEVICE_ERROR;
			assert_int_equal(fw_read(one, 0, path, 0, &got, &why), IO_ERROR);
			assert_memory_equal(why.text, path, FAIL_TEXT - 4); /* more has no room in the message */
			fw_close(one);
		} else {
			assert_int_equal(fw_open(NULL, path, &one, &size, &why), BAD_INPUT);
		}
		expect_closed("a long path");
	}
}

/* ---- writing ---- */

#define expect_to_write(makes, wanted, words, opened, fault)                                                           \
	do {                                                                                                           \
		given_volume();                                                                                        \
		fw.writes = true;                                                                                      \
		fw.fault;                                                                                              \
		try_to_open_to_write(#fault, makes, wanted, words, opened);                                            \
	} while (0)

static void try_to_open_to_write(const char *what, bool makes, enum status wanted, const char *words,
				 unsigned int opened)
{
	struct fail why = {.text = ""};
	struct fw_file *one;
	uint64_t size;
	enum status status = efi_open_to_write("\\k", makes, &one, &size, &why);

	if (status != wanted || strstr(why.text, words) == NULL || fw.opens != opened)
		fail_msg("%s: %d \"%s\", opened %u times", what, (int)status, why.text, fw.opens);
	if (status == OK) {
		assert_int_equal(size, fw.size);
		fw_close(one);
	}
	expect_closed(what);
}

static void a_file_is_made_where_it_is_missing_and_may_be(void **state)
{
	(void)state;
	expect_to_write(true, OK, "", 1, size = 7);
	assert_int_equal(fw.made, 0);
	expect_to_write(true, OK, "", 2, missing = true);
	assert_int_equal(fw.made, 1);
	expect_to_write(false, NOT_FOUND, "\\k: no such file", 1, missing = true);
	expect_to_write(true, IO_ERROR, "\\k: cannot be opened: device error", 1, open = EFI_DEVICE_ERROR);
}

/* Where nothing can be written there is no fault to look for: the caller goes on without. */
static void what_may_not_be_written_is_refused(void **state)
{
	(void)state;
	expect_to_write(true, REFUSED, "\\k: is read-only", 1, attribute = EFI_FILE_READ_ONLY);
	expect_to_write(true, OK, "", 1, attribute = EFI_FILE_ARCHIVE | EFI_FILE_SYSTEM);
	expect_to_write(true, REFUSED, "\\k: cannot be opened: write-protected", 1, open = EFI_WRITE_PROTECTED);
	expect_to_write(true, REFUSED, "\\k: cannot be opened: access denied", 1, open = EFI_ACCESS_DENIED);
	expect_to_write(true, IO_ERROR, "\\k: cannot be opened: out of res", 1, open = EFI_OUT_OF_RESOURCES);
}

#define expect_write(wanted, words, n_writes, n_flushes, fault)                                                        \
	do {                                                                                                           \
		given_volume();                                                                                        \
		fw.writes = true;                                                                                      \
		fw.fault;                                                                                              \
		try_to_write(#fault, wanted, words);                                                                   \
		assert_true(fw.writes_made == (n_writes) && fw.flushes == (n_flushes));                                \
	} while (0)

static void try_to_write(const char *what, enum status wanted, const char *words)
{
	struct fail why = {.text = ""};
	struct fw_file *one;
	uint64_t size;
	enum status status;

	assert_int_equal(efi_open_to_write("\\k", false, &one, &size, &why), OK);
	status = efi_write(one, 600, "bytes", 5, &why);
	if (status != wanted || strstr(why.text, words) == NULL)
		fail_msg("%s: %d \"%s\"", what, (int)status, why.text);
	assert_int_equal(fw.at, 600);
	fw_close(one);
	expect_closed(what);
}

/* UEFI 2.10, 13.5, EFI_FILE_PROTOCOL.Flush(): what is not flushed may be lost when the machine is reset. */
static void what_is_written_is_on_the_disk_or_told(void **state)
{
	(void)state;
	expect_write(OK, "", 1, 1, size = 7);
	expect_write(IO_ERROR, "\\k: writing 5 bytes at byte 600 failed: device error", 1, 1, flush = EFI_DEVICE_ERROR);
	expect_write(IO_ERROR, "\\k: writing 5 bytes at byte 600 failed: device error", 1, 0, write = EFI_DEVICE_ERROR);
	expect_write(IO_ERROR, "\\k: writing 5 bytes at byte 600 failed: unsup", 0, 0, position = EFI_UNSUPPORTED);
	expect_write(IO_ERROR, "\\k: firmware wrote 4 bytes when 5 were asked for", 1, 0, write_says = 4);
}

#define expect_file(wanted, words, n_sets, n_writes, fault)                                                            \
	do {                                                                                                           \
		given_volume();                                                                                        \
		fw.writes = true;                                                                                      \
		fw.fault;                                                                                              \
		try_to_write_file(#fault, wanted, words);                                                              \
		assert_true(fw.sets == (n_sets) && fw.writes_made == (n_writes));                                      \
	} while (0)

static void try_to_write_file(const char *what, enum status wanted, const char *words)
{
	struct fail why = {.text = ""};
	enum status status = efi_write_file("\\k", "bytes", 5, &why);

	if (status != wanted || strstr(why.text, words) == NULL)
		fail_msg("%s: %d \"%s\"", what, (int)status, why.text);
	expect_closed(what);
}

/* What is longer than its new text is cut first: its old end would stand behind. */
static void a_file_is_as_long_as_what_is_written_to_it(void **state)
{
	(void)state;
	expect_file(OK, "", 0, 1, size = 4);
	expect_file(OK, "", 0, 1, size = 5);
	expect_file(OK, "", 1, 1, size = 6);
	assert_int_equal(fw.cut_to, 5);
	expect_file(IO_ERROR, "\\k: cannot tell its size: device error", 0, 0, no_info = 2; fw.size = 6);
	expect_file(IO_ERROR, "\\k: cannot be cut to 5 bytes: write-protected", 1, 0, set = EFI_WRITE_PROTECTED;
		    fw.size = 6);
}

/* ---- reading ---- */

static void a_read_starts_where_it_is_wanted_and_tells_how_much_came(void **state)
{
	struct fail why = {.text = ""};
	struct fw_file *one;
	uint64_t size;
	size_t got = 0;
	char to[16];

	(void)state;
	given_volume();
	assert_int_equal(fw_open(NULL, "\\k", &one, &size, &why), OK);
	assert_int_equal(fw_read(one, GIB(4) + 5, to, 8, &got, &why), OK);
	assert_true(fw.at == GIB(4) + 5 && fw.asked == 8 && got == 8);
	fw.read_says = 3;
	assert_true(fw_read(one, 5, to, 8, &got, &why) == OK && got == 3);
	fw.read_says = 9;
	assert_int_equal(fw_read(one, 5, to, 8, &got, &why), IO_ERROR);
	assert_non_null(strstr(why.text, "\\k: firmware says that it read 9 bytes when 8 were asked for"));
	fw.read_says = 0;
	fw.read = EFI_DEVICE_ERROR;
	assert_int_equal(fw_read(one, 5, to, 8, &got, &why), IO_ERROR);
	assert_non_null(strstr(why.text, "\\k: reading 8 bytes at byte 5 failed: device error"));
	fw.read = EFI_SUCCESS;
	fw.position = EFI_UNSUPPORTED;
	fw.asked = 0;
	assert_int_equal(fw_read(one, 5, to, 8, &got, &why), IO_ERROR);
	assert_int_equal(fw.asked, 0); /* from the wrong place nothing is read */
	fw_close(one);
	expect_closed("reads");
}

static void a_small_file_is_read_whole_with_a_nul_behind_it(void **state)
{
	struct fail why;
	char *text;
	size_t size;

	(void)state;
	given_volume();
	assert_int_equal(efi_read_file(NULL, "\\c", 10, &text, &size, &why), OK);
	assert_true(size == 10 && fw.asked == 10 && fw.at == 0 && fw.pool_size >= 11 && fw.files_open == 0);
	assert_string_equal(text, "rrrrrrrrrr");
	efi_free(text);
	fw.read_says = 4; /* it became shorter */
	assert_int_equal(efi_read_file(NULL, "\\c", 10, &text, &size, &why), OK);
	assert_true(size == 4 && strcmp(text, "rrrr") == 0);
	efi_free(text);
	fw.size = 0;
	fw.asked = 99;
	assert_int_equal(efi_read_file(NULL, "\\c", 10, &text, &size, &why), OK);
	assert_true(size == 0 && text[0] == '\0' && fw.asked == 99);
	efi_free(text);
	efi_free(NULL);
	expect_closed("small files");
}

static void a_file_that_cannot_be_read_whole_gives_nothing(void **state)
{
	struct fail why;
	char *text = (char *)&why;
	size_t size;

	(void)state;
	given_volume();
	assert_int_equal(efi_read_file(NULL, "\\c", 9, &text, &size, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "\\c: has 10 bytes; at most 9 are read"));
	expect_closed("too large");
	given_volume();
	fw.no_pool = 2;
	assert_int_equal(efi_read_file(NULL, "\\c", 10, &text, &size, &why), IO_ERROR);
	assert_true(text == NULL && strstr(why.text, "\\c: no memory to read it") != NULL);
	expect_closed("no memory");
	given_volume();
	fw.read = EFI_DEVICE_ERROR;
	assert_true(efi_read_file(NULL, "\\c", 10, &text, &size, &why) == IO_ERROR && text == NULL);
	expect_closed("an error");
	given_volume();
	fw.open = EFI_NOT_FOUND;
	assert_int_equal(efi_read_file(NULL, "\\c", 10, &text, &size, &why), NOT_FOUND);
	expect_closed("no file");
}

/* ---- folders ---- */

static char listed[4096];
static unsigned int calls;

static enum status each(void *context, const char *name, struct fail *why)
{
	assert_ptr_equal(context, listed);
	calls++;
	if (strlen(listed) + strlen(name) + 2 < sizeof(listed))
		strcat(strcat(listed, name), "|");
	return strcmp(name, "stop") == 0 ? fail(why, REFUSED, "stopped") : OK;
}

static enum status list(const struct in_folder *folder, size_t n, struct fail *why)
{
	enum status status;

	given_volume();
	fw.attribute = EFI_FILE_DIRECTORY;
	fw.folder = folder;
	fw.n = n;
	listed[0] = '\0';
	calls = 0;
	why->text[0] = '\0';
	status = efi_list_folder(NULL, "\\f", each, listed, why);
	expect_closed("a folder");
	return status;
}

#define LIST(why, ...)                                                                                                 \
	list((const struct in_folder[]){__VA_ARGS__},                                                                  \
	     sizeof((const struct in_folder[]){__VA_ARGS__}) / sizeof(struct in_folder), why)

static void every_file_of_a_folder_is_told_and_no_folder_in_it(void **state)
{
	static CHAR16 name[256];
	struct fail why;

	(void)state;
	assert_int_equal(LIST(&why, {.name = L"a"}, {.name = L"sub", .attribute = EFI_FILE_DIRECTORY},
			      {.name = L"\xe4.conf", .attribute = EFI_FILE_READ_ONLY}, {.name = L"z"}),
			 OK);
	assert_string_equal(listed, "a|\xc3\xa4.conf|z|");
	for (size_t i = 0; i < 255; i++)
		name[i] = (CHAR16)('a' + i % 26);
	assert_int_equal(LIST(&why, {.name = name}), OK);
	assert_int_equal(strlen(listed), 256);
	for (size_t i = 0; i < 255; i++)
		assert_int_equal(listed[i], 'a' + i % 26);
	assert_int_equal(list(NULL, 0, &why), OK);
	assert_int_equal(calls, 0);
}

static void a_folder_that_breaks_off_is_an_error_after_what_was_told(void **state)
{
	struct fail why;

	(void)state;
	assert_int_equal(LIST(&why, {.name = L"a"}, {.name = L"b", .status = EFI_DEVICE_ERROR}, {.name = L"c"}),
			 IO_ERROR);
	assert_string_equal(listed, "a|");
	assert_non_null(strstr(why.text, "\\f: cannot be listed: device error"));
	assert_int_equal(LIST(&why, {.name = L"a"}, {.name = L"stop"}, {.name = L"c"}), REFUSED);
	assert_string_equal(listed, "a|stop|");
	assert_int_equal(LIST(&why, {.name = L"a"}, {.name = L"b", .size = FILE_INFO_SIZE - 1}, {.name = L"c"}),
			 IO_ERROR);
	assert_string_equal(listed, "a|");
	assert_int_equal(LIST(&why, {.name = L"b", .size = SIZE_MAX}), IO_ERROR);
	assert_int_equal(calls, 0);
}

static void a_file_in_the_place_of_a_folder_is_none(void **state)
{
	struct fail why;

	(void)state;
	given_volume();
	calls = 0;
	assert_int_equal(efi_list_folder(NULL, "\\f", each, listed, &why), NOT_FOUND);
	assert_non_null(strstr(why.text, "\\f: is not a folder"));
	expect_closed("a file");
	given_volume();
	fw.open = EFI_NOT_FOUND;
	assert_true(efi_list_folder(NULL, "\\f", each, listed, &why) == NOT_FOUND && calls == 0);
	expect_closed("nothing");
}

/* FAT's folders have at most 65,536 entries (Microsoft FAT specification, "directory size"). */
static void a_folder_without_an_end_is_firmwares_and_is_not_read_for_ever(void **state)
{
	static const struct in_folder again = {.name = L"a"};
	static struct in_folder many[65536];
	struct fail why;

	(void)state;
	given_volume();
	fw.attribute = EFI_FILE_DIRECTORY;
	fw.folder = &again;
	fw.n = 1;
	fw.never_ends = true;
	calls = 0;
	assert_int_equal(efi_list_folder(NULL, "\\f", each, listed, &why), IO_ERROR);
	assert_int_equal(calls, 65536);
	expect_closed("without an end");
	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = again;
	assert_int_equal(list(many, COUNT_OF(many), &why), OK);
	assert_int_equal(calls, 65536);
}

/* UEFI 2.10, 13.5, EFI_FILE_INFO; the longest name has 255 characters, and the firmware's room may be for few more. */
static void a_file_gets_a_name_that_fits_and_no_other(void **state)
{
	char name[400];
	bool is_written = false;
	struct fail why;

	(void)state;
	given_volume();
	fw.writes = true;
	assert_int_equal(efi_rename(NULL, "\\a+1.conf", "a+0-1.conf", &is_written, &why), OK);
	assert_memory_equal(fw.renamed, L"a+0-1.conf", sizeof(L"a+0-1.conf"));
	assert_true(is_written && fw.flushes == 1);
	expect_closed("renamed");
	given_volume();
	fw.writes = true;
	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	assert_int_equal(efi_rename(NULL, "\\a", name, &is_written, &why), OK);
	name[255] = 'n';
	name[399] = '\0';
	assert_int_equal(efi_rename(NULL, "\\a", name, &is_written, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "\\a: the new name is too long"));
	assert_int_equal(fw.flushes, 1);
	expect_closed("too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_is_opened_to_be_read_by_its_path_and_closed),
	    cmocka_unit_test(what_cannot_be_opened_is_told_by_name_and_leaves_nothing_open),
	    cmocka_unit_test(an_information_of_the_least_and_of_the_largest_size_is_one),
	    cmocka_unit_test(what_firmware_does_not_tell_of_a_file_is_none),
	    cmocka_unit_test(a_path_has_room_up_to_its_end),
	    cmocka_unit_test(a_file_is_made_where_it_is_missing_and_may_be),
	    cmocka_unit_test(what_may_not_be_written_is_refused),
	    cmocka_unit_test(what_is_written_is_on_the_disk_or_told),
	    cmocka_unit_test(a_file_is_as_long_as_what_is_written_to_it),
	    cmocka_unit_test(a_file_gets_a_name_that_fits_and_no_other),
	    cmocka_unit_test(a_read_starts_where_it_is_wanted_and_tells_how_much_came),
	    cmocka_unit_test(a_small_file_is_read_whole_with_a_nul_behind_it),
	    cmocka_unit_test(a_file_that_cannot_be_read_whole_gives_nothing),
	    cmocka_unit_test(every_file_of_a_folder_is_told_and_no_folder_in_it),
	    cmocka_unit_test(a_folder_that_breaks_off_is_an_error_after_what_was_told),
	    cmocka_unit_test(a_file_in_the_place_of_a_folder_is_none),
	    cmocka_unit_test(a_folder_without_an_end_is_firmwares_and_is_not_read_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
