/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel's EFI stub has the command line from its load options, and the initrd by a protocol that it looks for at a
 * fixed device path: Linux drivers/firmware/efi/libstub/efi-stub-helper.c, efi_load_initrd_dev_path. Several initrds
 * are one to it; on the command line none is named.
 */
#include "stub.h"

#include "start.h"

#include "../arch/arch.h"
#include "../base/pe.h"
#include "../loader/files.h"

/* LINUX_EFI_INITRD_MEDIA_GUID, include/linux/efi.h; UEFI 2.10, 10.3.5.3 (vendor's media) and 10.3.1 (end). */
static const uint8_t initrd_path[] = {4,    3,	  20,	0,    0x27, 0xe4, 0x68, 0x55, 0xfc, 0x68, 0x3d, 0x4f,
				      0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68, 0x7f, 0xff, 4,	0};

/* UEFI 2.10, 13.2, EFI_LOAD_FILE2_PROTOCOL; gnu-efi 3.0.15 does not declare it. */
static EFI_GUID load_file2_guid = {0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};

struct load_file2 {
	EFI_STATUS(EFIAPI *LoadFile)
	(struct load_file2 *this, EFI_DEVICE_PATH *path, BOOLEAN policy, UINTN *size, VOID *buffer);
};

/* What the protocol serves; there is one at a time. */
static struct {
	struct load_file2 protocol;
	struct boot *boot;
	EFI_HANDLE handle;
} initrd;

static struct loading loading_by_spare(struct boot *b, bool distrust_high)
{
	return (struct loading){.bounce = b->spare, .bounce_size = sizeof(b->spare), .distrust_high = distrust_high};
}

/* Rule C7: read again when firmware was caught lying after a part had been read. */
static enum status read_initrds(struct boot *b, struct range place, struct fail *why)
{
	b->loading = loading_by_spare(b, false);
	TRY(load_initrds(&b->loading, b->initrd, b->n_initrds, place, why));
	if (!b->loading.spoilt)
		return OK;
	b->loading = loading_by_spare(b, true);
	return load_initrds(&b->loading, b->initrd, b->n_initrds, place, why);
}

/* 13.2.2: without room it tells how much it wants; it is no way to boot from. */
static EFI_STATUS EFIAPI give_initrd(struct load_file2 *this, EFI_DEVICE_PATH *path, BOOLEAN policy, UINTN *size,
				     VOID *buffer)
{
	struct boot *b = initrd.boot;
	UINTN wanted = (UINTN)b->situation.cargo.initrd_size, room;
	uint64_t start = (uintptr_t)buffer;
	struct fail why;

	(void)path;
	if (this != &initrd.protocol || size == NULL)
		return EFI_INVALID_PARAMETER;
	if (policy)
		return EFI_UNSUPPORTED;
	room = *size;
	*size = wanted;
	if (buffer == NULL || room < wanted)
		return EFI_BUFFER_TOO_SMALL;
	if (read_initrds(b, (struct range){start, start + wanted}, &why) == OK)
		return EFI_SUCCESS;
	fw_log(LOG_QUIET, "%s", why.text);
	return EFI_DEVICE_ERROR;
}

static void take_away_initrd(void)
{
	efi.boot->UninstallProtocolInterface(initrd.handle, &load_file2_guid, &initrd.protocol);
	efi.boot->UninstallProtocolInterface(initrd.handle, &efi_device_path_guid, (VOID *)(uintptr_t)initrd_path);
	initrd.handle = NULL;
}

/* Firmware's own, from its boot option or from QEMU's -initrd: the stub would find that first, and take no other. */
static bool has_initrd_already(void)
{
	return efi_handle_at((const EFI_DEVICE_PATH *)(const void *)initrd_path, &load_file2_guid) != NULL;
}

/* A handle with the device path comes first: the stub finds it by that, and asks it then. */
static enum status offer_initrd(struct boot *b, struct fail *why)
{
	EFI_STATUS status;

	initrd.protocol.LoadFile = give_initrd;
	initrd.boot = b;
	initrd.handle = NULL;
	status = efi.boot->InstallProtocolInterface(&initrd.handle, &efi_device_path_guid, EFI_NATIVE_INTERFACE,
						    (VOID *)(uintptr_t)initrd_path);
	status = efi_given(status, initrd.handle);
	if (!EFI_ERROR(status)) {
		status = efi.boot->InstallProtocolInterface(&initrd.handle, &load_file2_guid, EFI_NATIVE_INTERFACE,
							    &initrd.protocol);
		if (EFI_ERROR(status))
			efi.boot->UninstallProtocolInterface(initrd.handle, &efi_device_path_guid,
							     (VOID *)(uintptr_t)initrd_path);
	}
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "firmware does not let the kernel find its initrd: %s",
			    efi_status_words(status));
	return OK;
}

