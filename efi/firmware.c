/* SPDX-License-Identifier: BSD-2-Clause */
/* The rest of loader/firmware.h's body: facts of the machine, entropy, progress, time. */
#include "log.h"

#include "../arch/arch.h"
#include "../base/mem.h"
#include "../protocol/device_tree.h"

#define SECOND_OF_TIMER 10000000u	/* in SetTimer's 100 ns */
#define SHOW_AFTER	SECOND_OF_TIMER /* a file that takes longer shows its progress */
#define SHOW_EVERY	2500000u

static EFI_GUID acpi_20_guid = ACPI_20_TABLE_GUID;
static EFI_GUID acpi_10_guid = ACPI_TABLE_GUID;
/* UEFI 2.10, 4.6.1.3, EFI_DTB_TABLE_GUID. */
EFI_GUID efi_tree_guid = {0xb1b621d5, 0xf19c, 0x41a5, {0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0}};
/* UEFI 2.10, 37.5, EFI_RNG_PROTOCOL; gnu-efi 3.0.15 does not declare it. */
static EFI_GUID rng_guid = {0x3152bca5, 0xeade, 0x433d, {0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44}};

struct rng_protocol {
	EFI_STATUS(EFIAPI *GetInfo)(struct rng_protocol *this, UINTN *size, EFI_GUID *list);
	EFI_STATUS(EFIAPI *GetRNG)(struct rng_protocol *this, EFI_GUID *algorithm, UINTN size, UINT8 *value);
};

const char *efi_status_words(EFI_STATUS status)
{
	static const struct {
		EFI_STATUS status;
		const char *words;
	} table[] = {
	    {EFI_SUCCESS, "success"},
	    {EFI_LOAD_ERROR, "load error"},
	    {EFI_INVALID_PARAMETER, "invalid parameter"},
	    {EFI_UNSUPPORTED, "unsupported"},
	    {EFI_BAD_BUFFER_SIZE, "bad buffer size"},
	    {EFI_BUFFER_TOO_SMALL, "buffer too small"},
	    {EFI_NOT_READY, "not ready"},
	    {EFI_DEVICE_ERROR, "device error"},
	    {EFI_WRITE_PROTECTED, "write-protected"},
	    {EFI_OUT_OF_RESOURCES, "out of resources"},
	    {EFI_VOLUME_CORRUPTED, "the file system is corrupted"},
	    {EFI_VOLUME_FULL, "the volume is full"},
	    {EFI_NO_MEDIA, "no medium"},
	    {EFI_MEDIA_CHANGED, "the medium was changed"},
	    {EFI_NOT_FOUND, "not found"},
	    {EFI_ACCESS_DENIED, "access denied"},
	    {EFI_NO_RESPONSE, "no response"},
	    {EFI_TIMEOUT, "timeout"},
	    {EFI_ABORTED, "aborted"},
	    {EFI_SECURITY_VIOLATION, "security violation"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status)
			return table[i].words;
	return "an error that UEFI does not name";
}

void *efi_table(const EFI_GUID *guid)
{
	for (UINTN i = 0; i < efi.system->NumberOfTableEntries; i++)
		if (memcmp(&efi.system->ConfigurationTable[i].VendorGuid, guid, sizeof(*guid)) == 0)
			return efi.system->ConfigurationTable[i].VendorTable;
	return NULL;
}

EFI_STATUS efi_alloc_table(size_t size, void **table)
{
	EFI_STATUS status;

	*table = NULL;
	status = efi.boot->AllocatePool(EfiACPIReclaimMemory, size, table);
	return efi_given(status, *table);
}

EFI_STATUS efi_install_table(EFI_GUID *guid, void *table)
{
	EFI_STATUS status = efi.boot->InstallConfigurationTable(guid, table);

	/* As of a service that gives nothing. */
	return !EFI_ERROR(status) && efi_table(guid) != table ? EFI_UNSUPPORTED : status;
}

static uint64_t find_rsdp(void)
{
	const void *rsdp = efi_table(&acpi_20_guid);

	return (uintptr_t)(rsdp != NULL ? rsdp : efi_table(&acpi_10_guid));
}

/* What is not a tree is passed on with what can be read of it: its user refuses it by name. */
static struct bytes find_tree(void)
{
	const uint8_t *tree = efi_table(&efi_tree_guid);
	uint64_t size;

	if (tree == NULL)
		return (struct bytes){NULL, 0};
	size = tree_total_size(tree);
	return (struct bytes){tree, size < TREE_HEADER ? TREE_HEADER : (size_t)size};
}

void fw_machine(struct machine *machine)
{
	machine->system_table = (uintptr_t)efi.system;
	machine->efi_32_bits = sizeof(UINTN) == 4;
	machine->rsdp = find_rsdp();
	machine->tree = find_tree();
	machine->secure_boot = efi_secure_boot();
	efi_screen(&machine->screen);
	if (arch_enters(arch_here(), ELF_RISCV))
		machine->has_hart = efi_boot_hart(&machine->hart);
}

bool fw_random(void *to, size_t size)
{
	struct rng_protocol *rng = NULL;
	EFI_STATUS status = efi.boot->LocateProtocol(&rng_guid, NULL, (void **)&rng);
	uint8_t any = 0;

	memset(to, 0, size);
	if (EFI_ERROR(efi_given(status, rng)) || EFI_ERROR(rng->GetRNG(rng, NULL, size, to)))
		return false;
	for (size_t i = 0; i < size; i++)
		any |= ((const uint8_t *)to)[i];
	return any != 0; /* nothing was written: zeros are not a seed */
}

static EFI_EVENT timer; /* of what is read just now */

bool fw_timer_start(unsigned int nth)
{
	if (nth != 0 && timer == NULL && EFI_ERROR(efi.boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &timer)))
		timer = NULL;
	if (timer == NULL)
		return false;
	if (nth != 0 && !EFI_ERROR(efi.boot->SetTimer(timer, TimerRelative, SECOND_OF_TIMER / nth)))
		return true;
	efi.boot->CloseEvent(timer);
	timer = NULL;
	return false;
}

