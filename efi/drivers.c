/* SPDX-License-Identifier: BSD-2-Clause */
#include "drivers.h"

#include "start.h"

#include "../arch/arch.h"

struct folder {
	const char *path;
	unsigned int n_started;
};

/* "ext4_x64.efi": the end of the name says which CPU it is for. */
static enum status start(void *context, const char *name, struct fail *why)
{
	struct folder *folder = context;
	char path[MAX_PATH_TEXT], ending[24];
	struct text text = TEXT(ending);

	text_add(&text, "%s.efi", arch_here()->bls);
	if (word_without(word_of(name), ending).length == word_of(name).length)
		return OK;
	text = (struct text)TEXT(path);
	text_add(&text, "%s\\%s", folder->path, name);
	if (efi_start_driver(path, why) == OK) {
		folder->n_started++;
		fw_log(LOG_DEBUG, "driver %s", path);
	} else {
		fw_log(LOG_QUIET, "%s", why->text);
	}
	return OK;
}

void drivers_start(void)
{
	struct folder folder[] = {{"\\EFI\\berth\\drivers", 0}, {"\\EFI\\systemd\\drivers", 0}};
	struct fail why;

	for (size_t i = 0; i < sizeof(folder) / sizeof(folder[0]); i++) {
		enum status status = efi_list_folder(NULL, folder[i].path, start, &folder[i], &why);

		efi_say_unless_missing(status, &why);
	}
	if (folder[0].n_started + folder[1].n_started != 0)
		efi_connect_all();
}
