/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bent services. Firmware's own drivers call through the same table as the loader: only calls from the loader's image
 * are meant, and others pass.
 */
#include "shape.h"

#define WHOLE_SECOND 1000000 /* microseconds */

EFI_BOOT_SERVICES real;
bool exiting;
UINT64 read_ticks;
static UINT64 variable_ticks; /* spent in variable services since the loader started */
static UINT64 image_ticks;    /* and in LoadImage and UnloadImage */
static UINT64 wait_ticks;     /* and in WaitForEvent and Stall */

static EFI_GET_VARIABLE real_get_variable;
static EFI_SET_VARIABLE real_set_variable;
static UINT64 image_start, image_end;

void watch(EFI_LOADED_IMAGE *loader)
{
	image_start = (UINTN)loader->ImageBase;
	image_end = image_start + loader->ImageSize;
	exiting = false;
	tell_code("when it is loaded ");
}

void tell_code(const char *when)
{
	if (!wish.code)
		return;
	tell_start();
	tell("pages that can be written to and run ");
	tell(when);
	tell_number(writable_code(image_start, image_end));
	tell_end();
}

bool by_loader(const void *caller)
{
	return (UINTN)caller >= image_start && (UINTN)caller < image_end;
}

/* ---- leaving ---- */

static EFI_STATUS EFIAPI bent_exit(EFI_HANDLE image, UINTN key)
{
	EFI_STATUS status;

	if (fault(S_ExitBootServices, &status) == FAILS)
		return exiting = true, status;
	if (!exiting)
		tell_code("when it leaves ");
	exiting = true;
	if (wish.meter) {
		mark('R', read_ticks);
		mark('V', variable_ticks);
		mark('W', wait_ticks);
		if (image_ticks != 0) {
			mark('I', image_ticks);
			mark('D', disk_bytes);
		}
		mark('X', now());
	} else if (wish.n_sweeps == 0) {
		mark('E', wish.exit_fails);
	}
	if (wish.exit_fails > 0) {
		wish.exit_fails--;
		return EFI_INVALID_PARAMETER;
	}
	if (wish.n_sweeps != 0)
		return pretend_to_exit();
	st->RuntimeServices->GetVariable = real_get_variable; /* for this code is gone soon */
	st->RuntimeServices->SetVariable = real_set_variable;
	return real.ExitBootServices(image, key);
}

static EFI_STATUS EFIAPI bent_reset(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, CHAR16 *data)
{
	(void)type;
	(void)status;
	(void)size;
	(void)data;
	leave_loader(ENDED_BY_RESET);
}

/* ---- memory ---- */

static EFI_STATUS EFIAPI bent_pages(EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE memory, UINTN pages,
				    EFI_PHYSICAL_ADDRESS *address)
{
	EFI_STATUS status;

	if (!by_loader(CALLER))
		return real.AllocatePages(type, memory, pages, address);
	if (fault(S_AllocatePages, &status) == FAILS)
		return status;
	if (type == AllocateAddress && wish.claims_fail > 0) {
		wish.claims_fail--;
		return EFI_NOT_FOUND;
	}
	status = real.AllocatePages(type, memory, pages, address);
	if (!EFI_ERROR(status))
		took(PAGES, *address, pages);
	return status;
}

static EFI_STATUS EFIAPI bent_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **out)
{
	EFI_STATUS status;

	if (!by_loader(CALLER))
		return real.AllocatePool(type, size, out);
	if (fault(S_AllocatePool, &status) == FAILS)
		return status;
	status = real.AllocatePool(type, size, out);
	if (!EFI_ERROR(status))
		took(POOL, (UINTN)*out, size);
	return status;
}

/* What releases does so even when it is to answer an error: what then is left is no leak of the loader's. */
static EFI_STATUS EFIAPI bent_free_pages(EFI_PHYSICAL_ADDRESS at, UINTN pages)
{
	EFI_STATUS status, wanted;

	if (!by_loader(CALLER))
		return real.FreePages(at, pages);
	gave_back(PAGES, at);
	status = real.FreePages(at, pages);
	return fault(S_FreePages, &wanted) == FAILS ? wanted : status;
}

