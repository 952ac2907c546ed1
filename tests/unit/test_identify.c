/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which kernel a file holds: files that are packed as a whole, wrappers, kernels that are told by their notes; what is
 * read for that, and what is said when it cannot be read.
 */
#include "packed.h"

#include "../../protocol/x86/pvh.h"
#include "../../protocol/x86/vmlinux.h"
#include "elf_file.h"
#include "memory_source.h"

#define NOTE_AT	  0x1e00
#define NOTE_SIZE 20
#define TWICE	  1 /* fail_more: the second try of the same read, too */

static struct image image;
static struct fail why;

static void expect_sentence(struct memory_source *file, bool payload, enum status status, const char *words)
{
	assert_int_equal(identify_memory(&image, file, payload, &why), status);
	if (strstr(why.text, words) == NULL)
		fail_msg("the message lacks \"%s\": %s", words, why.text);
}

/* ---- ELF files, with a note that says how another kernel is entered ---- */

/* XEN_ELFNOTE_PHYS32_ENTRY, owner "Xen". */
static struct blob given_pvh(void)
{
	struct elf_file f = elf_file_386();
	struct blob file = {calloc(1, ELF_FILE_SIZE), ELF_FILE_SIZE};
	uint8_t *note = file.at + NOTE_AT;

	assert_non_null(file.at);
	f.size = ELF_FILE_SIZE;
	f.header[f.phnum++] =
	    (struct elf_file_header){.type = 4, .offset = NOTE_AT, .filesz = NOTE_SIZE, .memsz = NOTE_SIZE};
	elf_file_write(&f, file.at);
	store_le(note, 4, 4);
	store_le(note + 4, 4, 4);
	store_le(note + 8, 4, 18);
	memcpy(note + 12, "Xen", 4);
	store_le(note + 16, 4, f.header[0].paddr + 0x10);
	return file;
}

static void a_kernel_told_by_its_notes_is_read_at_its_head_and_at_them(void **state)
{
	struct blob elf = given_pvh();
	struct memory_source file;

	(void)state;
	memory_source_init(&file, "elf", (struct bytes){elf.at, elf.size});
	assert_int_equal(identify_memory(&image, &file, false, &why), OK);
	assert_ptr_equal(image.protocol, &pvh_protocol);
	assert_int_equal(file.n_reads, 2);
	assert_int_equal(file.counted, IMAGE_HEAD + NOTE_SIZE);
	assert_false(image.in_one_piece);
	drop(&elf);
}

static void notes_that_cannot_be_read_are_no_notes(void **state)
{
	struct blob elf = given_pvh();
	struct memory_source file;

	(void)state;
	memory_source_init(&file, "elf", (struct bytes){elf.at, elf.size});
	file.fail_at = 2;
	file.fail_more = TWICE;
	expect_sentence(&file, false, IO_ERROR, "elf: byte 7680 cannot be read");
	memory_source_init(&file, "elf", (struct bytes){elf.at, NOTE_AT + 3});
	file.source.size = elf.size;
	expect_sentence(&file, false, BAD_INPUT, "elf ends at byte 7683");
	memory_source_init(&file, "elf", (struct bytes){elf.at, elf.size});
	file.source.in_order = true;
	expect_sentence(&file, false, BAD_INPUT, "elf: comes byte after byte");
	drop(&elf);
}

/* ---- packed ---- */

static struct blob packed_once(size_t kind, struct blob inside)
{
	struct blob packed = packed_as(&kinds[kind], inside);

	drop(&inside);
	return packed;
}

static void the_same_kernel_packed_is_the_same_kernel(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_kinds; i++) {
		struct blob packed;
		struct memory_source file;

		if (kinds[i].sized)
			continue; /* the length stands there in payloads alone */
		packed = packed_once(i, given_pvh());
		memory_source_init(&file, "elf.packed", (struct bytes){packed.at, packed.size});
		assert_int_equal(identify_memory(&image, &file, false, &why), OK);
		assert_ptr_equal(image.protocol, &pvh_protocol);
		assert_true(image.in_one_piece);
		/* All of it for its head and all of it for its notes, which are behind. */
		assert_true(file.counted >= 2 * packed.size);
		drop(&packed);
	}
}

