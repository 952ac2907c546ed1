/* SPDX-License-Identifier: BSD-2-Clause */
#include "bzimage.h"

#define SECTOR	    512
#define PARAGRAPH   16	       /* what syssize counts in */
#define KERNEL_INFO 0x506f544c /* "LToP" */

/* 0 for a field that this version of the protocol does not have yet: other bytes stand there. */
#define GET(k, head, name) field(k, head, AT_##name, WIDTH_##name, SINCE_##name)
#define HAS(k, name)	   ((k)->version >= SINCE_##name)

static uint64_t field(const struct bzimage *k, const struct bytes *head, size_t offset, unsigned int width,
		      unsigned int since)
{
	uint64_t value = 0;

	/* bzimage_parse has checked that head reaches to the end of what this version has. */
	if (k->version >= since)
		(void)bytes_get(*head, offset, width, &value);
	return value;
}

static enum status check_version(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	uint64_t version = 0;

	(void)bytes_get(*head, AT_version, WIDTH_version, &version);
	k->version = (uint16_t)version;
	if (k->version < SINCE_relocatable_kernel)
		return fail(why, BAD_INPUT,
			    "%s: boot protocol %u.%02u; Berth knows 2.05 and later (Linux 2.6.20)\n"
			    "  try: a newer kernel",
			    name, (unsigned int)k->version >> 8, (unsigned int)k->version & 0xff);
	return OK;
}

/* The end of the version's fields that are read here; what follows them may be missing. */
static size_t least_header_end(const struct bzimage *k)
{
	return HAS(k, init_size)      ? AT_init_size + WIDTH_init_size
	       : HAS(k, cmdline_size) ? AT_cmdline_size + WIDTH_cmdline_size
				      : AT_relocatable_kernel + WIDTH_relocatable_kernel;
}

static enum status check_header_end(struct bzimage *k, const char *name, const struct bytes *head, uint64_t file_size,
				    struct fail *why)
{
	uint64_t jump = 0;

	/* boot.rst, "details of header fields", jump: the byte at 0x201 tells where the header ends. */
	(void)bytes_get(*head, AT_jump + 1, 1, &jump);
	k->header_size = (size_t)jump + JUMP_FROM - BZIMAGE_HEADER_AT;
	if (k->header_size > BZIMAGE_HEADER_MAX)
		return fail(why, BAD_INPUT, "%s: the setup header is %zu bytes; boot_params has room for %u", name,
			    k->header_size, (unsigned int)BZIMAGE_HEADER_MAX);
	if (BZIMAGE_HEADER_AT + k->header_size < least_header_end(k) || head->size < BZIMAGE_HEADER_AT + k->header_size)
		return fail(why, BAD_INPUT,
			    "%s: truncated: the setup header ends at %#zx, before the fields of boot protocol "
			    "%u.%02u (%#zx), or past the file's %" PRIu64 " bytes",
			    name, BZIMAGE_HEADER_AT + k->header_size, (unsigned int)k->version >> 8,
			    (unsigned int)k->version & 0xff, least_header_end(k), file_size);
	for (size_t i = 0; i < k->header_size; i++)
		k->header[i] = head->at[BZIMAGE_HEADER_AT + i];
	return OK;
}

static enum status check_flags(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	k->xloadflags = (uint16_t)GET(k, head, xloadflags);
	if ((GET(k, head, loadflags) & LOADFLAGS_HIGH) == 0)
		return fail(why, BAD_INPUT,
			    "%s: loadflags has no LOADED_HIGH: a zImage, which is loaded below 640 KiB\n"
			    "  try: a bzImage",
			    name);
	return OK;
}

/*
 * Linux arch/x86/include/asm/boot.h, MIN_KERNEL_ALIGN: a 64-bit kernel maps itself with 2 MiB pages, whatever its
 * header would permit; arch/x86/kernel/head64.c stops silently on less. A 32-bit one is content with what it says;
 * memory comes in pages.
 */
static uint32_t least_of_any(const struct bzimage *k)
{
	return (uint32_t)(bzimage_has_entry_64(k) ? MIB(2) : EFI_PAGE);
}

/* boot.rst, kernel_alignment: "if relocatable_kernel is true". Any other kernel lies where it was linked. */
static enum status check_alignment(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	uint64_t wish = GET(k, head, kernel_alignment);
	unsigned int least_log2 = (unsigned int)GET(k, head, min_alignment);
	uint64_t least;

	k->relocatable = GET(k, head, relocatable_kernel) != 0;
	k->kernel_alignment = k->least_alignment = least_of_any(k);
	if (!k->relocatable)
		return OK;
	if (!is_power_of_two(wish))
		return fail_by(why, BAD_INPUT, X1, "%s: kernel_alignment %#" PRIx64 " is not a power of two", name,
			       wish);
	if (least_log2 > 31 || (least_log2 != 0 && UINT64_C(1) << least_log2 > wish))
		return fail_by(why, BAD_INPUT, X1, "%s: min_alignment 2^%u is more than kernel_alignment %#" PRIx64,
			       name, least_log2, wish);
	least = least_log2 == 0 ? wish : UINT64_C(1) << least_log2;
	if (least > k->least_alignment)
		k->least_alignment = (uint32_t)least;
	if (wish > k->kernel_alignment)
		k->kernel_alignment = (uint32_t)wish;
	return OK;
}

