/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What SetVirtualAddressMap is told after exit, where a machine needs it: the runtime services' memory alone, and that
 * it stays where it is. The host acts as a CPU whose machines need it by their SMBIOS alone, as those with arm64 do.
 */
#include "ampere.h"
#include "descriptors.h"

#include "../unit/given.h"

#include "../../efi/efi_local.h"

static EFI_SYSTEM_TABLE table;
static EFI_RUNTIME_SERVICES runtime;

static struct {
	unsigned int maps;
	UINTN map_size, map_desc_size;
	UINT32 map_version;
	_Alignas(8) uint8_t map[4096];
} fw;

static EFI_STATUS EFIAPI set_virtual_address_map(UINTN size, UINTN desc_size, UINT32 version,
						 EFI_MEMORY_DESCRIPTOR *map)
{
	assert_true(size <= sizeof(fw.map));
	fw.maps++;
	fw.map_size = size;
	fw.map_desc_size = desc_size;
	fw.map_version = version;
	memcpy(fw.map, map, size);
	return EFI_UNSUPPORTED; /* which changes nothing */
}

/* UEFI 2.10, 4.6.2: version 1, 8 bytes, and the services that there are after exit. */
static struct {
	uint16_t version, length;
	uint32_t supported;
} properties = {1, 8, 0};

static EFI_CONFIGURATION_TABLE tables[] = {
    {{0xf2fd1544, 0x9794, 0x4a2c, {0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3, 0x94}}, NULL},
    {{0xeb66918a, 0x7eef, 0x402a, {0x84, 0x2e, 0x93, 0x1d, 0x21, 0xc3, 0x8a, 0xe9}}, &properties},
};

/* Of a machine that needs the call, and which says that it has @supported: the bits of EFI_RT_SUPPORTED_*. */
static void given_firmware(uint32_t supported)
{
	memset(&fw, 0, sizeof(fw));
	properties.supported = supported;
	tables[0].VendorTable = (void *)(uintptr_t)ampere_entry(SMBIOS_PROCESSOR);
	runtime = (EFI_RUNTIME_SERVICES){.SetVirtualAddressMap = set_virtual_address_map};
	table = (EFI_SYSTEM_TABLE){
	    .RuntimeServices = &runtime, .ConfigurationTable = tables, .NumberOfTableEntries = COUNT_OF(tables)};
	efi = (struct efi_state){.system = &table};
}

static void runtime_services_are_told_of_their_memory_alone_where_it_is(void **state)
{
	static _Alignas(8) uint8_t raw[12 * 56], room[12 * 56];
	struct final_map final = {
	    .descriptors = raw, .size = 11 * 56, .desc_size = 56, .desc_version = 7, .runtime = room};

	(void)state;
	given_firmware(0x3fff);
	for (size_t i = 0; i < 12; i++)
		put_page(raw + i * 56, i < 10 ? i : 4, 56); /* the eleventh, the last, is runtime's as well */
	fw_map_runtime(&final);
	assert_int_equal(fw.maps, 1);
	assert_int_equal(fw.map_size, 3 * 56);
	assert_int_equal(fw.map_desc_size, 56);
	assert_int_equal(fw.map_version, 7);
	for (size_t i = 0; i < 3; i++) {
		const EFI_MEMORY_DESCRIPTOR *d = (const EFI_MEMORY_DESCRIPTOR *)(const void *)(fw.map + i * 56);

		assert_int_equal(d->PhysicalStart, MIB(1) + (i == 1 ? 9u : 4u) * 2 * EFI_PAGE);
		assert_int_equal(d->VirtualStart, d->PhysicalStart);
		assert_true(d->NumberOfPages == 1 && fw.map[i * 56 + 55] == 0x77);
	}
	/* So the kernel reads it as well; what is not runtime's stays as it was. */
	assert_int_equal(((EFI_MEMORY_DESCRIPTOR *)(void *)(raw + 4 * 56))->VirtualStart, MIB(1) + 8 * EFI_PAGE);
	assert_int_equal(((EFI_MEMORY_DESCRIPTOR *)(void *)raw)->VirtualStart, 0xabcd);
	assert_int_equal(((EFI_MEMORY_DESCRIPTOR *)(void *)(raw + 11 * 56))->VirtualStart, 0xabcd);
}

static void where_nothing_is_the_runtime_services_nothing_is_told(void **state)
{
	static _Alignas(8) uint8_t raw[3 * 48], room[3 * 48];
	struct final_map final = {
	    .descriptors = raw, .size = 3 * 48, .desc_size = 48, .desc_version = 1, .runtime = room};

	(void)state;
	given_firmware(0x3fff);
	for (size_t i = 0; i < 3; i++)
		put_page(raw + i * 48, i, 48);
	fw_map_runtime(&final);
	assert_int_equal(fw.maps, 0);
	put_page(raw, 4, 48);
	final.runtime = NULL;
	fw_map_runtime(&final);
	assert_int_equal(fw.maps, 0);
	final.runtime = room;
	final.size = 48;
	fw_map_runtime(&final);
	assert_true(fw.maps == 1 && fw.map_size == 48);
}

static void expect_told_as_long_as(bool called)
{
	static _Alignas(8) uint8_t raw[48], room[48];
	struct final_map final = {.descriptors = raw, .size = 48, .desc_size = 48, .desc_version = 1, .runtime = room};

	put_page(raw, 4, 48);
	fw_map_runtime(&final);
	assert_int_equal(fw.maps, called);
	/* The kernel reads in either case that nothing has moved. */
	assert_int_equal(((EFI_MEMORY_DESCRIPTOR *)(void *)raw)->VirtualStart, MIB(1) + 8 * EFI_PAGE);
}

static void firmware_is_told_where_its_machine_needs_it_and_has_the_service(void **state)
{
	(void)state;
	given_firmware(0x3fff);
	expect_told_as_long_as(true);
	given_firmware(0x80);
	expect_told_as_long_as(true);
	given_firmware(0x3fff & ~0x80u);
	expect_told_as_long_as(false);
	given_firmware(0);
	table.NumberOfTableEntries = 1; /* what says nothing has all services */
	expect_told_as_long_as(true);
	given_firmware(0x3fff);
	(void)ampere_entry(SMBIOS_PROCESSOR + 1);
	expect_told_as_long_as(false);
	given_firmware(0x3fff);
	table.NumberOfTableEntries = 0;
	expect_told_as_long_as(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(runtime_services_are_told_of_their_memory_alone_where_it_is),
	    cmocka_unit_test(where_nothing_is_the_runtime_services_nothing_is_told),
	    cmocka_unit_test(firmware_is_told_where_its_machine_needs_it_and_has_the_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
