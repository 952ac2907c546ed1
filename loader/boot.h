/* SPDX-License-Identifier: BSD-2-Clause */
/* Boots an entry. */
#ifndef BERTH_BOOT_H
#define BERTH_BOOT_H

#include "attempt.h"

/* Boots @entry. Returns only when it cannot, with everything released and the reason in @why. */
enum status boot(struct boot *boot, const struct entry *entry, const struct loader_conf *conf,
		 struct fail *why) MUST_CHECK;

#endif
