/* SPDX-License-Identifier: BSD-2-Clause */
/* What SetVirtualAddressMap is told after exit: the runtime services' memory alone, and that it stays where it is. */
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

static void given_firmware(void)
{
	memset(&fw, 0, sizeof(fw));
	runtime = (EFI_RUNTIME_SERVICES){.SetVirtualAddressMap = set_virtual_address_map};
	table = (EFI_SYSTEM_TABLE){.RuntimeServices = &runtime};
	efi = (struct efi_state){.system = &table};
}

static void runtime_services_are_told_of_their_memory_alone_where_it_is(void **state)
{
	static _Alignas(8) uint8_t raw[12 * 56], room[12 * 56];
	struct final_map final = {
	    .descriptors = raw, .size = 11 * 56, .desc_size = 56, .desc_version = 7, .runtime = room};

	(void)state;
	given_firmware();
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
	given_firmware();
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(runtime_services_are_told_of_their_memory_alone_where_it_is),
	    cmocka_unit_test(where_nothing_is_the_runtime_services_nothing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
