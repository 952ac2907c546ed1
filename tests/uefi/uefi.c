/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot services but memory's (memory.c), and a boot by efi_main. Source of what they answer: UEFI 2.10, 7. */
#include "local.h"

#include <setjmp.h>

#define MANY_CALLS 200000 /* no boot needs so many: the loader goes round in circles */

struct uefi_setup uefi;
struct uefi_report uefi_report;
struct sim_setup sim;
struct sim_outcome outcome;

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

/* What efi/ keeps between calls, which a fresh image of the loader has as its file says; see the Makefile. */
extern uint8_t __start_efi_data[], __stop_efi_data[], __start_efi_bss[], __stop_efi_bss[];

static struct {
	bool ready; /* memory is reserved, and the loader's data is kept */
	uint8_t *data;
	unsigned int n_events;
	jmp_buf left;
	unsigned int exits;
	bool exiting, wrong;
	enum uefi_service wrong_service;
} fw;

static EFI_BOOT_SERVICES boot_services;
static EFI_RUNTIME_SERVICES runtime_services;
static EFI_LOADED_IMAGE loaded;
static int image_handle, console_handle;

void uefi_die(const char *what)
{
	fprintf(stderr, "simulated UEFI: %s (at call %u; fault %#llx in call %u, %s%s)\n%.2000s\n", what, outcome.calls,
		(unsigned long long)uefi.fault, sim.fail_call, uefi_service_name(uefi_report.service),
		uefi.for_ever ? " for ever" : "", uefi_report.console);
	abort();
}

const char *uefi_service_name(unsigned int service)
{
	static const char *const names[] = {
#define X(name) #name,
	    SERVICES(X)
#undef X
	};

	return service < N_CALLS ? names[service] : "none";
}

/* ---- faults ---- */

bool uefi_call(enum uefi_service service, EFI_STATUS *status)
{
	outcome.calls++;
	if (outcome.calls > MANY_CALLS)
		uefi_die("the loader does not come to an end");
	/* UEFI 2.10, 7.4.6: after the first failed try only the memory map and another try are left. */
	if (fw.exiting && service != CALL_GetMemoryMap && service != CALL_ExitBootServices)
		uefi_die("a service was called after a failed ExitBootServices");
	fw.wrong =
	    sim.fail_call != 0 && (outcome.calls == sim.fail_call ||
				   (uefi.for_ever && outcome.calls > sim.fail_call && service == fw.wrong_service));
	if (!fw.wrong)
		return false;
	fw.wrong_service = service;
	uefi_report.service = service;
	*status = (uefi.fault & LIE) != 0 ? EFI_SUCCESS : uefi.fault;
	return true;
}

bool uefi_lies(enum lie lie)
{
	return uefi.fault == (uint64_t)lie;
}

EFI_STATUS uefi_unless_wrong(enum uefi_service service)
{
	EFI_STATUS status = EFI_SUCCESS;

	(void)uefi_call(service, &status);
	return status;
}

/* ---- events: a timer is due at once when it is waited for, and never when it is only looked at ---- */

