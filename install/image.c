/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A partition in a disk image, through mtools, without root and without a mount. The first write makes a copy of the
 * image beside it, which takes the image's place at the end: at every moment the image is the old one or the new one.
 */
#define _GNU_SOURCE /* holes of files */

#include "medium.h"

#include "hold.h"
#include "mtools.h"

#include "../config/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define COPY_NAME ".berth-new"
#define FAT_FILE  ((size_t)UINT32_MAX) /* bytes of the largest file on a FAT */

struct image {
	char path[MEDIUM_PATH];
	char copy[MEDIUM_PATH + sizeof(COPY_NAME)]; /* empty as long as nothing was written */
	int held;				    /* by hold_image(), as long as there is a copy */
};

static enum status wrong(const char *path, struct fail *why)
{
	return fail(why, IO_ERROR, "%s: %s", path, strerror(errno));
}

/* ---- the copy ---- */

/* From @at to @end; where the disk has no bytes, the copy has none. */
static bool copy_piece(int from, int to, off_t at, off_t end)
{
	static uint8_t buffer[1 << 20];

	while (at < end) {
		size_t wanted = end - at < (off_t)sizeof(buffer) ? (size_t)(end - at) : sizeof(buffer);
		ssize_t got = pread(from, buffer, wanted, at);

		if (got <= 0 || pwrite(to, buffer, (size_t)got, at) != got)
			return false;
		at += got;
	}
	return true;
}

static bool copy_all(int from, int to, off_t size)
{
	off_t at = 0, end;

	if (ioctl(to, FICLONE, from) == 0)
		return true;
	while (at < size) {
		at = lseek(from, at, SEEK_DATA);
		if (at < 0)
			return errno == ENXIO && ftruncate(to, size) == 0; /* no more bytes behind */
		end = lseek(from, at, SEEK_HOLE);
		if (end < 0 || !copy_piece(from, to, at, end))
			return false;
		at = end;
	}
	return ftruncate(to, size) == 0;
}

static enum status copy_into(struct image *image, int from, int to, struct fail *why)
{
	struct stat found;

	if (fstat(from, &found) != 0)
		return wrong(image->path, why);
	/* Others than its owner cannot keep the owner. */
	if (fchown(to, found.st_uid, found.st_gid) != 0 && errno != EPERM)
		return wrong(image->copy, why);
	if (fchmod(to, found.st_mode & 07777) != 0)
		return wrong(image->copy, why);
	if (!copy_all(from, to, found.st_size))
		return fail(why, IO_ERROR, "%s: %s\n  needs up to %" PRIu64 " bytes there until all is done",
			    image->copy, strerror(errno), (uint64_t)found.st_blocks * 512);
	return OK;
}

static enum status make_copy(struct image *image, struct fail *why)
{
	enum status status;
	int to;

	if (image->copy[0] != '\0')
		return OK;
	TRY(hold_image(image->path, &image->held, why));
	snprintf(image->copy, sizeof(image->copy), "%s%s", image->path, COPY_NAME);
	to = open(image->copy, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	status = to < 0 ? wrong(image->copy, why) : copy_into(image, image->held, to, why);
	if (to >= 0)
		(void)close(to);
	return status;
}

static bool sync_path(const char *path, int flags)
{
	int file = open(path, flags | O_CLOEXEC);
	bool is_synced = file >= 0 && fsync(file) == 0;

	if (file >= 0)
		(void)close(file);
	return is_synced;
}

static enum status image_finish(struct medium *medium, struct fail *why)
{
	struct image *image = medium->image;
	char folder[MEDIUM_PATH];