bool fw_timer_is_over(void)
{
	return timer == NULL || efi.boot->CheckEvent(timer) == EFI_SUCCESS;
}

void fw_progress(const char *name, uint64_t done, uint64_t of)
{
	static EFI_EVENT show; /* when to show it next */
	static bool shown;
	char line[160];
	struct text text = TEXT(line);

	if (of == 0) {
		if (show != NULL)
			efi.boot->CloseEvent(show);
		if (shown)
			console_write("\n");
		show = NULL;
		shown = false;
		return;
	}
	if (show == NULL) {
		log_show_wanted(); /* a disk that hangs leaves them on the screen */
		if (done == of || EFI_ERROR(efi.boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &show)))
			return;
		efi.boot->SetTimer(show, TimerRelative, SHOW_AFTER);
		return;
	}
	if (efi.boot->CheckEvent(show) != EFI_SUCCESS && !(shown && done == of))
		return;
	efi.boot->SetTimer(show, TimerRelative, SHOW_EVERY);
	shown = true;
	text_add(&text, "\rberth: reading %.60s %3u %%  %s of %s ", name, (unsigned int)(done * 100 / of),
		 size_words(done).at, size_words(of).at);
	console_write(line);
}

#define SECOND	  1000000u /* in microseconds */
#define MOST_RATE UINT64_C(1000000000000)

static uint64_t measured_rate(void)
{
	uint64_t start = arch_ticks();

	if (EFI_ERROR(efi.boot->Stall(SECOND / 1000)))
		return 0;
	return (arch_ticks() - start) * 1000;
}

uint64_t fw_microseconds(void)
{
	static uint64_t rate; /* ticks a second */
	uint64_t now, seconds;

	if (rate == 0)
		rate = arch_ticks_per_second();
	if (rate == 0)
		rate = measured_rate();
	if (rate == 0 || rate > MOST_RATE)
		return 0;
	now = arch_ticks();
	seconds = now / rate;
	/* No machine is up for 136 years: then it is not a time. */
	return seconds > UINT32_MAX ? 0 : seconds * SECOND + now % rate * SECOND / rate;
}