static void a_linux_without_notes_needs_no_second_reading(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct blob elf = {calloc(1, ELF_FILE_SIZE), ELF_FILE_SIZE}, packed;
	struct memory_source file;

	(void)state;
	f.size = ELF_FILE_SIZE;
	elf_file_write(&f, elf.at);
	packed = packed_once(0, elf);
	memory_source_init(&file, "vmlinux.gz", (struct bytes){packed.at, packed.size});
	assert_int_equal(identify_memory(&image, &file, false, &why), OK);
	assert_ptr_equal(image.protocol, &vmlinux_protocol);
	assert_true(file.counted <= packed.size + packed.size + PACKING_HEAD);
	drop(&packed);
}

static void what_headers_tell_is_held_against_what_was_packed(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct blob elf = {calloc(1, ELF_FILE_SIZE), ELF_FILE_SIZE}, packed;
	struct memory_source file;

	(void)state;
	f.size = ELF_FILE_SIZE;
	f.shoff = UINT64_C(1) << 50;
	f.shentsize = 64;
	f.shnum = 1;
	elf_file_write(&f, elf.at);
	packed = packed_once(0, elf);
	memory_source_init(&file, "vmlinux.gz", (struct bytes){packed.at, packed.size});
	expect_sentence(&file, false, BAD_INPUT, "of gzip become at most");
	drop(&packed);
}

static void a_file_too_short_to_be_packed_is_told_by_its_length(void **state)
{
	static const uint8_t magic[10] = {0x1f, 0x8b, 8};
	struct memory_source file;

	(void)state;
	memory_source_init(&file, "k.gz", (struct bytes){magic, 9});
	expect_sentence(&file, false, BAD_INPUT, "k.gz: 9 bytes are too few");
	memory_source_init(&file, "k.gz", (struct bytes){magic, 10});
	expect_sentence(&file, false, BAD_INPUT, "k.gz is broken: gzip ends too early, at byte 10");
}

static void a_packed_file_that_cannot_be_read_is_no_kernel(void **state)
{
	struct blob packed = packed_once(0, given_pvh());
	struct memory_source file;
	unsigned int n;

	(void)state;
	memory_source_init(&file, "elf.gz", (struct bytes){packed.at, packed.size});
	assert_int_equal(identify_memory(&image, &file, false, &why), OK);
	n = file.n_reads;
	/* Each read in turn, and all that are tried for it. */
	for (unsigned int at = 1; at <= n; at++) {
		memory_source_init(&file, "elf.gz", (struct bytes){packed.at, packed.size});
		file.fail_at = at;
		file.fail_more = 100;
		expect_sentence(&file, false, IO_ERROR, "cannot be read");
	}
	drop(&packed);
}

/* RFC 1951, RFC 8878, LZMA, LZ4: the most that a hundred packed bytes can become. */
static void a_claim_is_held_against_what_its_packing_can_do(void **state)
{
	static const struct {
		enum packing packing;
		uint64_t most;
	} row[] = {{PACKED_GZIP, 1032}, {PACKED_ZSTD, 32768}, {PACKED_XZ, 8192}, {PACKED_LZ4, 255}};
	struct source file = {.name = "k"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct packed p = {.file = &file, .where = {50, 150}, .packing = row[i].packing};

		assert_int_equal(packed_check_told(&p, 100 * row[i].most, &why), OK);
		assert_int_equal(packed_check_told(&p, 100 * row[i].most + 1, &why), BAD_INPUT);
	}
}

/* ---- wrappers ---- */

/* zboot-header.S, with @inside packed by gzip. */
static struct blob zboot_of(struct blob inside)
{
	struct blob packed = packed_once(0, inside), head = {calloc(1, 64), 64};

	assert_non_null(head.at);
	memcpy(head.at, "MZ\0\0zimg", 8);
	store_le(head.at + 8, 4, 64);
	store_le(head.at + 12, 4, packed.size);
	return joined(head, packed);
}

static void a_wrapper_without_a_kernel_of_its_kind_is_named(void **state)
{
	struct blob zboot = zboot_of(given_data(LOOK_TEXT, 3000));
	struct memory_source file;

	(void)state;
	memory_source_init(&file, "vmlinuz.efi", (struct bytes){zboot.at, zboot.size});
	expect_sentence(&file, false, BAD_INPUT, "vmlinuz.efi: an EFI zboot file whose kernel is not an Image");
	drop(&zboot);
}

static void a_wrapper_has_the_image_inside(void **state)
{
	struct blob image_file = {calloc(1, 4096), 4096}, zboot;
	struct memory_source file;

	(void)state;
	store_le(image_file.at + 0x10, 8, MIB(1));
	store_le(image_file.at + 0x38, 4, 0x644d5241);
	zboot = zboot_of(image_file);
	memory_source_init(&file, "vmlinuz.efi", (struct bytes){zboot.at, zboot.size});
	assert_int_equal(identify_memory(&image, &file, false, &why), OK);
	assert_ptr_equal(image.protocol, &arm64_protocol);
	assert_true(image.in_one_piece && image.piece[0].size == 4096 && !image.has_table);
	drop(&zboot);
}

