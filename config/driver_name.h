/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which files are drivers that the loader has firmware start: those for its CPU in two folders, Berth's own and
 * systemd-boot's. Pure. Source: systemd, src/boot/drivers.c.
 */
#ifndef BERTH_DRIVER_NAME_H
#define BERTH_DRIVER_NAME_H

#include <stdbool.h>

#define N_DRIVER_FOLDERS 2
extern const char *const driver_folders[N_DRIVER_FOLDERS];

/* It ends, in any case and behind something, in the CPU's name of UAPI.1, @bls, and ".efi": "ext4_x64.efi". */
bool is_driver_name(const char *name, const char *bls);

#endif
