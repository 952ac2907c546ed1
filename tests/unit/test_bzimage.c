/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bzImage's header is refused by the field that is wrong, or it becomes a struct in which every field was checked.
 * The numbers are boot.rst's; headers end where the file ends, so that AddressSanitizer sees a read past it.
 */
#include "given.h"

struct parsed {
	enum status status;
	struct bzimage k;
	struct fail why;
};

/* The first @size bytes of the file, in exactly as many bytes of memory. */
static void parse_cut(struct parsed *p, const uint8_t *head, size_t size, const char *name, uint64_t file_size)
{
	uint8_t *exact = malloc(size == 0 ? 1 : size);

	assert_non_null(exact);
	memcpy(exact, head, size);
	memset(p, 0, sizeof(*p));
	p->status = bzimage_parse(&p->k, name, (struct bytes){exact, size}, file_size, &p->why);
	free(exact);
}

static void parse_fields(struct parsed *p, const struct kernel_fields *fields)
{
	uint8_t head[IMAGE_HEAD];

	kernel_head(fields, head);
	parse_cut(p, head, sizeof(head), fields->name, fields->file_size);
}

#define expect_parsed(p, ...) expect_parsed_fields(p, &KERNEL(__VA_ARGS__))
static void expect_parsed_fields(struct parsed *p, const struct kernel_fields *fields)
{
	parse_fields(p, fields);
	if (p->status != OK)
		fail_msg("refused: %s", p->why.text);
}

#define expect_wrong(status, rule, words, ...) expect_wrong_fields(status, rule, words, &KERNEL(__VA_ARGS__))
static void expect_wrong_fields(enum status status, enum rule rule, const char *words,
				const struct kernel_fields *fields)
{
	struct parsed p;

	parse_fields(&p, fields);
	if (p.status != status || p.why.status != status || p.why.rule != rule)
		fail_msg("status %d, rule %s, \"%s\"; expected %d, %s", (int)p.status, rule_row(p.why.rule)->id,
			 p.why.text, (int)status, rule_row(rule)->id);
	if (strstr(p.why.text, words) == NULL || strstr(p.why.text, "vmlinuz-6.1") == NULL)
		fail_msg("the message lacks \"%s\" or the image's name:\n%s", words, p.why.text);
}

/* ---- a good header ---- */

static void x2_debian_12s_header_is_read(void **state)
{
	struct parsed p;

	(void)state;
	expect_parsed(&p);
	assert_int_equal(p.k.version, 0x020f);
	assert_int_equal(p.k.xloadflags, 0x7f);
	assert_int_equal(p.k.kernel_alignment, MIB(2));
	assert_int_equal(p.k.least_alignment, MIB(2));
	assert_int_equal(p.k.initrd_addr_max, 0x7fffffff);
	assert_int_equal(p.k.cmdline_size, 2047);
	assert_true(p.k.pref_address == MIB(16));
	assert_true(p.k.window_size == 0x3378000);
	assert_true(p.k.relocatable);
	assert_true(p.k.payload_at == 40 * 512);
	assert_true(p.k.payload_size == 0x800000);
	assert_int_equal(p.k.header_size, 0x202 + 0x6a - 0x1f1);
}

static void x2_the_window_is_init_size_in_whole_pages(void **state)
{
	struct parsed p;

	(void)state;
	expect_parsed(&p, .init_size = 0x3378001);
	assert_true(p.k.window_size == 0x3379000);
	expect_parsed(&p, .init_size = 0xffffffff);
	assert_true(p.k.window_size == GIB(4));
}

static void x2_setup_sects_0_means_4(void **state)
{
	struct parsed p;

	(void)state;
	expect_parsed(&p, .setup_sects = 0, .file_size = 0x800000 + 5 * 512);
	assert_true(p.k.payload_at == 5 * 512);
	assert_true(p.k.payload_size == 0x800000);
	expect_wrong(BAD_INPUT, RULE_NONE, "truncated", .setup_sects = 0, .file_size = 0x800000 + 5 * 512 - 16);
}

/* ---- no bzImage, or none for the 64-bit entry ---- */

