/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources: UEFI 2.10, 37.7, EFI_MEMORY_ATTRIBUTE_PROTOCOL; Microsoft PE Format, "Section Flags". */
#include "protect.h"

#include "efi_local.h"

#include "../base/pe.h"

#define RUNS	      UINT64_C(0x20000000) /* IMAGE_SCN_MEM_EXECUTE */
#define WRITABLE      UINT64_C(0x80000000) /* IMAGE_SCN_MEM_WRITE */
#define NO_RUN	      UINT64_C(0x4000)	   /* EFI_MEMORY_XP; gnu-efi 3.0.15 does not declare all of these */
#define READ_ONLY     UINT64_C(0x20000)	   /* EFI_MEMORY_RO */
#define MOST_SECTIONS 16

struct attribute_protocol;
typedef EFI_STATUS(EFIAPI *change)(struct attribute_protocol *this, EFI_PHYSICAL_ADDRESS at, UINT64 size,
				   UINT64 attributes);
struct attribute_protocol {
	EFI_STATUS(EFIAPI *Get)
	(struct attribute_protocol *this, EFI_PHYSICAL_ADDRESS at, UINT64 size, UINT64 *attributes);
	change Set, Clear;
};

static EFI_GUID guid = {0xf4560cf6, 0x40ec, 0x4b4a, {0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89}};

static struct attribute_protocol *protocol;
static uint64_t added[1 + MOST_SECTIONS]; /* attributes that firmware had not given the headers, and each section */

static uint64_t attributes_of(uint64_t flags)
{
	return ((flags & RUNS) != 0 ? 0 : NO_RUN) | ((flags & WRITABLE) != 0 ? 0 : READ_ONLY);
}

/* Pages that have not all the same attributes are somebody's who knows better. */
static void protect(EFI_PHYSICAL_ADDRESS at, uint64_t size, uint64_t wanted, uint64_t *is_added)
{
	UINT64 has = wanted;

	if (!EFI_ERROR(protocol->Get(protocol, at, size, &has)) && (wanted & ~has) != 0 &&
	    !EFI_ERROR(protocol->Set(protocol, at, size, wanted & ~has)))
		*is_added = wanted & ~has;
}

static void each_section(bool protects)
{
	struct bytes image = {efi.loaded->ImageBase, PE_HEAD_USUAL};
	struct pe_section section = {.virtual_size =
					 EFI_PAGE}; /* what is before the first is as data that nobody writes */
	struct pe pe;

	if (image.at == NULL || !pe_read(image, &pe))
		return;
	for (unsigned int n = 0; n <= MOST_SECTIONS; n++) {
		EFI_PHYSICAL_ADDRESS at = (uintptr_t)image.at + section.address;
		uint64_t size = align_down(section.virtual_size + EFI_PAGE - 1, EFI_PAGE);

		if (protects)
			protect(at, size, attributes_of(section.flags), &added[n]);
		else if (added[n] != 0)
			protocol->Clear(protocol, at, size, added[n]);
		if (!pe_section_at(image, &pe, n, &section))
			return;
	}
}

void protect_own_image(void)
{
	EFI_STATUS status = efi.boot->LocateProtocol(&guid, NULL, (void **)&protocol);

	if (EFI_ERROR(efi_given(status, protocol)))
		protocol = NULL;
	else
		each_section(true);
}

void unprotect_own_image(void)
{
	if (protocol != NULL)
		each_section(false);
}