	if (image->copy[0] == '\0')
		return OK;
	snprintf(folder, sizeof(folder), "%s", image->path);
	*(strrchr(folder, '/') + 1) = '\0';
	if (!sync_path(image->copy, O_RDWR) || rename(image->copy, image->path) != 0 ||
	    !sync_path(folder, O_RDONLY | O_DIRECTORY))
		return wrong(image->path, why);
	image->copy[0] = '\0';
	(void)close(image->held);
	return OK;
}

static void image_close(struct medium *medium)
{
	struct image *image = medium->image;

	if (image == NULL)
		return; /* it was never opened */
	if (image->copy[0] != '\0') {
		(void)unlink(image->copy);
		(void)close(image->held);
	}
	free(image);
	medium->image = NULL;
}

/* ---- what mtools does ---- */

/* "disk.img@@1048576" as mtools wants it, and "::/EFI/BOOT". */
struct words {
	char image[MEDIUM_PATH + 64];
	char path[MAX_PATH_TEXT];
};

static void put_path(char out[MAX_PATH_TEXT], const char *path)
{
	struct text text = {out, MAX_PATH_TEXT, 0};

	text_add(&text, "::%s", path[0] == '\0' ? "/" : "");
	for (; *path != '\0'; path++)
		text_add(&text, "%c", *path == '\\' ? '/' : *path);
}

static void put_words(const struct medium *medium, const char *path, struct words *words)
{
	const struct image *image = medium->image;
	struct text text = {words->image, sizeof(words->image), 0};

	text_add(&text, "%s@@%" PRIu64, image->copy[0] != '\0' ? image->copy : image->path, medium->partition.offset);
	put_path(words->path, path);
}

/* mdir gives a file's own path; of a folder, those of what is in it. */
static enum status check_is_file(struct medium *medium, const char *path, const struct words *words, struct fail *why)
{
	char shown[MEDIUM_PATH];
	struct bytes out;
	bool is_file;

	TRY(mtools_run((const char *const[]){"mdir", "-b", "-a", "-i", words->image, words->path, NULL}, NULL, &out,
		       MEDIUM_FILE, why));
	is_file = strcspn((const char *)out.at, "\n") == strlen(words->path);
	free((void *)(uintptr_t)out.at);
	medium_shown(medium, path, shown);
	return is_file ? OK : fail(why, BAD_INPUT, "%s: not a file", shown);
}

static enum status image_read(struct medium *medium, const char *path, struct bytes *out, struct fail *why)
{
	enum status status;
	struct words words;

	put_words(medium, path, &words);
	TRY(mtools_run((const char *const[]){"mcopy", "-i", words.image, words.path, "-", NULL}, NULL, out, MEDIUM_FILE,
		       why));
	if (out->size != 0)
		return OK;
	/* mcopy gives nothing of a folder, and no error. */
	status = check_is_file(medium, path, &words, why);
	if (status == OK)
		return OK;
	free((void *)(uintptr_t)out->at);
	*out = (struct bytes){NULL, 0};
	return status;
}

/* mdir -b: a whole path on each line, "::/EFI/BOOT/", folders with a slash at the end. */
static enum status image_list(struct medium *medium, const char *path, void (*each)(void *context, const char *name),
			      void *context, struct fail *why)
{
	struct words words;
	struct bytes out;
	char *line, *rest;

	put_words(medium, path, &words);
	TRY(mtools_run((const char *const[]){"mdir", "-b", "-a", "-i", words.image, words.path, NULL}, NULL, &out,
		       MEDIUM_FILE, why));
	rest = (char *)(uintptr_t)out.at; /* a NUL follows */
	while ((line = strsep(&rest, "\n")) != NULL) {
		size_t length = strlen(line);
		const char *name;

		if (length > 3 && line[length - 1] == '/')
			line[length - 1] = '\0';
		name = strrchr(line, '/');
		if (name != NULL && name[1] != '\0')
			each(context, name + 1);
	}
	free((void *)(uintptr_t)out.at);
	return OK;
}

/* The last line of mdir: "     41 234 432 bytes free". */
static enum status image_room(struct medium *medium, uint64_t *bytes, struct fail *why)
{
	struct words words;
	struct bytes out;
	const char *at, *end;

