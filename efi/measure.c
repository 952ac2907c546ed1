/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: systemd, src/boot/boot.c and measure-smbios.c. */
#include "measure.h"

#include "../base/mem.h"
#include "../config/smbios.h"

void measure_conf(const char *text, size_t size)
{
	(void)tpm_measure(MEASURED_CONF, (struct bytes){(const uint8_t *)text, size});
}

void measure_passed(const CHAR16 *text, size_t size)
{
	(void)tpm_measure(MEASURED_TEXT, (struct bytes){(const uint8_t *)text, size});
}

/* How a machine was started is no part of what it is. */
static bool measure_structure(struct bytes structure)
{
	enum measured what;
	uint8_t *copy;
	bool is_measured;

	if (!measured_structure(structure, &what))
		return false;
	if (!smbios_tells_wake_up(structure))
		return tpm_measure(what, structure);
	copy = efi_alloc(structure.size);
	if (copy == NULL)
		return false;
	memcpy(copy, structure.at, structure.size);
	copy[SMBIOS_WAKE_UP] = 0;
	is_measured = tpm_measure(what, (struct bytes){copy, structure.size});
	efi_free(copy);
	return is_measured;
}

void measure_smbios(struct bytes structures)
{
	bool is_measured = false;
	struct bytes structure;
	uint32_t banks;

	if (!tpm_is_there(&banks) || efi_variable_exists(L"LoaderPcrSMBIOS"))
		return;
	while (smbios_next(&structures, &structure))
		is_measured |= measure_structure(structure);
	if (is_measured)
		efi_variable_write_text(L"LoaderPcrSMBIOS", "1", false);
}
