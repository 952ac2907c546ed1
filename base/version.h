/* SPDX-License-Identifier: BSD-2-Clause */
/* The version of the loader and of the host command, which are one; and the name that the loader gives itself. */
#ifndef BERTH_VERSION_H
#define BERTH_VERSION_H

#define BERTH_VERSION "0.1"
#define BERTH_NAME    "Berth " BERTH_VERSION /* the first word is the product, for bootctl(1) */

#endif
