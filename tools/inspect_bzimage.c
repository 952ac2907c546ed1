/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's bzImage for x86, of all versions of its boot protocol. Source: boot.rst, as bzimage_fields.def. */
#include "inspect.h"

#include "../protocol/x86/setup_header.h"

static const struct field {
	const char *name;
	unsigned int offset, width, since;
	const char *meaning;
} fields[] = {
#define FIELD(name, offset, width, since, meaning) {#name, offset, width, since, meaning},
#include "../protocol/x86/bzimage_fields.def"
#undef FIELD
};

#define READ(in, name, to) inspect_get(in, AT_##name, WIDTH_##name, to)

static const struct flag_name loadflags[] = {
    {1 << 0, "LOADED_HIGH"},   {1 << 1, "KASLR_FLAG"},	 {1 << 5, "QUIET_FLAG"},
    {1 << 6, "KEEP_SEGMENTS"}, {1 << 7, "CAN_USE_HEAP"}, {0, NULL},
};

static const struct flag_name xloadflags[] = {
    {1 << 0, "XLF_KERNEL_64"},
    {1 << 1, "XLF_CAN_BE_LOADED_ABOVE_4G"},
    {1 << 2, "XLF_EFI_HANDOVER_32"},
    {1 << 3, "XLF_EFI_HANDOVER_64"},
    {1 << 4, "XLF_EFI_KEXEC"},
    {1 << 5, "XLF_5LEVEL"},
    {1 << 6, "XLF_5LEVEL_ENABLED"},
    {1 << 7, "XLF_MEM_ENCRYPTION"},
    {0, NULL},
};

/* The value in words, where it says more than a number. */
static const char *words_of(const struct field *f, uint64_t value, char *to, size_t room)
{
	switch (f->offset) {
	case AT_version:
		snprintf(to, room, "%u.%02u", (unsigned int)value >> 8, (unsigned int)value & 0xff);
		return to;
	case AT_loadflags:
		return flag_words(value, loadflags, to, room);
	case AT_xloadflags:
		return flag_words(value, xloadflags, to, room);
	case AT_min_alignment:
		snprintf(to, room, "%s", value < 64 ? size_words(UINT64_C(1) << value).at : "not a power of two");
		return to;
	case AT_syssize:
		snprintf(to, room, "%s", size_words(value * 16).at);
		return to;
	case AT_kernel_alignment:
	case AT_payload_length:
	case AT_init_size:
		snprintf(to, room, "%s", size_words(value).at);
		return to;
	default:
		return NULL;
	}
}

/* boot.rst, kernel_version and the payload: what the header points to. */
static void show_pointed(struct inspection *in, uint64_t version)
{
	uint64_t text, setup, offset, length, size, info;

	if (!READ(in, setup_sects, &setup))
		return;
	setup = ((setup == 0 ? 4 : setup) + 1) * 512;
	if (READ(in, kernel_version, &text) && text != 0 && text + 0x200 < setup)
		show_text(in, "kernel_version text", text + 0x200, 256, "");
	if (version >= SINCE_payload_offset && READ(in, payload_offset, &offset) && READ(in, payload_length, &length) &&
	    length >= 4) {
		const char *kind = compression_at(in, setup + offset);

		show_field(in, "payload", setup + offset, 0, length, kind == NULL ? "of an unknown format" : kind,
			   "the compressed kernel, in the file");
		if (inspect_get(in, setup + offset + length - 4, 4, &size))
			show_field(in, "payload size inflated", setup + offset + length - 4, 4, size,
				   size_words(size).at, "its last four bytes");
	}
	if (version >= SINCE_kernel_info_offset && READ(in, kernel_info_offset, &info) && info != 0 &&
	    inspect_is(in, setup + info, "LToP", 4)) {
		show_read(in, "kernel_info size", setup + info + 4, 4, NULL, "of kernel_info");
		show_read(in, "kernel_info size_total", setup + info + 8, 4, NULL, "with all that belongs to it");
		show_read(in, "setup_type_max", setup + info + 12, 4, NULL,
			  "the largest type of setup_data that it takes");
	}
}

bool inspect_bzimage(struct inspection *in)
{
	uint64_t flag, magic, version, jump, end;

	if (!READ(in, boot_flag, &flag) || flag != BOOT_FLAG)
		return false;
	if (!READ(in, header, &magic) || magic != HEADER_MAGIC)
		return false;
	if (!READ(in, version, &version) || !inspect_get(in, AT_jump + 1, 1, &jump))
		return false;
	end = JUMP_FROM + jump;
	show_format(in, "Linux bzImage for x86");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *f = &fields[i];
		char words[256];
		uint64_t value;

		if (f->since > version || (f->offset >= AT_version && f->offset + f->width > end) ||
		    !inspect_get(in, f->offset, f->width, &value))
			continue;
		show_field(in, f->name, f->offset, f->width, value, words_of(f, value, words, sizeof(words)),
			   f->meaning);
	}
	show_field(in, "end of the header", AT_jump + 1, 1, end, NULL,
		   "0x202 and the byte at 0x201; later fields are not there");
	show_pointed(in, version);
	show_fields_end(in);
	show_pe_sections(in);
	return true;
}