/* What the kernel needs from its run-time start on. */
static enum status check_window(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	uint64_t init_size = GET(k, head, init_size);

	k->window_is_estimate = !HAS(k, init_size);
	if (!k->window_is_estimate && init_size == 0)
		return fail_by(why, BAD_INPUT, X2,
			       "%s: init_size is 0: the kernel does not say how much memory it needs", name);
	if (k->window_is_estimate && checked_mul(k->payload_size, 3, &init_size))
		init_size = UINT64_MAX;
	/* Room for the file as well: its tail (a signature, say) is read too although the kernel never uses it. */
	if (checked_align_up(init_size > k->payload_memory ? init_size : k->payload_memory, EFI_PAGE, &k->window_size))
		return fail(why, BAD_INPUT, "%s: a file of %" PRIu64 " bytes does not fit into any memory", name,
			    k->payload_at + k->payload_size);
	return OK;
}

static enum status check_size(struct bzimage *k, const char *name, const struct bytes *head, uint64_t file_size,
			      struct fail *why)
{
	uint64_t setup_sects = GET(k, head, setup_sects);
	uint64_t told_size = GET(k, head, syssize) * PARAGRAPH;

	if (setup_sects == 0)
		setup_sects = 4; /* boot.rst, setup_sects: "if 0, the real value is 4" */
	k->payload_at = (setup_sects + 1) * SECTOR;
	/* syssize counts whole paragraphs: the file may end anywhere in the last, as Memtest86+ 6.10 does. */
	if (file_size <= k->payload_at + bzimage_entry_at(k) ||
	    (file_size - k->payload_at < told_size && told_size - (file_size - k->payload_at) >= PARAGRAPH))
		return fail(why, BAD_INPUT,
			    "%s: truncated: the header tells of %" PRIu64 " bytes (setup_sects %" PRIu64
			    ", syssize %#" PRIx64 "), the file has %" PRIu64 "\n  try: copy the file again",
			    name, k->payload_at + told_size, setup_sects, told_size / PARAGRAPH, file_size);
	k->payload_size = file_size - k->payload_at;
	k->payload_memory = k->payload_size < told_size ? told_size : k->payload_size;
	return check_window(k, name, head, why);
}

static enum status check_addresses(struct bzimage *k, const char *name, const struct bytes *head, struct fail *why)
{
	struct range window;

	/* boot.rst, pref_address: 0 is none, and then, as before 2.10, it belongs where LOADED_HIGH loads it. */
	k->pref_address = GET(k, head, pref_address);
	if (!HAS(k, pref_address) || (!k->relocatable && k->pref_address == 0))
		k->pref_address = MIB(1);
	k->initrd_addr_max = (uint32_t)GET(k, head, initrd_addr_max);
	k->cmdline_size =
	    HAS(k, cmdline_size) ? (uint32_t)GET(k, head, cmdline_size) : 255; /* boot.rst, cmdline_size */
	if (checked_range(k->pref_address, k->window_size, &window) || window.end > TIB(64))
		return fail_by(why, BAD_INPUT, X2,
			       "%s: init_size %#" PRIx64 " from pref_address %#" PRIx64
			       " runs past the 64 TiB that a bzImage can reach",
			       name, k->window_size, k->pref_address);
	if (!k->relocatable && k->pref_address % EFI_PAGE != 0)
		return fail_by(why, BAD_INPUT, X3, "%s: pref_address %#" PRIx64 " is not on a page edge", name,
			       k->pref_address);
	return OK;
}

enum status bzimage_parse(struct bzimage *k, const char *name, struct bytes head, uint64_t file_size, struct fail *why)
{
	uint64_t magic, flag;

	if (!bytes_get(head, AT_boot_flag, WIDTH_boot_flag, &flag) ||
	    !bytes_get(head, AT_header, WIDTH_header, &magic) || flag != BOOT_FLAG || magic != HEADER_MAGIC)
		return fail(why, NOT_FOUND, "%s: not a bzImage: no \"HdrS\" at 0x202", name);
	*k = (struct bzimage){0};
	/* Before the header's length: an old version's is shorter, and that is not what is wrong with it. */
	TRY(check_version(k, name, &head, why));
	TRY(check_header_end(k, name, &head, file_size, why));
	TRY(check_flags(k, name, &head, why));
	TRY(check_alignment(k, name, &head, why));
	TRY(check_size(k, name, &head, file_size, why));
	return check_addresses(k, name, &head, why);
}

/*
 * boot.rst, "Details of the kernel_info Fields", setup_type_max: the highest type that setup_data may have; bit 31 says
 * that SETUP_INDIRECT is known. It lies in the payload. A kernel without kernel_info sets no limit.
 */
uint32_t bzimage_setup_type_max(const struct bzimage *k, struct bytes payload)
{
	struct bytes header = {k->header, k->header_size};
	uint64_t at, magic, size, max;

	if (k->version < SINCE_kernel_info_offset ||
	    !bytes_get(header, AT_kernel_info_offset - BZIMAGE_HEADER_AT, 4, &at) || at == 0 ||
	    !bytes_get(payload, at, 4, &magic) || magic != KERNEL_INFO || !bytes_get(payload, at + 4, 4, &size) ||
	    size < 16 || !bytes_get(payload, at + 12, 4, &max))
		return INT32_MAX;
	return (uint32_t)max & INT32_MAX;
}
