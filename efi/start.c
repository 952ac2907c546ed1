/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and starts a program. Source: UEFI 2.10, 7.4; what it refuses under Secure Boot: 32.4.2. */
#include "start.h"

#include "measure.h"
#include "network.h"
#include "reset.h"

#include "../arch/arch.h"
#include "../base/machine.h"
#include "../base/pe.h"
#include "../base/range.h"
#include "../config/url.h"
#include "../loader/summed.h"

#define WATCHDOG_SECONDS 300	 /* UEFI 2.10, 3.1.2: what firmware gives a boot option */
#define WATCHDOG_CODE	 0x10000 /* 7.5.1: smaller ones are firmware's */
#define MOST_PROGRAM	 GIB(1)	 /* of a program that is read to memory */
#define MOST_EXIT_UNITS	 256	 /* of the words that a program leaves */

static char options[MAX_COMMAND_LINE]; /* too large for firmware's stack */

struct program {
	char path[MAX_PATH_TEXT];
	struct fw_volume *volume;
	EFI_HANDLE handle;
	bool stays; /* a driver, which is not unloaded when it comes back without an error, and may use its options */
	CHAR16 *options;       /* what it is passed; NULL: nothing */
	struct word record;    /* of a kernel, in berth.sums; absent: it has none */
	const char *forbidden; /* efi_forbidden() of its bytes, where they were read here */
};

/*
 * Shim says EFI_UNSUPPORTED of a program for this CPU that its variable MokPolicy, or what it has found out about
 * firmware, forbids (pe-relocate.c, read_header and set_shim_nx_policy).
 */
const char *efi_forbidden(EFI_STATUS status, struct bytes file)
{
	struct pe pe;

	if (status != EFI_UNSUPPORTED || !efi_has_shim() || !pe_read(file, &pe) ||
	    pe.machine != machine_pe(arch_here()->enters[0]))
		return NULL;
	return pe_breaks_nx(file, &pe);
}

enum status efi_not_loaded(const struct fw_volume *volume, const char *path, const char *forbidden, EFI_STATUS status,
			   struct fail *why)
{
	if (status == EFI_SECURITY_VIOLATION || status == EFI_ACCESS_DENIED)
		return fail(why, REFUSED,
			    "%s: firmware does not trust it: %s\n"
			    "  try: a file signed with a key that the firmware knows",
			    path, efi_status_words(status));
	if (status == EFI_NOT_FOUND)
		return fail(why, NOT_FOUND, "%s: no such file on %s", path, efi_volume_words(volume));
	if (forbidden != NULL)
		return fail(why, REFUSED,
			    "%s: %s, and shim does not load it: %s\n"
			    "  try: a newer kernel; or shim without the demand for NX in its variable MokPolicy",
			    path, forbidden, efi_status_words(status));
	if (status == EFI_UNSUPPORTED || status == EFI_LOAD_ERROR)
		return fail(why, BAD_INPUT, "%s: firmware does not take it for a program for this CPU: %s", path,
			    efi_status_words(status));
	return fail(why, IO_ERROR, "%s: firmware cannot load it: %s", path, efi_status_words(status));
}

EFI_STATUS efi_load_image(const struct shim_loader *shim, EFI_DEVICE_PATH *file, void *bytes, size_t size,
			  EFI_HANDLE *handle)
{
	EFI_IMAGE_LOAD load = shim != NULL ? shim->LoadImage : efi.boot->LoadImage;
	EFI_STATUS status;

	*handle = NULL;
	status = load(FALSE, efi.image, file, bytes, size, handle);
	/* 7.4.1: an image that must not be started is loaded all the same, and its handle is there. */
	if (status == EFI_SECURITY_VIOLATION && *handle != NULL)
		(shim != NULL ? shim->UnloadImage : efi.boot->UnloadImage)(*handle);
	return efi_given(status, *handle);
}

/* A kernel with a record is what that says, and trusted by firmware as well. */
static enum status load_from_memory(struct program *program, EFI_DEVICE_PATH *file, EFI_STATUS *loaded,
				    struct fail *why)
{
	enum status status;
	struct bytes image;
	char *bytes;
	size_t size;

	TRY(efi_read_file(program->volume, program->path, MOST_PROGRAM, &bytes, &size, why));
	image = (struct bytes){(const uint8_t *)bytes, size};
	status = summed_check(program->record, SUMS_KERNEL, 0, program->path, image, why);
	if (status == OK) {
		*loaded = efi_load_image(NULL, file, bytes, size, &program->handle);
		program->forbidden = efi_forbidden(*loaded, image);
	}
	efi_free(bytes);
	return status;
}

/*
 * Some firmware, AMI's with CD-ROMs, finds no file by its device path that it reads by its file system (systemd,
 * src/boot/boot.c, image_start). @first: what it said, and says again where it is right.
 */