static EFI_STATUS EFIAPI create_event(UINT32 type, EFI_TPL tpl, EFI_EVENT_NOTIFY notify, VOID *context,
				      EFI_EVENT *event)
{
	EFI_STATUS status;

	(void)tpl;
	(void)context;
	if (type != EVT_TIMER || notify != NULL)
		uefi_die("an event with a callback, which would live on after exit");
	if (uefi_call(CALL_CreateEvent, &status)) {
		*event = NULL;
		if (!EFI_ERROR(status))
			return EFI_OUT_OF_RESOURCES;
		return status;
	}
	fw.n_events++;
	*event = &fw.n_events;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI close_event(EFI_EVENT event)
{
	if (event != &fw.n_events || fw.n_events == 0)
		uefi_die("an event was closed that was not created");
	fw.n_events--;
	return uefi_unless_wrong(CALL_CloseEvent);
}

static EFI_STATUS EFIAPI set_timer(EFI_EVENT event, EFI_TIMER_DELAY type, UINT64 time)
{
	(void)type;
	uefi_report.timers += time;
	if (event != &fw.n_events)
		uefi_die("a timer was set that was not created");
	return uefi_unless_wrong(CALL_SetTimer);
}

static EFI_STATUS EFIAPI wait_for_event(UINTN n, EFI_EVENT *events, UINTN *which)
{
	EFI_STATUS status;

	if (n == 0 || n > 2 || (events[0] != uefi_key_event() && events[0] != uefi_extended_event()))
		uefi_die("somebody waits for what never comes");
	if (uefi_call(CALL_WaitForEvent, &status)) {
		*which = uefi_lies(LIE_TOO_MUCH) ? SIZE_MAX : 0;
		return status;
	}
	if (uefi.keyboard_breaks && *uefi.keys == '\0')
		return EFI_UNSUPPORTED;
	*which = uefi_key_awaited() && uefi_key_ready() ? 0 : 1;
	if (*which == 1 && n == 1)
		uefi_die("the loader waits for a key that nobody presses");
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI check_event(EFI_EVENT event)
{
	EFI_STATUS status = EFI_NOT_READY;

	if (event != &fw.n_events && event != uefi_extended_event())
		uefi_die("an event was looked at that was not created");
	(void)uefi_call(CALL_CheckEvent, &status);
	return status;
}

static EFI_STATUS EFIAPI stall(UINTN microseconds)
{
	uefi_report.stalled += microseconds;
	sim_ticks += microseconds * SIM_TICKS;
	return uefi_unless_wrong(CALL_Stall);
}

static EFI_STATUS EFIAPI set_watchdog_timer(UINTN timeout, UINT64 code, UINTN size, CHAR16 *data)
{
	/* UEFI 2.10, 7.5.1: a timeout of 0 disables it, and no data belongs to that. */
	if (timeout == 0 && code == 0 && size == 0 && data == NULL && uefi_report.watchdog_off++ == 0)
		uefi_report.watchdog_off_at = outcome.calls;
	uefi_report.watchdog = timeout;
	return uefi_unless_wrong(CALL_SetWatchdogTimer);
}

/* ---- protocols ---- */

static EFI_STATUS EFIAPI get_rng(VOID *this, EFI_GUID *algorithm, UINTN size, UINT8 *to)
{
	EFI_STATUS status;

	(void)this;
	(void)algorithm;
	if (uefi_call(CALL_GetRNG, &status))
		return status;
	for (UINTN i = 0; i < size; i++)
		to[i] = (UINT8)(i * 37 + 11);
	return EFI_SUCCESS;
}

static struct {
	VOID *get_info;
	EFI_STATUS(EFIAPI *get_rng)(VOID *this, EFI_GUID *algorithm, UINTN size, UINT8 *to);
} rng = {NULL, get_rng};

static EFI_GRAPHICS_OUTPUT_MODE_INFORMATION mode_info = {.HorizontalResolution = 1280,
							 .VerticalResolution = 800,
							 .PixelFormat = PixelBlueGreenRedReserved8BitPerColor,
							 .PixelsPerScanLine = 1280};
static EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE mode = {.Info = &mode_info, .FrameBufferBase = 0xc0000000};
static EFI_GRAPHICS_OUTPUT_PROTOCOL graphics = {.Mode = &mode};

bool uefi_is_guid(const EFI_GUID *guid, EFI_GUID wanted)
{
	return memcmp(guid, &wanted, sizeof(wanted)) == 0;
}

/* UEFI 2.10, 10.3.5.4: where the loader came from. */
static const uint8_t file_path[] = {4, 4,   22, 0,   '\\', 0,	'E', 0, 'F', 0,	   'I',	 0, '\\',
				    0, 'b', 0,	'.', 0,	   'E', 0,   0, 0,   0x7f, 0xff, 4, 0};

static VOID *protocol_of(EFI_HANDLE handle, const EFI_GUID *guid)
{
	if (handle == &image_handle && uefi_is_guid(guid, (EFI_GUID)LOADED_IMAGE_PROTOCOL))
		return &loaded;
	if (uefi_is_guid(guid, (EFI_GUID)LOADED_IMAGE_PROTOCOL))
		return uefi_image_of(handle);
	if (handle == &console_handle && uefi_is_guid(guid, (EFI_GUID)EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID) &&
	    !uefi.no_screen)
		return &graphics;
	if (handle == &console_handle && uefi_is_guid(guid, (EFI_GUID)EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL_GUID))
		return uefi_extended();
	return uefi_device_protocol(handle, guid);
}

static char behind_the_last; /* what stands there in a list of handles */

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **protocol)
{
	EFI_STATUS status;

	if (uefi_call(CALL_HandleProtocol, &status)) {
		if (!EFI_ERROR(status))
			*protocol = NULL;
		return status;
	}
	if (handle == &behind_the_last)
		uefi_die("a handle is used that is behind the last of a list");
	*protocol = protocol_of(handle, guid);
	return *protocol == NULL ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI locate_handle_buffer(EFI_LOCATE_SEARCH_TYPE how, EFI_GUID *guid, VOID *key, UINTN *n,
					      EFI_HANDLE **to)
{
	EFI_STATUS status;

	(void)key;
	if (uefi_call(CALL_LocateHandleBuffer, &status)) {
		if (!EFI_ERROR(status)) {
			*n = uefi_lies(LIE_TOO_MUCH) ? 1000 : 0;
			*to = NULL;
		}
		return status;
	}
	if (uefi_lists(how == AllHandles ? NULL : guid))
		return uefi_devices_with(how == AllHandles ? NULL : guid, n, to);
	if (uefi.no_screen)
		return EFI_NOT_FOUND;
	*to = malloc(3 * sizeof(**to));
	uefi_keep_pool(*to);
	(*to)[0] = uefi_own_device;
	(*to)[1] = &console_handle;
	(*to)[2] = &behind_the_last;
	*n = 2;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_keyboard_layout(VOID *this, EFI_GUID *key, UINT16 *length, VOID *layout)
{
	UINT16 size = (UINT16)load_le(uefi.layout, 2);
	EFI_STATUS status;

	(void)this;
	if (key != NULL)
		uefi_die("a layout that is not the current one");
	if (uefi_call(CALL_GetKeyboardLayout, &status)) {
		if (uefi_lies(LIE_TOO_MUCH))
			*length = UINT16_MAX;
		if (uefi_lies(LIE_NOTHING))
			*length = 0;
		return status;
	}
	if (*length < size)
		return *length = size, EFI_BUFFER_TOO_SMALL;
	memcpy(layout, uefi.layout, size); /* and *length stays as it was, as EDK2 has it */
	return EFI_SUCCESS;
}

static struct {
	VOID *others[8];
	EFI_STATUS(EFIAPI *get)(VOID *this, EFI_GUID *key, UINT16 *length, VOID *layout);
} layouts = {{NULL}, get_keyboard_layout};

/* UEFI 2.10, 34.8.1. */
static const EFI_GUID layouts_guid = {0xef9fc172, 0xa1b2, 0x4693, {0xb3, 0x27, 0x6d, 0x32, 0xfc, 0x41, 0x60, 0x42}};

/* EFI_DT_FIXUP_PROTOCOL of U-Boot: all that it adds here is another version of the tree's last compatible one. */
static EFI_STATUS EFIAPI fix_tree(VOID *this, VOID *tree, UINTN *size, UINT32 flags)
{
	(void)this;
	if (flags != 3 || *size < 65536)
		uefi_die("a device tree is to be completed otherwise than by all that firmware knows");
	((uint8_t *)tree)[27] = 2;
	if (uefi.tree_breaks)
		((uint8_t *)tree)[0] = 0;
	return EFI_SUCCESS;
}

static struct {
	UINT64 revision;
	EFI_STATUS(EFIAPI *fix)(VOID *this, VOID *tree, UINTN *size, UINT32 flags);
} fixup = {0x10000, fix_tree};

static const EFI_GUID accept_guid = {0x38c74800, 0x5590, 0x4db4, {0xa0, 0xf3, 0x67, 0x5d, 0x9b, 0x8e, 0x80, 0x26}};
static const EFI_GUID fixup_guid = {0xe617d64c, 0xfe08, 0x46da, {0xf4, 0xdc, 0xbb, 0xd5, 0x87, 0x0c, 0x73, 0x00}};

static EFI_STATUS EFIAPI locate_protocol(EFI_GUID *guid, VOID *registration, VOID **protocol)
{
	EFI_STATUS status;

	(void)registration;
	if (uefi_call(CALL_LocateProtocol, &status)) {
		if (!EFI_ERROR(status))
			*protocol = NULL;
		return status;
	}
	if (uefi_is_guid(guid, layouts_guid)) {
		*protocol = &layouts;
		return uefi.layout == NULL ? EFI_NOT_FOUND : EFI_SUCCESS;
	}
	if (uefi_is_shims(guid, protocol))
		return *protocol == NULL ? EFI_NOT_FOUND : EFI_SUCCESS;
	if (uefi_is_tpms(guid)) {
		*protocol = uefi_tpm(guid);
		return *protocol == NULL ? EFI_NOT_FOUND : EFI_SUCCESS;
	}
	if (uefi_is_guid(guid, (EFI_GUID)EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL_GUID)) {
		*protocol = uefi_extended();
		return *protocol == NULL ? EFI_NOT_FOUND : EFI_SUCCESS;
	}
	if (uefi_is_for_attributes(guid)) {
		*protocol = uefi_attributes();
		return *protocol == NULL ? EFI_NOT_FOUND : EFI_SUCCESS;
	}
	if (uefi_is_guid(guid, accept_guid)) {
		*protocol = &boot_services; /* nobody calls it */
		return uefi.accepts ? EFI_SUCCESS : EFI_NOT_FOUND;
	}
	if (uefi_is_guid(guid, fixup_guid)) {
		*protocol = &fixup;
		return uefi.fixes_trees ? EFI_SUCCESS : EFI_NOT_FOUND;
	}
	*protocol = &rng;
	return sim.no_entropy ? EFI_NOT_FOUND : EFI_SUCCESS;
}

/* ---- leaving ---- */

static EFI_STATUS EFIAPI exit_boot_services(EFI_HANDLE image, UINTN key)
{
	EFI_STATUS status;

	if (image != &image_handle)
		uefi_die("ExitBootServices with another's handle");
	uefi_look_for_secrets();
	if (uefi.shim == SHIM_15 && uefi_must_verify() && outcome.verifications == 0)
		uefi_die("shim halts the machine, because it was not asked to verify anything");
	if (uefi_call(CALL_ExitBootServices, &status) && EFI_ERROR(status)) {
		fw.exiting = true;
		return status;
	}
	if (fw.exits++ < uefi.exit_fails || key != uefi_map.key) {
		fw.exiting = true;
		uefi_map.key++;
		return EFI_INVALID_PARAMETER;
	}
	fw.exiting = true;
	outcome.exits++;
	return EFI_SUCCESS;
}

/* UEFI 2.10, 8.5.1: it does not return, which firmware is known to do all the same. */
static EFI_STATUS EFIAPI reset_system(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, CHAR16 *data)
{
	if (outcome.exits != 0)
		uefi_die("the machine was reset although it is the kernel's");
	if (!fw.exiting &&
	    ((type != EfiResetCold && type != EfiResetShutdown) || EFI_ERROR(status) || size != 0 || data != NULL))
		uefi_die("a reset that is not a plain one");
	uefi_report.reset_how = type;
	uefi_report.resets += !fw.exiting;
	if (!fw.exiting && (uefi_call(CALL_ResetSystem, &status) || uefi.stays_on))
		return EFI_UNSUPPORTED;
	uefi_report.reset = fw.exiting;
	uefi_report.rebooted = !fw.exiting;
	longjmp(fw.left, 1);
}

/* UEFI 2.10, 8.4.1: at runtime alone, of the runtime services' memory alone; here nothing is to move. */
static EFI_STATUS EFIAPI set_virtual_address_map(UINTN size, UINTN desc_size, UINT32 version,
						 EFI_MEMORY_DESCRIPTOR *descriptors)
{
	const uint8_t *at = (const uint8_t *)descriptors;

	if (outcome.exits == 0 || outcome.runtime_maps++ != 0)
		uefi_die("SetVirtualAddressMap before exit, or twice");
	if (version != 1 || desc_size != sim.desc_size || size % desc_size != 0)
		uefi_die("SetVirtualAddressMap with descriptors that are none");
	for (UINTN i = 0; i < size; i += desc_size)
		if (load_le(at + i + 32, 8) >> 63 == 0 || load_le(at + i + 8, 8) != load_le(at + i + 16, 8))
			uefi_die("SetVirtualAddressMap of something else, or to somewhere else");
	return uefi.maps_nothing ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

void sim_leave(void)
{
	longjmp(fw.left, 1);
}

/* ---- a boot ---- */

const char *sim_log(void)
{
	return uefi_report.console;
}

static void prepare_once(void)
{
	size_t data = (size_t)(__stop_efi_data - __start_efi_data);

	fw.ready = true;
	uefi_memory_reserve();
	fw.data = malloc(data);
	memcpy(fw.data, __start_efi_data, data);
}

void sim_reset(void)
{
	if (!fw.ready)
		prepare_once();
	sim_end();
	sim = (struct sim_setup){.desc_size = 48};
	uefi = (struct uefi_setup){.fault = 0};
	uefi_variables_reset();
}

void sim_end(void)
{
	uefi_memory_end();
}

static void set_up_tables(EFI_SYSTEM_TABLE *table)
{
	static CHAR16 vendor[] = L"Simulated UEFI", apple[] = L"Apple";

	memset(table, 0, sizeof(*table));
	table->Hdr.Signature = EFI_SYSTEM_TABLE_SIGNATURE;
	table->BootServices = &boot_services;
	table->RuntimeServices = &runtime_services;
	table->Hdr.Revision = 2u << 16 | 70;
	table->FirmwareVendor = uefi.is_apples	      ? apple
				: uefi.vendor != NULL ? (CHAR16 *)(uintptr_t)uefi.vendor
						      : vendor;
	if (uefi.no_vendor)
		table->FirmwareVendor = NULL;
	table->FirmwareRevision = 0x10001;
	table->ConsoleOutHandle = table->ConsoleInHandle = &console_handle;
	uefi_tables_set_up(table, &boot_services, &runtime_services);
	uefi_console_set_up(table);
	uefi_memory_set_up(&boot_services);
	boot_services.CreateEvent = create_event;
	boot_services.CloseEvent = close_event;
	boot_services.SetTimer = set_timer;
	boot_services.WaitForEvent = wait_for_event;
	boot_services.CheckEvent = check_event;
	boot_services.Stall = stall;
	boot_services.SetWatchdogTimer = set_watchdog_timer;
	boot_services.HandleProtocol = handle_protocol;
	boot_services.LocateHandleBuffer = locate_handle_buffer;
	boot_services.LocateProtocol = locate_protocol;
	boot_services.ExitBootServices = exit_boot_services;
	uefi_images_set_up(&boot_services);
	uefi_variables_set_up(&runtime_services);
	runtime_services.ResetSystem = reset_system;
	runtime_services.SetVirtualAddressMap = set_virtual_address_map;
	uefi_devices_set_up(&boot_services);
	loaded = (EFI_LOADED_IMAGE){.DeviceHandle = uefi_from_device(), .ImageBase = uefi_own_image()};
	if (!uefi.no_origin)
		loaded.FilePath = (EFI_DEVICE_PATH *)(uintptr_t)file_path;
	if (uefi.option != NULL) {
		loaded.LoadOptions = (VOID *)(uintptr_t)uefi.option;
		loaded.LoadOptionsSize = (UINT32)strlen(uefi.option);
	}
}

void sim_boot(const struct entry *entry, const struct loader_conf *conf)
{
	EFI_SYSTEM_TABLE *table = (EFI_SYSTEM_TABLE *)(uintptr_t)sim.machine.system_table;
	static EFI_STATUS status; /* kept across the jump */

	(void)entry; /* the loader reads them itself, from files */
	(void)conf;
	outcome = (struct sim_outcome){.entered = false};
	uefi_report.reset = uefi_report.rebooted = false;
	uefi_report.pools = 0;
	uefi_report.watchdog_off = uefi_report.clears = 0;
	uefi_report.timers = uefi_report.stalled = 0;
	uefi_report.writes = uefi_report.removals = 0;
	uefi_report.loads = uefi_report.loads_from_memory = uefi_report.starts = uefi_report.resets = 0;
	uefi_report.longest = uefi_report.boot_next = 0;
	uefi_report.renames = uefi_report.writes_to_disk = uefi_report.seed_tables = uefi_report.tree_tables =
	    uefi_report.log_writes = 0;
	uefi_report.made_file = uefi_report.earlier_cleared = false;
	uefi_report.enrolled[0] = '\0';
	uefi_report.custom_mode = uefi.custom_mode;
	uefi_report.blocks = uefi_report.connects = uefi_report.drivers = uefi_report.other_volumes = 0;
	uefi_report.service = N_CALLS;
	uefi_verified = NULL;
	uefi_files_reset();
	uefi_shim_reset();
	uefi_tpm_reset();
	uefi_attributes_reset();
	fw.n_events = uefi_map.looks = fw.exits = 0;
	fw.exiting = false;
	memcpy(__start_efi_data, fw.data, (size_t)(__stop_efi_data - __start_efi_data));
	memset(__start_efi_bss, 0, (size_t)(__stop_efi_bss - __start_efi_bss));
	uefi_memory_open(sim.machine.system_table);
	set_up_tables(table);
	status = EFI_SUCCESS;
	uefi_entered_from = __builtin_frame_address(0);
	if (setjmp(fw.left) == 0)
		status = efi_main(&image_handle, table);
	if (outcome.entered)
		uefi_check_verified();
	if (!uefi_report.rebooted && !uefi_report.reset)
		uefi_attributes_left(outcome.entered);
	outcome.files_left = uefi_files_open() - (outcome.entered ? uefi_volumes_open() : 0);
	uefi_memory_left(&outcome);
	outcome.surveys_left += fw.n_events + uefi_images_loaded();
	if (uefi_report.rebooted) /* a reset gives all memory back */
		outcome.surveys_left = 0;
	if (!outcome.entered) {
		outcome.status = outcome.why.status = IO_ERROR;
		snprintf(outcome.why.text, sizeof(outcome.why.text), "%s%#lx %.900s",
			 uefi_report.reset	? "reset "
			 : uefi_report.rebooted ? "reboot "
						: "status ",
			 (unsigned long)status, uefi_report.console);
	}
}