static EFI_STATUS EFIAPI bent_free_pool(VOID *at)
{
	EFI_STATUS status, wanted;

	if (!by_loader(CALLER))
		return real.FreePool(at);
	gave_back(POOL, (UINTN)at);
	status = real.FreePool(at);
	return fault(S_FreePool, &wanted) == FAILS ? wanted : status;
}

/* What a table tells the system, such as a random seed, stays when a boot fails: it is firmware's from then on. */
static EFI_STATUS EFIAPI bent_install(EFI_GUID *guid, VOID *table)
{
	EFI_STATUS status;

	if (!by_loader(CALLER))
		return real.InstallConfigurationTable(guid, table);
	if (fault(S_InstallConfigurationTable, &status) == FAILS)
		return status;
	status = real.InstallConfigurationTable(guid, table);
	if (!EFI_ERROR(status) && table != NULL)
		gave_back(POOL, (UINTN)table);
	return status;
}

static EFI_STATUS EFIAPI bent_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key, UINTN *desc_size,
				  UINT32 *version)
{
	EFI_STATUS status;

	if (!by_loader(CALLER))
		return real.GetMemoryMap(size, map, key, desc_size, version);
	if (fault(S_GetMemoryMap, &status) == FAILS) {
		if (status == EFI_BUFFER_TOO_SMALL)
			*size += *size / 2 + 480;
		return status;
	}
	/* Only the last map, which the kernel gets, is written to pages. */
	if (sweep_refuses() && has_taken(PAGES, (UINTN)map))
		return EFI_DEVICE_ERROR;
	return told_map(size, map, key, desc_size, version);
}

/* ---- protocols ---- */

static EFI_STATUS EFIAPI bent_handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **interface)
{
	EFI_STATUS status;

	if (by_loader(CALLER)) {
		switch (fault(S_HandleProtocol, &status)) {
		case FAILS:
			return status;
		case NULLS:
			*interface = NULL;
			return EFI_SUCCESS;
		default:
			break;
		}
	}
	status = real.HandleProtocol(handle, guid, interface);
	if (!EFI_ERROR(status) && by_loader(CALLER))
		bend_extended(guid, *interface);
	return status;
}

static EFI_STATUS EFIAPI bent_locate(EFI_GUID *guid, VOID *registration, VOID **interface)
{
	EFI_STATUS status;

	if (!by_loader(CALLER))
		return real.LocateProtocol(guid, registration, interface);
	switch (fault(S_LocateProtocol, &status)) {
	case FAILS:
		return status;
	case NULLS:
		*interface = NULL;
		return EFI_SUCCESS;
	default:
		break;
	}
	status = real.LocateProtocol(guid, registration, interface);
	if (!EFI_ERROR(status)) {
		bend_random(guid, *interface);
		bend_extended(guid, *interface);
		bend_tpm(guid, interface);
	}
	return status;
}

static EFI_STATUS EFIAPI bent_locate_handles(EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *guid, VOID *key, UINTN *count,
					     EFI_HANDLE **handles)
{
	EFI_STATUS status;

	if (!by_loader(CALLER))
		return real.LocateHandleBuffer(type, guid, key, count, handles);
	if (fault(S_LocateHandleBuffer, &status) == FAILS)
		return status;
	status = real.LocateHandleBuffer(type, guid, key, count, handles);
	if (!EFI_ERROR(status))
		took(POOL, (UINTN)*handles, *count * sizeof(EFI_HANDLE));
	return status;
}

/* ---- events and time ---- */

static EFI_STATUS EFIAPI bent_create_event(UINT32 type, EFI_TPL tpl, EFI_EVENT_NOTIFY notify, VOID *context,
					   EFI_EVENT *event)
{
	EFI_STATUS status;

	if (!by_loader(CALLER))
		return real.CreateEvent(type, tpl, notify, context, event);
	if (fault(S_CreateEvent, &status) == FAILS)
		return status;
	status = real.CreateEvent(type, tpl, notify, context, event);
	if (!EFI_ERROR(status))
		took(EVENT, (UINTN)*event, 0);
	timer_is_set(false);
	return status;
}

