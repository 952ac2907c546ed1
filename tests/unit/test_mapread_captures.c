/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every kind of memory map is read from a real capture of it, and each reading is held against another one: against
 * the capture's own sums, against sscanf, and against another view of the same boot.
 */
#include "given_maps.h"

#define OVMF	    "ovmf-2022.11-6g."
#define FIRECRACKER "firecracker-25g."

/* The reading that was made first, to hold a second one against. */
static struct map_source first_of(const char *name)
{
	struct map_source source;

	read_capture(name);
	source = reading.source;
	reading.source = (struct map_source){.kind = ""};
	return source;
}

static void expect_same_memory(const struct memmap *a, const struct memmap *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_true(a->entry[i].at.start == b->entry[i].at.start);
		assert_true(a->entry[i].at.end == b->entry[i].at.end);
		assert_int_equal(a->entry[i].type, b->entry[i].type);
	}
}

/* A capture's lines that have these words, as a text of their own. */
static void read_lines_with(const char *name, const char *words)
{
	size_t size, used = 0;
	char *text = capture_text(name, &size), *out = malloc(size + 1);

	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		if (strstr(line, words) != NULL)
			used += (size_t)sprintf(out + used, "%s\n", line);
	read_bytes(out, used);
	free(out);
	free(text);
}

/* ---- Berth's log ---- */

/* Every line behind the @nth facts line, by sscanf. */
static void expect_dump(const char *name, unsigned int nth)
{
	const struct map_source *source = &reading.source;
	size_t size, n = 0, refused = 0;
	char *text = capture_text(name, &size), *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		unsigned long start, end, attribute;
		unsigned int type;

		if (strncmp(line, "berth: facts", 12) == 0 && nth > 0)
			nth--;
		if (nth > 0)
			continue;
		if (sscanf(line, "berth: refused 0x%lx-0x%lx", &start, &end) == 2) {
			assert_true(refused < source->n_refused);
			assert_true(source->refused[refused].start == start && source->refused[refused].end == end);
			refused++;
		}
		if (sscanf(line, "berth: memory 0x%lx-0x%lx type %u attribute 0x%lx", &start, &end, &type,
			   &attribute) != 4)
			continue;
		assert_true(n < source->map.count);
		assert_true(source->map.entry[n].at.start == start && source->map.entry[n].at.end == end);
		assert_true(source->map.entry[n].type == type && source->map.entry[n].attribute == attribute);
		n++;
	}
	assert_int_equal(n, source->map.count);
	assert_int_equal(refused, source->n_refused);
	free(text);
}

static void berths_own_log_is_read_line_by_line(void **state)
{
	(void)state;
	read_capture(OVMF "berth.txt");
	expect_kind("Berth's log", true);
	expect_dump(OVMF "berth.txt", 1);
	assert_int_equal(reading.source.map.count, 125);
	assert_true(reading.source.has_facts);
	assert_int_equal(reading.source.descriptors, 125);
	assert_int_equal(reading.source.map_room, 157);
	assert_int_equal(reading.source.desc_size, 48);
	assert_int_equal(reading.source.levels, 4);
	assert_true(reading.source.gib_pages && reading.source.has_seed);
	assert_true(reading.source.entropy == 0);
}

static void a_log_without_facts_has_all_of_its_memory(void **state)
{
	(void)state;
	read_capture(OVMF "berth-without-facts.txt");
	expect_kind("Berth's log", true);
	assert_false(reading.source.has_facts);
	expect_dump(OVMF "berth-without-facts.txt", 0);
}

static void after_refusals_the_last_look_counts(void **state)
{
	(void)state;
	read_capture(OVMF "berth-refused.txt");
	expect_kind("Berth's log", true);
	expect_dump(OVMF "berth-refused.txt", 3);
	assert_int_equal(reading.source.n_refused, 2);
	assert_true(reading.source.refused[1].start == UINT64_C(0x1f9800000));
}

