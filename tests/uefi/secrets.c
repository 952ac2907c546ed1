/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks that no secret of the booted system stays where others could find it. */
#include "local.h"

extern uint8_t __start_efi_data[], __stop_efi_data[], __start_efi_bss[], __stop_efi_bss[];

bool uefi_tells(const void *at, size_t size)
{
	const uint8_t *bytes = at;

	for (size_t s = 0; s < uefi.n_secrets; s++)
		for (size_t i = 0; i + sizeof(uefi.secret[s].at) <= size; i++)
			if (memcmp(bytes + i, uefi.secret[s].at, sizeof(uefi.secret[s].at)) == 0)
				return true;
	return false;
}

const uint8_t *uefi_entered_from;

/*
 * In what the loader keeps, and in what its functions left on the stack: below this one, and in what those above it
 * have not written to, as far up as the function that entered the loader. Behind that one the stack may end.
 */
void uefi_look_for_secrets(void)
{
	const uint8_t *here = __builtin_frame_address(0);
	size_t above = (size_t)(uefi_entered_from - here);

	if (uefi.n_secrets == 0)
		return;
	if (uefi_tells(__start_efi_data, (size_t)(__stop_efi_data - __start_efi_data)) ||
	    uefi_tells(__start_efi_bss, (size_t)(__stop_efi_bss - __start_efi_bss)))
		uefi_die("the loader keeps a secret");
	if (uefi_tells(here - KIB(64), KIB(64) + (above < KIB(8) ? above : KIB(8))))
		uefi_die("a secret stays on the stack");
}