static void x2_what_has_no_hdrs_is_no_bzimage(void **state)
{
	(void)state;
	expect_wrong(NOT_FOUND, RULE_NONE, "HdrS", .magic = 0x53726449);
	expect_wrong(NOT_FOUND, RULE_NONE, "HdrS", .magic = 0);
	expect_wrong(NOT_FOUND, RULE_NONE, "HdrS", .boot_flag = 0xaa54);
	expect_wrong(NOT_FOUND, RULE_NONE, "HdrS", .boot_flag = 0x55aa);
}

static void x4_versions_before_2_12_have_no_64_bit_entry(void **state)
{
	struct parsed p;

	(void)state;
	for (uint16_t version = 0; version < 0x0205; version++)
		expect_wrong(BAD_INPUT, RULE_NONE, "2.05 and later", .version = version);
	/* Whose header is shorter: that is its version, and no damage. */
	expect_wrong(BAD_INPUT, RULE_NONE, "boot protocol 2.04", .version = 0x0204, .jump = 0x230 - 0x202);
	for (uint16_t version = 0x0205; version < 0x0300; version++) {
		expect_parsed(&p, .version = version);
		assert_int_equal(bzimage_has_entry_64(&p.k), version >= 0x020c);
		assert_int_equal(bzimage_entry_at(&p.k), version >= 0x020c ? 0x200 : 0);
	}
}

/* boot.rst, "The Real-Mode Kernel Header", column Proto: what stands where a later version has a field is none. */
static void x1_fields_of_later_versions_are_not_read(void **state)
{
	struct parsed p;

	(void)state;
	for (uint16_t version = 0x0205; version <= 0x020f; version++) {
		expect_parsed(&p, .version = version, .kernel_alignment = MIB(16), .min_alignment = 22,
			      .cmdline_size = 1000, .pref_address = MIB(64), .xloadflags = 0x7f);
		assert_int_equal(p.k.cmdline_size, version >= 0x0206 ? 1000 : 255);
		assert_int_equal(p.k.least_alignment, version >= 0x020a ? MIB(4) : MIB(16));
		assert_true(p.k.pref_address == (version >= 0x020a ? MIB(64) : MIB(1)));
		assert_int_equal(p.k.xloadflags, version >= 0x020c ? 0x7f : 0);
		assert_int_equal(p.k.window_is_estimate, version < 0x020a);
		assert_true(p.k.window_size == (version >= 0x020a ? 0x3378000 : 3 * 0x800000));
	}
	/* Nor refused for what they say. */
	expect_parsed(&p, .version = 0x0208, .setup_data = 1, .init_size = 0, .min_alignment = 255);
	expect_parsed(&p, .version = 0x0209, .pref_address = UINT64_MAX);
	expect_wrong(BAD_INPUT, X2, "init_size", .version = 0x020a, .init_size = 0);
}

/* Where the header of each version may end at the earliest, of the fields that are read. */
static void x2_a_header_is_as_long_as_its_version_has_fields(void **state)
{
	static const struct {
		uint16_t version;
		unsigned int end;
	} row[] = {{0x0205, 0x235}, {0x0206, 0x23c}, {0x0209, 0x23c}, {0x020a, 0x264}, {0x020f, 0x264}};
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		expect_parsed(&p, .version = row[i].version, .jump = (uint8_t)(row[i].end - 0x202));
		assert_int_equal(p.k.header_size, row[i].end - 0x1f1);
		expect_wrong(BAD_INPUT, RULE_NONE, "truncated", .version = row[i].version,
			     .jump = (uint8_t)(row[i].end - 0x202 - 1));
	}
}

static void x2_the_estimate_of_a_file_of_any_size_is_a_window_or_refused(void **state)
{
	struct parsed p;

	(void)state;
	expect_parsed(&p, .version = 0x0209, .syssize = 0, .file_size = 40 * 512 + 1);
	assert_true(p.k.window_size == EFI_PAGE && p.k.payload_size == 1);
	for (unsigned int less = 0; less < 64; less++) {
		parse_fields(&p, &KERNEL(.version = 0x0205, .setup_sects = 1, .file_size = UINT64_MAX >> less));
		if (p.status == OK)
			assert_true(p.k.window_size >= 3 * p.k.payload_size);
	}
	expect_wrong(BAD_INPUT, RULE_NONE, "does not fit into any memory", .version = 0x0205, .file_size = UINT64_MAX);
}

