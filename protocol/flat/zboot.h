/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EFI zboot files, in which Linux's build packs the flat images of arm64, RISC-V and others: a PE file whose header
 * says where the compressed kernel is. Source: Linux drivers/firmware/efi/libstub/zboot-header.S and Makefile.zboot.
 */
#ifndef BERTH_ZBOOT_H
#define BERTH_ZBOOT_H

#include "../image.h"

extern const struct protocol zboot_protocol;

#endif