/* ---- as it is ---- */

static void a_file_that_cannot_be_read_at_all_is_refused_by_name(void **state)
{
	uint8_t head[IMAGE_HEAD];
	struct memory_source file;

	(void)state;
	kernel_head(&KERNEL(), head);
	memory_source_init(&file, "vmlinuz", (struct bytes){head, sizeof(head)});
	file.fail_at = 1;
	file.fail_more = TWICE;
	expect_sentence(&file, false, IO_ERROR, "vmlinuz: byte 0 cannot be read");
	assert_int_equal(file.counted, 0);
	memory_source_init(&file, "vmlinuz", (struct bytes){head, sizeof(head)});
	file.source.size = KERNEL().file_size;
	assert_int_equal(identify_memory(&image, &file, false, &why), OK);
	assert_int_equal(file.counted, IMAGE_HEAD);
}

/* ---- the payload of a bzImage ---- */

static void given_bzimage(struct memory_source *file, uint8_t head[IMAGE_HEAD], const struct kernel_fields *fields,
			  uint64_t offset, uint64_t length)
{
	kernel_head(fields, head);
	store_le(head + 0x248, 4, offset);
	store_le(head + 0x24c, 4, length);
	memory_source_init(file, "vmlinuz", (struct bytes){head, IMAGE_HEAD});
	file->source.size = fields->file_size;
}

static void a_kernel_without_a_64_bit_entry_keeps_its_decompressor(void **state)
{
	uint8_t head[IMAGE_HEAD];
	struct memory_source file;

	(void)state;
	given_bzimage(&file, head, &KERNEL(.xloadflags = 0), 0x1000, 0x2000);
	expect_sentence(&file, true, BAD_INPUT, "vmlinuz: the kernel has no 64-bit entry");
	assert_int_equal(identify_memory(&image, &file, false, &why), OK);
}

/* With this payload right behind the setup sectors, and something behind it. */
static struct blob bzimage_of(struct blob payload)
{
	const size_t setup = 40 * 512, padding = 4096 - payload.size % 16;
	struct blob head = {calloc(1, setup), setup}, behind = {calloc(1, 4096), padding};
	size_t size = payload.size;

	assert_non_null(head.at);
	payload = joined(payload, behind);
	kernel_head(&KERNEL(.syssize = (uint32_t)(payload.size / 16), .file_size = setup + payload.size), head.at);
	store_le(head.at + 0x248, 4, 0);
	store_le(head.at + 0x24c, 4, size);
	return joined(head, payload);
}

static void a_payload_that_is_no_linux_is_refused(void **state)
{
	struct blob kernel = bzimage_of(packed_once(0, given_pvh()));
	struct memory_source file;

	(void)state;
	memory_source_init(&file, "vmlinuz", (struct bytes){kernel.at, kernel.size});
	expect_sentence(&file, true, BAD_INPUT, "vmlinuz: what it has inside is not Linux for x86-64");
	/* Head, magic and length: what cannot be read is told. */
	for (unsigned int at = 1; at <= 3; at++) {
		memory_source_init(&file, "vmlinuz", (struct bytes){kernel.at, kernel.size});
		file.fail_at = at;
		file.fail_more = TWICE;
		expect_sentence(&file, true, IO_ERROR, "cannot be read");
	}
	drop(&kernel);
}

static void a_header_that_is_wrong_is_told_for_what_it_is(void **state)
{
	uint8_t head[IMAGE_HEAD];
	struct memory_source file;

	(void)state;
	given_bzimage(&file, head, &KERNEL(.kernel_alignment = 0x300000), 0, 0x1000);
	expect_sentence(&file, false, BAD_INPUT, "is not a power of two");
}

/* What is behind the kernel is its table of relocations, of 64 MiB at most. */
static void a_table_that_no_kernel_has_is_refused(void **state)
{
	(void)state;
	for (uint64_t size = MIB(64); size <= MIB(64) + 1; size++) {
		struct packed p = {.size = MIB(1) + size};

		image = (struct image){.name = "k", .protocol = &vmlinux_protocol, .image_end = MIB(1)};
		assert_int_equal(packed_found(&p, &image, &why), size == MIB(64) ? OK : BAD_INPUT);
		assert_true(image.has_table == (size == MIB(64)));
	}
}

