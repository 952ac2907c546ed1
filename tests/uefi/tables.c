/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration tables, and what changes from boot to boot: the time, and a count. Source: UEFI 2.10, 4.6, 7.5 and 8.3.
 */
#include "local.h"

#define TABLES 12

static EFI_CONFIGURATION_TABLE tables[TABLES];
static EFI_SYSTEM_TABLE *system_table;
static uint8_t *seed_pool; /* with an earlier loader's seed */

/* include/linux/efi.h, LINUX_EFI_RANDOM_SEED_TABLE_GUID. */
static const EFI_GUID seed_guid = {0x1ce1e5bc, 0x7ceb, 0x42f2, {0x81, 0xe5, 0x8a, 0xad, 0xf1, 0x80, 0xf5, 0x7b}};

/* 4.6.1.3, EFI_DTB_TABLE_GUID. */
static const EFI_GUID tree_guid = {0xb1b621d5, 0xf19c, 0x41a5, {0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0}};

static void put(EFI_GUID guid, const void *table)
{
	UINTN n = system_table->NumberOfTableEntries;

	for (UINTN i = 0; i < n; i++)
		if (uefi_is_guid(&tables[i].VendorGuid, guid)) {
			tables[i].VendorTable = (VOID *)(uintptr_t)table;
			return;
		}
	if (n == TABLES)
		uefi_die("more tables than there is room for");
	tables[n] = (EFI_CONFIGURATION_TABLE){guid, (VOID *)(uintptr_t)table};
	system_table->NumberOfTableEntries++;
}

bool uefi_is_installed(const void *table)
{
	for (UINTN i = 0; system_table != NULL && i < system_table->NumberOfTableEntries; i++)
		if (tables[i].VendorTable == table)
			return true;
	return false;
}

/* 7.5.6: without a table there is none any more. */
static EFI_STATUS install_tree(VOID *table)
{
	EFI_STATUS status;

	if (uefi_call(CALL_InstallConfigurationTable, &status))
		return status;
	put(tree_guid, table);
	uefi_report.tree_tables++;
	return EFI_SUCCESS;
}

static const void *find(EFI_GUID guid)
{
	for (UINTN i = 0; i < system_table->NumberOfTableEntries; i++)
		if (uefi_is_guid(&tables[i].VendorGuid, guid))
			return tables[i].VendorTable;
	return NULL;
}

const void *uefi_tree(void)
{
	return find(tree_guid);
}

/* include/linux/efi.h: LINUX_EFI_TPM_EVENT_LOG_GUID, LINUX_EFI_TPM_FINAL_LOG_GUID, LINUX_EFI_MEMRESERVE_TABLE_GUID. */
static const EFI_GUID log_guid = {0xb7799cb0, 0xeca2, 0x4943, {0x96, 0x67, 0x1f, 0xae, 0x07, 0xb7, 0x47, 0xfa}};
static const EFI_GUID final_guid = {0x1e2ed096, 0x30e2, 0x4254, {0xbd, 0x89, 0x86, 0x3b, 0xbe, 0xf8, 0x23, 0x25}};
static const EFI_GUID reserve_guid = {0x888eb0c6, 0x8ede, 0x4ff5, {0xa8, 0xf0, 0x9a, 0xee, 0x5c, 0xb9, 0x77, 0xc2}};

const void *uefi_log(void)
{
	return find(log_guid);
}

const void *uefi_reservations(void)
{
	return find(reserve_guid);
}

static EFI_STATUS EFIAPI install_table(EFI_GUID *guid, VOID *table)
{
	EFI_STATUS status;

	if (uefi_is_guid(guid, tree_guid))
		return install_tree(table);
	if (uefi_is_guid(guid, log_guid) || uefi_is_guid(guid, reserve_guid)) {
		if (!uefi_call(CALL_InstallConfigurationTable, &status))
			put(*guid, table), status = EFI_SUCCESS;
		return status;
	}
	if (!uefi_is_guid(guid, seed_guid) || table == NULL)
		uefi_die("a table that is none of the loader's");
	if (uefi_files_dirty())
		uefi_die("a seed is handed over before the file's is on the disk");
	if (uefi_call(CALL_InstallConfigurationTable, &status))
		return status;
	put(seed_guid, table);
	uefi_report.seed_tables++;
	uefi_report.seed_table = table;
	memcpy(uefi_report.seed_bytes, table, sizeof(uefi_report.seed_bytes));
	return EFI_SUCCESS;
}

void uefi_table_freed(const void *pool)
{
	if (uefi_is_installed(pool))
		uefi_die("a table is given back that firmware has");
	if (pool != seed_pool || seed_pool == NULL)
		return;
	for (size_t i = 0; i < uefi.seed_table_size; i++)
		if (seed_pool[i] != 0)
			uefi_die("an earlier seed is given back as it was");
	uefi_report.earlier_cleared = true;
	seed_pool = NULL;
}

static EFI_STATUS EFIAPI next_count(UINT64 *count)
{
	EFI_STATUS status;

	if (uefi_call(CALL_GetNextMonotonicCount, &status))
		return status;
	*count = UEFI_COUNT;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_time(EFI_TIME *time, EFI_TIME_CAPABILITIES *capabilities)
{
	EFI_STATUS status;

	if (capabilities != NULL)
		uefi_die("what the clock can do is nobody's business");
	if (uefi_call(CALL_GetTime, &status))
		return status;
	for (size_t i = 0; i < sizeof(*time); i++)
		((uint8_t *)time)[i] = (uint8_t)(UEFI_TIME + i);
	return EFI_SUCCESS;
}

/* An earlier loader's seed lies in a pool, which the loader gives back. */
static void put_seed(void)
{
	seed_pool = malloc(uefi.seed_table_size);
	memcpy(seed_pool, uefi.seed_table, uefi.seed_table_size);
	uefi_keep_pool(seed_pool);
	put(seed_guid, seed_pool);
}

void uefi_tables_set_up(EFI_SYSTEM_TABLE *table, EFI_BOOT_SERVICES *boot, EFI_RUNTIME_SERVICES *runtime)
{
	/* 4.6.1; 23.4, EFI_SYSTEM_RESOURCE_TABLE_GUID. */
	static const EFI_GUID esrt = {0xb122a263, 0x3661, 0x4f68, {0x99, 0x29, 0x78, 0xf8, 0xb0, 0xd6, 0x21, 0x80}};

	system_table = table;
	table->ConfigurationTable = tables;
	table->NumberOfTableEntries = 0;
	put((EFI_GUID)ACPI_20_TABLE_GUID, (const void *)(uintptr_t)sim.machine.rsdp);
	if (sim.machine.tree.at != NULL)
		put(tree_guid, sim.machine.tree.at);
	if (uefi.esrt != NULL)
		put(esrt, uefi.esrt);
	if (uefi.smbios_3 != NULL)
		put((EFI_GUID){0xf2fd1544, 0x9794, 0x4a2c, {0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3, 0x94}},
		    uefi.smbios_3);
	if (uefi.smbios_2 != NULL)
		put((EFI_GUID)SMBIOS_TABLE_GUID, uefi.smbios_2);
	if (uefi_final_events() != NULL)
		put(final_guid, uefi_final_events());
	seed_pool = NULL;
	if (uefi.seed_table != NULL)
		put_seed();
	boot->InstallConfigurationTable = install_table;
	boot->GetNextMonotonicCount = next_count;
	runtime->GetTime = get_time;
}
