/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory maps in the words of Berth's log, the EFI shell and Linux, each on a few lines: every type's name, which byte
 * is the last, which of several maps counts, and what a console does to a text. Spellings are those of the sources
 * that tools/map_*.c name.
 */
#include "given_maps.h"

#include <sys/stat.h>
#include <unistd.h>

#define FACTS(descriptors)                                                                                             \
	"berth: facts descriptors " descriptors " size 48 room 187 levels 5 gib-pages 0 seed 0 entropy 0x12ab\n"
#define MEMORY(range, type) "berth: memory " range " type " type " attribute 0xf free\n"

/* ---- Berth's log ---- */

static void berth_the_last_dump_counts(void **state)
{
	(void)state;
	read_text("berth: Berth 0.1 runs at 0x1000\n" FACTS("9") MEMORY(
	    "0x0-0xa0000",
	    "7") "berth: refused 0x100000-0x200000\nberth: something else\nmemory 0x1-0x2 type 7\n" FACTS("0x9b")
		      MEMORY("0x0-0x9000", "7") MEMORY(
			  "0x9000-0xa000",
			  "2147483649") "berth: refused 0x1000-0x2000\nberth: refused 0x100000000-0xffffffffffffffff\n"
					"berth: refused 0x5000-0x6000\nberth: refuse initrd in 0x0-0x9000 (4 KiB)\n");
	expect_kind("Berth's log", true);
	expect_map("0-9000:7:f 9000-a000:2147483649:f");
	assert_true(reading.source.has_facts && !reading.source.gib_pages && !reading.source.has_seed);
	assert_int_equal(reading.source.descriptors, 0x9b);
	assert_int_equal(reading.source.levels, 5);
	assert_true(reading.source.entropy == 0x12ab);
	assert_int_equal(reading.source.n_refused, 3);
	assert_true(reading.source.refused[0].start == 0x1000);
	assert_true(reading.source.refused[1].end == UINT64_MAX);
}

static void berth_more_facts_than_are_known_do_no_harm(void **state)
{
	(void)state;
	read_text(
	    "berth: facts descriptors 1 size 40 room 2 levels 4 gib-pages 1 seed 1 entropy 0 moon full tide\n" MEMORY(
		"0x0-0x1000", "7"));
	expect_map("0-1000:7:f");
	assert_int_equal(reading.source.desc_size, 40);
}

static void berth_facts_that_cannot_be_are_refused(void **state)
{
	static const char *const wrong[] = {
	    "descriptors 1 size 39 room 2 levels 4 gib-pages 1 seed 1 entropy 0",
	    "descriptors 1 size 48 room 99999999999 levels 4 gib-pages 1 seed 1 entropy 0",
	    "descriptors 1 size 48 room 2 levels 6 gib-pages 1 seed 1 entropy 0",
	    "descriptors 1 size 48 room 2 levels 4 gib-pages 2 seed 1 entropy 0",
	    "descriptors 1 size 48 room 2 levels 4 gib-pages 1 seed 1 entropy",
	    "descriptors 1 size 48 room 2 levels 4 gib-pages 1 seed 1",
	    "descriptors 1 size 48 room 2 levels 4 gib-pages 1 seed 1 entropy 0x10000000000000000",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char text[256];

		snprintf(text, sizeof(text), "\nberth: facts %s\n" MEMORY("0x0-0x1000", "7"), wrong[i]);
		read_text(text);
		expect_bad("map.txt:2: ");
	}
}

static void berth_lines_that_make_no_sense_are_refused_by_number(void **state)
{
	static const char *const wrong[] = {
	    "berth: memory 0x1000",
	    "berth: memory 0x1000-0x2000 type 7",
	    "berth: memory 0x2000-0x1000 type 7 attribute 0x0",
	    "berth: memory 0x1000-0x2000 type 4294967296 attribute 0x0",
	    "berth: memory 0x0-0x10000000000000000 type 7 attribute 0",
	    "berth: refused 0x1000",
	    "berth: refused 0x2000-0x1000",
	    "berth: memory 0x0-0x1000 type 7 attribute 0xfberth",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char text[256];

		snprintf(text, sizeof(text), MEMORY("0x0-0x1000", "7") "\n%s\n", wrong[i]);
		read_text(text);
		expect_bad("map.txt:3: ");
	}
	read_text(FACTS("1"));
	expect_bad("ends before");
}

