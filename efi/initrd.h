/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An initrd that a kernel's EFI stub, or the stub of a unified kernel image, asks for by a protocol: it looks for that
 * at a fixed device path (Linux drivers/firmware/efi/libstub/efi-stub-helper.c, efi_load_initrd_dev_path).
 */
#ifndef BERTH_EFI_INITRD_H
#define BERTH_EFI_INITRD_H

#include "efi_local.h"

/* What is offered: how many bytes, and who writes them where the stub wants them. */
struct initrd_source {
	uint64_t size;
	enum status (*read)(void *context, struct range place, struct fail *why);
	void *context;
};

/*
 * REFUSED when firmware has one already, of its boot option or of QEMU's -initrd: the stub would find that first, and
 * take no other; @way_out: what to do then. BAD_INPUT when firmware has no addresses for so many bytes.
 */
enum status initrd_can_be_offered(uint64_t size, const char *way_out, struct fail *why) MUST_CHECK;

/* There is one at a time. To take it away is for one that was offered, and else does no harm. */
enum status initrd_offer(const struct initrd_source *source, struct fail *why) MUST_CHECK;
void initrd_take_away(void);

#endif
