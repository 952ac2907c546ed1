/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every form of a memory map is read alike behind everything that people and programs put before its lines, and with
 * a console's line ends. And what each form says of itself: which byte is the last, which of several tables counts, and
 * that a part of it is missing.
 */
#include "given_maps.h"

#define ATTR	 "|   |  |  |  |  |  |  |  |  |  |   |WB|  |  |  ]"
#define OLD_ATTR "|   |  |  |  |   |WB|WT|WC|UC]"

struct form {
	const char *kind, *text, *map;
	bool is_firmwares;
};

static const struct form forms[] = {
    {"Berth's log",
     "berth: facts descriptors 2 size 48 room 187 levels 5 gib-pages 0 seed 0 entropy 0x12ab\n"
     "berth: memory 0x0-0xa0000 type 7 attribute 0xf free\n"
     "berth: memory 0xa0000-0x100000 type 0 attribute 0x0 reserved\n",
     "0-a0000:7:f a0000-100000:0", true},
    {"EFI shell memmap",
     "Type       Start            End              # Pages          Attributes\n"
     "Available  0000000000000000-000000000009FFFF 00000000000000A0 000000000000000F\n"
     "BS_Data    00000000000A0000-00000000000FFFFF 0000000000000060 000000000000000F\n",
     "0-a0000:7:f a0000-100000:4:f", true},
    {"EFI shell memmap",
     "ShellCommand,\"memmap\"\nMemoryMap,\"Available\",\"1000\",\"2FFF\",\"2\",\"F\"\n"
     "MemoryMap,\"BS_Code\",\"3000\",\"3FFF\",\"1\",\"F\"\n",
     "1000-3000:7:f 3000-4000:3:f", true},
    {"U-Boot efidebug memmap",
     "Type             Start            End              Attributes\n"
     "================ ================ ================ ==========\n"
     "CONVENTIONAL     0000000040000000-0000000044000000 WB\n"
     "ACPI RECLAIM MEM 0000000044000000-0000000044010000 WB|CRYPT\n"
     "ACPI MEM         0000000044010000-0000000044020000\n"
     "IO               0000000050000000-0000000050001000 UC|RT\n",
     "40000000-44000000:7:8 44000000-44010000:9:8 44010000-44020000:10 50000000-50001000:11:8000000000000001", true},
    {"GRUB lsefimmap",
     "Type      Physical start  - end             #Pages        Size Attributes\n"
     "conv-mem  0000000000000000-000000000009ffff 000000a0    640KiB UC WC WT WB\n"
     "RT-data   0000000007ef6000-0000000007f09fff 00000014     80KiB RT WB\n"
     "Unk 0f    0000000100000000-000000013fffffff 00040000      1GiB\n",
     "0-a0000:7:f 7ef6000-7f0a000:6:8000000000000008 100000000-140000000:15", true},
    {"GRUB lsmmap",
     "base_addr = 0x0, length = 0x9f000, available RAM\n"
     "base_addr = 0x9f000, length = 0x61000, reserved RAM\n"
     "base_addr = 0x100000, length = 0x1000, ACPI non-volatile storage RAM\n"
     "base_addr = 0x101000, length = 0x1000, type = 0x14\n",
     "0-9f000:7 9f000-100000:0 100000-101000:10 101000-102000:0", false},
    {"kernel log (efi: mem)",
     "efi: mem00: [Conventional" ATTR " range=[0x0000000000000000-0x000000000009ffff] (0MB)\n"
     "efi: mem01: [Boot Data   " ATTR " range=[0x0000000000100000-0x00000000001fffff] (1MB)\n",
     "0-a0000:7:8 100000-200000:4:8", true},
    {"kernel log (efi: mem)",
     "efi: mem00: [Conventional Memory" OLD_ATTR " range=[0x0000000000000000-0x00000000000a0000) (0MB)\n"
     "efi: mem01: [Memory Mapped I/O  " OLD_ATTR " range=[0x0000000000100000-0x0000000000200000) (1MB)\n",
     "0-a0000:7:f 100000-200000:11:f", true},
    {"kernel log (efi: mem)",
     "mem00: type=7, attr=0xf, range=[0x0000000000000000-0x00000000000a0000) (0MB)\n"
     "mem01: type=4, attr=0xf, range=[0x0000000000100000-0x0000000000200000) (1MB)\n",
     "0-a0000:7:f 100000-200000:4:f", true},
    {"kernel log (efi=debug)",
     "efi: Processing EFI memory map:\n"
     "efi:   0x000080000000-0x0000957bffff [Conventional" ATTR "\n"
     "memblock_add: [0x0000000080000000-0x00000000957bffff] early_init_dt_add_memory_arch+0x164/0x178\n"
     "efi:   0x0000957c0000-0x00009809ffff [Loader Code " ATTR "*\n",
     "80000000-957c0000:7:8 957c0000-980a0000:1:8", true},
    {"kernel log (efi=debug)",
     "Processing EFI memory map:\n"
     "  0x000000000000-0x000000000fff [Conventional Memory" OLD_ATTR "\n"
     "Ignoring memory block 0x0 - 0x1000\n"
     "  0x000000001000-0x000000001fff [ACPI Memory NVS    " OLD_ATTR "*\n"
     "  0x000000002000-0x000000002fff [Boot Code]\n",
     "0-1000:7:f 1000-2000:10:f 2000-3000:3", true},
    {"Xen's log (EFI memory map)",
     "(XEN) EFI memory map:\n"
     "(XEN)  0000000000000-000000009bfff type=7 attr=000000000000000f\n"
     "(XEN)  000000009c000-000000009dfff type=2 attr=000000000000000f\n",
     "0-9c000:7:f 9c000-9e000:2:f", true},
    {"Xen's log (e820)",
     "(XEN) Xen-e820 RAM map:\n"
     "(XEN)  0000000000000000 - 000000000009c800 (usable)\n"
     "(XEN)  000000000009c800 - 00000000000a0000 (reserved)\n"
     "(XEN)  0000000000100000 - 00000000b97fc000 (usable)\n",
     "0-9c000:7 9c000-a0000:0 100000-b97fc000:7", false},
    {"Xen's log (e820)",
     "(XEN) EFI RAM map:\n"
     "(XEN)  [0000000000000000, 000000000009fbff] (usable)\n"
     "(XEN)  [000000000009fc00, 000000000009ffff] (reserved)\n"
     "(XEN)  [00000000000f0000, 00000000000fffff] (ACPI NVS)\n"
     "(XEN)  [0000000000100000, 000000007ffdffff] (usable)\n",
     "0-9f000:7 9f000-a0000:0 f0000-100000:10 100000-7ffe0000:7", false},
    {"kernel log (BIOS-e820)",
     "BIOS-provided physical RAM map:\n"
     "BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable\n"
     "BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff] reserved\n"
     "e820: update [mem 0x00000000-0x00000fff] usable ==> reserved\n"
     "[mem 0x80000000-0xfbffffff] available for PCI devices\n",
     "0-9f000:7 9f000-a0000:0", false},
    {"kernel log (e820)",
     "e820: BIOS-provided physical RAM map:\n"
     "Xen: [mem 0x0000000000000000-0x000000000009cfff] usable\n"
     "Xen: [mem 0x000000000009d400-0x00000000000fffff] reserved\n"
     "system 00:01: [mem 0xfed1c000-0xfed1ffff] has been reserved\n"
     "Xen: [mem 0x0000000000100000-0x00000000ce28efff] usable\n",
     "0-9d000:7 9d000-100000:0 100000-ce28f000:7", false},
    {"kernel log (BIOS-e820)",
     " BIOS-e820: 0000000000000000 - 000000000009f000 (usable)\n"
     " BIOS-e820: 000000000009f000 - 00000000000a0000 (reserved)\n",
     "0-9f000:7 9f000-a0000:0", false},
    {"/proc/iomem",
     "00000000-0009fbff : System RAM\n0009fc00-0009ffff : reserved\n00100000-0ffeffff : System RAM\n"
     "  00100000-002e0ed4 : Kernel code\n  002e0ed5-003908ff : Kernel data\n0fff0000-0fff2fff : ACPI Tables\n"
     "d0000000-d7ffffff : PCI Bus #01\n  d0000000-d7ffffff : 0000:01:00.0\n    d0000000-d1ffffff : rivafb\n",
     "0-9f000:7 9f000-a0000:0 100000-fff0000:7 fff0000-fff3000:9 d0000000-d8000000:11", false},
    {"kexec -d",
     "kernel: 0x7f3e1abc5020 kernel_size: 0x512ea0\nMEMORY RANGES\n0000000000000000-0000000000000fff (1)\n"
     "0000000000001000-000000000009ffff (0)\n00000000000a0000-00000000000fffff (2)\n"
     "CRASH MEMORY RANGES\n0000000000001000-00000000000fffff (0)\nbzImage is relocatable\n",
     "0-1000:0 1000-a0000:7 a0000-100000:9", false},
    {"list", "0-640K free\n640K-1M reserved # vga\n1M+1M boot-data\n", "0-a0000:7 a0000-100000:0 100000-200000:4",
     true},
};

