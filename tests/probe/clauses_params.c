/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clauses about struct boot_params: the setup header in it, and what else it may hold.
 * Source: boot.rst, "Details of Header Fields" and "64-bit Boot Protocol"; zero-page.rst.
 */
#include "clauses_local.h"

/* boot.rst: fields of type write or modify, and so the only ones that may differ from the file's. [start, end) */
static bool may_be_written(const struct view *v, unsigned int at)
{
	return (at >= 0x1f2 && at < 0x1f4) ||			     /* root_flags */
	       (at >= 0x1fa && at < 0x1fe) ||			     /* vid_mode, root_dev */
	       (at >= 0x208 && at < 0x20c) ||			     /* realmode_swtch */
	       (at >= 0x210 && at < 0x220) ||			     /* type_of_loader to ramdisk_size */
	       (at >= 0x224 && at < 0x22c) ||			     /* heap_end_ptr to cmd_line_ptr */
	       (at >= 0x230 && at < 0x234 && v->version >= 0x20a) || /* kernel_alignment */
	       (at >= 0x23c && at < 0x248 && v->version >= 0x207) || /* hardware_subarch and its data */
	       (at >= 0x250 && at < 0x258 && v->version >= 0x209);   /* setup_data */
}

static struct finding as_in_file(const struct view *v, unsigned int start, unsigned int end)
{
	for (unsigned int at = start; at < end; at++)
		if (!may_be_written(v, at) && v->bp[at] != v->f->file[at])
			return broken("a byte at an offset, seen", (uint64_t)at << 8 | v->bp[at],
				      (uint64_t)at << 8 | v->f->file[at]);
	return kept();
}

static struct finding zero(const struct view *v, unsigned int start, unsigned int end)
{
	for (unsigned int at = start; at < end; at++)
		if (v->bp[at] != 0)
			return broken("a byte at an offset, seen", (uint64_t)at << 8 | v->bp[at], (uint64_t)at << 8);
	return kept();
}

static struct finding all_zero(const struct view *v, const unsigned int (*gap)[2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct finding finding = zero(v, gap[i][0], gap[i][1]);

		if (finding.verdict != CLAUSE_KEPT)
			return finding;
	}
	return kept();
}

static struct finding type_of_loader(const struct view *v)
{
	uint64_t type = param(v, 0x210, 1);

	/* 0xff, or 0xTV with T assigned: boot.rst's table has 0 to 9 (6 is free) and A to E. */
	if (type == 0xff)
		return kept();
	if (type == 0 || type >> 4 == 0xf || type >> 4 == 6)
		return broken("type_of_loader", type, 0xff);
	return kept();
}

static struct finding alignment_is_legal(const struct view *v)
{
	uint64_t told = param(v, 0x230, 4), least = v->alignment, log2 = in_file(v, 0x235, 1);

	if (!v->relocatable)
		return does_not_apply("not relocatable");
	if (v->version >= 0x20a && log2 != 0 && log2 < 32)
		least = UINT64_C(1) << log2;
	if ((told & (told - 1)) != 0 || told < least)
		return broken("kernel_alignment and the least", told, least);
	return told <= v->alignment ? kept() : broken("kernel_alignment", told, v->alignment);
}

static struct finding code32_start(const struct view *v)
{
	if (v->f->load >= FOUR_GIB)
		return does_not_apply("the field has 32 bits, the kernel lies above");
	if (!v->relocatable)
		return does_not_apply("not relocatable");
	return equal("code32_start", param(v, 0x214, 4), v->f->load);
}

static struct finding stale_code32_start(const struct view *v)
{
	uint64_t told = param(v, 0x214, 4);

	if (v->f->load < FOUR_GIB)
		return does_not_apply("the kernel lies below 4 GiB");
	return told != in_file(v, 0x214, 4) ? kept() : broken("the file's code32_start", told, 0);
}

static struct finding heap(const struct view *v)
{
	/* CAN_USE_HEAP says that heap_end_ptr is valid, which is an offset into real-mode code that is not there. */
	return equal("CAN_USE_HEAP", param(v, 0x211, 1) & 0x80, in_file(v, 0x211, 1) & 0x80);
}

static struct finding after_header(const struct view *v)
{
	return v->header_end >= HEADER_TOP ? does_not_apply("the header fills its room")
					   : zero(v, v->header_end, HEADER_TOP);
}