static EFI_STATUS EFIAPI bent_close_event(EFI_EVENT event)
{
	EFI_STATUS status, wanted;

	if (!by_loader(CALLER))
		return real.CloseEvent(event);
	gave_back(EVENT, (UINTN)event);
	status = real.CloseEvent(event);
	return fault(S_CloseEvent, &wanted) == FAILS ? wanted : status;
}

static EFI_STATUS EFIAPI bent_check_event(EFI_EVENT event)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_CheckEvent, &status) == FAILS)
		return status;
	return real.CheckEvent(event);
}

static EFI_STATUS EFIAPI bent_wait(UINTN count, EFI_EVENT *events, UINTN *which)
{
	EFI_STATUS status;

	if (by_loader(CALLER)) {
		if (fault(S_WaitForEvent, &status) == FAILS)
			return status;
		if (wish.n_sweeps != 0)
			return key_comes(count, which);
		if (wish.keyboard_ready) {
			*which = 0;
			return EFI_SUCCESS;
		}
	}
	return real.WaitForEvent(count, events, which);
}

static EFI_STATUS EFIAPI bent_set_timer(EFI_EVENT event, EFI_TIMER_DELAY type, UINT64 time)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_SetTimer, &status) == FAILS)
		return status;
	timer_is_set(true);
	return real.SetTimer(event, type, time);
}

static EFI_STATUS EFIAPI bent_stall(UINTN microseconds)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_Stall, &status) == FAILS)
		return status;
	if (by_loader(CALLER) && wish.n_sweeps != 0 && microseconds >= WHOLE_SECOND)
		return EFI_SUCCESS; /* nobody reads what stays on the screen for so long */
	return real.Stall(microseconds);
}

static EFI_STATUS EFIAPI bent_watchdog(UINTN seconds, UINT64 code, UINTN size, CHAR16 *data)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_SetWatchdogTimer, &status) == FAILS)
		return status;
	return real.SetWatchdogTimer(seconds, code, size, data);
}

static EFI_STATUS EFIAPI bent_get_variable(CHAR16 *name, EFI_GUID *guid, UINT32 *attributes, UINTN *size, VOID *data)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_GetVariable, &status) == FAILS)
		return status;
	return real_get_variable(name, guid, attributes, size, data);
}

static EFI_STATUS EFIAPI bent_set_variable(CHAR16 *name, EFI_GUID *guid, UINT32 attributes, UINTN size, VOID *data)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_SetVariable, &status) == FAILS)
		return status;
	return real_set_variable(name, guid, attributes, size, data);
}

static EFI_STATUS EFIAPI metered_get_variable(CHAR16 *name, EFI_GUID *guid, UINT32 *attributes, UINTN *size, VOID *data)
{
	UINT64 start = now();
	EFI_STATUS status = real_get_variable(name, guid, attributes, size, data);

	variable_ticks += now() - start;
	return status;
}

static EFI_STATUS EFIAPI metered_set_variable(CHAR16 *name, EFI_GUID *guid, UINT32 attributes, UINTN size, VOID *data)
{
	UINT64 start = now();
	EFI_STATUS status = real_set_variable(name, guid, attributes, size, data);

	variable_ticks += now() - start;
	return status;
}

static EFI_STATUS EFIAPI metered_load(BOOLEAN policy, EFI_HANDLE parent, EFI_DEVICE_PATH *path, VOID *source,
				      UINTN size, EFI_HANDLE *image)
{
	UINT64 start = now();
	EFI_STATUS status = real.LoadImage(policy, parent, path, source, size, image);

	image_ticks += now() - start;
	return status;
}

static EFI_STATUS EFIAPI metered_unload(EFI_HANDLE image)
{
	UINT64 start = now();
	EFI_STATUS status = real.UnloadImage(image);

	image_ticks += now() - start;
	return status;
}

