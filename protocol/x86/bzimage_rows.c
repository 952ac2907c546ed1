/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of bzImages. */
#include "bzimage_rows.h"

#include "boot_params.h"
#include "vmlinux.h"
#include "x86_linux.h"

#define SIZE_WORD 4 /* Linux scripts/Makefile.lib, size_append: the unpacked length, behind the payload */

static enum status identify(struct image *image, struct bytes head, struct fail *why)
{
	struct bzimage *k = &x86_own(image)->setup;

	TRY(bzimage_parse(k, image->name, head, image->file_size, why));
	image->piece[0] = (struct image_piece){k->payload_at, k->payload_size, 0, k->payload_memory};
	image->n_pieces = 1;
	image->machine = bzimage_has_entry_64(k) ? ELF_X86_64 : ELF_I386;
	image->entry_at = bzimage_entry_at(k);
	image->moves_itself = k->relocatable; /* arch/x86/Kconfig: RANDOMIZE_BASE depends on RELOCATABLE */
	image->keeps_levels = false;
	image->preferred = k->pref_address;
	image->takes_five_levels = (k->xloadflags & XLF_5LEVEL) != 0;
	image->entered_in_32_bits = !bzimage_has_entry_64(k);
	return OK;
}

static enum status identify_64(struct image *image, struct bytes head, struct fail *why)
{
	TRY(identify(image, head, why));
	return bzimage_has_entry_64(&x86_of(image)->setup)
		   ? OK
		   : fail(why, NOT_FOUND, "%s: xloadflags has no XLF_KERNEL_64", image->name);
}

static bool takes_seed(const struct image *image, struct bytes payload)
{
	const struct bzimage *k = &x86_of(image)->setup;

	return bzimage_has_setup_data(k) && bzimage_setup_type_max(k, payload) >= SETUP_RNG_SEED;
}

static bool estimate(const struct image *image, struct text *line)
{
	const struct bzimage *k = &x86_of(image)->setup;

	if (!k->window_is_estimate)
		return false;
	text_add(line,
		 "boot protocol %u.%02u does not tell how much memory the kernel needs: %#" PRIx64
		 " bytes is an estimate, three times its file [X2]",
		 (unsigned int)k->version >> 8, (unsigned int)k->version & 0xff, k->window_size);
	return true;
}

/* boot.rst, payload_offset and payload_length, of 2.08 and later. */
static enum status payload(const struct image *image, struct bytes head, struct payload *payload, struct fail *why)
{
	const struct bzimage *k = &x86_of(image)->setup;
	uint64_t offset = 0, length = 0, start;

	(void)bytes_get(head, AT_payload_offset, WIDTH_payload_offset, &offset);
	(void)bytes_get(head, AT_payload_length, WIDTH_payload_length, &length);
	if (length <= SIZE_WORD || checked_add(k->payload_at, offset, &start) ||
	    checked_range(start, length, &payload->at) || payload->at.end > image->file_size)
		return fail(why, BAD_INPUT,
			    "%s: payload_offset %#" PRIx64 " and payload_length %#" PRIx64
			    " name no compressed kernel in the file\n  try: the entry without `decompress loader`",
			    image->name, offset, length);
	payload->has_size_word = true;
	return OK;
}

static enum status no_payload(const struct image *image, struct bytes head, struct payload *payload, struct fail *why)
{
	(void)head;
	(void)payload;
	return fail(why, BAD_INPUT,
		    "%s: the kernel has no 64-bit entry, without which it cannot skip its decompressor\n"
		    "  try: the entry without `decompress loader`",
		    image->name);
}

const struct protocol bzimage_protocol = {
    .name = "bzImage, 64-bit entry",
    .is_linux = true,
    .mem = MEM_IS_ADDRESS,
    .identify = identify_64,
    .payload = payload,
    .take_payload = vmlinux_take_payload,
    .check_table = vmlinux_check_table_size,
    .demand = x86_linux_demand,
    .estimate = estimate,
    .takes_seed = takes_seed,
    .describe = x86_linux_describe,
    .finish = boot_params_finish,
};

/* For 32-bit kernels, and for 64-bit ones before 2.12, which have a 32-bit entry and switch by themselves. */
const struct protocol bzimage_32_protocol = {
    .name = "bzImage, 32-bit entry",
    .is_linux = true,
    .mem = MEM_IS_ADDRESS,
    .identify = identify,
    .payload = no_payload,
    .demand = x86_linux_demand,
    .estimate = estimate,
    .takes_seed = takes_seed,
    .describe = x86_linux_describe,
    .finish = boot_params_finish,
};