	put_words(medium, "", &words);
	TRY(mtools_run((const char *const[]){"mdir", "-i", words.image, words.path, NULL}, NULL, &out, MEDIUM_FILE,
		       why));
	*bytes = 0;
	end = strstr((const char *)out.at, " bytes free");
	at = end;
	while (at != NULL && at > (const char *)out.at && ((at[-1] >= '0' && at[-1] <= '9') || at[-1] == ' '))
		at--;
	for (; at != NULL && at < end; at++)
		if (*at != ' ')
			*bytes = *bytes * 10 + (uint64_t)(*at - '0');
	free((void *)(uintptr_t)out.at);
	return end != NULL ? OK : fail(why, IO_ERROR, "%s: mdir does not say how much is free", medium->name);
}

static bool is_same_as(struct bytes data, const char *source)
{
	FILE *file = fopen(source, "rb");
	size_t at = 0, got = 1;
	uint8_t piece[4096];
	bool is_same = file != NULL;

	while (is_same && got != 0) {
		got = fread(piece, 1, sizeof(piece), file);
		is_same = got <= data.size - at && memcmp(data.at + at, piece, got) == 0;
		at += got;
	}
	is_same = is_same && ferror(file) == 0 && at == data.size;
	if (file != NULL)
		(void)fclose(file);
	return is_same;
}

static enum status image_compare(struct medium *medium, const char *path, const char *source, uint64_t *size,
				 bool *is_same, struct fail *why)
{
	struct words words;
	struct bytes data;

	put_words(medium, path, &words);
	TRY(mtools_run((const char *const[]){"mcopy", "-i", words.image, words.path, "-", NULL}, NULL, &data, FAT_FILE,
		       why));
	*size = data.size;
	*is_same = source != NULL && is_same_as(data, source);
	free((void *)(uintptr_t)data.at);
	return data.size != 0 ? OK : check_is_file(medium, path, &words, why);
}

/* A command that changes something; @source is what it copies, "-" for @in; else both are NULL. */
static enum status change(struct medium *medium, const char *command, const char *path, const char *source,
			  const struct bytes *in, struct fail *why)
{
	struct words words;
	struct bytes out;

	TRY(make_copy(medium->image, why));
	put_words(medium, path, &words);
	if (source != NULL)
		TRY(mtools_run((const char *const[]){command, "-D", "o", "-i", words.image, source, words.path, NULL},
			       in, &out, MEDIUM_FILE, why));
	else
		TRY(mtools_run((const char *const[]){command, "-i", words.image, words.path, NULL}, NULL, &out,
			       MEDIUM_FILE, why));
	free((void *)(uintptr_t)out.at);
	return OK;
}

static enum status image_make(struct medium *medium, const char *path, struct fail *why)
{
	return change(medium, "mmd", path, NULL, NULL, why);
}

static enum status image_write(struct medium *medium, const char *path, struct bytes data, struct fail *why)
{
	return change(medium, "mcopy", path, "-", &data, why);
}

/* By its whole path: mcopy takes a name that begins with a dash for an option. */
static enum status image_copy(struct medium *medium, const char *path, const char *source, struct fail *why)
{
	char *real = realpath(source, NULL);
	enum status status = real != NULL ? change(medium, "mcopy", path, real, NULL, why) : wrong(source, why);

	free(real);
	return status;
}

/*
 * Nobody sees the moments between, because all of it is in the copy. Not by mren, which keeps the short name of the old
 * name, and writes a new one that fits into eight and three letters in capitals.
 */
static enum status image_rename(struct medium *medium, const char *from, const char *to, struct fail *why)
{
	struct bytes data;
	enum status status;

