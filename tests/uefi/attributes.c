/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader's own image, as firmware has loaded it, and the protocol that changes what its pages may be used for.
 * Source: UEFI 2.10, 37.7, EFI_MEMORY_ATTRIBUTE_PROTOCOL.
 */
#include "local.h"

#include "../unit/pe_file.h"

#define NO_READ	  0x2000u
#define NO_RUN	  0x4000u
#define READ_ONLY 0x20000u

/* In the image's pages: its headers, code on two of them, constants, data on two, and names. */
enum { HEAD, CODE, CONSTANTS = 3, DATA, NAMES = 6, N_PAGES };

static const struct {
	const char *name;
	unsigned int address, size;
	uint32_t flags; /* Microsoft PE Format, "Section Flags" */
} sections[] = {
    {".text", CODE, 4097, 0x60000020},
    {".rodata", CONSTANTS, 4096, 0x40000040},
    {".data", DATA, 8000, 0xc0000040},
    {".sbat", NAMES, 1, 0x42000040},
};

static _Alignas(EFI_PAGE_SIZE) uint8_t image[N_PAGES * EFI_PAGE_SIZE];
static UINT64 attributes[N_PAGES], before[N_PAGES];

static UINT64 wanted(unsigned int page)
{
	return page == CODE || page == CODE + 1	  ? READ_ONLY
	       : page == DATA || page == DATA + 1 ? NO_RUN
						  : NO_RUN | READ_ONLY;
}

VOID *uefi_own_image(void)
{
	static struct pe_file file;

	pe_file_begin(&file, PE_X64, 0);
	for (unsigned int i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		pe_file_add(&file, sections[i].name, "", 0);
		store_le(pe_file_row(&file, i) + 8, 4, sections[i].size);
		store_le(pe_file_row(&file, i) + 12, 4, sections[i].address * EFI_PAGE_SIZE);
		store_le(pe_file_row(&file, i) + 36, 4, sections[i].flags);
	}
	memcpy(image, file.bytes, file.size);
	return image;
}

/* The pages of a call's range, which must be whole, and the image's. */
static void check(EFI_PHYSICAL_ADDRESS at, UINT64 size, unsigned int *from, unsigned int *to)
{
	UINT64 offset = at - (uintptr_t)image;

	if (at % EFI_PAGE_SIZE != 0 || size % EFI_PAGE_SIZE != 0 || size == 0)
		uefi_die("attributes of what are no whole pages");
	if (offset >= sizeof(image) || size > sizeof(image) - offset)
		uefi_die("attributes of what is not the loader's own");
	*from = (unsigned int)(offset / EFI_PAGE_SIZE);
	*to = *from + (unsigned int)(size / EFI_PAGE_SIZE);
}

static EFI_STATUS EFIAPI get(VOID *this, EFI_PHYSICAL_ADDRESS at, UINT64 size, UINT64 *out)
{
	unsigned int from, to;
	EFI_STATUS status;

	(void)this;
	check(at, size, &from, &to);
	if (uefi_call(CALL_GetMemoryAttributes, &status)) {
		if (uefi_lies(LIE_TOO_MUCH))
			*out = UINT64_MAX;
		return status;
	}
	for (unsigned int i = from; i < to; i++)
		if (attributes[i] != attributes[from])
			return EFI_NO_MAPPING;
	*out = attributes[from];
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set(VOID *this, EFI_PHYSICAL_ADDRESS at, UINT64 size, UINT64 bits)
{
	unsigned int from, to;
	EFI_STATUS status;

	(void)this;
	check(at, size, &from, &to);
	for (unsigned int i = from; i < to; i++)
		if (bits == 0 || (bits & ~wanted(i)) != 0)
			uefi_die("a page of the loader's is taken from it, or nothing is");
	if (uefi_call(CALL_SetMemoryAttributes, &status))
		return status;
	for (unsigned int i = from; i < to; i++)
		attributes[i] |= bits;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI clear(VOID *this, EFI_PHYSICAL_ADDRESS at, UINT64 size, UINT64 bits)
{
	unsigned int from, to;
	EFI_STATUS status;

	(void)this;
	check(at, size, &from, &to);
	for (unsigned int i = from; i < to; i++)
		if (bits == 0 || (bits & before[i]) != 0)
			uefi_die("an attribute is cleared that firmware had set");
	if (uefi_call(CALL_ClearMemoryAttributes, &status))
		return status;
	for (unsigned int i = from; i < to; i++)
		attributes[i] &= ~bits;
	return EFI_SUCCESS;
}

static struct {
	EFI_STATUS(EFIAPI *get)(VOID *this, EFI_PHYSICAL_ADDRESS at, UINT64 size, UINT64 *out);
	EFI_STATUS(EFIAPI *set)(VOID *this, EFI_PHYSICAL_ADDRESS at, UINT64 size, UINT64 bits);
	EFI_STATUS(EFIAPI *clear)(VOID *this, EFI_PHYSICAL_ADDRESS at, UINT64 size, UINT64 bits);
} protocol = {get, set, clear};

bool uefi_is_for_attributes(const EFI_GUID *guid)
{
	return uefi_is_guid(guid,
			    (EFI_GUID){0xf4560cf6, 0x40ec, 0x4b4a, {0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89}});
}

VOID *uefi_attributes(void)
{
	return uefi.keeps_code ? &protocol : NULL;
}

void uefi_attributes_reset(void)
{
	for (unsigned int i = 0; i < N_PAGES; i++)
		before[i] = attributes[i] =
		    uefi.keeps_all || (uefi.keeps_partly && (i == CODE || i == DATA)) ? wanted(i) : 0;
}

/* Which call was to go wrong, where that changes what is left. */
static bool is_service(enum uefi_service service)
{
	return uefi_report.service == (unsigned int)service;
}

void uefi_attributes_left(bool entered)
{
	for (unsigned int i = 0; i < N_PAGES; i++) {
		bool is_partly = uefi.keeps_partly && i >= CODE && i < NAMES && i != CONSTANTS;

		if (!entered && attributes[i] != before[i] && !is_service(CALL_ClearMemoryAttributes))
			uefi_die("firmware gets pages back that it cannot write to, or run");
		if (entered && uefi.keeps_code && !is_partly && attributes[i] != wanted(i) &&
		    !is_service(CALL_LocateProtocol) && !is_service(CALL_GetMemoryAttributes) &&
		    !is_service(CALL_SetMemoryAttributes))
			uefi_die("a page of the loader's can be written to and run");
	}
}