static void a_console_leaves_escapes_and_returns_and_pieces_between(void **state)
{
	(void)state;
	read_text("\033[2J\033[01;01H\033[=3h\033[0mberth: memory 0x0-0x1000 type 7 attribute 0xf free\r\n"
		  "\rberth: reading vmlinuz  10 %  \r   \rberth: memory 0x1000-0x2000 \033[1mtype\033[0m 4 attribute "
		  "0xf x\r\n"
		  "wrapped garb\033[12;1Hberth: memory 0x2000-0x3000 type 7 attribute 0x1\0337\033(B\r\n"
		  "\033]0;a title\007berth: memory 0x3000-0x4000 type 0 attribute 0x0\r\n"
		  "not berth: memory 0x9000-0xa000 type 0 attribute 0x0\r\n\033[");
	expect_map("0-1000:7:f 1000-2000:4:f 2000-3000:7:1 3000-4000:0:0");
}

/* ---- the EFI shell ---- */

static void shell_every_type_by_its_names(void **state)
{
	static const struct word_value types[] = {
	    {"Reserved", 0},	    {"LoaderCode", 1},	      {"LoadCode", 1},
	    {"LoaderData", 2},	    {"LoadData", 2},	      {"BS_Code", 3},
	    {"BootServiceCode", 3}, {"BS_Data", 4},	      {"BootServiceData", 4},
	    {"RT_Code", 5},	    {"RuntimeCode", 5},	      {"RT_Data", 6},
	    {"RuntimeData", 6},	    {"Available", 7},	      {"Unusable", 8},
	    {"UnusableMemory", 8},  {"ACPI_Recl", 9},	      {"ACPIReclaimMemory", 9},
	    {"ACPI_NVS", 10},	    {"ACPIMemoryNVS", 10},    {"MMIO", 11},
	    {"MemoryMappedIO", 11}, {"MMIO_Port", 12},	      {"MemoryMappedIOPortSpace", 12},
	    {"PalCode", 13},	    {"Persistent", 14},	      {"Unaccepted", 15},
	    {"available", 7},	    {"80000001", 0x80000001}, {"MemMapIO", 11},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		char text[256], picture[64];

		snprintf(picture, sizeof(picture), "1000-3000:%u:f", (unsigned int)types[i].value);
		snprintf(text, sizeof(text),
			 "%-10s 0000000000001000-0000000000002FFF 0000000000000002 000000000000000F\r\n",
			 types[i].word);
		read_text(text);
		expect_kind("EFI shell memmap", true);
		expect_map(picture);
		snprintf(text, sizeof(text), "MemoryMap,\"%s\",\"1000\",\"2FFF\",\"2\",\"F\"\r\n", types[i].word);
		read_text(text);
		expect_map(picture);
	}
}

static void shell_empty_and_wrapping_descriptors_are_left_out(void **state)
{
	(void)state;
	read_text("Type       Start            End              # Pages          Attributes\n"
		  "Available  0000000000001000-0000000000000FFF 0000000000000000 000000000000000F\n"
		  "Available  0000000000000000-FFFFFFFFFFFFFFFF 0000000000000000 000000000000000F\n"
		  "Available  FFFFFFFFFFFFF000-0000000000000FFF 0000000000000002 000000000000000F\n"
		  "MMIO       FFFFFFFFFFFFE000-FFFFFFFFFFFFEFFF 0000000000000001 0000000000000001\n");
	expect_map("ffffffffffffe000-fffffffffffff000:11:1");
}

