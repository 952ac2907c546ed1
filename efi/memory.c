/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory map, claims by address, and the way out of boot services. Source: UEFI 2.10, 7.2 and 7.4. */
#include "efi_local.h"
#include "oem.h"

#include "../arch/arch.h"
#include "../base/mem.h"

/* UEFI 2.10, 4.6.2, EFI_RT_PROPERTIES_TABLE. */
static EFI_GUID runtime_properties_guid = {
    0xeb66918a, 0x7eef, 0x402a, {0x84, 0x2e, 0x93, 0x1d, 0x21, 0xc3, 0x8a, 0xe9}};
struct runtime_properties {
	UINT16 version, length;
	UINT32 supported;
};
#define SUPPORTS_VIRTUAL_ADDRESS_MAP 0x80

/* Places that firmware may refuse before planning gives up, or the command line keeps out: each splits a free run. */
#define SPARE_RUNS (64ul + MAX_KEPT_OUT)
/* Some firmware needs several tries: two were not enough for one laptop, and none was seen to need ten. */
#define EXIT_TRIES 16

/*
 * Where the map goes at first: enough for most machines, and it saves asking firmware for the size, which costs as much
 * as the map itself. Larger maps go into a pool. Firmware's descriptors are no smaller than UEFI's, so what fits into
 * the raw room fits into the others.
 */
#define USUAL_DESCRIPTORS 320ul
/* Entries that are added to firmware's map. */
#define ADDED ((size_t)MAX_RESERVED + MAX_KEPT_OUT)
#define WORK_SIZE(n)                                                                                                   \
	((n) * (sizeof(EFI_MEMORY_DESCRIPTOR) + sizeof(struct memory)) +                                               \
	 2 * (2 * (n) + SPARE_RUNS) * sizeof(struct range))
static _Alignas(16) uint8_t usual[WORK_SIZE(USUAL_DESCRIPTORS)];

/* Divides @at: sorted map, free runs, reliable runs, and last the raw descriptors, whose address it returns. */
static uint8_t *divide(struct survey *survey, uint8_t *at, size_t entries)
{
	size_t runs = 2 * entries + SPARE_RUNS;

	survey->map = (struct memmap){(struct memory *)(void *)at, 0, entries};
	at += entries * sizeof(struct memory);
	survey->free.all = (struct runs){(struct range *)(void *)at, 0, runs};
	at += runs * sizeof(struct range);
	survey->free.reliable = (struct runs){(struct range *)(void *)at, 0, runs};
	return at + runs * sizeof(struct range);
}

static EFI_STATUS get_map(uint8_t *raw, UINTN *size, UINTN *desc_size)
{
	UINTN key;
	UINT32 version;

	return efi.boot->GetMemoryMap(size, (EFI_MEMORY_DESCRIPTOR *)(void *)raw, &key, desc_size, &version);
}

static enum status take_map(struct survey *survey, uint8_t **raw, UINTN *size, UINTN *desc_size, struct fail *why)
{
	EFI_STATUS status;
	size_t entries, room = (USUAL_DESCRIPTORS - ADDED) * sizeof(EFI_MEMORY_DESCRIPTOR);

	*raw = divide(survey, usual, USUAL_DESCRIPTORS);
	*size = room;
	status = get_map(*raw, size, desc_size);
	if (status == EFI_BUFFER_TOO_SMALL && *size <= MIB(64)) {
		/* Allocating the buffer may itself add descriptors. */
		entries = *size / sizeof(EFI_MEMORY_DESCRIPTOR) + SPARE_DESCRIPTORS + ADDED;
		survey->pool = efi_alloc(WORK_SIZE(entries));
		if (survey->pool == NULL)
			return fail(why, IO_ERROR, "no memory for the memory map");
		*raw = divide(survey, survey->pool, entries);
		*size = room = (entries - ADDED) * sizeof(EFI_MEMORY_DESCRIPTOR);
		status = get_map(*raw, size, desc_size);
	}
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "firmware does not give its memory map: %s", efi_status_words(status));
	if (*size > room)
		return fail(why, IO_ERROR, "firmware says that its memory map has %zu bytes in a buffer of %zu",
			    (size_t)*size, room);
	return OK;
}

static enum status read_map(struct survey *survey, struct fail *why)
{
	UINTN size = 0, desc_size = 0;
	uint8_t *raw = NULL;

	TRY(take_map(survey, &raw, &size, &desc_size, why));
	TRY(memmap_parse(&survey->map, raw, size, desc_size, why));
	survey->free.all.count = memmap_free_runs(&survey->map, false, survey->free.all.run, survey->free.all.room);
	survey->free.reliable.count =
	    memmap_free_runs(&survey->map, true, survey->free.reliable.run, survey->free.reliable.room);
	survey->desc_size = desc_size;
	survey->descriptors = size / desc_size;
	survey->final_room = survey->descriptors + SPARE_DESCRIPTORS;
	return OK;
}

enum status fw_survey(struct survey *survey, struct fail *why)
{
	enum status status;

	*survey = (struct survey){.pool = NULL};
	status = read_map(survey, why);
	if (status != OK)
		fw_forget(survey);
	return status;
}

void fw_forget(struct survey *survey)
{
	efi_free(survey->pool);
	*survey = (struct survey){.pool = NULL};
}

