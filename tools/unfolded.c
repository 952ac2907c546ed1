/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* nftw */

#include "unfolded.h"

#include "../install/mtools.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_OUTPUT 65536 /* bytes that mcopy prints, which is nothing */

static enum status copy_all(const struct medium *medium, const char *folder, struct fail *why)
{
	const char *const words[] = {"mcopy", "-s", "-n", "-Q", "-i", medium->where, "::", folder, NULL};
	struct bytes out;

	if (mkdir(folder, 0700) != 0)
		return fail(why, IO_ERROR, "%s: %s", folder, strerror(errno));
	TRY(mtools_run(words, NULL, &out, MOST_OUTPUT, why));
	free((void *)(uintptr_t)out.at);
	return OK;
}

static enum status copy_both(struct unfolded *unfolded, const struct medium *esp, const struct medium *boot,
			     struct fail *why)
{
	TRY(copy_all(esp, unfolded->esp, why));
	return unfolded->has_boot ? copy_all(boot, unfolded->boot, why) : OK;
}

static bool make_folder(struct unfolded *unfolded)
{
	const char *base = getenv("TMPDIR");
	char name[HOST_PATH - 16];

	if (base == NULL || base[0] == '\0')
		base = "/tmp";
	if ((size_t)snprintf(name, sizeof(name), "%s/berth.XXXXXX", base) >= sizeof(name) || mkdtemp(name) == NULL)
		return false;
	snprintf(unfolded->folder, sizeof(unfolded->folder), "%s", name);
	snprintf(unfolded->esp, sizeof(unfolded->esp), "%s/esp", name);
	snprintf(unfolded->boot, sizeof(unfolded->boot), "%s/boot", name);
	return true;
}

enum status unfolded_open(struct unfolded *unfolded, const char *image, struct fail *why)
{
	static struct medium esp, boot;
	enum status status;

	memset(unfolded, 0, sizeof(*unfolded));
	memset(&esp, 0, sizeof(esp));
	TRY(image_open(&esp, &boot, &unfolded->has_boot, image, why));
	if (make_folder(unfolded))
		status = copy_both(unfolded, &esp, &boot, why);
	else
		status = fail(why, IO_ERROR, "no folder for temporary files: %s", strerror(errno));
	esp.calls->close(&esp);
	return status;
}

static int drop(const char *path, const struct stat *found, int kind, struct FTW *where)
{
	(void)found;
	(void)kind;
	(void)where;
	return remove(path);
}

void unfolded_close(struct unfolded *unfolded)
{
	if (unfolded->folder[0] != '\0')
		(void)nftw(unfolded->folder, drop, 16, FTW_DEPTH | FTW_PHYS);
	unfolded->folder[0] = '\0';
}
