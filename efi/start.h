/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries that firmware starts or does: programs for UEFI, among them unified kernel images; a restart. */
#ifndef BERTH_EFI_START_H
#define BERTH_EFI_START_H

#include "listed.h"

/* The path of the file that @entry, no kernel, starts; of `uki-url` the URL, and NOT_FOUND when it is not known. */
enum status efi_path_of(const struct entry *entry, char path[MAX_PATH_TEXT], struct fail *why) MUST_CHECK;

/*
 * Starts @entry, which is one of the catalogue's, and no kernel. OK when it came back without an error: then it has had
 * its turn. REFUSED when firmware does not trust it; IO_ERROR says what it, or firmware, answered.
 */
enum status efi_start(const struct entry *entry, struct fail *why) MUST_CHECK;

/* The same of any entry's file, which is passed this text; "" is nothing. Where it has a record in berth.sums, its file
 * is what that says. */
enum status efi_start_program(const struct entry *entry, const char *passed, struct fail *why) MUST_CHECK;

/* Before a program is started: shim stays for whoever asks it next. */
void efi_keep_shim(void);

/* Shim 16's, which stand for boot services of the same names (shim, loader-proto.h). */
struct shim_loader {
	EFI_IMAGE_LOAD LoadImage;
	EFI_IMAGE_START StartImage;
	EFI_EXIT Exit;
	EFI_IMAGE_UNLOAD UnloadImage;
};

/*
 * LoadImage, of @shim or, where that is NULL, of firmware, of a file: its @bytes, or, where that is NULL, what firmware
 * reads by its path. Success comes with a handle, an error with none that is left to unload; efi_not_loaded() puts that
 * into words.
 */
EFI_STATUS efi_load_image(const struct shim_loader *shim, EFI_DEVICE_PATH *file, void *bytes, size_t size,
			  EFI_HANDLE *handle);

/* What shim has against the bytes of a file that was not loaded: words behind its name; NULL: it has not said so. */
const char *efi_forbidden(EFI_STATUS status, struct bytes file);

/* @forbidden: efi_forbidden() of its bytes; NULL also where nobody but firmware has read them. */
enum status efi_not_loaded(const struct fw_volume *volume, const char *path, const char *forbidden, EFI_STATUS status,
			   struct fail *why);

/* Loads and starts a driver on the loader's own volume, which then stays. BAD_INPUT: it is a program. */
enum status efi_start_driver(const char *path, struct fail *why) MUST_CHECK;

#endif