/* ---- the EFI shell ---- */

/* The sums that the command prints below its list, in pages: "  BS_Code   :            950 Pages (3,891,200 Bytes)". */
static void expect_shell_sums(const char *text)
{
	static const char *const name[] = {
	    "Reserved  :", "LoaderCode:", "LoaderData:", "BS_Code   :", "BS_Data   :", "RT_Code   :",
	    "RT_Data   :", "Available :", NULL,		 "ACPI_Recl :", "ACPI_NVS  :", "MMIO      :"};

	for (uint32_t type = 0; type < COUNT_OF(name); type++) {
		const char *at = name[type] == NULL ? NULL : strstr(text, name[type]);
		uint64_t pages = 0;

		if (name[type] == NULL)
			continue;
		assert_non_null(at);
		for (at += strlen(name[type]); *at != 'P'; at++)
			if (*at >= '0' && *at <= '9')
				pages = pages * 10 + (uint64_t)(*at - '0');
		assert_true(bytes_of_type(&reading.source.map, type) == pages * 4096);
	}
}

/* MemoryMapSummary: all, reserved, boot code and data, runtime code and data, loader code and data, free, ... */
static void expect_sfo_sums(const char *text)
{
	static const uint32_t type[] = {99, 0, 3, 4, 5, 6, 1, 2, 7, 11, 12, 8, 9, 10};
	const char *at = strstr(text, "MemoryMapSummary");

	assert_non_null(at);
	for (size_t i = 0; i < COUNT_OF(type); i++) {
		unsigned long bytes;

		at = strstr(at, ",\"") + 2;
		assert_int_equal(sscanf(at, "%lu", &bytes), 1);
		if (type[i] != 99)
			assert_true(bytes_of_type(&reading.source.map, type[i]) == bytes);
	}
}

/* UTF-16 without its zero bytes. */
static char *narrow_text(const char *name)
{
	size_t size, used = 0;
	char *text = capture_text(name, &size);

	for (size_t i = 0; i < size; i++)
		if (text[i] != '\0')
			text[used++] = text[i];
	text[used] = '\0';
	return text;
}

static void the_shells_list_has_the_sums_below_it(void **state)
{
	static const char *const name[] = {OVMF "shell.txt", OVMF "shell-utf16.txt", "ovmf-2025.02-1g.shell-utf16.txt"};
	static const size_t count[] = {123, 123, 128};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(name); i++) {
		char *text = narrow_text(name[i]);

		read_capture(name[i]);
		expect_kind("EFI shell memmap", true);
		assert_int_equal(reading.source.map.count, count[i]);
		expect_shell_sums(text);
		free(text);
	}
}

static void the_shells_sfo_has_the_sums_below_it(void **state)
{
	char *text = narrow_text(OVMF "shell-sfo-utf16.txt");

	(void)state;
	read_capture(OVMF "shell-sfo-utf16.txt");
	expect_kind("EFI shell memmap", true);
	assert_int_equal(reading.source.map.count, 123);
	expect_sfo_sums(text);
	free(text);
}

static void of_a_console_with_two_lists_the_last_counts(void **state)
{
	size_t size;
	char *text = capture_text(OVMF "shell-console.txt", &size);

	(void)state;
	assert_true(strstr(text, "MemoryMap,") > strstr(text, "BS_Data "));
	read_capture(OVMF "shell-console.txt");
	expect_kind("EFI shell memmap", true);
	assert_int_equal(reading.source.map.count, 123);
	expect_sfo_sums(text);
	free(text);
}

/* ---- a kernel's log, and the same boot through other eyes ---- */

static bool is_loaders(uint32_t type)
{
	return type == MEMORY_LOADER_DATA || type == MEMORY_CONVENTIONAL;
}