void check_header(struct view *v)
{
	const char *copied = "boot.rst, 64-bit Boot Protocol: the header is loaded from 0x1f1 on";
	unsigned int end = v->header_end < HEADER_TOP ? v->header_end : HEADER_TOP;

	clause_tell(v, "boot_flag, jump and HdrS are the file's", copied,
		    equal("jump and HdrS", param(v, 0x1fe, 8), in_file(v, 0x1fe, 8)));
	clause_tell(v, "the version is the file's", copied, equal("version", param(v, 0x206, 2), v->version));
	clause_tell(v, "before HdrS, all that a loader only reads is the file's", copied,
		    as_in_file(v, HEADER_AT, 0x206));
	clause_tell(v, "up to cmdline_size, all that a loader only reads is the file's", copied,
		    as_in_file(v, 0x206, end < 0x23c ? end : 0x23c));
	clause_tell(v, "to its end, all that a loader only reads is the file's", copied, as_in_file(v, 0x23c, end));
	clause_tell(v, "nothing past the header's end is copied",
		    "boot.rst, 64-bit Boot Protocol: 0x202 + the byte at 0x201", after_header(v));
	clause_tell(v, "nothing before the header is copied: the sentinel is 0", "bootparam.h, sentinel",
		    equal("sentinel", param(v, 0x1ef, 1), 0));
	clause_tell(v, "type_of_loader is an assigned id, or 0xff", "boot.rst, type_of_loader", type_of_loader(v));
	clause_tell(v, "of loadflags, only QUIET and CAN_USE_HEAP differ from the file's", "boot.rst, loadflags",
		    equal("loadflags", param(v, 0x211, 1) & 0x5f, in_file(v, 0x211, 1) & 0x5f));
	clause_tell(v, "no real-mode heap is promised", "boot.rst, heap_end_ptr", heap(v));
	clause_tell(v, "no real-mode hook is set", "boot.rst, Advanced Boot Loader Hooks",
		    equal("realmode_swtch", param(v, 0x208, 4), in_file(v, 0x208, 4)));
	clause_tell(v, "kernel_alignment is a power of two from 2^min_alignment to the file's",
		    "boot.rst, min_alignment", alignment_is_legal(v));
	clause_tell(v, "code32_start is where the kernel lies", "boot.rst, relocatable_kernel", code32_start(v));
	clause_tell(v, "code32_start does not name a place where the kernel is not", "boot.rst, code32_start",
		    stale_code32_start(v));
	clause_tell(v, "hardware_subarch says PC", "boot.rst, hardware_subarch",
		    v->version < 0x207 ? does_not_apply("since 2.07")
				       : equal("hardware_subarch", param(v, 0x23c, 4), 0));
	clause_tell(v, "hardware_subarch_data is left alone", "boot.rst, hardware_subarch_data",
		    v->version < 0x207 ? does_not_apply("since 2.07")
				       : equal("hardware_subarch_data", param(v, 0x240, 8), in_file(v, 0x240, 8)));
}

void check_zero_page(struct view *v)
{
	const char *source = "boot.rst, 64-bit Boot Protocol: initialized to all zero; zero-page.rst";
	static const unsigned int unnamed[][2] = {
	    {0x054, 0x058}, {0x078, 0x080}, {0x0cc, 0x13c},  {0x1ed, 0x1ef},
	    {0x1f0, 0x1f1}, {0xcd0, 0xd00}, {0xeec, 0x1000},
	};
	static const unsigned int bios[][2] = {
	    {0x040, 0x054}, {0x060, 0x070}, {0x080, 0x0c0}, {0x1e0, 0x1e4},
	    {0x1e9, 0x1eb}, {0x290, 0x2d0}, {0xd00, 0xeec},
	};

	clause_tell(v, "bytes that no field has are zero", source,
		    all_zero(v, unnamed, sizeof(unnamed) / sizeof(unnamed[0])));
	clause_tell(v, "fields that only a BIOS fills (APM, IST, disks, EDD) are zero", source,
		    all_zero(v, bios, sizeof(bios) / sizeof(bios[0])));
	clause_tell(v, "e820 entries past the last are zero", source,
		    zero(v, (unsigned int)(0x2d0 + 20 * v->n_zero_page), 0xcd0));
	clause_tell(v, "the kernel's scratch field is zero", source, zero(v, 0x1e4, 0x1e8));
	clause_tell(v, "no TXT page and no confidential computing is claimed", source,
		    param(v, 0x058, 8) != 0 ? broken("tboot_addr", param(v, 0x058, 8), 0)
					    : equal("cc_blob_address", param(v, 0x13c, 4), 0));
	clause_tell(v, "secure_boot is a value that the kernel knows",
		    "Linux include/linux/efi.h, enum efi_secureboot_mode",
		    param(v, 0x1ec, 1) <= 3 ? kept() : broken("secure_boot", param(v, 0x1ec, 1), 3));
}