static EFI_STATUS load_once_more(struct program *program, EFI_DEVICE_PATH *file, EFI_STATUS first)
{
	EFI_STATUS status;
	struct fail why;

	if (load_from_memory(program, file, &status, &why) != OK)
		return first;
	if (!EFI_ERROR(status))
		fw_log(LOG_NORMAL, "%s: firmware does not load it by its path (%s): loaded from memory", program->path,
		       efi_status_words(first));
	return status;
}

/* What firmware says of its trust and of its memory is not asked twice. */
static bool is_final(EFI_STATUS status)
{
	return !EFI_ERROR(status) || status == EFI_SECURITY_VIOLATION || status == EFI_ACCESS_DENIED ||
	       status == EFI_OUT_OF_RESOURCES;
}

static enum status load(struct program *program, struct fail *why)
{
	enum status status = OK;
	EFI_DEVICE_PATH *file;
	EFI_STATUS loaded;

	TRY(efi_file_path(efi_device_of(program->volume), program->path, &file, why));
	if (program->record.at != NULL) {
		status = load_from_memory(program, file, &loaded, why);
	} else {
		loaded = efi_load_image(NULL, file, NULL, 0, &program->handle);
		if (!is_final(loaded))
			loaded = load_once_more(program, file, loaded);
	}
	efi_free(file);
	TRY(status);
	return EFI_ERROR(loaded) ? efi_not_loaded(program->volume, program->path, program->forbidden, loaded, why) : OK;
}

/* From memory: shim 16 takes no program that firmware would fetch by itself (loader-proto.c). */
static enum status load_url(struct program *program, struct fail *why)
{
	struct fetched fetched;
	enum status status = network_fetch(program->path, &fetched, why);
	EFI_STATUS loaded;

	if (status == OK) {
		loaded = efi_load_image(NULL, fetched.path, fetched.bytes, fetched.size, &program->handle);
		if (EFI_ERROR(loaded))
			status = efi_not_loaded(NULL, program->path,
						efi_forbidden(loaded, (struct bytes){fetched.bytes, fetched.size}),
						loaded, why);
	}
	efi_free(fetched.path);
	efi_free(fetched.bytes);
	return status;
}

/* In UTF-16, with its NUL. */
static enum status pass(struct program *program, const char *text, struct fail *why)
{
	EFI_LOADED_IMAGE *image = NULL;
	EFI_STATUS status;
	size_t length = 0;

	if (text[0] == '\0')
		return OK;
	status = efi.boot->HandleProtocol(program->handle, &efi_loaded_image_guid, (void **)&image);
	status = efi_given(status, image);
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "%s: firmware does not let options be passed to it: %s", program->path,
			    efi_status_words(status));
	while (text[length] != '\0')
		length++;
	program->options = efi_alloc((length + 1) * sizeof(CHAR16));
	if (program->options == NULL)
		return fail(why, IO_ERROR, "%s: no memory for its options", program->path);
	(void)utf16_from_utf8(program->options, length + 1, text); /* no byte becomes more than a unit */
	for (length = 0; program->options[length] != 0; length++)
		;
	program->stays = image->ImageCodeType != EfiLoaderCode;
	image->LoadOptions = program->options;
	image->LoadOptionsSize = (UINT32)((length + 1) * sizeof(CHAR16));
	measure_passed(program->options, image->LoadOptionsSize);
	return OK;
}

/* 7.4.5, Exit: words with a NUL, in a pool that is ours now. They are the program's, so they are shown as such. */
static void add_exit_words(const CHAR16 *words, UINTN size, struct fail *why)
{
	char text[3 * MOST_EXIT_UNITS + 5];
	size_t units = size / sizeof(CHAR16) < MOST_EXIT_UNITS ? size / sizeof(CHAR16) : MOST_EXIT_UNITS;

	if (words != NULL && utf8_from_utf16(text, sizeof(text), words, units) && text[0] != '\0')
		fail_add(why, "  it says: %s", word_shown(word_of(text)).at);
}

/*
 * Where a kernel for another CPU is entered on this one, such as a 64-bit kernel in 32-bit firmware; NULL for all
 * others. Firmware loads such an image, and does not start it (EDK2, MdeModulePkg/Core/Dxe/Image/Image.c).
 */
static EFI_IMAGE_ENTRY_POINT entrance_of(const struct program *program)
{
	unsigned int machine = machine_pe(arch_here()->enters[0]);
	EFI_LOADED_IMAGE *loaded = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(program->handle, &efi_loaded_image_guid, (void **)&loaded);
	struct bytes image;
	struct pe pe;
	uint32_t entry;

	if (EFI_ERROR(efi_given(status, loaded)) || loaded->ImageBase == NULL || loaded->ImageSize > MOST_PROGRAM)
		return NULL;
	image = (struct bytes){loaded->ImageBase, (size_t)loaded->ImageSize};
	if (!pe_read(image, &pe) || pe.machine == machine)
		return NULL;
	entry = pe_compat_entry(image, &pe, machine);
	return entry == 0 ? NULL : (EFI_IMAGE_ENTRY_POINT)((uintptr_t)image.at + entry);
}