/* ---- what stands before and behind a line ---- */

/* "%u" is the line's number. */
static const char *const prefixes[] = {
    "",
    "    ",
    "\t",
    "> ",
    ">> ",
    "> > > ",
    ">",
    "| ",
    "- ",
    "[    0.000000] ",
    "[    0.000000][    T0] ",
    "[\t0.000000][\tT0] ",
    "[  +0.000002] ",
    "<6>[    0.000000] ",
    "[Sat Nov 28 04:32:11 2026] ",
    "[2026-11-28 04:32:11] ",
    "2026-11-28T04:32:11.123456Z ",
    "2026-11-28T04:32:11,123456+00:00 ",
    "04:32:11.123 ",
    "Nov 28 04:32:11 host kernel: ",
    "Nov  8 04:32:11 host kernel: [    0.000000] ",
    "2026-11-28T04:32:11+0000 my-host.lan kernel: ",
    "Sat 2026-11-28 04:32:11 UTC host kernel: ",
    "[    0.000000] host kernel: ",
    "kern  :info  : ",
    "kern  :info  : [    0.000000] ",
    "kern  :debug : [Sat Nov 28 04:32:11 2026] ",
    "  console: [    0.000000] ",
    "%u:",
    "%6u\t",
    "dmesg.txt:%u:",
    "\033[32m[    0.000000] \033[0m",
    "\xc2\xa0 \xc2\xa0 ",
    "> > Nov 28 04:32:11 host kernel: ",
};

