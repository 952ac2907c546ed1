/* SPDX-License-Identifier: BSD-2-Clause */
/* What loaders and stubs tell of themselves in section .sdmagic: "#### LoaderInfo: PRODUCT VERSION ####". Pure. */
#ifndef BERTH_MAGIC_H
#define BERTH_MAGIC_H

#include "../base/version.h"
#include "entry.h"

#define MAGIC_ROOM(product) (sizeof(MAGIC_BEGIN product " ") - 1) /* bytes before the version */

/* Whether it tells of this product; *magic is then what follows the product and a blank, or else stays as it is. */
bool magic_is_of(struct word *magic, const char *product);

#endif