static void check_efi_against_berth(struct range piece, const struct memory *efi, const struct memory *berth)
{
	assert_true((efi == NULL) == (berth == NULL));
	if (efi != NULL && efi->type != berth->type && !(is_loaders(efi->type) && is_loaders(berth->type)))
		fail_msg("%#" PRIx64 "-%#" PRIx64 " is type %u in the kernel's log and %u in Berth's", piece.start,
			 piece.end, (unsigned int)efi->type, (unsigned int)berth->type);
	if (efi != NULL)
		assert_true(efi->attribute == berth->attribute);
}

/* Between its look and the kernel's the loader claims free memory as loader data, and gives some of that back. */
static void efi_lines_are_berths_dump_but_for_what_the_loader_took(void **state)
{
	struct map_source berth = first_of(OVMF "berth.txt");
	uint64_t taken;

	(void)state;
	read_capture(OVMF "dmesg.txt");
	expect_kind("kernel log (efi: mem)", true);
	assert_int_equal(reading.source.map.count, 128);
	compare_maps(&reading.source.map, &berth.map, 0, check_efi_against_berth);
	taken =
	    bytes_of_type(&berth.map, MEMORY_CONVENTIONAL) - bytes_of_type(&reading.source.map, MEMORY_CONVENTIONAL);
	assert_true(taken > MIB(50) && taken < MIB(60)); /* a kernel's window of 51.4 MiB, and an initrd */
	map_source_free(&berth);
}

static void efi_lines_have_the_sizes_behind_them(void **state)
{
	size_t size, n = 0;
	char *text = capture_text(OVMF "dmesg.txt", &size);

	(void)state;
	read_capture(OVMF "dmesg.txt");
	for (char *at = text; n < 128 && (at = strstr(at, "range=[")) != NULL; at++, n++) {
		unsigned long start, last, mib;
		size_t i = 0;

		assert_int_equal(sscanf(at, "range=[0x%lx-0x%lx] (%luMB)", &start, &last, &mib), 3);
		while (i < reading.source.map.count && reading.source.map.entry[i].at.start != start)
			i++;
		assert_true(i < reading.source.map.count);
		assert_true(range_size(reading.source.map.entry[i].at) >> 20 == mib);
	}
	assert_int_equal(n, 128);
	free(text);
}

/* After boot services nobody but runtime services and ACPI holds memory: Linux, setup_e820() in x86-stub.c. */
static void check_e820_against_efi(struct range piece, const struct memory *e820, const struct memory *efi)
{
	uint32_t expected = MEMORY_RESERVED;

	(void)piece;
	assert_true((efi == NULL) == (e820 == NULL));
	if (efi == NULL)
		return;
	if (efi->type == MEMORY_ACPI_RECLAIM || efi->type == MEMORY_ACPI_NVS)
		expected = efi->type;
	if (efi->type == MEMORY_CONVENTIONAL || (efi->type >= MEMORY_LOADER_CODE && efi->type <= MEMORY_BOOT_DATA))
		expected = MEMORY_CONVENTIONAL;
	assert_int_equal(e820->type, expected);
}

static void e820_lines_are_the_efi_lines_without_boot_services(void **state)
{
	struct map_source efi = first_of(OVMF "dmesg.txt");

	(void)state;
	read_lines_with(OVMF "dmesg.txt", "BIOS-e820");
	expect_kind("kernel log (BIOS-e820)", false);
	compare_maps(&reading.source.map, &efi.map, 0, check_e820_against_efi);
	map_source_free(&efi);
}

static void a_journals_prefixes_change_nothing(void **state)
{
	struct map_source plain = first_of(OVMF "dmesg.txt");
	size_t size, used = 0;
	char *text = capture_text(OVMF "dmesg.txt", &size), *out = malloc(2 * size);

	(void)state;
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		used +=
		    (size_t)sprintf(out + used, "Nov 20 12:00:00 host kernel: %s\n", line + sizeof("[    0.000000]"));
	read_bytes(out, used);
	expect_kind("kernel log (efi: mem)", true);
	expect_same_memory(&plain.map, &reading.source.map);
	free(out);
	free(text);
	map_source_free(&plain);
}