/* Fits UINTN: on ia32 every claim lies below 4 GiB (X12). */
static UINTN pages_of(uint64_t size)
{
	return (UINTN)(size / EFI_PAGE);
}

enum status fw_claim(struct range at, struct fail *why)
{
	EFI_PHYSICAL_ADDRESS address = at.start;
	EFI_STATUS status = efi.boot->AllocatePages(AllocateAddress, EfiLoaderData, pages_of(range_size(at)), &address);

	if (EFI_ERROR(status) || address != at.start)
		return fail(why, TAKEN, "firmware does not give %#" PRIx64 "-%#" PRIx64 ": %s", at.start, at.end,
			    efi_status_words(status));
	return OK;
}

void fw_release(struct range at)
{
	efi.boot->FreePages(at.start, pages_of(range_size(at)));
}

void *fw_take(uint64_t size)
{
	EFI_PHYSICAL_ADDRESS address = 0;
	uint64_t whole, end;

	if (checked_align_up(size, EFI_PAGE, &whole) || whole > UINTPTR_MAX)
		return NULL;
	if (EFI_ERROR(efi.boot->AllocatePages(AllocateAnyPages, EfiLoaderData, pages_of(whole), &address)))
		return NULL;
	/* The loader cannot use what a pointer does not reach, such as memory above 4 GiB in 32 bits. */
	if (checked_add(address, whole, &end) || end - 1 > UINTPTR_MAX) {
		efi.boot->FreePages(address, pages_of(whole));
		return NULL;
	}
	return (void *)(uintptr_t)address;
}

void fw_give(void *at, uint64_t size)
{
	efi.boot->FreePages((uintptr_t)at, pages_of(size + EFI_PAGE - 1));
}

void *fw_memory_at(uint64_t address)
{
	return (void *)(uintptr_t)address; /* UEFI 2.10, 2.3.4: firmware maps memory identically */
}

static EFI_STATUS get_final_map(struct final_map *final, UINTN *key)
{
	UINTN size = final->room, desc_size = 0;
	EFI_STATUS status = efi.boot->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)(void *) final->descriptors, key,
						   &desc_size, &final->desc_version);

	final->size = size;
	final->desc_size = desc_size;
	if (EFI_ERROR(status))
		return status;
	/* What is not a map must not end boot services: the kernel could not be told anything. */
	if (size > final->room)
		return EFI_BUFFER_TOO_SMALL;
	return desc_size < sizeof(EFI_MEMORY_DESCRIPTOR) || size < desc_size || size % desc_size != 0
		   ? EFI_BAD_BUFFER_SIZE
		   : EFI_SUCCESS;
}

enum status fw_exit(struct final_map *final, struct fail *why)
{
	UINTN key;
	EFI_STATUS status = get_final_map(final, &key);

	if (EFI_ERROR(status))
		return fail(
		    why, IO_ERROR,
		    "firmware does not give its last memory map (%zu bytes of descriptors of %zu, and %zu bytes "
		    "kept for it): %s",
		    final->size, final->desc_size, final->room, efi_status_words(status));
	/*
	 * UEFI 2.10, 7.4.6: a stale key is answered with EFI_INVALID_PARAMETER, as the map has changed, and then
	 * nothing but GetMemoryMap and ExitBootServices may be called: part of firmware is shut down already.
	 */
	for (unsigned int i = 0; i < EXIT_TRIES; i++) {
		if (!EFI_ERROR(efi.boot->ExitBootServices(efi.image, key)))
			return OK;
		if (EFI_ERROR(get_final_map(final, &key)))
			break;
	}
	efi.system->RuntimeServices->ResetSystem(EfiResetCold, EFI_ABORTED, 0, NULL);
	for (;;)
		;
}

/*
 * SetVirtualAddressMap is firmware's least tried service, and nothing moves: on arm64 it is called where a machine is
 * known to need it, as by the stub of Linux with addresses of 48 bits (drivers/firmware/efi/libstub/arm64.c); on RISC-V
 * always, as there. UEFI 2.10, 4.6.2: nowhere where firmware says that it has it no more after exit.
 */
static bool is_to_map_runtime(void)
{
	const struct runtime_properties *properties = efi_table(&runtime_properties_guid);

	if (properties != NULL && (properties->supported & SUPPORTS_VIRTUAL_ADDRESS_MAP) == 0)
		return false;
	return arch_enters(arch_here(), ELF_RISCV) || oem_is_ampere();
}

/* UEFI 2.10, 8.4.1: for the runtime services' memory only, with its current addresses. */
void fw_map_runtime(struct final_map *final)
{
	UINTN size = 0;

	if (final->runtime == NULL)
		return;
	for (size_t at = 0; at + final->desc_size <= final->size; at += final->desc_size) {
		EFI_MEMORY_DESCRIPTOR *descriptor = (EFI_MEMORY_DESCRIPTOR *)(void *)(final->descriptors + at);

		if ((descriptor->Attribute & EFI_MEMORY_RUNTIME) == 0)
			continue;
		descriptor->VirtualStart = descriptor->PhysicalStart;
		memcpy(final->runtime + size, descriptor, final->desc_size);
		size += final->desc_size;
	}
	if (size != 0 && is_to_map_runtime())
		efi.system->RuntimeServices->SetVirtualAddressMap(size, final->desc_size, final->desc_version,
								  (EFI_MEMORY_DESCRIPTOR *)(void *) final->runtime);
}
