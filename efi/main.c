/* SPDX-License-Identifier: BSD-2-Clause */
/* The entry point, and the sections by which others know the file. */
#include "dialog.h"
#include "log.h"
#include "manager.h"
#include "protect.h"
#include "reset.h"

#include "../base/version.h"
#include "../config/attempts.h"

/* The section holds it and nothing more, not even a NUL. */
#define MAGIC MAGIC_BEGIN BERTH_NAME MAGIC_END
__attribute__((used, section(".sdmagic"))) static const char magic[sizeof(MAGIC) - 1] = MAGIC;

/* rhboot/shim SBAT.md: which generation of which component this is, so that a bad one can be revoked. */
__attribute__((used, section(".sbat"))) static const char sbat[] =
    "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
    "berth,1,The Berth developers,berth," BERTH_VERSION ",-\n";

struct efi_state efi;

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

static void reboot(void)
{
	struct fail why;

	console_write("berth: reboots\n");
	if (efi_reset(ENTRY_REBOOT, &why) != OK)
		fw_log(LOG_QUIET, "%s", why.text);
}

static EFI_STATUS say_unknown(EFI_STATUS status)
{
	struct fail why;

	(void)fail(&why, NOT_FOUND, "firmware does not tell where Berth was started from: %s",
		   efi_status_words(status));
	say_why(&why);
	(void)wait_for_key(REASON_SECONDS, LEAVES);
	return EFI_NOT_FOUND;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	bool reboots = false;
	EFI_STATUS status;

	efi.image = image;
	efi.system = system;
	efi.boot = system->BootServices;
	/* Firmware gives a boot option five minutes (UEFI 2.10, 3.1.2); a user may read the menu for longer. */
	efi.boot->SetWatchdogTimer(0, 0, 0, NULL);
	status = efi.boot->HandleProtocol(image, &efi_loaded_image_guid, (void **)&efi.loaded);
	status = efi_given(status, efi.loaded);
	if (EFI_ERROR(status)) {
		status = say_unknown(status);
	} else {
		protect_own_image();
		status = manager_run(&reboots);
	}
	log_show_wanted();
	manager_end();
	efi_close_volumes();
	if (reboots)
		reboot();
	unprotect_own_image();
	return status;
}