static void sysfs_is_what_the_log_says(void **state)
{
	struct map_source sysfs = first_of(OVMF "sysfs");

	(void)state;
	assert_string_equal(sysfs.kind, "/sys/firmware/memmap");
	assert_false(sysfs.is_firmwares);
	read_lines_with(OVMF "dmesg.txt", "BIOS-e820");
	expect_same_memory(&sysfs.map, &reading.source.map);
	map_source_free(&sysfs);
	sysfs = first_of(FIRECRACKER "sysfs");
	read_capture(FIRECRACKER "dmesg.txt");
	expect_kind("kernel log (BIOS-e820)", false);
	expect_same_memory(&sysfs.map, &reading.source.map);
	expect_map("0-9f000:7 9f000-100000:0 100000-c0000000:7 eec00000-fec00000:0 100000000-640000000:7");
	map_source_free(&sysfs);
}

static void check_iomem_against_sysfs(struct range piece, const struct memory *iomem, const struct memory *sysfs)
{
	bool is_free = sysfs != NULL && sysfs->type == MEMORY_CONVENTIONAL;
	bool is_acpi = sysfs != NULL && sysfs->type >= MEMORY_ACPI_RECLAIM;

	if (is_free != (iomem != NULL && iomem->type == MEMORY_CONVENTIONAL) ||
	    (is_acpi && iomem->type != sysfs->type) || (sysfs != NULL && iomem == NULL))
		fail_msg("%#" PRIx64 "-%#" PRIx64 " is type %d in /proc/iomem", piece.start, piece.end,
			 iomem == NULL ? -1 : (int)iomem->type);
}

/* But for the first page, which Linux keeps; OVMF's has RAM that a setup_data node cuts inside of a page. */
static void iomem_has_the_ram_of_sysfs(void **state)
{
	struct map_source sysfs = first_of(OVMF "sysfs");

	(void)state;
	read_capture(OVMF "iomem.txt");
	expect_kind("/proc/iomem", false);
	compare_maps(&reading.source.map, &sysfs.map, 4096, check_iomem_against_sysfs);
	map_source_free(&sysfs);
	sysfs = first_of(FIRECRACKER "sysfs");
	read_capture(FIRECRACKER "iomem.txt");
	expect_kind("/proc/iomem", false);
	compare_maps(&reading.source.map, &sysfs.map, 4096, check_iomem_against_sysfs);
	map_source_free(&sysfs);
}

static void iomem_of_another_user_is_refused(void **state)
{
	(void)state;
	map_source_free(&reading.source);
	reading.status = map_read(CAPTURES FIRECRACKER "iomem-not-root.txt", &reading.source, &reading.why);
	expect_bad("as root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(berths_own_log_is_read_line_by_line),
	    cmocka_unit_test(a_log_without_facts_has_all_of_its_memory),
	    cmocka_unit_test(after_refusals_the_last_look_counts),
	    cmocka_unit_test(the_shells_list_has_the_sums_below_it),
	    cmocka_unit_test(the_shells_sfo_has_the_sums_below_it),
	    cmocka_unit_test(of_a_console_with_two_lists_the_last_counts),
	    cmocka_unit_test(efi_lines_are_berths_dump_but_for_what_the_loader_took),
	    cmocka_unit_test(efi_lines_have_the_sizes_behind_them),
	    cmocka_unit_test(e820_lines_are_the_efi_lines_without_boot_services),
	    cmocka_unit_test(a_journals_prefixes_change_nothing),
	    cmocka_unit_test(sysfs_is_what_the_log_says),
	    cmocka_unit_test(iomem_has_the_ram_of_sysfs),
	    cmocka_unit_test(iomem_of_another_user_is_refused),
	};

	return cmocka_run_group_tests_name("mapread: captures", tests, NULL, NULL);
}