static void read_behind(const char *prefix, const char *end, const char *text)
{
	char all[8192];
	size_t used = 0;

	for (unsigned int n = 1; *text != '\0'; n++) {
		size_t length = strcspn(text, "\n");

		/* NOLINTNEXTLINE(clang-diagnostic-format-nonliteral): a test's own words */
		used += (size_t)snprintf(all + used, sizeof(all) - used, prefix, n);
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%.*s%s", (int)length, text, end);
		assert_true(used < sizeof(all));
		text += length + 1;
	}
	read_bytes(all, used);
}

static void every_form_is_read_behind_every_prefix(void **state)
{
	static const char *const ends[] = {"\n", "\r\n", "   \r\r\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(forms) * COUNT_OF(prefixes) * COUNT_OF(ends); i++) {
		const struct form *form = &forms[i % COUNT_OF(forms)];
		const char *prefix = prefixes[i / COUNT_OF(forms) % COUNT_OF(prefixes)];

		read_behind(prefix, ends[i / COUNT_OF(forms) / COUNT_OF(prefixes)], form->text);
		if (reading.status != OK || strcmp(reading.source.kind, form->kind) != 0)
			print_message("%s behind `%s`\n", form->kind, prefix);
		expect_kind(form->kind, form->is_firmwares);
		expect_map(form->map);
		assert_string_equal(reading.source.incomplete, "");
	}
}

