/* SPDX-License-Identifier: BSD-2-Clause */
#include "dropped.h"

#include "tool.h"
#include "volume_read.h"

#include "../config/dropins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dropins {
	const struct fw_volume *esp;
	char *name[MOST_DROPINS];
	size_t n, used;
	char line[MAX_COMMAND_LINE];
};

static void add_name(void *context, const char *name)
{
	struct dropins *d = context;
	char *copy;
	size_t at;

	if (!dropin_is_named(name) || d->n == MOST_DROPINS || (copy = strdup(name)) == NULL)
		return;
	at = dropin_place((const char *const *)d->name, d->n, name);
	memmove(d->name + at + 1, d->name + at, (d->n - at) * sizeof(d->name[0]));
	d->name[at] = copy;
	d->n++;
}

static void read_dropins(struct dropins *d, const struct fw_volume *esp)
{
	struct fail why;

	d->esp = esp;
	(void)volume_list(esp, "\\loader\\cmdline.d", add_name, d);
	for (size_t i = 0; i < d->n; i++) {
		char path[HOST_PATH];
		struct bytes bytes;

		snprintf(path, sizeof(path), "\\loader\\cmdline.d\\%s", d->name[i]);
		free(d->name[i]);
		if (volume_read(esp, path, &bytes, &why) != OK)
			continue;
		if (bytes.size > MAX_CONFIG_FILE ||
		    dropin_append(d->line, sizeof(d->line), &d->used, path,
				  (struct word){(const char *)bytes.at, bytes.size}, &why) != OK)
			(void)complain("%s is left out, as the loader does", path);
		free((void *)(uintptr_t)bytes.at);
	}
}

void dropped_into(struct entry *entry, const struct fw_volume *esp)
{
	static struct dropins dropins;
	static bool are_read;

	if (!are_read)
		read_dropins(&dropins, esp);
	are_read = true;
	entry->dropins = (struct word){dropins.line, dropins.used};
}

enum status dropped_command_line(struct entry *entry, const struct fw_volume *esp, char *out, size_t room,
				 struct fail *why)
{
	dropped_into(entry, esp);
	return entry_command_line(entry, out, room, why);
}
