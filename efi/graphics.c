/* SPDX-License-Identifier: BSD-2-Clause */
/* The framebuffer that firmware leaves behind. Source: UEFI 2.10, 12.9, EFI_GRAPHICS_OUTPUT_PROTOCOL. */
#include "efi_local.h"

static EFI_GUID graphics_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;

static struct channel channel_of(uint32_t mask)
{
	struct channel channel = {0, 0};

	if (mask == 0)
		return channel;
	channel.position = (uint8_t)__builtin_ctz(mask);
	channel.size = (uint8_t)(32 - __builtin_clz(mask) - channel.position);
	return channel;
}

static bool set_channels(struct screen *screen, const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info)
{
	EFI_PIXEL_BITMASK mask = {0x000000ff, 0x0000ff00, 0x00ff0000, 0xff000000};

	if (info->PixelFormat == PixelBlueGreenRedReserved8BitPerColor)
		mask = (EFI_PIXEL_BITMASK){0x00ff0000, 0x0000ff00, 0x000000ff, 0xff000000};
	else if (info->PixelFormat == PixelBitMask)
		mask = info->PixelInformation;
	else if (info->PixelFormat != PixelRedGreenBlueReserved8BitPerColor)
		return false; /* PixelBltOnly: no memory that the kernel could write to */
	screen->red = channel_of(mask.RedMask);
	screen->green = channel_of(mask.GreenMask);
	screen->blue = channel_of(mask.BlueMask);
	screen->reserved = channel_of(mask.ReservedMask);
	return true;
}

/* False, and @screen gets no size, when this one has no memory that the kernel could draw in. */
static bool take_screen(EFI_GRAPHICS_OUTPUT_PROTOCOL *graphics, struct screen *screen)
{
	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info;
	unsigned int bits;

	*screen = (struct screen){0};
	if (graphics == NULL || graphics->Mode == NULL || graphics->Mode->Info == NULL)
		return false;
	info = graphics->Mode->Info;
	if (graphics->Mode->FrameBufferBase == 0 || info->HorizontalResolution == 0 ||
	    info->HorizontalResolution > UINT16_MAX || info->VerticalResolution > UINT16_MAX ||
	    !set_channels(screen, info))
		return false;
	bits = (unsigned int)screen->red.size + screen->green.size + screen->blue.size + screen->reserved.size;
	/* screen_info's line length has 16 bits. */
	if (bits == 0 || info->PixelsPerScanLine > UINT16_MAX ||
	    info->PixelsPerScanLine * ((bits + 7) / 8) > UINT16_MAX)
		return false;
	screen->line_bytes = info->PixelsPerScanLine * ((bits + 7) / 8);
	screen->base = graphics->Mode->FrameBufferBase;
	screen->height = info->VerticalResolution;
	screen->width = info->HorizontalResolution;
	return true;
}

/* With several cards the console's own protocol stands for all and has no memory: takes the first card with any. */
static void take_first_screen(struct screen *screen)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *graphics = NULL;
	EFI_HANDLE *handle;
	UINTN count = efi_handles_with(&graphics_guid, &handle);
	bool taken = false;

	for (UINTN i = 0; i < count && !taken; i++)
		taken = !EFI_ERROR(efi.boot->HandleProtocol(handle[i], &graphics_guid, (void **)&graphics)) &&
			take_screen(graphics, screen);
	efi_free(handle);
}

void efi_screen(struct screen *screen)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *graphics = NULL;

	(void)efi.boot->HandleProtocol(efi.system->ConsoleOutHandle, &graphics_guid, (void **)&graphics);
	if (!take_screen(graphics, screen))
		take_first_screen(screen);
	if (screen->width == 0)
		*screen = (struct screen){0};
}