/* boot.rst, "The kernel_info": LToP, size, size_total, setup_type_max, from kernel_info_offset (0x268) on. */
static void x268_the_highest_setup_data_type_is_the_kernels(void **state)
{
	uint8_t payload[64] = {0};
	struct bytes bytes = {payload, sizeof(payload)};
	struct parsed p;

	(void)state;
	expect_parsed(&p, .version = 0x020f);
	store_le(p.k.header + (0x268 - 0x1f1), 4, 40);
	memcpy(payload + 40, "LToP\x10\0\0\0\x10\0\0\0\x06\0\0\x80", 16);
	assert_int_equal(bzimage_setup_type_max(&p.k, bytes), 6);
	for (bytes.size = 0; bytes.size < 56; bytes.size++) /* cut off: it does not say */
		assert_int_equal(bzimage_setup_type_max(&p.k, bytes), INT32_MAX);
	bytes.size = sizeof(payload);
	payload[44] = 12; /* size: without setup_type_max */
	assert_int_equal(bzimage_setup_type_max(&p.k, bytes), INT32_MAX);
	payload[44] = 16;
	payload[40] = 'l';
	assert_int_equal(bzimage_setup_type_max(&p.k, bytes), INT32_MAX);
	payload[40] = 'L';
	store_le(p.k.header + (0x268 - 0x1f1), 4, 0xffffffff);
	assert_int_equal(bzimage_setup_type_max(&p.k, bytes), INT32_MAX);
	store_le(p.k.header + (0x268 - 0x1f1), 4, 40);
	p.k.version = 0x020d;
	assert_int_equal(bzimage_setup_type_max(&p.k, bytes), INT32_MAX);
	p.k.version = 0x020f;
	store_le(p.k.header + (0x268 - 0x1f1), 4, 0); /* there is none, whatever the payload begins with */
	memmove(payload, payload + 40, 16);
	assert_int_equal(bzimage_setup_type_max(&p.k, bytes), INT32_MAX);
}

static void x4_without_its_flag_there_is_no_64_bit_entry(void **state)
{
	struct parsed p;

	(void)state;
	expect_parsed(&p, .xloadflags = 0x7e);
	assert_false(bzimage_has_entry_64(&p.k) || bzimage_can_load_above_4g(&p.k));
	given_map("1M-3G free");
	assert_true(world.image.protocol == &bzimage_protocol && world.image.entry_at == 0x200);
	assert_true(!world.image.entered_in_32_bits && world.image.machine == ELF_X86_64);
	given_kernel(.xloadflags = 0x7e);
	assert_true(world.image.protocol == &bzimage_32_protocol && world.image.entry_at == 0);
	assert_true(world.image.entered_in_32_bits && world.image.machine == ELF_I386 && !world.image.argument_in_ebx);
}

/* boot.rst, loadflags: without bit 0 the protected-mode part belongs to 0x10000. */
static void x3_a_zimage_is_refused(void **state)
{
	uint8_t head[IMAGE_HEAD];
	struct parsed p;

	(void)state;
	kernel_head(&KERNEL(), head);
	head[0x211] = 0xfe;
	parse_cut(&p, head, sizeof(head), "vmlinuz-6.1", KERNEL().file_size);
	assert_int_equal(p.status, BAD_INPUT);
	assert_non_null(strstr(p.why.text, "LOADED_HIGH"));
}

/* The byte at 0x201: the header ends at 0x202 plus it; the fields up to init_size must be in it, 0x290 is the end. */
static void x2_every_header_length(void **state)
{
	struct parsed p;

	(void)state;
	for (unsigned int jump = 0; jump < 256; jump++) {
		parse_fields(&p, &KERNEL(.jump = (uint8_t)jump));
		if (jump >= 0x62 && jump <= 0x8e) {
			assert_int_equal(p.status, OK);
			assert_int_equal(p.k.header_size, 0x202 + jump - 0x1f1);
		} else {
			assert_int_equal(p.status, BAD_INPUT);
			assert_non_null(strstr(p.why.text, "vmlinuz-6.1"));
		}
	}
}

