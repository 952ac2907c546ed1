/* SPDX-License-Identifier: BSD-2-Clause */
/* What a loader passes to the program that it starts. Source: UEFI 2.10, 9.1 (EFI_LOADED_IMAGE_PROTOCOL). */
#include "trees.h"

#define MOST 512 /* units of it that are told */

static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
static CHAR16 options[MOST];
static UINTN size; /* bytes, and one more when something is passed */

void options_take(EFI_HANDLE image)
{
	EFI_LOADED_IMAGE *loaded = NULL;

	size = 0;
	if (EFI_ERROR(bs->HandleProtocol(image, &loaded_image_guid, (VOID **)&loaded)) || loaded->LoadOptions == NULL ||
	    loaded->LoadOptionsSize > sizeof(options))
		return;
	size = loaded->LoadOptionsSize + 1;
	memcpy(options, loaded->LoadOptions, loaded->LoadOptionsSize);
}

void options_tell(void)
{
	if (size == 0)
		return;
	tell_start("trees: options ");
	for (UINTN i = 0; i < size / sizeof(CHAR16); i++)
		tell_wide(options[i] == 0 ? L"|" : &options[i], 1);
	tell_end();
	size = 0;
}