static EFI_STATUS EFIAPI metered_wait(UINTN count, EFI_EVENT *events, UINTN *which)
{
	UINT64 start = now();
	EFI_STATUS status = real.WaitForEvent(count, events, which);

	wait_ticks += now() - start;
	return status;
}

static EFI_STATUS EFIAPI metered_stall(UINTN microseconds)
{
	UINT64 start = now();
	EFI_STATUS status = real.Stall(microseconds);

	wait_ticks += now() - start;
	return status;
}

static void meter_services(void)
{
	bs->WaitForEvent = metered_wait;
	bs->Stall = metered_stall;
	st->RuntimeServices->GetVariable = metered_get_variable;
	st->RuntimeServices->SetVariable = metered_set_variable;
	bs->LoadImage = metered_load;
	bs->UnloadImage = metered_unload;
	disk_bytes = 0;
}

void forget_variables(void)
{
	static const EFI_GUID loader = {0x4a67b082, 0x0a4c, 0x41cf, {0xb6, 0xc7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f}};
	CHAR16 name[64] = {0};
	EFI_GUID vendor = {0};
	UINTN size = sizeof(name);

	while (!EFI_ERROR(st->RuntimeServices->GetNextVariableName(&size, name, &vendor))) {
		if (memcmp(&vendor, &loader, sizeof(loader)) == 0) {
			st->RuntimeServices->SetVariable(name, &vendor, 0, 0, NULL);
			name[0] = 0; /* from the first again: the one that was asked for is gone */
		}
		size = sizeof(name);
	}
}

/* AMI's firmware answers so of files on CD-ROMs. */
static EFI_STATUS EFIAPI bent_load(BOOLEAN policy, EFI_HANDLE parent, EFI_DEVICE_PATH *path, VOID *source, UINTN size,
				   EFI_HANDLE *image)
{
	if (by_loader(CALLER) && source == NULL && wish.paths_fail)
		return EFI_NOT_FOUND;
	if (by_loader(CALLER) && wish.images_none) {
		*image = NULL;
		return EFI_SUCCESS;
	}
	return real.LoadImage(policy, parent, path, source, size, image);
}

/* ---- all of them ---- */

static EFI_RESET_SYSTEM real_reset;

static void bend_the_rest(void)
{
	bs->AllocatePool = bent_pool;
	bs->FreePages = bent_free_pages;
	bs->FreePool = bent_free_pool;
	bs->GetMemoryMap = bent_map;
	bs->InstallConfigurationTable = bent_install;
	bs->LoadImage = bent_load;
	bs->HandleProtocol = bent_handle_protocol;
	bs->LocateProtocol = bent_locate;
	bs->LocateHandleBuffer = bent_locate_handles;
	bs->CreateEvent = bent_create_event;
	bs->CloseEvent = bent_close_event;
	bs->CheckEvent = bent_check_event;
	bs->WaitForEvent = bent_wait;
	bs->SetTimer = bent_set_timer;
	bs->Stall = bent_stall;
	bs->SetWatchdogTimer = bent_watchdog;
	st->RuntimeServices->GetVariable = bent_get_variable;
	st->RuntimeServices->SetVariable = bent_set_variable;
	if (wish.n_sweeps != 0)
		st->RuntimeServices->ResetSystem = bent_reset;
	bend_console();
}

void bend(EFI_FILE_IO_INTERFACE *volume)
{
	real = *bs;
	real_get_variable = st->RuntimeServices->GetVariable;
	real_set_variable = st->RuntimeServices->SetVariable;
	real_reset = st->RuntimeServices->ResetSystem;
	bs->ExitBootServices = bent_exit;
	bs->AllocatePages = bent_pages;
	if (wish.meter) /* nothing else that costs the loader instructions while it is measured */
		meter_services();
	else
		bend_the_rest();
	bend_volume(volume);
}

void unbend(EFI_FILE_IO_INTERFACE *volume)
{
	*bs = real;
	st->RuntimeServices->GetVariable = real_get_variable;
	st->RuntimeServices->SetVariable = real_set_variable;
	st->RuntimeServices->ResetSystem = real_reset;
	if (!wish.meter)
		unbend_console();
	unbend_volume(volume);
}