static void x2_a_file_that_ends_within_its_head_is_never_read_past_its_end(void **state)
{
	uint8_t head[IMAGE_HEAD];
	struct parsed p;

	(void)state;
	for (unsigned int jump = 0; jump < 256; jump += 5) {
		kernel_head(&KERNEL(.jump = (uint8_t)jump), head);
		for (size_t size = 0; size <= sizeof(head); size++) {
			parse_cut(&p, head, size, "vmlinuz-6.1", size);
			assert_int_not_equal(p.status, OK);
			assert_true(p.why.text[0] != '\0');
			parse_cut(&p, head, size, "vmlinuz-6.1", KERNEL().file_size);
			assert_int_equal(p.status == OK, jump >= 0x62 && jump <= 0x8e && size >= 0x202 + jump);
		}
	}
}

/* ---- numbers that contradict each other ---- */

static void x1_alignments_that_cannot_be_are_refused(void **state)
{
	(void)state;
	expect_wrong(BAD_INPUT, X1, "kernel_alignment", .kernel_alignment = 0);
	expect_wrong(BAD_INPUT, X1, "kernel_alignment 0x3 ", .kernel_alignment = 3);
	expect_wrong(BAD_INPUT, X1, "kernel_alignment 0x180000 ", .kernel_alignment = 0x180000);
	expect_wrong(BAD_INPUT, X1, "kernel_alignment", .kernel_alignment = 0xffffffff);
	expect_wrong(BAD_INPUT, X1, "min_alignment 2^22 ", .min_alignment = 22);
	expect_wrong(BAD_INPUT, X1, "min_alignment 2^32 ", .min_alignment = 32, .kernel_alignment = 0x80000000);
	expect_wrong(BAD_INPUT, X1, "min_alignment 2^64 ", .min_alignment = 64);
	expect_wrong(BAD_INPUT, X1, "min_alignment 2^255 ", .min_alignment = 255);
}

static void x1_the_least_alignment_is_min_alignment_and_never_below_2_mib(void **state)
{
	struct parsed p;

	(void)state;
	expect_parsed(&p, .kernel_alignment = MIB(16), .min_alignment = 22);
	assert_int_equal(p.k.kernel_alignment, MIB(16));
	assert_int_equal(p.k.least_alignment, MIB(4));
	expect_parsed(&p, .kernel_alignment = MIB(16), .min_alignment = 12);
	assert_int_equal(p.k.least_alignment, MIB(2));
	expect_parsed(&p, .kernel_alignment = KIB(4), .min_alignment = 12);
	assert_int_equal(p.k.kernel_alignment, MIB(2));
	assert_int_equal(p.k.least_alignment, MIB(2));
	expect_parsed(&p, .kernel_alignment = 0x80000000, .min_alignment = 31);
	assert_int_equal(p.k.least_alignment, 0x80000000);
}

/* Linux arch/x86/include/asm/boot.h: MIN_KERNEL_ALIGN is 8 KiB on i386. Memory is claimed in pages. */
static void x1_a_32_bit_kernels_alignments_are_as_its_header_has_them(void **state)
{
	struct parsed p;

	(void)state;
	expect_parsed(&p, .xloadflags = 0, .kernel_alignment = MIB(16), .min_alignment = 13);
	assert_int_equal(p.k.kernel_alignment, MIB(16));
	assert_int_equal(p.k.least_alignment, KIB(8));
	expect_parsed(&p, .version = 0x0205, .kernel_alignment = MIB(1));
	assert_int_equal(p.k.least_alignment, MIB(1));
	expect_parsed(&p, .xloadflags = 0, .kernel_alignment = 512, .min_alignment = 9);
	assert_int_equal(p.k.kernel_alignment, KIB(4));
	assert_int_equal(p.k.least_alignment, KIB(4));
}

