/* SPDX-License-Identifier: BSD-2-Clause */
#include "driver_name.h"
#include "scan.h"

#include "../base/text.h"

const char *const driver_folders[N_DRIVER_FOLDERS] = {"\\EFI\\berth\\drivers", "\\EFI\\systemd\\drivers"};

bool is_driver_name(const char *name, const char *bls)
{
	char ending[24];
	struct text text = TEXT(ending);

	text_add(&text, "%s.efi", bls);
	return word_without(word_of(name), ending).length != word_of(name).length;
}