	TRY(image_read(medium, from, &data, why));
	status = change(medium, "mdel", to, NULL, NULL, why);
	if (status == OK || status == NOT_FOUND)
		status = change(medium, "mdel", from, NULL, NULL, why);
	if (status == OK)
		status = image_write(medium, to, data, why);
	free((void *)(uintptr_t)data.at);
	return status;
}

static enum status image_remove(struct medium *medium, const char *path, struct fail *why)
{
	return change(medium, "mdel", path, NULL, NULL, why);
}

static enum status image_remove_folder(struct medium *medium, const char *path, struct fail *why)
{
	return change(medium, "mrd", path, NULL, NULL, why);
}

static const struct medium_calls calls = {
    .read = image_read,
    .list = image_list,
    .room = image_room,
    .compare = image_compare,
    .make_folder = image_make,
    .write = image_write,
    .copy = image_copy,
    .rename = image_rename,
    .remove = image_remove,
    .remove_folder = image_remove_folder,
    .finish = image_finish,
    .close = image_close,
};

/* ---- opening ---- */

/* mtools(1), "Drive letters": the file's name ends there, and a place in it follows. It would be another file. */
static enum status check_name(const char *path, struct fail *why)
{
	return strstr(path, "@@") == NULL ? OK
					  : fail(why, BAD_INPUT,
						 "%s: mtools takes what follows @@ for a place in the file before it\n"
						 "  try: another name",
						 path);
}

static enum status open_image(const char *path, int *file, struct fail *why)
{
	struct stat found;

	*file = open(path, O_RDONLY | O_CLOEXEC);
	if (*file < 0)
		return wrong(path, why);
	if (fstat(*file, &found) == 0 && S_ISREG(found.st_mode))
		return OK;
	(void)close(*file);
	return fail(why, IO_ERROR,
		    "%s: not a file, but a disk or something else\n"
		    "  try: mount its partition, and --esp-path DIR",
		    path);
}

/* @path: as it was given, which messages show. */
static void put_medium(struct medium *medium, struct image *image, const char *path, const struct partition *partition)
{
	struct text name = TEXT(medium->name), where = TEXT(medium->where), prefix = TEXT(medium->prefix);

	medium->calls = &calls;
	medium->image = image;
	medium->partition = *partition;
	medium->rm = "mdel -i";
	medium->rmdir = "mrd -i";
	text_add(&name, "%s", path);
	if (partition->at.number != 0)
		text_add(&name, ", partition %u", partition->at.number);
	text_add(&where, "%s@@%" PRIu64, path, partition->offset);
	text_add(&prefix, "::");
}

static bool is_readable(struct medium *medium)
{
	uint64_t bytes;
	struct fail why;

	return medium->calls->room(medium, &bytes, &why) == OK;
}

enum status image_open(struct medium *esp, struct medium *boot, bool *has_boot, const char *path, struct fail *why)
{
	struct partition partition;
	struct image *image = calloc(1, sizeof(*image));
	char *real = realpath(path, NULL);
	enum status status;
	uint64_t bytes;
	struct text text;
	int file;

	*has_boot = false;
	*esp = *boot = (struct medium){.calls = &calls};
	if (image == NULL || real == NULL || strlen(real) >= sizeof(image->path)) {
		free(image);
		free(real);
		return wrong(path, why);
	}
	text = TEXT(image->path);
	text_add(&text, "%s", real);
	free(real);
	status = check_name(image->path, why);
	if (status == OK)
		status = open_image(image->path, &file, why);
	if (status == OK) {
		struct fail none;

		status = partition_on_disk(file, path, PARTITION_ESP, &partition, why);
		put_medium(esp, image, path, &partition);
		*has_boot = status == OK && partition_on_disk(file, path, PARTITION_XBOOTLDR, &partition, &none) == OK;
		put_medium(boot, image, path, &partition);
		(void)close(file);
	}
	if (status == OK)
		status = esp->calls->room(esp, &bytes, why);
	*has_boot = *has_boot && status == OK && is_readable(boot);
	if (status != OK) {
		free(image);
		esp->image = NULL;
	}
	return status;
}