static void shell_lines_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	read_text("Banana     0000000000001000-0000000000001FFF 0000000000000001 000000000000000F\n");
	expect_bad("map.txt:1: `Banana`");
	read_text("Available  0000000000001000-0000000000002FFF 0000000000000001 000000000000000F\n");
	expect_bad("pages are not");
	read_text("Available  0000000000001000-0000000000002FFF 00000000000");
	expect_bad("map.txt:1: no number of pages");
	read_text("MemoryMap,\"Available\",\"1000\",\"2FFF\n");
	expect_bad("map.txt:1: ");
}

static void a_zero_on_the_line_does_not_make_it_utf16(void **state)
{
	static const char text[] =
	    "\xff\0\nBS_Data    0000000000900000-00000000014FFFFF 0000000000000C00 000000000000000F\r\n";

	(void)state;
	read_bytes(text, sizeof(text) - 1);
	expect_map("900000-1500000:4:f");
}

static void utf16_of_either_order_is_read(void **state)
{
	static const char text[] =
	    "\nBS_Data    0000000000900000-00000000014FFFFF 0000000000000C00 000000000000000F\r\n";
	uint8_t wide[2 * sizeof(text)];

	(void)state;
	for (int mark = 0; mark < 3; mark++) { /* little, big, and little without a byte order mark */
		const char *from = mark == 2 ? text + 1 : text;
		size_t n = strlen(from);

		for (size_t i = 0; i < n; i++) {
			wide[2 * i + (mark == 1)] = (uint8_t)from[i];
			wide[2 * i + (mark != 1)] = 0;
		}
		if (mark < 2)
			memcpy(wide, mark == 1 ? "\xfe\xff" : "\xff\xfe", 2);
		read_bytes(wide, 2 * n);
		expect_map("900000-1500000:4:f");
	}
	read_text("\xef\xbb\xbf"
		  "0-0x1000 free\n");
	expect_map("0-1000:7");
}

/* ---- Linux ---- */

#define STAMP	 "[    0.000000] "
#define JOURNAL	 "Nov 20 12:00:00 host kernel: "
#define EFI_ATTR "|   |  |  |  |  |  |  |  |  |  |   |WB|WT|WC|UC]"

static void efi_every_type_by_its_names(void **state)
{
	static const struct word_value types[] = {
	    {"Reserved    ", 0},
	    {"Loader Code ", 1},
	    {"Loader Data ", 2},
	    {"Boot Code   ", 3},
	    {"Boot Data   ", 4},
	    {"Runtime Code", 5},
	    {"Runtime Data", 6},
	    {"Conventional", 7},
	    {"Unusable    ", 8},
	    {"ACPI Reclaim", 9},
	    {"ACPI Mem NVS", 10},
	    {"MMIO        ", 11},
	    {"MMIO Port   ", 12},
	    {"PAL Code    ", 13},
	    {"Persistent  ", 14},
	    {"Unaccepted  ", 15},
	    {"type=2147483648", 0x80000000},
	    {"Conventional Memory", 7},
	    {"Memory Mapped I/O  ", 11},
	    {"ACPI Memory NVS    ", 10},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		char text[256], picture[64];

		snprintf(picture, sizeof(picture), "1000-3000:%u:f", (unsigned int)types[i].value);
		snprintf(text, sizeof(text), STAMP "efi: mem00: [%s" EFI_ATTR " range=[0x1000-0x2fff] (0MB)\n",
			 types[i].word);
		read_text(text);
		expect_kind("kernel log (efi: mem)", true);
		expect_map(picture);
	}
}