/* @other: where the kernel cannot be entered by Berth itself. */
static const char *way_out(const struct entry *entry, const char *other)
{
	return entry->by_stub ? "the entry without `handoff stub`" : other;
}

/*
 * PE Format, "Optional Header": since 5.8 Linux tells by the image's major version, 1 or more, that its stub takes an
 * initrd so (include/linux/pe.h, LINUX_EFISTUB_MAJOR_VERSION).
 */
static enum status check_stub(const struct boot *b, const struct entry *entry, struct fail *why)
{
	static uint8_t head[PE_HEAD_USUAL];
	size_t got = 0;
	struct pe pe;

	TRY(source_read(&b->kernel.source, 0, head, sizeof(head), &got, why));
	if (!pe_read((struct bytes){head, got}, &pe))
		return fail(
		    why, BAD_INPUT,
		    "%s: no PE file, so there is no EFI stub in it to start\n"
		    "  try: %s",
		    b->kernel.path,
		    way_out(entry,
			    "a kernel with an EFI stub; in a confidential virtual machine Berth itself enters none"));
	if (b->situation.cargo.initrd_size != 0 && pe.major_image_version == 0)
		return fail(why, BAD_INPUT,
			    "%s: its EFI stub, of before Linux 5.8, takes no initrd from a loader\n"
			    "  try: %s",
			    b->kernel.path,
			    way_out(entry, "a kernel of Linux 5.8 or later, or the entry without `initrd`"));
	return OK;
}

static enum status start(struct boot *b, const struct entry *entry, struct fail *why)
{
	uint64_t size;
	enum status status;

	TRY(boot_open(b, entry, why));
	TRY(check_stub(b, entry, why));
	size = b->situation.cargo.initrd_size;
	if (size > SIZE_MAX)
		return fail(why, BAD_INPUT, "the initrds have %" PRIu64 " bytes, more than firmware has addresses",
			    size);
	if (size != 0 && has_initrd_already())
		return fail(
		    why, REFUSED,
		    "firmware has an initrd for the kernel already, which its EFI stub would take instead of the "
		    "entry's\n"
		    "  try: %s",
		    way_out(entry, "the machine without an initrd of its own, such as QEMU's -initrd"));
	if (!entry->by_stub)
		fw_log(LOG_QUIET,
		       "a confidential virtual machine: the kernel is started by its EFI stub, which knows its memory");
	if (entry->wish.said)
		fw_log(LOG_QUIET, "`placement` is ignored: %sthe kernel's EFI stub chooses the place",
		       entry->by_stub ? "with `handoff stub` " : "");
	fw_trying(entry);
	fw_pass_seed();
	if (size == 0)
		return efi_start_program(entry, b->command_line, why);
	TRY(offer_initrd(b, why));
	status = efi_start_program(entry, b->command_line, why);
	take_away_initrd();
	return status;
}

/*
 * UEFI 2.10, 7.2.1, EfiUnacceptedMemoryType: only a confidential machine has any, also where its host keeps from the
 * CPU that it is one. A machine that is no virtual one is not asked.
 */
static bool has_unaccepted(void)
{
	struct survey survey;
	struct fail why;
	bool has_any = false;

	if (!arch_is_virtual() || fw_survey(&survey, &why) != OK)
		return false;
	for (size_t i = 0; i < survey.map.count; i++)
		has_any |= survey.map.entry[i].type == MEMORY_UNACCEPTED;
	fw_forget(&survey);
	return has_any;
}

/*
 * A guest of AMD SEV or Intel TDX: each page must be accepted and marked before it is used, of which the stub and the
 * kernel's decompressor know everything (Linux arch/x86/boot/compressed/mem.c, sev.c), and Berth's handoff nothing.
 */
bool efi_goes_by_stub(const struct entry *entry)
{
	return entry->kind == ENTRY_LINUX && (entry->by_stub || arch_is_confidential() || has_unaccepted());
}

enum status efi_start_stub(struct boot *b, const struct entry *entry, struct fail *why)
{
	enum status status;

	boot_clear(b);
	status = start(b, entry, why);
	boot_close(b);
	return status;
}
