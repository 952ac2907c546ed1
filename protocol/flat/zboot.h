/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EFI zboot files, in which Linux's build packs the flat images of arm64, RISC-V and others: a PE file whose header
 * says where the compressed kernel is. Source: Linux drivers/firmware/efi/libstub/zboot-header.S and Makefile.zboot.
 */
#ifndef BERTH_ZBOOT_H
#define BERTH_ZBOOT_H

#include "../../base/bytes.h"
#include "../../base/fail.h"
#include "../../base/range.h"

bool zboot_is(struct bytes head);

/* In bytes of the file, of which @head is the start. BAD_INPUT when it does not lie in the file. */
enum status zboot_payload(const char *name, struct bytes head, uint64_t file_size, struct range *payload,
			  struct fail *why) MUST_CHECK;

#endif
