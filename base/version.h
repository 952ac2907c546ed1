/* SPDX-License-Identifier: BSD-2-Clause */
/* The version of the loader and of the host command, which are one. */
#ifndef BERTH_VERSION_H
#define BERTH_VERSION_H

#define BERTH_VERSION "0.1"

#endif
