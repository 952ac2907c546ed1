/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: UEFI 2.10, 8.5.4 (OsIndications) and 8.5.1 (ResetSystem). */
#include "reset.h"

#define BOOT_TO_FW_UI 1 /* EFI_OS_INDICATIONS_BOOT_TO_FW_UI */

/* A variable of eight bytes; 0 when there is none. */
static UINT64 read_indications(CHAR16 *name)
{
	UINT64 value = 0;
	UINTN size = sizeof(value);
	EFI_STATUS status = efi.system->RuntimeServices->GetVariable(name, &efi_global_guid, NULL, &size, &value);

	return EFI_ERROR(status) || size != sizeof(value) ? 0 : value;
}

bool efi_has_setup(void)
{
	return (read_indications(L"OsIndicationsSupported") & BOOT_TO_FW_UI) != 0;
}

static enum status ask_for_setup(struct fail *why)
{
	UINT64 wanted = read_indications(L"OsIndications") | BOOT_TO_FW_UI;
	EFI_STATUS status = efi.system->RuntimeServices->SetVariable(
	    L"OsIndications", &efi_global_guid,
	    EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS, sizeof(wanted),
	    &wanted);

	if (EFI_ERROR(status))
		return fail(why, IO_ERROR,
			    "firmware does not note that its setup is wanted: %s\n"
			    "  try: the key that it shows when the machine starts",
			    efi_status_words(status));
	return OK;
}

enum status efi_reset(enum entry_kind kind, struct fail *why)
{
	if (kind == ENTRY_SETUP)
		TRY(ask_for_setup(why));
	efi_close_volumes();
	/* Cold, for BitLocker's restart too, where systemd-boot's is warm: what a program left in devices is gone. */
	efi.system->RuntimeServices->ResetSystem(kind == ENTRY_POWER_OFF ? EfiResetShutdown : EfiResetCold, EFI_SUCCESS,
						 0, NULL);
	return fail(why, IO_ERROR, "firmware did not %s the machine",
		    kind == ENTRY_POWER_OFF ? "switch off" : "restart");
}
