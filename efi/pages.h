/* SPDX-License-Identifier: BSD-2-Clause */
/* What the menu's pages say. */
#ifndef BERTH_EFI_PAGES_H
#define BERTH_EFI_PAGES_H

#include "listed.h"

#include "../loader/attempt.h"

#define PAGE_ROOM 16384 /* bytes; a page that has more is cut */

/* Firmware, the loader, its configuration, and all that is known of an entry. */
void status_page(const struct catalogue *catalogue, const struct entry *entry, struct text *out);

/* What would be started, and where each part of a kernel would lie, and why; or why it cannot. */
void plan_page(struct boot *attempt, const struct catalogue *catalogue, const struct entry *entry, unsigned int columns,
	       struct text *out);

#endif