static void x2_a_truncated_file_is_refused(void **state)
{
	struct parsed p;

	(void)state;
	expect_parsed(&p, .file_size = 0x800000 + 40 * 512);
	expect_parsed(&p, .file_size = 0x800000 + 40 * 512 + 1);
	expect_wrong(BAD_INPUT, RULE_NONE, "truncated", .file_size = 0x800000 + 40 * 512 - 16);
	expect_wrong(BAD_INPUT, RULE_NONE, "truncated", .file_size = 0);
	expect_wrong(BAD_INPUT, RULE_NONE, "truncated", .syssize = 0xffffffff);
	/* No byte at the 64-bit entry, 0x200 behind the start. */
	expect_wrong(BAD_INPUT, RULE_NONE, "truncated", .syssize = 0, .file_size = 40 * 512 + 0x200);
	expect_parsed(&p, .syssize = 0, .file_size = 40 * 512 + 0x201);
}

/* boot.rst, syssize: "in 16-byte paragraphs", so its last one may be there in part: memory has all of it. */
static void x2_the_last_paragraph_may_be_there_in_part(void **state)
{
	struct parsed p;

	(void)state;
	for (uint64_t less = 0; less < 16; less++) {
		expect_parsed(&p, .file_size = 0x800000 + 40 * 512 - less);
		assert_true(p.k.payload_size == 0x800000 - less && p.k.payload_memory == 0x800000);
		/* The window has room for that, where init_size has not. */
		expect_parsed(&p, .init_size = 1, .syssize = 0x10001, .file_size = 0x100010 + 40 * 512 - less);
		assert_true(p.k.window_size == 0x101000);
	}
	/* As Debian 12's memtest86+x64.bin has it. */
	expect_parsed(&p, .setup_sects = 2, .syssize = 0x22dc, .file_size = 144312, .init_size = 0x6acf8);
	assert_true(p.k.payload_size == 142776 && p.k.payload_memory == 142784 && p.k.window_size == 0x6b000);
	expect_wrong(BAD_INPUT, RULE_NONE, "truncated", .setup_sects = 2, .syssize = 0x22dc, .file_size = 144304);
	/* What the file has behind what syssize tells of is taken along. */
	expect_parsed(&p, .file_size = 0x800000 + 40 * 512 + 5);
	assert_true(p.k.payload_size == 0x800005 && p.k.payload_memory == 0x800005);
	/* A file that is nothing but that part: there must be a byte at the entry. */
	expect_wrong(BAD_INPUT, RULE_NONE, "truncated", .xloadflags = 0, .syssize = 1, .file_size = 40 * 512);
	expect_parsed(&p, .xloadflags = 0, .syssize = 1, .file_size = 40 * 512 + 1);
}

/*
 * boot.rst, kernel_alignment: "if relocatable_kernel is true". iPXE's ipxe.lkrn has 0 in both fields; a kernel lies
 * where it was linked whatever they say.
 */
static void x1_alignments_count_of_a_relocatable_kernel_alone(void **state)
{
	static const uint32_t alignments[] = {0, 3, 0x180000, 0xffffffff, 16, 0x1000000};
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(alignments); i++)
		for (unsigned int least = 0; least < 256; least += 3) {
			expect_parsed(&p, .relocatable_kernel = 0, .kernel_alignment = alignments[i],
				      .min_alignment = (uint8_t)least);
			assert_true(!p.k.relocatable && p.k.pref_address == MIB(16));
			assert_true(is_power_of_two(p.k.kernel_alignment) && is_power_of_two(p.k.least_alignment));
		}
	expect_parsed(&p, .version = 0x0207, .relocatable_kernel = 0, .kernel_alignment = 0, .jump = 0x65,
		      .setup_sects = 5, .syssize = 0x4a16, .file_size = 306521);
	assert_true(p.k.pref_address == MIB(1) && !p.k.relocatable);
	given_map("1M-1G free, 4G-5G free");
	given_kernel(.relocatable_kernel = 0, .kernel_alignment = 0, .min_alignment = 77);
	expect_place(PART_KERNEL, MIB(16));
	assert_false(world.image.moves_itself);
}

