/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the loader's own code from being written to, and its data from being run, while it runs. Firmware that could do
 * so mostly does not for what comes from a disk: EDK2 leaves it to a setting that is off (PcdImageProtectionPolicy).
 *
 * Nothing else that Berth lets the CPU run lies in firmware's page tables: kernels and the code that switches paging
 * are entered under its own, or with paging off.
 */
#ifndef BERTH_EFI_PROTECT_H
#define BERTH_EFI_PROTECT_H

/*
 * By firmware's protocol for that, where it has one, for each of the image's sections. What cannot be had is not told:
 * the loader runs all the same.
 */
void protect_own_image(void);

/* Takes that back, before the pages are firmware's again, which may give them to somebody who writes there. */
void unprotect_own_image(void);

#endif
