/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory services over the host's memory, physical addresses being its own. Source: UEFI 2.10, 7.2. */
#include "local.h"

#include <sys/mman.h>

#define MEMORY_END GIB(16)
#define CLAIMS	   64
#define POOLS	   4096
#define TAKEN	   16

struct uefi_map uefi_map;

static const uint8_t pool_end[] = "end of the pool"; /* which must stand there when it is given back */

static struct {
	struct range claim[CLAIMS];
	size_t n_claims;
	void *pool[POOLS];
	bool pool_is_table[POOLS]; /* which stays where a table of firmware's is in it */
	size_t pool_size[POOLS];   /* without the mark behind it; SIZE_MAX: it has none */
	size_t n_pools;
	void *taken[TAKEN]; /* pages that firmware was free to choose */
	size_t n_taken;
} fw;

static bool is_refused(struct range at)
{
	for (size_t i = 0; i < sim.n_refused; i++)
		if (range_overlaps(sim.refused[i], at))
			return true;
	return sim.gives_nothing;
}

static bool is_free(struct range at)
{
	for (size_t i = 0; i < fw.n_claims; i++)
		if (range_overlaps(fw.claim[i], at))
			return false;
	for (size_t d = 0; d + sim.desc_size <= sim.descriptors_size; d += sim.desc_size) {
		const uint8_t *raw = sim.descriptors + d;
		struct range free;

		if (load_le(raw, 4) == 7 &&
		    !checked_range(load_le(raw + 8, 8), load_le(raw + 24, 8) * EFI_PAGE, &free) &&
		    range_overlaps(free, at)) {
			if (at.end <= free.end && at.start >= free.start)
				return true;
			if (at.start < free.start)
				return is_free((struct range){at.start, free.start}) &&
				       (at.end <= free.end || is_free((struct range){free.end, at.end}));
			at.start = free.end;
			d = (size_t)0 - sim.desc_size; /* the rest, from the first descriptor on */
		}
	}
	return false;
}

/* Anywhere: the host's own memory serves. */
static EFI_STATUS take_pages(UINTN pages, EFI_PHYSICAL_ADDRESS *address)
{
	EFI_STATUS status;
	void *at;

	if (uefi_call(CALL_AllocatePages, &status))
		return EFI_ERROR(status) ? status : EFI_OUT_OF_RESOURCES;
	if (fw.n_taken == TAKEN || posix_memalign(&at, EFI_PAGE, pages * EFI_PAGE) != 0)
		return EFI_OUT_OF_RESOURCES;
	memset(at, 0xcd, pages * EFI_PAGE);
	fw.taken[fw.n_taken++] = at;
	uefi_map.key++;
	*address = (uintptr_t)at;
	return EFI_SUCCESS;
}

static bool give_pages(EFI_PHYSICAL_ADDRESS address)
{
	for (size_t i = 0; i < fw.n_taken; i++)
		if ((uintptr_t)fw.taken[i] == address) {
			free(fw.taken[i]);
			fw.taken[i] = fw.taken[--fw.n_taken];
			uefi_map.key++;
			return true;
		}
	return false;
}

static EFI_STATUS EFIAPI allocate_pages(EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type, UINTN pages,
					EFI_PHYSICAL_ADDRESS *address)
{
	struct range at = {*address, *address + pages * EFI_PAGE};
	EFI_STATUS status;

	if (how == AllocateAnyPages && type == EfiLoaderData && pages != 0)
		return take_pages(pages, address);
	if (how != AllocateAddress || type != EfiLoaderData || pages == 0 || at.start % EFI_PAGE != 0)
		uefi_die("a claim that is none of the loader's");
	if (uefi_call(CALL_AllocatePages, &status)) {
		if (uefi_lies(LIE_NOTHING) || uefi_lies(LIE_TOO_MUCH))
			*address = uefi_lies(LIE_NOTHING) ? 0 : *address + EFI_PAGE;
		return status;
	}
	if (is_refused(at) || !is_free(at))
		return EFI_NOT_FOUND;
	if (fw.n_claims == CLAIMS || at.end > MEMORY_END)
		uefi_die("more claims than there is room for");
	fw.claim[fw.n_claims++] = at;
	uefi_map.key++;
	if (mprotect((void *)at.start, range_size(at), PROT_READ | PROT_WRITE) != 0)
		uefi_die("no memory");
	return EFI_SUCCESS;
}

