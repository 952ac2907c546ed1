/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel's EFI stub has the command line from its load options, and the initrd by a protocol (initrd.h). Several
 * initrds are one to it; on the command line none is named.
 */
#include "stub.h"

#include "initrd.h"
#include "start.h"

#include "../arch/arch.h"
#include "../base/mem.h"
#include "../base/pe.h"
#include "../loader/bound.h"
#include "../loader/files.h"

static struct loading loading_by_spare(struct boot *b, bool distrust_high)
{
	return (struct loading){.bounce = b->spare, .bounce_size = sizeof(b->spare), .distrust_high = distrust_high};
}

/* Rule C7: read again when firmware was caught lying after a part had been read. */
static enum status read_initrds(void *context, struct range place, struct fail *why)
{
	struct boot *b = context;

	b->loading = loading_by_spare(b, false);
	TRY(load_initrds(&b->loading, b->initrd, b->n_initrds, place, why));
	if (b->loading.spoilt) {
		b->loading = loading_by_spare(b, true);
		TRY(load_initrds(&b->loading, b->initrd, b->n_initrds, place, why));
	}
	return boot_check_initrds(b, place, why);
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

static enum status copy_kept(void *context, struct range place, struct fail *why)
{
	const struct bytes *kept = context;

	(void)why;
	memcpy(fw_memory_at(place.start), kept->at, kept->size);
	return OK;
}

/* @kept: all initrds, if they were read before; else they are read when they are asked for. */
static enum status start_with_initrds(struct boot *b, const struct entry *entry, struct bytes *kept, struct fail *why)
{
	struct initrd_source source = {b->situation.cargo.initrd_size, read_initrds, b};
	enum status status;

	if (kept->at != NULL)
		source = (struct initrd_source){kept->size, copy_kept, kept};
	TRY(initrd_offer(&source, why));
	status = efi_start_program(entry, b->command_line, why);
	initrd_take_away();
	return status;
}

/*
 * What a record binds is there, and is it, before the kernel starts: Linux's stub goes on without an initrd where
 * reading it fails (drivers/firmware/efi/libstub/efi-stub.c, "Failed to load initrd!").
 */
static enum status start_with_bound(struct boot *b, const struct entry *entry, struct fail *why)
{
	uint64_t size = b->situation.cargo.initrd_size;
	uint8_t *at = fw_take(size);
	struct bytes kept = {at, (size_t)size};
	enum status status;

	if (at == NULL)
		return fail(why, IO_ERROR, "no memory to check the %" PRIu64 " bytes of the initrds before the start",
			    size);
	status = read_initrds(b, (struct range){(uintptr_t)at, (uintptr_t)at + size}, why);
	if (status == OK)
		status = start_with_initrds(b, entry, &kept, why);
	fw_give(at, size);
	return status;
}

static enum status check_offer(const struct boot *b, const struct entry *entry, struct fail *why)
{
	return initrd_can_be_offered(b->situation.cargo.initrd_size,
				     way_out(entry, "the machine without an initrd of its own, such as QEMU's -initrd"),
				     why);
}

static enum status start(struct boot *b, const struct entry *entry, struct fail *why)
{
	uint64_t size;

	TRY(boot_open(b, entry, why));
	TRY(check_stub(b, entry, why));
	size = b->situation.cargo.initrd_size;
	if (size != 0)
		TRY(check_offer(b, entry, why));
	if (!entry->by_stub)
		fw_log(LOG_QUIET,
		       "a confidential virtual machine: the kernel is started by its EFI stub, which knows its memory");
	if (entry->wish.said)
		fw_log(LOG_QUIET, "`placement` is ignored: %sthe kernel's EFI stub chooses the place",
		       entry->by_stub ? "with `handoff stub` " : "");
	fw_trying(entry);
	TRY(boot_bind(b, entry, why));
	if (boot_is_bound(b)) /* firmware's is in no record, also where the record has none */
		TRY(check_offer(b, entry, why));
	fw_pass_seed();
	if (size == 0)
		return efi_start_program(entry, b->command_line, why);
	return boot_is_bound(b) ? start_with_bound(b, entry, why)
				: start_with_initrds(b, entry, &(struct bytes){NULL, 0}, why);
}

/*
 * UEFI 2.10, 7.2.1, EfiUnacceptedMemoryType: only a confidential machine has any, also where its host keeps from the
 * CPU that it is one. EDK2 has a protocol there to accept it (MdePkg/Include/Protocol/MemoryAccept.h), which is asked
 * for first: a look at memory costs more than all that Berth does itself before its menu.
 */
static bool has_unaccepted(void)
{
	static EFI_GUID accept_guid = {0x38c74800, 0x5590, 0x4db4, {0xa0, 0xf3, 0x67, 0x5d, 0x9b, 0x8e, 0x80, 0x26}};
	struct survey survey;
	struct fail why;
	bool has_any = false;
	void *accept;

	if (EFI_ERROR(efi.boot->LocateProtocol(&accept_guid, NULL, &accept)) || fw_survey(&survey, &why) != OK)
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