static void efi_attributes_and_older_spellings(void **state)
{
	(void)state;
	read_text(
	    JOURNAL
	    "efi: mem00: [Conventional|   |  |MR|  |SP|  |  |  |  |  |   |WB|  |  |  ] range=[0x0-0xfff] (0MB)\r\n"
	    "<6>" STAMP
	    "efi: mem01: [Conventional|   |HP|  |  |  |  |  |  |  |  |   |WB|  |  |  ] range=[0x1000-0x1fff] (0MB)\n"
	    "efi: mem02: [Conventional|attr=0x0000000000100008] range=[0x2000-0x2fff] (0MB)\n"
	    "efi: mem03: [Conventional Memory|   |  |  |WB|WT|WC|UC] range=[0x3000-0x4000) (0MB)\n"
	    "EFI: mem04: type=6, attr=0x800000000000000f, range=[0x0000000000004000-0x0000000000006000) (0MB)\n"
	    "efi: mem05: [MMIO        |RUN|  |  |  |UC] range=[0xfffffffffffff000-0xffffffffffffffff] (0MB)\n"
	    "efi: mem06: [Conventional|   |WB] range=[0x7000-0x6fff] (0MB)\n"
	    "efi: memattr: Processing EFI Memory Attributes table:\n"
	    "efi: Removing mem05: MMIO range=[0x80000000-0x8fffffff] (256MB) from e820 map\n");
	expect_map("0-1000:7:50008 1000-2000:7:100008 2000-3000:7:100008 3000-4000:7:f 4000-6000:6:800000000000000f");
}

static void efi_firmwares_map_of_the_last_boot_counts(void **state)
{
	(void)state;
#define EFI(n, type, range) "efi: mem" n ": [" type "|WB] range=[" range "] (0MB)\n"
#define BOOT		    EFI("00", "Conventional", "0x0-0xfff") EFI("01", "Boot Data   ", "0x1000-0x1fff")
#define RUNTIME		    EFI("00", "Conventional", "0x9000-0x9fff")
	read_text(BOOT EFI("00", "Boot Data   ", "0x1000-0x1fff"));
	expect_map("0-1000:7:8 1000-2000:4:8");
	read_text(BOOT "efi: EFI runtime memory map:\n" RUNTIME);
	expect_map("0-1000:7:8 1000-2000:4:8");
	read_text(BOOT "efi: EFI runtime memory map:\n" RUNTIME EFI(
	    "00", "Conventional", "0x2000-0x2fff") "efi: EFI runtime memory map:\n" RUNTIME);
	expect_map("2000-3000:7:8");
	read_text("efi: EFI runtime memory map:\n" RUNTIME);
	expect_bad("no page of memory");
}

static void efi_wins_over_e820_and_berth_over_both(void **state)
{
	(void)state;
	read_text("BIOS-e820: [mem 0x0-0xfff] usable\n" EFI("00", "Conventional", "0x2000-0x2fff"));
	expect_kind("kernel log (efi: mem)", true);
	read_text("BIOS-e820: [mem 0x0-0xfff] usable\n" EFI("00", "Conventional", "0x2000-0x2fff")
		      MEMORY("0x0-0x5000", "7"));
	expect_kind("Berth's log", true);
}

static void efi_lines_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	read_text("\n" EFI("00", "Convention", "0x0-0xfff"));
	expect_bad("map.txt:2: ");
	read_text(EFI("00", "Conventional", "0x2000-0x1000"));
	expect_bad("map.txt:1: ");
	read_text(EFI("00", "Conventional", "0x2000"));
	expect_bad("map.txt:1: ");
}

