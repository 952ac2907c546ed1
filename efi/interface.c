/* SPDX-License-Identifier: BSD-2-Clause */
#include "interface.h"

#include "../arch/arch.h"
#include "../base/version.h"
#include "../config/interface.h"

#define MOST_VENDOR 128 /* characters of the firmware's vendor that are believed */

/* Nothing rather than a wrong time: systemd-analyze adds them up. */
static void write_time(CHAR16 *name)
{
	uint64_t now = arch_ticks_from_power_on() ? fw_microseconds() : 0;
	char line[24];
	struct text text = TEXT(line);

	if (now == 0)
		return;
	text_add(&text, "%" PRIu64, now);
	efi_variable_write_text(name, line, false);
}

/* These may be an earlier loader's, which knows better where the machine was started from. */
static void write_unless_there(CHAR16 *name, const char *utf8)
{
	if (!efi_variable_exists(name))
		efi_variable_write_text(name, utf8, false);
}

/* UEFI 2.10, 4.2 and 4.3: a revision has its minor part, in hundredths, in the low half. */
static void add_revision(struct text *text, UINT32 revision)
{
	text_add(text, " %u.%02u", (unsigned int)(revision >> 16), (unsigned int)(revision & 0xffff));
}

static void write_firmware(void)
{
	char line[4 * MOST_VENDOR + 32];
	struct text text = {line, sizeof(line), 0};

	if (efi.system->FirmwareVendor != NULL &&
	    utf8_from_utf16(line, 4 * MOST_VENDOR + 5, efi.system->FirmwareVendor, MOST_VENDOR) && line[0] != '\0') {
		while (line[text.used] != '\0')
			text.used++;
		add_revision(&text, efi.system->FirmwareRevision);
		write_unless_there(L"LoaderFirmwareInfo", line);
	}
	text = (struct text){line, sizeof(line), 0};
	text_add(&text, "UEFI");
	add_revision(&text, efi.system->Hdr.Revision);
	write_unless_there(L"LoaderFirmwareType", line);
}

static void write_origin(void)
{
	char partition[EFI_GUID_TEXT], path[MAX_PATH_TEXT];

	if (efi_partition(partition))
		write_unless_there(L"LoaderDevicePartUUID", partition);
	if (efi_own_path(path, sizeof(path)))
		write_unless_there(L"LoaderImageIdentifier", path);
}

/* Kernels for x86 have no device tree of an entry's. */
static bool takes_tree(void)
{
	return arch_enters(arch_here(), ELF_AARCH64) || arch_enters(arch_here(), ELF_RISCV);
}

void interface_start(void)
{
	uint64_t features = interface_features(takes_tree());

	write_time(L"LoaderTimeInitUSec");
	efi_variable_write_text(L"LoaderInfo", BERTH_NAME, false);
	efi_variable_write(L"LoaderFeatures", &features, sizeof(features), false);
	write_firmware();
	write_origin();
}

void interface_listed(const struct catalogue *c)
{
	size_t size = interface_ids(c->sorted, c->n, NULL) * sizeof(CHAR16);
	CHAR16 *ids = efi_alloc(size);

	if (ids == NULL)
		return;
	(void)interface_ids(c->sorted, c->n, ids);
	efi_variable_write(L"LoaderEntries", ids, size, false);
	efi_free(ids);
}

void interface_menu(void)
{
	write_time(L"LoaderTimeMenuUSec");
}

void fw_leaving(const struct entry *entry)
{
	efi_variable_write_text(L"LoaderEntrySelected", entry->id, false);
	write_time(L"LoaderTimeExecUSec");
}