/* Lines of Linux's and Xen's logs that have ranges too. */
static const char *const noise[] = {
    "[    0.000000] efi: ACPI=0x7fffe000 ACPI 2.0=0x7fffe014 MEMATTR=0x7e8c8018\n",
    "[    0.000000] efi:  SMBIOS=0x3cb62000  MEMRESERVE=0x3cb3d040\n",
    "[    0.000000] efi:   MemMap Address: 0x0000010ff788e018\n",
    "[    0.000000] memblock_reserve: [0x000000003cb3d040-0x000000003cb3d04f] efi_config_parse_tables+0x25c/0x2d8\n",
    "[    0.000000] e820: update [mem 0x00000000-0x00000fff] usable ==> reserved\n",
    "[    0.000000] e820: remove [mem 0x000a0000-0x000fffff] usable\n",
    "[    0.000000] reserve setup_data: [mem 0x0000000000000000-0x0000000000007fff] usable\n",
    "[    0.000000]   DMA      [mem 0x0000000000001000-0x0000000000ffffff]\n",
    "[    0.000000]   node   0: [mem 0x0000000000001000-0x000000000009efff]\n",
    "[    0.000000] PM: Registered nosave memory: [mem 0x00000000-0x00000fff]\n",
    "[    0.000000] PM: Registered nosave memory: 000000000009f000 - 00000000000a0000\n",
    "[    0.000000] NUMA: Node 0 [mem 0x00000000-0x0009ffff] + [mem 0x00100000-0x7fffffff] -> [mem 0x0-0x7fffffff]\n",
    "[    0.000000] ACPI: Reserving FACP table memory at [mem 0x7fb78000-0x7fb78113]\n",
    "[    0.100000] pci_bus 0000:00: root bus resource [mem 0x80000000-0xafffffff window]\n",
    "[    0.100000] system 00:01: [mem 0xfed1c000-0xfed1ffff] has been reserved\n",
    ("[    0.100000] efi: memattr:  0x0000ffe3d000-0x0000ffe8dfff [Runtime Code|RUN|  |  |  |  |XP|  |  |  |   |  |  | "
     " "
     "|  ]\n"),
    "[    1.000000] 0x000000000000-0x000000040000 : \"u-boot\"\n",
    "(XEN)  Init. ramdisk: 0000000440a2f000->000000044ffff4bd\n",
    "[    2.000000] mem0: [0x1000 for another driver]\n",
    "(XEN) ACPI: RSDP 000F58D0, 0014 (r0 BOCHS )\n",
    "\n",
};

static void other_lines_of_a_log_between_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(forms) * COUNT_OF(noise); i++) {
		const struct form *form = &forms[i % COUNT_OF(forms)];
		char all[8192] = "";

		if (strstr(form->kind, "log") == NULL)
			continue;
		for (const char *at = form->text; *at != '\0'; at += strcspn(at, "\n") + 1)
			sprintf(all + strlen(all), "%.*s\n%s", (int)strcspn(at, "\n"), at, noise[i / COUNT_OF(forms)]);
		read_text(all);
		if (reading.status != OK || strcmp(reading.source.kind, form->kind) != 0)
			print_message("%s with %s", form->kind, noise[i / COUNT_OF(forms)]);
		expect_kind(form->kind, form->is_firmwares);
		expect_map(form->map);
	}
}

/* Whatever becomes of a form's bytes, there is a map on page edges, or a sentence. */
static void any_damage_ends_in_a_map_or_a_sentence(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	size_t maps = 0;

	(void)state;
	for (unsigned int round = 0; round < 60000; round++) {
		const char *text = forms[roll(&dice, COUNT_OF(forms))].text;
		char bytes[2048];
		size_t size = strlen(text), at = roll(&dice, (uint32_t)size);

		memcpy(bytes, text, size);
		if (roll(&dice, 2) == 0) {
			size_t gone = roll(&dice, (uint32_t)(size - at));

			memmove(bytes + at, bytes + at + gone, size - at - gone);
			size -= gone;
		}
		for (uint32_t n = roll(&dice, 4); n > 0; n--)
			bytes[roll(&dice, (uint32_t)size)] = (char)(roll(&dice, 3) == 0 ? '\n' : roll(&dice, 256));
		read_bytes(bytes, size);
		maps += reading.status == OK;
		if (reading.status != OK)
			assert_memory_equal(reading.why.text, "map.txt:", 8);
		for (size_t i = 0; i < reading.source.map.count; i++) {
			struct range range = reading.source.map.entry[i].at;

			assert_true(range.start < range.end && range.start % 4096 == 0 && range.end % 4096 == 0);
		}
	}
	print_message("%zu of 60000 were maps\n", maps);
	assert_true(maps > 10000 && maps < 55000);
}