static void unclaim(size_t i)
{
	struct range at = fw.claim[i];

	madvise((void *)at.start, range_size(at), MADV_DONTNEED);
	mprotect((void *)at.start, range_size(at), PROT_NONE);
	fw.claim[i] = fw.claim[--fw.n_claims];
}

static EFI_STATUS EFIAPI free_pages(EFI_PHYSICAL_ADDRESS address, UINTN pages)
{
	EFI_STATUS status = uefi_unless_wrong(CALL_FreePages);

	if (give_pages(address))
		return status;
	for (size_t i = 0; i < fw.n_claims; i++)
		if (fw.claim[i].start == address && range_size(fw.claim[i]) == pages * EFI_PAGE) {
			unclaim(i);
			uefi_map.key++;
			return status;
		}
	uefi_die("pages were freed that were not allocated");
}

void sim_hand_over(struct range at)
{
	if (fw.n_claims == CLAIMS || mprotect((void *)at.start, range_size(at), PROT_READ | PROT_WRITE) != 0)
		uefi_die("no room for what is handed over");
	fw.claim[fw.n_claims++] = at;
}

/* By the header of the one kernel that is copied here, which is not relocatable (boot.rst, pref_address and init_size).
 */
struct range sim_window(void)
{
	const uint8_t *head = sim.file[0].head;
	uint64_t start = load_le(head + 0x258, 8);

	return (struct range){start, start + load_le(head + 0x260, 4)};
}

const uint8_t *sim_memory(uint64_t address, uint64_t size)
{
	struct range want;

	if (checked_range(address, size, &want))
		return NULL;
	for (size_t i = 0; i < fw.n_claims; i++)
		if (range_contains(fw.claim[i], want))
			return (const uint8_t *)(uintptr_t)address;
	return NULL;
}

static EFI_STATUS EFIAPI get_memory_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *to, UINTN *key, UINTN *desc_size,
					UINT32 *version)
{
	const uint8_t *raw = sim.descriptors;
	UINTN real = sim.descriptors_size, room = *size;
	EFI_STATUS status;

	if (uefi_map.looks != 0 && sim.next_map != NULL) {
		raw = sim.next_map;
		real = sim.next_map_size;
	}
	*desc_size = sim.desc_size;
	*version = 1;
	*key = uefi_map.key;
	*size = real;
	if (uefi_call(CALL_GetMemoryMap, &status)) {
		if (uefi_lies(LIE_NOTHING))
			*size = *desc_size = 0;
		if (uefi_lies(LIE_TOO_MUCH))
			*size = SIZE_MAX;
		if (status == EFI_BUFFER_TOO_SMALL)
			*size = room + 100 * sim.desc_size;
		return status;
	}
	if (++uefi_map.looks == uefi.map_overstated && room >= real) {
		memcpy(to, raw, real);
		*size = (room / sim.desc_size + 1) * sim.desc_size;
		return EFI_SUCCESS;
	}
	if (room < real)
		return EFI_BUFFER_TOO_SMALL;
	memcpy(to, raw, real);
	return EFI_SUCCESS;
}