/* Firmware counts what it has not started itself as not started, also when it comes back. */
static EFI_STATUS enter(const struct program *program, EFI_IMAGE_ENTRY_POINT entrance)
{
	EFI_STATUS status = entrance(program->handle, efi.system);

	if (!EFI_ERROR(status))
		efi.boot->UnloadImage(program->handle);
	return status;
}

/* While it runs the machine has the watchdog that firmware sets for a boot option, and the loader itself has none. */
static EFI_STATUS run(const struct program *program, struct fail *why)
{
	EFI_IMAGE_ENTRY_POINT entrance = entrance_of(program);
	CHAR16 *words = NULL;
	UINTN size = 0;
	EFI_STATUS status;

	efi_keep_shim();
	efi.boot->SetWatchdogTimer(WATCHDOG_SECONDS, WATCHDOG_CODE, 0, NULL);
	status = efi.boot->StartImage(program->handle, &size, &words);
	if (status == EFI_UNSUPPORTED && entrance != NULL)
		status = enter(program, entrance);
	efi.boot->SetWatchdogTimer(0, 0, 0, NULL);
	console_find_keyboards(); /* a program may have connected others, or the same anew */
	if (EFI_ERROR(status)) {
		/* What has run and failed is unloaded already; what firmware would not run, because of its CPU, is not.
		 */
		efi.boot->UnloadImage(program->handle);
		(void)fail(why, IO_ERROR, "%s came back with an error: %s", program->path, efi_status_words(status));
		add_exit_words(words, size, why);
	}
	efi_free(words);
	return status;
}

enum status efi_path_of(const struct entry *entry, char path[MAX_PATH_TEXT], struct fail *why)
{
	struct text text = {path, MAX_PATH_TEXT, 0};
	char origin[MAX_PATH_TEXT];

	if (entry->kind == ENTRY_UKI_URL)
		return url_meant(entry->program, efi_own_url(origin, sizeof(origin)) ? origin : NULL, path,
				 MAX_PATH_TEXT, why);
	if (entry->program.length != 0)
		return entry_path(entry->program, path, MAX_PATH_TEXT, why);
	text_add(&text, "%s\\%s", entry->folder, entry->file_name);
	return OK;
}

enum status efi_start_program(const struct entry *entry, const char *passed, struct fail *why)
{
	struct program program = {.volume = entry->volume};
	enum status status;

	TRY(fw_record(entry, &program.record, why));
	TRY(efi_path_of(entry, program.path, why));
	if (entry->kind == ENTRY_UKI) {
		fw_trying(entry);
		TRY(efi_path_of(entry, program.path, why)); /* its file may have another name */
	}
	if (entry_is_image(entry))
		fw_pass_seed(); /* its stub leaves that to a loader which says that it does so */
	TRY(entry->kind == ENTRY_UKI_URL ? load_url(&program, why) : load(&program, why));
	status = pass(&program, passed, why);
	if (status == OK) {
		fw_log(LOG_NORMAL, "start %s", program.path);
		fw_leaving(entry);
		status = EFI_ERROR(run(&program, why)) ? IO_ERROR : OK;
	} else {
		efi.boot->UnloadImage(program.handle);
	}
	if (status != OK || !program.stays)
		efi_free(program.options);
	return status;
}

enum status efi_start(const struct entry *entry, struct fail *why)
{
	if (entry->kind >= ENTRY_SETUP)
		return efi_reset(entry->kind, why);
	TRY(entry_load_options(entry, options, sizeof(options), why));
	return efi_start_program(entry, options, why);
}

/* 7.4.1: the type of the memory that firmware loaded an image to tells what it is; no program is started unasked. */
static bool is_driver(const struct program *program)
{
	EFI_LOADED_IMAGE *image = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(program->handle, &efi_loaded_image_guid, (void **)&image);

	return !EFI_ERROR(efi_given(status, image)) &&
	       (image->ImageCodeType == EfiBootServicesCode || image->ImageCodeType == EfiRuntimeServicesCode);
}

enum status efi_start_driver(const char *path, struct fail *why)
{
	struct program program = {.volume = NULL};
	struct text text = TEXT(program.path);
	EFI_STATUS status;

	text_add(&text, "%s", path);
	TRY(load(&program, why));
	if (!is_driver(&program)) {
		efi.boot->UnloadImage(program.handle);
		return fail(why, BAD_INPUT, "%s: is no driver, and not started", path);
	}
	status = run(&program, why);
	/* systemd, src/boot/drivers.c: a driver that has only one thing to do returns this when it is done. */
	return EFI_ERROR(status) && status != EFI_ABORTED ? IO_ERROR : OK;
}
