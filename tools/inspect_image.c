/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flat images and what wraps kernels.
 * Sources: Linux Documentation/arch/arm64/booting.rst, 4; Documentation/arch/riscv/boot-image-header.rst;
 * drivers/firmware/efi/libstub/zboot-header.S.
 */
#include "inspect.h"

#include "../codecs/unpack.h"

bool inspect_arm64(struct inspection *in)
{
	static const char *const pages[] = {"page size not stated", "4 KiB pages", "16 KiB pages", "64 KiB pages"};
	uint64_t flags, image_size = 0;
	char words[96];

	if (!inspect_is(in, 0x38, "ARM\x64", 4) || !inspect_get(in, 0x18, 8, &flags))
		return false;
	(void)inspect_get(in, 0x10, 8, &image_size);
	show_format(in, "Linux Image for arm64");
	show_read(in, "code0", 0, 4, NULL, "the first instruction");
	show_read(in, "code1", 4, 4, NULL, "the second");
	show_read(in, "text_offset", 8, 8, NULL, "from a base that is a multiple of 2 MiB");
	show_field(in, "image_size", 0x10, 8, image_size, size_words(image_size).at,
		   image_size == 0 ? "an image from before Linux 3.17: text_offset is 0x80000"
				   : "memory that it needs, BSS included");
	snprintf(words, sizeof(words), "%s, %s, %s", (flags & 1) != 0 ? "big-endian" : "little-endian",
		 pages[flags >> 1 & 3], (flags & 8) != 0 ? "anywhere in memory" : "near the start of memory");
	show_field(in, "flags", 0x18, 8, flags, words, "");
	show_read(in, "res2", 0x20, 8, NULL, "reserved");
	show_read(in, "res3", 0x28, 8, NULL, "reserved");
	show_read(in, "res4", 0x30, 8, NULL, "reserved");
	show_read(in, "magic", 0x38, 4, "\"ARM\\x64\"", "");
	show_read(in, "res5", 0x3c, 4, NULL, "where the PE header is, if there is one");
	show_fields_end(in);
	show_pe_sections(in);
	return true;
}

bool inspect_riscv(struct inspection *in)
{
	uint64_t version, size;
	char words[32];

	if (!inspect_is(in, 0x38, "RSC\x05", 4) || !inspect_get(in, 0x20, 4, &version) ||
	    !inspect_get(in, 0x10, 8, &size))
		return false;
	show_format(in, "Linux Image for RISC-V");
	show_read(in, "code0", 0, 4, NULL, "the first instruction");
	show_read(in, "code1", 4, 4, NULL, "the second");
	show_read(in, "text_offset", 8, 8, NULL, "from the start of memory");
	show_field(in, "image_size", 0x10, 8, size, size_words(size).at, "memory that it needs, BSS included");
	show_read(in, "flags", 0x18, 8, NULL, "bit 0: big-endian");
	snprintf(words, sizeof(words), "%u.%u", (unsigned int)(version >> 16), (unsigned int)version & 0xffff);
	show_field(in, "version", 0x20, 4, version, words, "of this header");
	show_read(in, "res1", 0x24, 4, NULL, "reserved");
	show_read(in, "res2", 0x28, 8, NULL, "reserved");
	show_read(in, "magic", 0x30, 8, NULL, "\"RISCV\", deprecated");
	show_read(in, "magic2", 0x38, 4, "\"RSC\\x05\"", "");
	show_read(in, "res3", 0x3c, 4, NULL, "where the PE header is, if there is one");
	show_fields_end(in);
	show_pe_sections(in);
	return true;
}

bool inspect_zboot(struct inspection *in)
{
	uint64_t offset, size;
	const char *kind;

	if (!inspect_is(in, 0, "MZ", 2) || !inspect_is(in, 4, "zimg", 4) || !inspect_get(in, 8, 4, &offset) ||
	    !inspect_get(in, 12, 4, &size))
		return false;
	kind = compression_at(in, offset);
	show_format(in, "EFI zboot file: a compressed kernel in a PE file");
	show_field(in, "payload offset", 8, 4, offset, kind, "where the compressed kernel begins");
	show_field(in, "payload size", 12, 4, size, size_words(size).at,
		   offset > in->size || size > in->size - offset ? "past the end of the file: truncated" : "");
	show_text(in, "compression", 0x18, 32, "as the header names it");
	show_fields_end(in);
	show_pe_sections(in);
	return true;
}