/* boot.rst, pref_address: "if nonzero". Without one LOADED_HIGH says where it belongs. */
static void x3_a_preferred_address_of_0_is_none(void **state)
{
	struct parsed p;

	(void)state;
	expect_parsed(&p, .relocatable_kernel = 0, .pref_address = 0);
	assert_true(p.k.pref_address == MIB(1));
	expect_parsed(&p, .pref_address = 0);
	assert_true(p.k.pref_address == 0);
}

static void x2_a_kernel_that_does_not_say_its_size_is_refused(void **state)
{
	(void)state;
	expect_wrong(BAD_INPUT, X2, "init_size", .init_size = 0);
}

static void x2_windows_past_64_tib_are_refused(void **state)
{
	struct parsed p;

	(void)state;
	expect_parsed(&p, .pref_address = TIB(64) - 0x3378000);
	expect_wrong(BAD_INPUT, X2, "64 TiB", .pref_address = TIB(64) - 0x3378000 + 1);
	expect_wrong(BAD_INPUT, X2, "64 TiB", .pref_address = UINT64_MAX);
	expect_wrong(BAD_INPUT, X2, "64 TiB", .pref_address = UINT64_MAX - 0x3378000 + 1);
	expect_wrong(BAD_INPUT, X2, "64 TiB", .pref_address = UINT64_C(1) << 63);
}

static void x2_a_file_of_any_size_that_firmware_tells_has_a_window_or_is_refused(void **state)
{
	struct parsed p;

	(void)state;
	for (unsigned int less = 0; less < 70; less++)
		for (unsigned int off = 0; off < 2; off++) {
			uint64_t size = less < 64 ? UINT64_MAX >> less : UINT64_MAX - 1024 * (less - 60);

			parse_fields(&p, &KERNEL(.setup_sects = 1, .file_size = size - off));
			if (p.status == OK)
				assert_true(p.k.window_size >= p.k.payload_size && p.k.window_size >= 0x3378000);
		}
}

static void x3_a_fixed_address_off_a_page_edge_is_refused(void **state)
{
	struct parsed p;

	(void)state;
	expect_wrong(BAD_INPUT, X3, "0x1000010", .relocatable_kernel = 0, .pref_address = 0x1000010);
	expect_parsed(&p, .relocatable_kernel = 1, .pref_address = 0x1000010);
}

/* ---- any header ---- */

static void expect_invariants(const struct parsed *p, uint64_t file_size)
{
	const struct bzimage *k = &p->k;

	bool has_64 = k->version >= 0x020c && (k->xloadflags & 1) != 0;

	assert_true(k->version >= 0x0205 && bzimage_has_entry_64(k) == has_64);
	assert_true(k->xloadflags == 0 || k->version >= 0x020c);
	assert_true(is_power_of_two(k->kernel_alignment) && is_power_of_two(k->least_alignment));
	assert_true(k->least_alignment >= (has_64 ? MIB(2) : KIB(4)) && k->least_alignment <= k->kernel_alignment);
	assert_true(k->payload_at >= 1024 && k->payload_at % 512 == 0 && k->payload_at <= 256 * 512);
	assert_true(k->payload_size > (has_64 ? 0x200 : 0) && k->payload_at + k->payload_size == file_size);
	assert_true(k->window_size != 0 && k->window_size % EFI_PAGE == 0 && k->window_size >= k->payload_memory);
	assert_true(k->payload_memory >= k->payload_size);
	assert_true(k->payload_memory < k->payload_size + 16);
	assert_true(k->pref_address <= TIB(64) && k->window_size <= TIB(64) - k->pref_address);
	assert_true(k->relocatable || k->pref_address % EFI_PAGE == 0);
	assert_true(k->header_size >= (k->version >= 0x020a ? 0x264 : 0x235) - 0x1f1);
	assert_true(k->header_size <= BZIMAGE_HEADER_MAX);
}