static void e820_every_type_of_every_age(void **state)
{
	(void)state;
	read_text("BIOS-provided physical RAM map:\n" STAMP
		  "BIOS-e820: [mem 0x0000000000000000-0x0000000000000fff] usable\n" JOURNAL
		  "BIOS-e820: [mem 0x0000000000001000-0x0000000000001fff] reserved\n"
		  "BIOS-e820: [mem 0x2000-0x2fff] ACPI data\nBIOS-e820: [mem 0x3000-0x3fff] ACPI NVS\n"
		  "BIOS-e820: [mem 0x4000-0x4fff] unusable\nBIOS-e820: [mem 0x5000-0x5fff] persistent (type 7)\n"
		  "BIOS-e820: [mem 0x6000-0x6fff] persistent (type 12)\nBIOS-e820: [mem 0x7000-0x7fff] soft reserved\n"
		  "BIOS-e820: [mem 0x8000-0x8fff] type 20\nBIOS-e820: [mem 0x9000-0x9fff]  System RAM\n"
		  "BIOS-e820: [gap 0xa000-0xafff]\nBIOS-e820: [mem 0xb000-0xbfff]  device reserved\n");
	expect_kind("kernel log (BIOS-e820)", false);
	expect_map("0-1000:7 1000-2000:0 2000-3000:9 3000-4000:10 4000-5000:8 5000-6000:14 6000-7000:14 "
		   "7000-8000:7:40000 8000-9000:0 9000-a000:7 b000-c000:0");
	read_text(" BIOS-e820: 0000000000000000 - 000000000009f000 (usable)\n"
		  " BIOS-e820: 000000000009f000 - 00000000000a0000 (reserved)\n"
		  " BIOS-e820: 00000000000a0000 - 00000000000b0000 (ACPI NVS)\n"
		  " BIOS-e820: 00000000000b0000 - 00000000000c0000 type 20\n");
	expect_map("0-9f000:7 9f000-a0000:0 a0000-b0000:10 b0000-c0000:0");
}

static void e820_of_several_boots_the_last_counts_and_of_more_than_128_the_whole(void **state)
{
	(void)state;
	read_text("BIOS-e820: [mem 0x0-0xfff] usable\nBIOS-e820: [mem 0x1000-0x1fff] usable\n"
		  "BIOS-e820: [mem 0x0-0x2fff] usable\n");
	expect_map("0-3000:7");
	read_text("BIOS-e820: [mem 0x0-0xfff] usable\nBIOS-e820: [mem 0x1000-0x1fff] usable\n"
		  "e820: extended physical RAM map:\nextended: [mem 0x0-0xfff] usable\n" STAMP
		  "extended: [mem 0x1000-0x1fff] usable\n" STAMP "extended: [mem 0x2000-0x2fff] ACPI data\n" STAMP
		  "reserve setup_data: [mem 0x0-0xffff] usable\n");
	expect_map("0-1000:7 1000-2000:7 2000-3000:9");
}

static void e820_lines_that_make_no_sense_are_refused(void **state)
{
	static const char *const wrong[] = {
	    "BIOS-e820: [mem 0x2000-0xfff] usable",
	    "BIOS-e820: [mem 0x2000-0x2fff]",
	    "BIOS-e820: [mem 0x2000",
	    "BIOS-e820: 1000 - 0 (usable)",
	    "BIOS-e820: [mem 0x10000000000000000-0x20000000000000000] usable",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		read_text(wrong[i]);
		expect_bad("map.txt:1: ");
	}
}

static void iomem_top_lines_count_and_pieces_of_a_page_join(void **state)
{
	(void)state;
	read_text("00000000-00000fff : Reserved\n00001000-0000803f : System RAM\n  00002000-00002fff : Kernel code\n"
		  "00008040-0000804f : System RAM\n00008050-0000fbff : System RAM\n0000fc00-0000ffff : Reserved\n"
		  "00010000-00010fff : ACPI Tables\n00011000-00011fff : ACPI Non-volatile Storage\n"
		  "00012000-00012fff : Persistent Memory (legacy)\n  00012000-00012fff : System RAM (kmem)\n"
		  "00013000-00013fff : Soft Reserved\n00014000-00014fff : Unusable memory\n"
		  "00015000-00015fff : PCI Bus 0000:00\nfec00000-fec003ff : IOAPIC 0\n"
		  "fffffffffffff000-ffffffffffffffff : PCI Bus 0000:01\n");
	expect_kind("/proc/iomem", false);
	expect_map("0-1000:0 1000-f000:7 f000-10000:0 10000-11000:9 11000-12000:10 12000-13000:14 13000-14000:7:40000 "
		   "14000-15000:8 15000-16000:11 fec00000-fec01000:0");
	read_text("00001000-00000ffe : System RAM\n");
	expect_bad("map.txt:1: ");
}

