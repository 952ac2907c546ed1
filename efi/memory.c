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

/* One pool allocation: raw descriptors, sorted map, free runs, reliable runs. */
static enum status take_pool(struct fw_memory *memory, size_t raw_size, size_t entries, uint8_t **raw,
			     struct fail *why)
{
	size_t runs = 2 * entries + SPARE_RUNS;
	size_t size = raw_size + entries * sizeof(struct memory) + 2 * runs * sizeof(struct range);
	uint8_t *at = efi_alloc(size);

	if (at == NULL)
		return fail(why, IO_ERROR, "no memory for the memory map");
	memory->pool = at;
	memory->map = (struct memmap){(struct memory *)(void *)at, 0, entries};
	at += entries * sizeof(struct memory);
	memory->free.all = (struct runs){(struct range *)(void *)at, 0, runs};
	at += runs * sizeof(struct range);
	memory->free.reliable = (struct runs){(struct range *)(void *)at, 0, runs};
	at += runs * sizeof(struct range);
	*raw = at;
	return OK;
}

static enum status read_map(struct fw_memory *memory, uint8_t *raw, UINTN size, struct fail *why)
{
	UINTN key, desc_size = 0;
	UINT32 version;
	EFI_STATUS status =
		efi.boot->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)(void *)raw, &key, &desc_size, &version);

	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "firmware does not give its memory map: %s", efi_status_words(status));
	TRY(memmap_parse(&memory->map, raw, size, desc_size, why));
	memory->free.all.count =
		memmap_free_runs(&memory->map, false, memory->free.all.run, memory->free.all.room);
	memory->free.reliable.count =
		memmap_free_runs(&memory->map, true, memory->free.reliable.run, memory->free.reliable.room);
	memory->desc_size = desc_size;
	memory->final_room = size / desc_size + SPARE_DESCRIPTORS;
	return OK;
}

enum status fw_memory_map(struct fw_memory *memory, struct fail *why)
{
	UINTN size = 0, key, desc_size = 0;
	enum status status;
	UINT32 version;
	uint8_t *raw = NULL;

	*memory = (struct fw_memory){.pool = NULL};
	(void)efi.boot->GetMemoryMap(&size, NULL, &key, &desc_size, &version);
	if (desc_size < sizeof(EFI_MEMORY_DESCRIPTOR) || size > MIB(64))
		return fail(why, IO_ERROR, "firmware tells of a memory map of %zu bytes in descriptors of %zu",
			    (size_t)size, (size_t)desc_size);
	size += SPARE_DESCRIPTORS * desc_size; /* our own allocation of the buffer may add some */
	TRY(take_pool(memory, size, size / desc_size, &raw, why));
	status = read_map(memory, raw, size, why);
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
	EFI_STATUS status = efi.boot->AllocatePages(AllocateAddress, EfiLoaderData, range_size(at) / EFI_PAGE, &address);

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
	EFI_STATUS status = efi.boot->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)(void *)final->descriptors, key,
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
