/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory as it is: pieces of it held, and pages counted. */
#include "shape.h"

void make_fragments(unsigned int n)
{
	for (UINTN i = 0; i < n; i++) {
		EFI_PHYSICAL_ADDRESS at = 0x20000000 + i * 8192;

		bs->AllocatePages(AllocateAddress, EfiReservedMemoryType, 1, &at);
	}
}

UINT64 loader_pages(void)
{
	static UINT8 map[1 << 20];
	UINTN size = sizeof(map), key, desc_size = 48;
	UINT32 version;
	UINT64 pages = 0;

	if (EFI_ERROR(bs->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)(void *)map, &key, &desc_size, &version)))
		return 0;
	for (UINTN at = 0; at + desc_size <= size; at += desc_size) {
		EFI_MEMORY_DESCRIPTOR *d = (EFI_MEMORY_DESCRIPTOR *)(void *)(map + at);

		if (d->Type == EfiLoaderCode || d->Type == EfiLoaderData)
			pages += d->NumberOfPages;
	}
	return pages;
}