/* ---- files and folders ---- */

static void expect_file(const char *path, enum status status, const char *words)
{
	map_source_free(&reading.source);
	reading.status = map_read(path, &reading.source, &reading.why);
	assert_int_equal(reading.status, status);
	expect_bad(words);
	expect_bad(path);
	map_source_free(&reading.source); /* which may be done again */
}

static void files_that_are_no_map_are_refused(void **state)
{
	char path[] = "/tmp/berth-map-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	expect_file(path, BAD_INPUT, "empty");
	assert_int_equal(ftruncate(fd, (off_t)3 << 30), 0);
	expect_file(path, BAD_INPUT, "more than 64 MiB");
	assert_int_equal(ftruncate(fd, 1000), 0);
	expect_file(path, BAD_INPUT, "empty");
	close(fd);
	unlink(path);
	expect_file(path, IO_ERROR, "No such file");
	expect_file("tests/unit", BAD_INPUT, "not one like /sys/firmware/memmap");
	expect_file("README.md", BAD_INPUT, "no memory map that Berth knows");
}

static void put_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void a_folder_with_a_wrong_entry_is_refused_by_name(void **state)
{
	char folder[] = "/tmp/berth-map-XXXXXX", entry[64], command[128];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(entry, sizeof(entry), "%s/7", folder);
	assert_int_equal(mkdir(entry, 0777), 0);
	put_file(entry, "start", "0x1000\n");
	put_file(entry, "end", "0x1fff\n");
	expect_file(folder, IO_ERROR, "/7/type: No such file");
	put_file(entry, "type", "Soft Reserved\n");
	map_source_free(&reading.source);
	reading.status = map_read(folder, &reading.source, &reading.why);
	expect_map("1000-2000:7:40000");
	put_file(entry, "end", "0xffe\n");
	expect_file(folder, BAD_INPUT, "/7: the end 0xffe lies below");
	put_file(entry, "end", "\n");
	expect_file(folder, BAD_INPUT, "/7/end: ``");
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(berth_the_last_dump_counts),
	    cmocka_unit_test(berth_more_facts_than_are_known_do_no_harm),
	    cmocka_unit_test(berth_facts_that_cannot_be_are_refused),
	    cmocka_unit_test(berth_lines_that_make_no_sense_are_refused_by_number),
	    cmocka_unit_test(a_console_leaves_escapes_and_returns_and_pieces_between),
	    cmocka_unit_test(shell_every_type_by_its_names),
	    cmocka_unit_test(shell_empty_and_wrapping_descriptors_are_left_out),
	    cmocka_unit_test(shell_lines_that_make_no_sense_are_refused),
	    cmocka_unit_test(a_zero_on_the_line_does_not_make_it_utf16),
	    cmocka_unit_test(utf16_of_either_order_is_read),
	    cmocka_unit_test(efi_every_type_by_its_names),
	    cmocka_unit_test(efi_attributes_and_older_spellings),
	    cmocka_unit_test(efi_firmwares_map_of_the_last_boot_counts),
	    cmocka_unit_test(efi_wins_over_e820_and_berth_over_both),
	    cmocka_unit_test(efi_lines_that_make_no_sense_are_refused),
	    cmocka_unit_test(e820_every_type_of_every_age),
	    cmocka_unit_test(e820_of_several_boots_the_last_counts_and_of_more_than_128_the_whole),
	    cmocka_unit_test(e820_lines_that_make_no_sense_are_refused),
	    cmocka_unit_test(iomem_top_lines_count_and_pieces_of_a_page_join),
	    cmocka_unit_test(files_that_are_no_map_are_refused),
	    cmocka_unit_test(a_folder_with_a_wrong_entry_is_refused_by_name),
	};

	return cmocka_run_group_tests_name("mapread: kinds", tests, NULL, NULL);
}
