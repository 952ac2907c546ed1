/* SPDX-License-Identifier: BSD-2-Clause */
/* A file that firmware fetches by its URL. */
#ifndef BERTH_EFI_NETWORK_H
#define BERTH_EFI_NETWORK_H

#include "efi_local.h"

struct fetched {
	EFI_DEVICE_PATH *path; /* of the card and the URL, as firmware has them: what the image is loaded as */
	void *bytes;
	size_t size;
};

/*
 * Has firmware fetch the file, by all that can. Both pools are the caller's, for efi_free, even after an error.
 * NOT_FOUND when firmware has nothing that fetches; IO_ERROR says what it answered, or that there is no memory.
 */
enum status network_fetch(const char *url, struct fetched *fetched, struct fail *why) MUST_CHECK;

#endif