void uefi_keep_pool(void *pool)
{
	if (fw.n_pools == POOLS)
		uefi_die("more pools than there is room for");
	fw.pool_size[fw.n_pools] = SIZE_MAX;
	fw.pool_is_table[fw.n_pools] = false;
	fw.pool[fw.n_pools++] = pool;
}

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **to)
{
	EFI_STATUS status;

	if (uefi_call(CALL_AllocatePool, &status)) {
		if (uefi_lies(LIE_NOTHING))
			*to = NULL;
		else if (!EFI_ERROR(status)) /* a warning, or a lie that means nothing here */
			return EFI_OUT_OF_RESOURCES;
		return status;
	}
	if (type != EfiLoaderData && type != EfiACPIReclaimMemory)
		uefi_die("a pool that is none of the loader's");
	uefi_report.pools++;
	if (uefi.pools != 0 && (uefi_report.pools == uefi.pools || (uefi.for_ever && uefi_report.pools > uefi.pools)))
		return EFI_OUT_OF_RESOURCES;
	if (size > MIB(64))
		return EFI_OUT_OF_RESOURCES;
	*to = malloc(size + sizeof(pool_end));
	uefi_keep_pool(*to);
	fw.pool_size[fw.n_pools - 1] = size;
	fw.pool_is_table[fw.n_pools - 1] = type == EfiACPIReclaimMemory;
	memset(*to, 0xcd, size); /* nobody promises zeros */
	memcpy((uint8_t *)*to + size, pool_end, sizeof(pool_end));
	uefi_map.key++;
	return EFI_SUCCESS;
}

static void drop_pool(size_t i)
{
	if (fw.pool_size[i] != SIZE_MAX &&
	    memcmp((const uint8_t *)fw.pool[i] + fw.pool_size[i], pool_end, sizeof(pool_end)) != 0)
		uefi_die("a pool was written to behind its end");
	free(fw.pool[i]);
	fw.pool[i] = fw.pool[--fw.n_pools];
	fw.pool_size[i] = fw.pool_size[fw.n_pools];
	fw.pool_is_table[i] = fw.pool_is_table[fw.n_pools];
}

static EFI_STATUS EFIAPI free_pool(VOID *pool)
{
	EFI_STATUS status = uefi_unless_wrong(CALL_FreePool);

	for (size_t i = 0; i < fw.n_pools; i++)
		if (fw.pool[i] == pool) {
			if (fw.pool_size[i] != SIZE_MAX && uefi_tells(pool, fw.pool_size[i]))
				uefi_die("a secret is in memory that is given back");
			uefi_table_freed(pool);
			drop_pool(i);
			uefi_map.key++;
			return status;
		}
	uefi_die("a pool was freed that was not allocated");
}

/* ---- for a boot ---- */

void uefi_memory_reserve(void)
{
	void *memory = (void *)(uintptr_t)KIB(64);

	if (mmap(memory, MEMORY_END - KIB(64), PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != memory)
		uefi_die("no room for physical memory at its addresses");
}

void uefi_memory_open(uint64_t page)
{
	mprotect((void *)(uintptr_t)page, EFI_PAGE, PROT_READ | PROT_WRITE);
}

void uefi_memory_set_up(EFI_BOOT_SERVICES *services)
{
	services->AllocatePages = allocate_pages;
	services->FreePages = free_pages;
	services->GetMemoryMap = get_memory_map;
	services->AllocatePool = allocate_pool;
	services->FreePool = free_pool;
}

void uefi_memory_left(struct sim_outcome *out)
{
	out->claims_left = fw.n_claims;
	out->surveys_left = 0;
	for (size_t i = 0; i < fw.n_pools; i++)
		out->surveys_left +=
		    !uefi_is_installed(fw.pool[i]) || (fw.pool_size[i] != SIZE_MAX && !fw.pool_is_table[i]);
	out->takes_left = fw.n_taken;
}

void uefi_memory_end(void)
{
	while (fw.n_claims != 0)
		unclaim(0);
	while (fw.n_pools != 0)
		drop_pool(0);
	while (fw.n_taken != 0)
		free(fw.taken[--fw.n_taken]);
}