static void a_payload_that_is_not_in_the_file_is_refused(void **state)
{
	static const uint64_t row[][2] = {
	    {0, 0}, {0, 4}, {0x7fffffff, 100}, {0x1000, 0xffffffff}, {0xffffffff, 0xffffffff}};
	uint8_t head[IMAGE_HEAD];
	struct memory_source file;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_bzimage(&file, head, &KERNEL(), row[i][0], row[i][1]);
		expect_sentence(&file, true, BAD_INPUT, "payload_offset");
		assert_int_equal(file.n_reads, 1);
	}
	given_bzimage(&file, head, &KERNEL(), 0, 5); /* one byte, and the length */
	expect_sentence(&file, true, BAD_INPUT, "vmlinuz: 5 bytes are too few");
}

/* By each member, and not by the bytes between them, which nobody writes. */
static void two_images_are_the_same_by_all_that_is_known_of_them(void **state)
{
	static struct image first, other;
	struct blob elf = given_pvh();
	struct memory_source file;

#define EXPECT_SEEN(member)                                                                                            \
	do {                                                                                                           \
		memcpy(&other, &first, sizeof(other));                                                                 \
		*(uint8_t *)&other.member ^= 1;                                                                        \
		assert_false(identify_tells_the_same(&first, &other));                                                 \
	} while (0)

	(void)state;
	memory_source_init(&file, "elf", (struct bytes){elf.at, elf.size});
	assert_int_equal(identify_memory(&first, &file, false, &why), OK);
	memset(&other, 0xff, sizeof(other));
	memory_source_init(&file, "elf", (struct bytes){elf.at, elf.size});
	assert_int_equal(identify_memory(&other, &file, false, &why), OK);
	assert_true(identify_tells_the_same(&first, &other));
	EXPECT_SEEN(protocol);
	EXPECT_SEEN(machine);
	EXPECT_SEEN(file_size);
	EXPECT_SEEN(piece[0].offset);
	EXPECT_SEEN(piece[IMAGE_PIECES - 1].memory);
	EXPECT_SEEN(n_pieces);
	EXPECT_SEEN(want[0].offset);
	EXPECT_SEEN(want[IMAGE_WANTS - 1].size);
	EXPECT_SEEN(n_wants);
	EXPECT_SEEN(entry_at);
	EXPECT_SEEN(preferred);
	EXPECT_SEEN(image_end);
	EXPECT_SEEN(table_size);
	EXPECT_SEEN(has_table);
	EXPECT_SEEN(in_one_piece);
	EXPECT_SEEN(moves_itself);
	EXPECT_SEEN(takes_five_levels);
	EXPECT_SEEN(keeps_levels);
	EXPECT_SEEN(entered_in_32_bits);
	EXPECT_SEEN(argument_in_ebx);
	EXPECT_SEEN(page_size);
	EXPECT_SEEN(own[0]);
	EXPECT_SEEN(own[IMAGE_OWN - 1]);
	other = first;
	other.name = "another";
	assert_true(identify_tells_the_same(&first, &other));
	free(elf.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_kernel_told_by_its_notes_is_read_at_its_head_and_at_them),
	    cmocka_unit_test(notes_that_cannot_be_read_are_no_notes),
	    cmocka_unit_test(the_same_kernel_packed_is_the_same_kernel),
	    cmocka_unit_test(a_linux_without_notes_needs_no_second_reading),
	    cmocka_unit_test(what_headers_tell_is_held_against_what_was_packed),
	    cmocka_unit_test(a_file_too_short_to_be_packed_is_told_by_its_length),
	    cmocka_unit_test(a_packed_file_that_cannot_be_read_is_no_kernel),
	    cmocka_unit_test(a_claim_is_held_against_what_its_packing_can_do),
	    cmocka_unit_test(a_payload_that_is_no_linux_is_refused),
	    cmocka_unit_test(a_header_that_is_wrong_is_told_for_what_it_is),
	    cmocka_unit_test(a_table_that_no_kernel_has_is_refused),
	    cmocka_unit_test(a_wrapper_without_a_kernel_of_its_kind_is_named),
	    cmocka_unit_test(a_wrapper_has_the_image_inside),
	    cmocka_unit_test(a_kernel_without_a_64_bit_entry_keeps_its_decompressor),
	    cmocka_unit_test(a_payload_that_is_not_in_the_file_is_refused),
	    cmocka_unit_test(a_file_that_cannot_be_read_at_all_is_refused_by_name),
	    cmocka_unit_test(two_images_are_the_same_by_all_that_is_known_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