/* ---- missing parts ---- */

#define EFI(n) "efi: mem" n ": [Conventional" ATTR " range=[0x" n "000-0x" n "fff] (0MB)\n"

static void efi_numbers_that_are_missing_are_named_and_nothing_is_planned(void **state)
{
	(void)state;
	read_text(EFI("19") EFI("20") EFI("21") EFI("24") EFI("25"));
	expect_bad("firmware's memory map lacks mem00 to mem18, mem22, mem23, so nothing is planned");
	expect_bad("map.txt: the log is incomplete");
	assert_null(strstr(reading.why.text, "more memory"));
	read_text(EFI("00") EFI("01") EFI("03"));
	expect_bad("firmware's memory map lacks mem02, so");
	read_text(EFI("01") "efi: EFI runtime memory map:\n" EFI("00"));
	expect_bad("firmware's memory map lacks mem00, so");
	for (unsigned int i = 0; i < 2; i++) { /* many gaps, the first of them named */
		char text[8192] = "";

		for (unsigned int n = 1; n < 99; n += 2)
			sprintf(text + strlen(text), "efi: mem%02u: [Conventional" ATTR " range=[0x%u000-0x%ufff]\n", n,
				n, n);
		read_text(text);
		expect_bad("firmware's memory map lacks mem00, mem02, mem04, ");
		expect_bad(" ..., so nothing");
	}
}

/* Of the maps in a log only the one that counts must be whole. */
static void efi_gaps_of_another_boot_do_not_matter(void **state)
{
	(void)state;
	read_text(EFI("19") EFI("20") EFI("00") EFI("01"));
	expect_map("0-1000:7:8 1000-2000:7:8");
	read_text(EFI("00") "efi: EFI runtime memory map:\nefi: mem01: [Runtime Data|WB] range=[0x0-0xfff] (0MB)\n");
	expect_map("0-1000:7:8");
}

