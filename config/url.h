/* SPDX-License-Identifier: BSD-2-Clause */
/* The key `uki-url` of an entry: where an image is fetched from. Pure; efi/network.c fetches it. */
#ifndef BERTH_URL_H
#define BERTH_URL_H

#include "entry.h"

/*
 * The URL that @value means, into @room bytes with its NUL: itself, or where it begins with a colon @origin, which the
 * loader was fetched from (NULL: by no URL), with what follows the colon instead of the last part of its path.
 * NOT_FOUND when that is meant and there is no origin; BAD_INPUT when it is no URL, or does not fit.
 *
 * Sources: RFC 3986, 3; UAPI.1, "Type #1"; systemd, src/boot/util.c, for what the last part is.
 */
enum status url_meant(struct word value, const char *origin, char *out, size_t room, struct fail *why) MUST_CHECK;

#endif
