/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A loader runs with services that end it: by Exit in its name (UEFI 2.10, 7.4.5), which forgets what it had on the
 * stack, and gives its code's memory back. What else it had taken stays taken.
 */
#include "trees.h"

static EFI_BOOT_SERVICES real;
static EFI_SET_VARIABLE real_set_variable;
static EFI_RESET_SYSTEM real_reset;
static EFI_HANDLE running;
static bool has_chosen;
static const char *ending;

static void leave(const char *how)
{
	ending = how;
	real.Exit(running, EFI_ABORTED, 0, NULL);
}

static EFI_STATUS EFIAPI set_variable(CHAR16 *name, EFI_GUID *vendor, UINT32 attributes, UINTN size, VOID *data)
{
	has_chosen = has_chosen || variable_is(name, vendor, "LoaderEntrySelected");
	return real_set_variable(name, vendor, attributes, size, data);
}

static EFI_STATUS EFIAPI wait_for_event(UINTN n, EFI_EVENT *event, UINTN *index)
{
	if (screen_is_drawn())
		leave("waits");
	return real.WaitForEvent(n, event, index);
}

/* Longer ones are for people, who read something meanwhile. */
static EFI_STATUS EFIAPI stall(UINTN microseconds)
{
	return microseconds > 10000 ? EFI_SUCCESS : real.Stall(microseconds);
}

/*
 * systemd-boot says what it starts before it loads it, Berth before it starts it. What firmware loads is handed its
 * initrd between the two; the kernels here are no programs, and end this with a loader that reads and enters them.
 */
static EFI_STATUS EFIAPI load_image(BOOLEAN policy, EFI_HANDLE parent, EFI_DEVICE_PATH *path, VOID *data, UINTN size,
				    EFI_HANDLE *image)
{
	EFI_STATUS status = real.LoadImage(policy, parent, path, data, size, image);

	if (has_chosen && EFI_ERROR(status))
		leave("starts");
	return status;
}

static EFI_STATUS EFIAPI start_image(EFI_HANDLE image, UINTN *size, CHAR16 **words)
{
	if (has_chosen) {
		initrd_take();
		options_take(image);
		leave("starts");
	}
	return real.StartImage(image, size, words);
}

static EFI_STATUS EFIAPI exit_boot_services(EFI_HANDLE image, UINTN key)
{
	(void)image;
	(void)key;
	leave("starts");
	return EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI reset_system(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, CHAR16 *words)
{
	(void)type;
	(void)status;
	(void)size;
	(void)words;
	leave("resets");
	return EFI_UNSUPPORTED;
}

void watch(EFI_HANDLE loader)
{
	EFI_RUNTIME_SERVICES *rt = st->RuntimeServices;

	real = *bs;
	real_set_variable = rt->SetVariable;
	real_reset = rt->ResetSystem;
	running = loader;
	has_chosen = false;
	ending = "returns";
	bs->WaitForEvent = wait_for_event;
	bs->Stall = stall;
	bs->LoadImage = load_image;
	bs->StartImage = start_image;
	bs->ExitBootServices = exit_boot_services;
	rt->SetVariable = set_variable;
	rt->ResetSystem = reset_system;
	screen_watch();
	real.StartImage(loader, NULL, NULL);
	screen_unwatch();
	rt->SetVariable = real_set_variable;
	rt->ResetSystem = real_reset;
	bs->WaitForEvent = real.WaitForEvent;
	bs->Stall = real.Stall;
	bs->LoadImage = real.LoadImage;
	bs->StartImage = real.StartImage;
	bs->ExitBootServices = real.ExitBootServices;
}

const char *how_it_ended(void)
{
	return ending;
}
