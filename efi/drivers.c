/* SPDX-License-Identifier: BSD-2-Clause */
#include "drivers.h"

#include "start.h"

#include "../arch/arch.h"
#include "../config/driver_name.h"

struct folder {
	const char *path;
	unsigned int n_started;
};

static enum status start(void *context, const char *name, struct fail *why)
{
	struct folder *folder = context;
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);

	if (!is_driver_name(name, arch_here()->bls))
		return OK;
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
	struct folder folder = {NULL, 0};
	struct fail why;

	for (size_t i = 0; i < N_DRIVER_FOLDERS; i++) {
		enum status status;

		folder.path = driver_folders[i];
		status = efi_list_folder(NULL, folder.path, start, &folder, &why);
		efi_say_unless_missing(status, &why);
	}
	if (folder.n_started != 0)
		efi_connect_all();
}
