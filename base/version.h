/* SPDX-License-Identifier: BSD-2-Clause */
/* The version of the loader and of the host command, which are one; and the name that the loader gives itself. */
#ifndef BERTH_VERSION_H
#define BERTH_VERSION_H

/* And its day: files that tell a time have the same bytes whenever they are built. */
#define BERTH_VERSION  "0.1"
#define BERTH_RELEASED "2026-11-29"
#define BERTH_PRODUCT  "Berth"
#define BERTH_NAME     BERTH_PRODUCT " " BERTH_VERSION

/* The section .sdmagic, by which bootctl(1) finds a loader's name and version: systemd, src/boot/boot.c. */
#define MAGIC_BEGIN "#### LoaderInfo: "
#define MAGIC_END   " ####"

#endif