static void x2_any_header_is_refused_by_name_or_checked_throughout(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	unsigned int accepted = 0;
	struct parsed p;

	(void)state;
	for (unsigned int round = 0; round < 300000; round++) {
		struct kernel_fields f = KERNEL();
		uint8_t head[IMAGE_HEAD];
		uint32_t bytes = roll(&dice, 3), at = roll(&dice, 12);

		f.file_size = at == 0 ? roll_extreme(&dice) : f.file_size;
		f.pref_address = at == 1 ? roll_extreme(&dice) : f.pref_address;
		f.init_size = at == 2 ? (uint32_t)roll_extreme(&dice) : f.init_size;
		f.syssize = at == 3 ? (uint32_t)roll_extreme(&dice) : f.syssize;
		f.kernel_alignment = at == 4 ? (uint32_t)roll_extreme(&dice) : f.kernel_alignment;
		f.setup_sects = at == 5 ? (uint8_t)roll_extreme(&dice) : f.setup_sects;
		kernel_head(&f, head);
		while (bytes-- > 0)
			head[0x1f1 + roll(&dice, 0x290 - 0x1f1)] = (uint8_t)roll_extreme(&dice);
		parse_cut(&p, head, roll(&dice, 8) == 0 ? roll(&dice, IMAGE_HEAD) : IMAGE_HEAD, f.name, f.file_size);
		if (p.status == OK) {
			expect_invariants(&p, f.file_size);
			accepted++;
		} else {
			assert_int_equal(p.why.status, p.status);
			assert_non_null(strstr(p.why.text, "vmlinuz-6.1"));
		}
	}
	assert_in_range(accepted, 30000, 270000);
}

/* ---- what is demanded beside the places, which test_plan_image.c has ---- */

static void x8_five_levels_are_taken_when_the_image_says_so(void **state)
{
	(void)state;
	given_map("1M-3G free");
	assert_true(world.image.takes_five_levels);
	given_kernel(.xloadflags = 0x5f);
	assert_false(world.image.takes_five_levels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x2_debian_12s_header_is_read),
	    cmocka_unit_test(x2_the_window_is_init_size_in_whole_pages),
	    cmocka_unit_test(x2_setup_sects_0_means_4),
	    cmocka_unit_test(x2_what_has_no_hdrs_is_no_bzimage),
	    cmocka_unit_test(x4_versions_before_2_12_have_no_64_bit_entry),
	    cmocka_unit_test(x268_the_highest_setup_data_type_is_the_kernels),
	    cmocka_unit_test(x4_without_its_flag_there_is_no_64_bit_entry),
	    cmocka_unit_test(x3_a_zimage_is_refused),
	    cmocka_unit_test(x1_fields_of_later_versions_are_not_read),
	    cmocka_unit_test(x2_a_header_is_as_long_as_its_version_has_fields),
	    cmocka_unit_test(x2_the_estimate_of_a_file_of_any_size_is_a_window_or_refused),
	    cmocka_unit_test(x1_a_32_bit_kernels_alignments_are_as_its_header_has_them),
	    cmocka_unit_test(x2_every_header_length),
	    cmocka_unit_test(x2_a_file_that_ends_within_its_head_is_never_read_past_its_end),
	    cmocka_unit_test(x1_alignments_that_cannot_be_are_refused),
	    cmocka_unit_test(x1_the_least_alignment_is_min_alignment_and_never_below_2_mib),
	    cmocka_unit_test(x2_a_truncated_file_is_refused),
	    cmocka_unit_test(x2_a_kernel_that_does_not_say_its_size_is_refused),
	    cmocka_unit_test(x2_windows_past_64_tib_are_refused),
	    cmocka_unit_test(x2_a_file_of_any_size_that_firmware_tells_has_a_window_or_is_refused),
	    cmocka_unit_test(x3_a_fixed_address_off_a_page_edge_is_refused),
	    cmocka_unit_test(x2_the_last_paragraph_may_be_there_in_part),
	    cmocka_unit_test(x1_alignments_count_of_a_relocatable_kernel_alone),
	    cmocka_unit_test(x3_a_preferred_address_of_0_is_none),
	    cmocka_unit_test(x2_any_header_is_refused_by_name_or_checked_throughout),
	    cmocka_unit_test(x8_five_levels_are_taken_when_the_image_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
