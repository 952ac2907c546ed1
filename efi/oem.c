/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources: UEFI 2.10, 4.6.1 (the tables' GUIDs); systemd, man/smbios-type-11.xml. */
#include "oem.h"
#include "measure.h"

#include "../arch/arch.h"
#include "../base/mem.h"

static EFI_GUID smbios_3_guid = {0xf2fd1544, 0x9794, 0x4a2c, {0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3, 0x94}};
static EFI_GUID smbios_2_guid = {0xeb9d2d31, 0x2d88, 0x11d3, {0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};

static struct {
	struct bytes structures; /* none where the strings do not count */
	struct oem oem;
} oem;

static bool find_table(struct range *table)
{
	const uint8_t *entry = efi_table(&smbios_3_guid);

	if (entry != NULL && smbios_3_table(entry, table))
		return true;
	entry = efi_table(&smbios_2_guid);
	return entry != NULL && smbios_2_table(entry, table);
}

static bool find_structures(struct bytes *structures)
{
	struct range table;

	if (!find_table(&table) || table.end - 1 > UINTPTR_MAX)
		return false;
	*structures = (struct bytes){(const uint8_t *)(uintptr_t)table.start, (size_t)range_size(table)};
	return true;
}

bool oem_is_virtual(void)
{
	struct bytes structures;

	return find_structures(&structures) && smbios_is_virtual(structures);
}

bool oem_is_ampere(void)
{
	struct bytes structures;

	return find_structures(&structures) && smbios_is_ampere(structures);
}

struct oem_strings oem_strings(void)
{
	return (struct oem_strings){.rest = oem.structures};
}

void oem_start(void)
{
	struct bytes structures;

	if (!find_structures(&structures))
		return;
	measure_smbios(structures);
	if (arch_is_confidential()) /* its host, which is not trusted, writes them */
		return;
	oem.structures = structures;
	oem_read(structures, &oem.oem);
	if (oem.oem.level.at != NULL && !log_level_parse(oem.oem.level, &efi.log))
		fw_log(LOG_QUIET, "SMBIOS: io.systemd.boot.loglevel: \"%s\" is not " LEVEL_VALUES,
		       word_shown(oem.oem.level).at);
}

const struct oem *oem_asked(void)
{
	return &oem.oem;
}
