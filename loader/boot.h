/* SPDX-License-Identifier: BSD-2-Clause */
/* Boots an entry. */
#ifndef BERTH_BOOT_H
#define BERTH_BOOT_H

#include "attempt.h"

/* Boots @entry. Returns only when it cannot, with everything released and the reason in @why. */
enum status boot(struct boot *boot, const struct entry *entry, const struct loader_conf *conf,
		 struct fail *why) MUST_CHECK;

/*
 * What boot() would do with @entry, up to its plan, as lines of at most @columns; or the reason why it would not, and
 * its rule. Nothing is claimed, counted or left behind. At the real boot firmware may have other memory to give.
 */
void boot_foresee(struct boot *boot, const struct entry *entry, const struct loader_conf *conf, unsigned int columns,
		  struct text *out);

#endif