static void expect_incomplete(const char *text, const char *words)
{
	read_text(text);
	assert_int_equal(reading.status, OK);
	if (strstr(reading.source.incomplete, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", reading.source.incomplete, words);
}

static void a_form_without_its_beginning_says_so(void **state)
{
	(void)state;
	expect_incomplete("efi:   0x000080000000-0x0000957bffff [Conventional" ATTR "\n", "Processing EFI memory map:");
	expect_incomplete("(XEN)  0000000000000-000000009bfff type=7 attr=000000000000000f\n", "`EFI memory map:`");
	expect_incomplete("Available  0000000000000000-000000000009FFFF 00000000000000A0 000000000000000F\n",
			  "heading");
	expect_incomplete("CONVENTIONAL     0000000040000000-0000000044000000 WB\n", "heading");
	expect_incomplete("conv-mem  0000000000000000-000000000009ffff 000000a0    640KiB WB\n", "heading");
	expect_incomplete("BIOS-e820: [mem 0x0000000000100000-0x000000000fffffff] usable\n", "begins at 0x100000");
	expect_incomplete("Xen: [mem 0x0000000000002000-0x000000000fffffff] usable\n", "begins at 0x2000");
	expect_incomplete("berth: facts descriptors 3 size 48 room 187 levels 5 gib-pages 0 seed 0 entropy 0\n"
			  "berth: memory 0x0-0xa0000 type 7 attribute 0xf free\n",
			  "1 `berth: memory` lines of 3");
	read_text("0000000000001000-000000000009ffff (0)\n");
	expect_bad("`MEMORY RANGES` is not above");
}

/* ---- which of several tables ---- */

#define BIOS  "e820: BIOS-provided physical RAM map:\nBIOS-e820: [mem 0x0-0xfff] usable\n"
#define USER  "user-defined physical RAM map:\nuser: [mem 0x0-0x7ff] usable\nuser: [mem 0x5000-0x5fff] usable\n"
#define SETUP "reserve setup_data: [mem 0x0-0xff] usable\nreserve setup_data: [mem 0x8000-0x8fff] usable\n"
#define XEN   "(XEN) Xen-e820 RAM map:\n(XEN)  [0000000000000000, 0000000000009fff] (usable)\n"
#define DOM0  "(XEN) Dom0 memory map:\n(XEN)  [0000000000000000, 0000000000001fff] (usable)\n"

static void e820_who_was_first_told_of_memory_counts(void **state)
{
	(void)state;
	read_text(BIOS USER SETUP);
	expect_map("0-1000:7");
	read_text(USER SETUP);
	expect_map("5000-6000:7");
	read_text(SETUP);
	expect_map("8000-9000:7");
	read_text(XEN DOM0 "e820: BIOS-provided physical RAM map:\nXen: [mem 0x0-0xfff] usable\n");
	expect_map("0-a000:7");
	read_text(DOM0);
	expect_bad("no memory map that Berth knows");
	read_text(BIOS USER "BIOS-provided physical RAM map:\nBIOS-e820: [mem 0x1000-0x1fff] usable\n" USER);
	expect_map("1000-2000:7");
	read_text("BIOS-88: 0000000000000000 - 000000000009f000 (usable)\n"
		  "BIOS-88: 0000000000100000 - 0000000001000000 (usable)\n");
	expect_map("0-9f000:7 100000-1000000:7");
	read_text("`BIOS-e820: [mem 0x0-0xfff] usable`\n");
	expect_map("0-1000:7");
	read_text("BIOS-e820: [mem 0x0-0xfff]    1.9 GB kernel usable RAM\nBIOS-e820: [gap 0x1000-0x1fff] 4   KB ...\n"
		  "BIOS-e820: [mem 0x2000-0x2fff]    4   KB ACPI data\n");
	expect_map("0-1000:7 2000-3000:9");
	read_text("Xen: [mem 0x0-0xfff] usable\nXen: [mem 0x2000-0x");
	expect_bad("map.txt:2: no `Xen: [mem");
}

static void efi_lines_that_are_no_part_of_the_map_are_left_out(void **state)
{
	(void)state;
	read_text("efi: [Firmware Bug]: Invalid EFI memory map entries:\n"
		  "efi: mem47: [Reserved|WB] range=[0x0000000000000000-0x10000000000000000] (invalid)\n" EFI(
		      "00") "efi: Remove mem05: MMIO range=[0x80000000-0x8fffffff] (256MB) from e820 map\n"
			    "efi: memattr: Processing EFI Memory Attributes table:\n"
			    "efi: memattr:  0x0000ffe3d000-0x0000ffe8dfff [Runtime Code|RUN|  |  |  ]\n");
	expect_map("0-1000:7:8");
	read_text("efi: Processing EFI memory map:\nefi:   0x000000001000-0x000000001fff [Boot Data   " ATTR "\n"
		  "efi: memattr:  0x0000ffe3d000-0x0000ffe8dfff [Runtime Code|RUN|  |  |  ]\n"
		  "efi: Processing EFI memory map:\nefi:   0x000000002000-0x000000002fff [Conventional" ATTR "\n");
	expect_map("2000-3000:7:8");
	read_text("efi: Processing EFI memory map:\nefi:   0x000000001000-0x000000001fff [Booty Data" ATTR "\n");
	expect_bad("map.txt:2: ");
	read_text("efi: Processing EFI memory map:\nefi:   0x000000001000-0x0000\n");
	expect_bad("map.txt:2: ");
}

static void efi_lines_that_mail_has_broken_are_put_together(void **state)
{
	(void)state;
	read_text("> > [    0.000000] efi: Processing EFI memory map:\n"
		  "> > [    0.000000] efi:   0x000000000000-0x000000000fff [Reserved           |   |\n"
		  "> > |  |  |  |  |  |   |WB|  |  |  ]*\n> > [    0.000000] efi:   0x000000001000-0x000000307fff\n"
		  "> > [Conventional\n> > Memory|   |WB|  |  |  ]\n");
	expect_map("0-1000:0:8 1000-308000:7:8");
	read_text("efi: mem00: [Conventional|   |  |\n  |WB] range=[0x0000000000000000-0x0000000000000fff]\n(0MB)\n"
		  "efi: mem01: [Boot Data   |WB] range=[0x0000000000001000-0x0000000000001fff] (0MB)\n");
	expect_map("0-1000:7:8 1000-2000:4:8");
	read_text("efi: mem00: [Conventional|   |  |\nefi: mem01: [Boot Data   |WB] range=[0x1000-0x1fff] (0MB)\n");
	expect_bad("cut off or wrapped");
}

static void iomem_is_read_however_its_lines_are_indented(void **state)
{
	(void)state;
	read_text(
	    "00001000-00008fff : System RAM\n    00009000-00009fff : ACPI Tables\n" /* the first lost its blanks */
	    "    0000a000-0000ffff : System RAM\n      0000a000-0000bfff : Kernel code\n");
	expect_map("1000-9000:7 9000-a000:9 a000-10000:7");
	read_text("  00002000-00002fff : Kernel code\n00008000-00008fff : System RAM\n"); /* nested in a line before */
	expect_map("8000-9000:7");
	read_text("00001000-00008fff : System RAM\n00002000-00002fff : Kernel code\n"); /* no blanks at all */
	expect_map("1000-9000:7");
}

static void kexec_lists_are_told_apart(void **state)
{
	(void)state;
	read_text("System RAM ranges;\n0000000040000000-00000000ffffffff (0)\nReserved memory range\n"
		  "0000000080000000-000000008fffffff (1)\n");
	expect_map("40000000-100000000:7");
	read_text("kexec: E820 memmap:\n0000000000000000-000000000008efff (1)\n000000000008f000-000000000008ffff (4)\n"
		  "0000000000090000-000000000009ffff (2)\n0000000000100000-00000000001fffff (128)\n");
	expect_map("0-8f000:7 8f000-90000:10 90000-a0000:0 100000-200000:7");
}

static void listings_that_are_no_map_are_refused_by_name(void **state)
{
	static const char *const texts[] = {
	    "boot_params = 0x0\nDRAM bank   = 0x0000000000000000\n-> start    = 0x0000000080000000\n",
	    "lmb_dump_all:\n memory.cnt = 0x1 / max = 0x2\n",
	    " memory[0]\t[0xc0000000-0xdfffffff], 0x20000000 bytes flags: 0\n",
	    " reserved[0]\t[0xc0000000-0xdfffffff], 0x20000000 bytes, flags: no-overwrite\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		read_text(texts[i]);
		expect_bad("map.txt: this is ");
		expect_bad("U-Boot's ");
		expect_bad("try: `efidebug memmap`");
		expect_bad("known: its own log");
	}
	read_text("Type             Start            End              Attributes\n"
		  "SOMETHING ELSE   0000000040000000-0000000044000000 WB\n");
	expect_bad("map.txt:2: no `TYPE START-END ATTRIBUTES` with a type of U-Boot's");
	read_text("Type      Physical start  - end             #Pages        Size Attributes\n"
		  "conv-mem  0000000000000000-000000000009ffff 000000a0\n");
	expect_bad("map.txt:2: ");
	expect_bad("GRUB's lsefimmap");
	read_text("conv-mem  0000000000000000-000000000009ffff 000000a1    640KiB WB\n");
	expect_bad("0xa1 pages are not");
	read_text("base_addr = 0x0, length = 0x9f000, verfügbarer RAM\n");
	expect_bad("is not a type of GRUB's lsmmap");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_form_is_read_behind_every_prefix),
	    cmocka_unit_test(other_lines_of_a_log_between_change_nothing),
	    cmocka_unit_test(any_damage_ends_in_a_map_or_a_sentence),
	    cmocka_unit_test(efi_numbers_that_are_missing_are_named_and_nothing_is_planned),
	    cmocka_unit_test(efi_gaps_of_another_boot_do_not_matter),
	    cmocka_unit_test(a_form_without_its_beginning_says_so),
	    cmocka_unit_test(e820_who_was_first_told_of_memory_counts),
	    cmocka_unit_test(efi_lines_that_are_no_part_of_the_map_are_left_out),
	    cmocka_unit_test(efi_lines_that_mail_has_broken_are_put_together),
	    cmocka_unit_test(iomem_is_read_however_its_lines_are_indented),
	    cmocka_unit_test(kexec_lists_are_told_apart),
	    cmocka_unit_test(listings_that_are_no_map_are_refused_by_name),
	};

	return cmocka_run_group_tests_name("mapread: forms", tests, NULL, NULL);
}
