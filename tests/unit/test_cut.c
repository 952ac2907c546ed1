/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that end early: every text that people write or capture, cut at each of its bytes, in memory of exactly that
 * size. What is taken makes sense, and what is not has a reason. Kernels are cut in tests/sim/test_inputs.c.
 */
#include "given_maps.h"

#include "../../config/entry.h"

static unsigned long files;

/* The first @size bytes and nothing behind them. */
static uint8_t *cut(const void *text, size_t size)
{
	uint8_t *exact = malloc(size == 0 ? 1 : size);

	assert_non_null(exact);
	memcpy(exact, text, size);
	files++;
	return exact;
}

static const char *const captures[] = {
    "firecracker-25g.dmesg.txt",	   "firecracker-25g.iomem.txt",
    "ovmf-2022.11-6g.berth-refused.txt",   "ovmf-2022.11-6g.berth-without-facts.txt",
    "ovmf-2022.11-6g.berth.txt",	   "ovmf-2022.11-6g.dmesg.txt",
    "ovmf-2022.11-6g.iomem.txt",	   "ovmf-2022.11-6g.shell-console.txt",
    "ovmf-2022.11-6g.shell-sfo-utf16.txt", "ovmf-2022.11-6g.shell-utf16.txt",
    "ovmf-2022.11-6g.shell.txt",	   "ovmf-2025.02-1g.shell-utf16.txt",
};

static void c1_a_memory_map_cut_anywhere_is_read_or_refused_with_a_reason(void **state)
{
	size_t step = share() > 1 ? 3 : 1; /* of three bytes in a row a cut is much the same at each */
	unsigned long read = 0;

	(void)state;
	for (size_t c = 0; c < COUNT_OF(captures); c++) {
		size_t size;
		char *text = capture_text(captures[c], &size);

		for (size_t end = 0; end <= size; end += (end < 2048 ? 1 : 17) * step) {
			files++;
			read_bytes(text, end);
			read += reading.status == OK;
			assert_true(reading.status == OK || reading.why.text[0] != '\0');
			for (size_t i = 0; reading.status == OK && i < reading.source.map.count; i++)
				assert_true(reading.source.map.entry[i].at.start < reading.source.map.entry[i].at.end);
		}
		free(text);
	}
	assert_true(read > 1000 / step);
}

static void an_entry_cut_anywhere_boots_what_it_names_or_says_what_is_missing(void **state)
{
	static const char *const entries[] = {
	    "title Debian GNU/Linux 12\nversion 6.1.0-13\nsort-key debian\nmachine-id "
	    "0123456789abcdef0123456789abcdef\n"
	    "linux /debian/6.1.0-13/linux\ninitrd /debian/6.1.0-13/initrd.img\noptions root=/dev/sda2 ro quiet\n",
	    "# gr\xc3\xbc\xc3\x9f"
	    "e\r\ntitle\tT\r\nlinux\t\\EFI\\Linux\\vmlinuz\r\ninitrd /a\r\ninitrd /b\r\noptions a\r\noptions b\r\n"
	    "placement 0x100000000-0x200000000\r\narchitecture x64\r\n",
	    "linux /k\nplacement preferred\noptions mem=4G \"quoted -- text\" -- init=/x\n\n\n",
	    "title \xff\xfe\nlinux /\xe2\x82\xac\nefi /x.efi\ndevicetree /d\nuki /u\ngrub_users $x\n",
	};

	(void)state;
	for (size_t e = 0; e < COUNT_OF(entries); e++)
		for (size_t size = 0; size <= strlen(entries[e]); size++) {
			char *text = (char *)cut(entries[e], size);
			struct entry entry;
			struct fail why = {.text = ""};

			if (entry_parse(&entry, "e.conf", text, size, &why) == OK)
				assert_true(!entry.broken && entry.program.length != 0);
			else
				assert_true(entry.broken && entry.broken_why.text[0] != '\0');
			free(text);
		}
}

static void a_loader_conf_cut_anywhere_keeps_the_lines_that_are_whole(void **state)
{
	static const char whole[] = "timeout 5\ndefault debian-*\nlog debug\nkeep-free-below-4g 64M\neditor no\n#x\n\n";

	(void)state;
	for (size_t size = 0; size < sizeof(whole); size++) {
		char *text = (char *)cut(whole, size);
		struct loader_conf conf;
		struct fail why = {.text = ""};
		enum status status = loader_conf_parse(&conf, text, size, &why);

		assert_true(status == OK || why.text[0] != '\0');
		if (size >= 10)
			assert_int_equal(conf.timeout_seconds, 5);
		if (size >= 36)
			assert_int_equal(conf.log, LOG_DEBUG);
		free(text);
	}
}

static void a_head_cut_anywhere_is_taken_only_with_its_whole_header(void **state)
{
	(void)state;
	for (uint16_t version = 0x200; version <= 0x20f; version++) {
		struct kernel_fields fields = {DEBIAN_12, .version = version};
		uint8_t head[IMAGE_HEAD];
		bool whole_taken = false;

		kernel_head(&fields, head);
		for (size_t size = 0; size <= sizeof(head); size++) {
			uint8_t *exact = cut(head, size);
			struct image image = {.name = "k", .file_size = fields.file_size};
			struct fail why = {.text = ""};
			enum status status = formats_identify(&image, (struct bytes){exact, size}, false, &why);

			assert_true(status == OK || why.text[0] != '\0');
			assert_true(status != OK || size >= 0x202u + head[0x201]);
			whole_taken = status == OK;
			free(exact);
		}
		assert_int_equal(whole_taken, version >= 0x205);
	}
	print_message("files cut short: %lu\n", files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c1_a_memory_map_cut_anywhere_is_read_or_refused_with_a_reason),
	    cmocka_unit_test(an_entry_cut_anywhere_boots_what_it_names_or_says_what_is_missing),
	    cmocka_unit_test(a_loader_conf_cut_anywhere_keeps_the_lines_that_are_whole),
	    cmocka_unit_test(a_head_cut_anywhere_is_taken_only_with_its_whole_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
