/* SPDX-License-Identifier: BSD-2-Clause */
/* Drivers that firmware lacks, for file systems above all, from two folders beside the loader. */
#ifndef BERTH_EFI_DRIVERS_H
#define BERTH_EFI_DRIVERS_H

/*
 * Starts those for this CPU, and has firmware offer all devices to them. One that fails does not stop the others, and
 * the log says so. Source: systemd, src/boot/drivers.c.
 */
void drivers_start(void);

#endif
