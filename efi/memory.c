/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory map, claims by address, and the way out of boot services. Source: UEFI 2.10, 7.2 and 7.4. */
#include "efi_local.h"

/*
 * Descriptors to spare: our own claims split some, and firmware's event handlers may split more between our last
 * look and exit. Linux leaves 32 (EFI_MMAP_NR_SLACK_SLOTS; 8 were too few for some machines).
 */
#define SPARE_DESCRIPTORS 32
/* Places that firmware may refuse before planning gives up: each splits a free run. */
#define SPARE_RUNS 64
/* Some firmware wants several tries; two were not enough for one laptop, and none was seen to need ten. */
#define EXIT_TRIES 16

/*
 * Where the map goes at first: enough for most machines, and it spares firmware's walk to ask for the size, which
 * costs as much as the map itself. Larger maps go into a pool. Firmware's descriptors are no smaller than UEFI's, so
 * what fits into the raw room fits into the others.
 */
#define USUAL_DESCRIPTORS 256
#define WORK_SIZE(n)                                                                                                   \
	((n) * (sizeof(EFI_MEMORY_DESCRIPTOR) + sizeof(struct memory)) +                                               \
	 2 * (2 * (n) + SPARE_RUNS) * sizeof(struct range))
static _Alignas(16) uint8_t usual[WORK_SIZE(USUAL_DESCRIPTORS)];

/* Divides @at: sorted map, free runs, reliable runs, and last the raw descriptors, whose address it returns. */
static uint8_t *divide(struct fw_memory *memory, uint8_t *at, size_t entries)
{
	size_t runs = 2 * entries + SPARE_RUNS;

	memory->map = (struct memmap){(struct memory *)(void *)at, 0, entries};
	at += entries * sizeof(struct memory);
	memory->free.all = (struct runs){(struct range *)(void *)at, 0, runs};
	at += runs * sizeof(struct range);
	memory->free.reliable = (struct runs){(struct range *)(void *)at, 0, runs};
	return at + runs * sizeof(struct range);
}

static EFI_STATUS get_map(uint8_t *raw, UINTN *size, UINTN *desc_size)
{
	UINTN key;
	UINT32 version;

	return efi.boot->GetMemoryMap(size, (EFI_MEMORY_DESCRIPTOR *)(void *)raw, &key, desc_size, &version);
}

static enum status take_map(struct fw_memory *memory, uint8_t **raw, UINTN *size, UINTN *desc_size, struct fail *why)
{
	EFI_STATUS status;
	size_t entries;

	*raw = divide(memory, usual, USUAL_DESCRIPTORS);
	*size = USUAL_DESCRIPTORS * sizeof(EFI_MEMORY_DESCRIPTOR);
	status = get_map(*raw, size, desc_size);
	if (status == EFI_BUFFER_TOO_SMALL && *size <= MIB(64)) {
		/* Allocating the buffer may itself add descriptors. */
		entries = *size / sizeof(EFI_MEMORY_DESCRIPTOR) + SPARE_DESCRIPTORS;
		memory->pool = efi_alloc(WORK_SIZE(entries));
		if (memory->pool == NULL)
			return fail(why, IO_ERROR, "no memory for the memory map");
		*raw = divide(memory, memory->pool, entries);
		*size = entries * sizeof(EFI_MEMORY_DESCRIPTOR);
		status = get_map(*raw, size, desc_size);
	}
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "firmware does not give its memory map: %s", efi_status_words(status));
	return OK;
}

static enum status read_map(struct fw_memory *memory, struct fail *why)
{
	UINTN size = 0, desc_size = 0;
	uint8_t *raw = NULL;

	TRY(take_map(memory, &raw, &size, &desc_size, why));
	TRY(memmap_parse(&memory->map, raw, size, desc_size, why));
	memory->free.all.count = memmap_free_runs(&memory->map, false, memory->free.all.run, memory->free.all.room);
	memory->free.reliable.count =
	    memmap_free_runs(&memory->map, true, memory->free.reliable.run, memory->free.reliable.room);
	memory->desc_size = desc_size;
	memory->final_room = size / desc_size + SPARE_DESCRIPTORS;
	return OK;
}

enum status fw_memory_map(struct fw_memory *memory, struct fail *why)
{
	enum status status;

	*memory = (struct fw_memory){.pool = NULL};
	status = read_map(memory, why);
	if (status != OK)
		fw_free_memory_map(memory);
	return status;
}

void fw_free_memory_map(struct fw_memory *memory)
{
	efi_free(memory->pool);
	*memory = (struct fw_memory){.pool = NULL};
}

enum status fw_claim(struct range at, struct fail *why)
{
	EFI_PHYSICAL_ADDRESS address = at.start;
	EFI_STATUS status =
	    efi.boot->AllocatePages(AllocateAddress, EfiLoaderData, range_size(at) / EFI_PAGE, &address);

	if (EFI_ERROR(status) || address != at.start)
		return fail(why, TAKEN, "firmware does not give %#" PRIx64 "-%#" PRIx64 ": %s", at.start, at.end,
			    efi_status_words(status));
	return OK;
}

void fw_release(struct range at)
{
	efi.boot->FreePages(at.start, range_size(at) / EFI_PAGE);
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
	return status;
}

enum status fw_exit(struct final_map *final, struct fail *why)
{
	UINTN key;
	EFI_STATUS status = get_final_map(final, &key);

	if (EFI_ERROR(status))
		return fail(why, IO_ERROR,
			    "firmware's last memory map does not fit into the %zu bytes kept for it (it has %zu): %s",
			    final->room, final->size, efi_status_words(status));
	/*
	 * UEFI 2.10, 7.4.6: a stale key is answered with EFI_INVALID_PARAMETER, for the map changed in between, and
	 * then nothing but GetMemoryMap and ExitBootServices may be called: part of firmware is shut down already.
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