/* ---- compressed files ---- */

static enum packing packing_at(const struct inspection *in, uint64_t offset)
{
	uint8_t head[PACKING_HEAD] = {0};

	return packing_of((struct bytes){head, inspect_bytes(in, offset, head, sizeof(head))});
}

const char *compression_at(const struct inspection *in, uint64_t offset)
{
	enum packing packing = packing_at(in, offset);

	return packing == PACKED_NOT ? NULL : packing_name(packing);
}

/* RFC 1952, 2.3. */
static void show_gzip(struct inspection *in)
{
	uint64_t flags, at = 10, extra, size;

	show_read(in, "method", 2, 1, NULL, "8 is deflate");
	flags = show_read(in, "flags", 3, 1, NULL, "1 text, 2 header CRC, 4 extra, 8 name, 16 comment");
	show_read(in, "mtime", 4, 4, NULL, "seconds since 1970; 0: not told");
	show_read(in, "os", 9, 1, NULL, "3 is Unix");
	if ((flags & 4) != 0 && inspect_get(in, at, 2, &extra))
		at += 2 + extra;
	if ((flags & 8) != 0)
		show_text(in, "name", at, 256, "of the file that was compressed");
	if (in->size >= 18 && inspect_get(in, in->size - 4, 4, &size))
		show_field(in, "size inflated", in->size - 4, 4, size, size_words(size).at, "modulo 2^32");
}

/* RFC 8878, 3.1.1.1. */
static void show_zstd(struct inspection *in)
{
	static const unsigned int id_width[] = {0, 1, 2, 4}, size_width[] = {0, 2, 4, 8};
	uint64_t descriptor = show_read(in, "frame descriptor", 4, 1, NULL, ""), at = 5, window, size;
	bool single = (descriptor & 0x20) != 0;
	unsigned int width = size_width[descriptor >> 6 & 3];

	if (!single && inspect_get(in, at++, 1, &window)) {
		uint64_t base = UINT64_C(1) << (10 + (window >> 3));

		show_field(in, "window", 5, 1, base + base / 8 * (window & 7), NULL,
			   "bytes that the decoder must keep");
	}
	at += id_width[descriptor & 3];
	width = width == 0 && single ? 1 : width;
	if (width != 0 && inspect_get(in, at, width, &size))
		show_field(in, "size inflated", at, width, size + (width == 2 ? 256 : 0), NULL, "");
}

static void show_packed(struct inspection *in, enum packing packing)
{
	switch (packing) {
	case PACKED_GZIP:
		show_gzip(in);
		break;
	case PACKED_ZSTD:
		show_zstd(in);
		break;
	case PACKED_XZ:
		show_read(in, "stream flags", 6, 2, NULL, "high byte: 0 no check, 1 CRC32, 4 CRC64, 10 SHA-256");
		break;
	case PACKED_LZ4_LEGACY:
		show_read(in, "block size", 4, 4, NULL, "compressed bytes of the first block");
		break;
	case PACKED_LZ4:
		show_read(in, "frame flags", 4, 2, NULL, "FLG and BD of the frame");
		break;
	default: /* nothing else is told of them */
		break;
	}
}

bool inspect_wrapper(struct inspection *in)
{
	enum packing packing = packing_at(in, 0);
	const char *name = packing_name(packing);
	char format[64];

	if (packing == PACKED_NOT)
		return false;
	if (packing == PACKED_LZ4_LEGACY)
		name = "LZ4, legacy frames"; /* as JSON's format has always had it */
	snprintf(format, sizeof(format), "a file compressed by %s, not inflated", name);
	show_format(in, format);
	in->format = name;
	show_packed(in, packing);
	show_fields_end(in);
	return true;
}
