/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verify, then place: under Secure Boot a kernel is entered from verified bytes or not at all, whatever firmware
 * answers, whatever its disks read, and whoever exchanges a file meanwhile. check.c holds that after each boot.
 */
#include "bench.h"
#include "expect.h"
#include "vmlinux.h"

#define LOW  "1M-512M free"
#define HIGH "0x100000-0x101000 free, 4G-5G free" /* the file has no room below 4 GiB */

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static struct vmlinux vmlinux;
static struct blob file;

/* A bzImage with a vmlinux inside that Berth enters, or a gzip file of it, which nobody can sign. */
static void given_vmlinux(bool in_bzimage)
{
	struct blob packed;
	size_t at;

	vmlinux_drop(&vmlinux);
	drop(&file);
	vmlinux = vmlinux_made(in_bzimage);
	vmlinux.moves = strstr(bench.name, "nokaslr") == NULL;
	packed = packed_as(&kinds[0], vmlinux.file);
	file = in_bzimage ? vmlinux_in_bzimage(debian, packed, &at) : blob_copy(packed.at, packed.size);
	drop(&packed);
	sim.file[0] = (struct sim_file){"\\vmlinuz", file.size, file.at, file.size};
	sim.vmlinux = &vmlinux;
}

static void begin(const char *map, const char *entry)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up(map, entry, "", &debian);
	bench_sign(bench.head);
	snprintf(bench.name, sizeof(bench.name), "%s, %s", map, entry);
	if (strstr(entry, "decompress") != NULL) {
		given_vmlinux(true);
		bench_sign(file.at);
	}
}

static void begin_arm64(const char *map, const char *entry)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up_arm64(map, entry, &ARM64(.image_size = MIB(1), .file_size = 70000));
	bench_sign(bench.head);
	snprintf(bench.name, sizeof(bench.name), "%s, %s", map, entry);
}

static void expect_back(enum status status, const char *words)
{
	bench_run();
	if (outcome.entered || outcome.status != status || strstr(outcome.why.text, words) == NULL)
		fail_msg("%s: %d, \"%s\" does not say \"%s\"", bench.name, (int)outcome.status, outcome.why.text,
			 words);
}

static void what_is_verified_is_placed_and_read_once(void **state)
{
	char line[80];

	(void)state;
	begin(LOW, LINUX INITRD);
	snprintf(line, sizeof(line), "read %" PRIu64 " copied 0 bytes\n", debian.file_size + 70001);
	expect_through(line);
	assert_true(outcome.is_linux);
	assert_non_null(strstr(sim_log(), "verified \\vmlinuz, all of it"));
	assert_int_equal(outcome.verifications, 1);
	assert_int_equal(outcome.n_reads, 3); /* its first bytes, by which it is placed, its others, the initrd */
	begin(LOW, LINUX INITRD "decompress loader\n");
	snprintf(line, sizeof(line), "read %" PRIu64 " copied 0 bytes\n", (uint64_t)file.size + 70001);
	expect_through(line);
	assert_int_equal(outcome.verifications, 1);
}

static void no_failing_call_lets_an_unverified_kernel_through(void **state)
{
	static const char *const maps[] = {LOW, HIGH};
	static const char *const entries[] = {LINUX INITRD, LINUX "decompress loader\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(maps) * COUNT_OF(entries); i++) {
		begin(maps[i % 2], entries[i / 2]);
		bench_fail_each_call();
	}
	begin_arm64("1G-2G free", LINUX INITRD);
	bench_fail_each_call();
	begin(LOW, LINUX INITRD);
	sim.machine.secure_boot = SECURE_BOOT_DISABLED;
	sim.measures = true;
	bench_fail_each_call();
	assert_true(bench.entered != 0);
}

/* All bytes of the kernel's file, and the same with one other bit behind those that its place depends on. */
static uint8_t whole[0x1000 * 16 + 40 * 512], other[sizeof(whole)];

static void given_other(unsigned int from_read)
{
	for (size_t i = 0; i < sizeof(whole); i++)
		whole[i] = sim_byte(&sim.file[0], i);
	memcpy(other, whole, sizeof(other));
	other[sizeof(other) / 2] ^= 1;
	other[sizeof(other) - 1] ^= 1;
	sim.file[0].head = whole;
	sim.file[0].head_size = sizeof(whole);
	sim.changes = "\\vmlinuz";
	sim.changed_head = other;
	sim.changes_at = from_read;
}

static void a_file_that_is_exchanged_between_two_reads_is_not_started(void **state)
{
	static const struct {
		const char *map;
		unsigned int
		    reads; /* the first bytes, and the others; above 4 GiB a piece, rule C7's look, and the rest */
	} rows[] = {{LOW, 2}, {HIGH, 4}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (unsigned int k = 1; k <= 6; k++) {
			begin(rows[i].map, LINUX INITRD);
			given_other(k);
			bench_run();
			assert_int_equal(outcome.entered, k > rows[i].reads);
		}
}

/*
 * Where its file does not fit around its place: memory before it is somebody else's, or it waits elsewhere for boot
 * services to end (rule C6).
 */
static void what_cannot_be_verified_in_its_place_is_copied_there(void **state)
{
	static const struct kernel_fields fixed = {DEBIAN_12, SMALL_KERNEL, .relocatable_kernel = 0};
	static const struct {
		const char *map, *entry;
		bool is_fixed, is_copied;
	} rows[] = {
	    {LOW, LINUX INITRD, false, false},
	    {LOW, LINUX, false, false},
	    {"1M-64M free, 4G-0x100200000 free", LINUX, false, true},
	    {"1M-8M free, 8M-17M boot, 17M-1G free", LINUX INITRD, true, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char line[80];

		memset(&bench, 0, sizeof(bench));
		bench_set_up(rows[i].map, rows[i].entry, "", rows[i].is_fixed ? &fixed : &debian);
		bench_sign(bench.head);
		snprintf(bench.name, sizeof(bench.name), "row %zu", i);
		snprintf(line, sizeof(line), " copied %" PRIu64 " bytes\n",
			 rows[i].is_copied ? debian.file_size - 40 * 512 : 0);
		expect_through(line);
		assert_int_equal(outcome.verifications, 1);
		bench_fail_each_call();
	}
}

/* Above 4 GiB: whatever arrives wrongly is not trusted, and read once more through a buffer below. */
static void c7_what_a_disk_driver_reads_wrongly_is_read_again_and_verified(void **state)
{
	static const char *const entries[] = {LINUX INITRD, LINUX "decompress loader\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(entries); i++)
		for (int way = 0; way < 4; way++) {
			begin(HIGH, entries[i]);
			sim.dirty = true;
			sim.unreadable_above = GIB(4);
			sim.reads_fail_above = sim.handle_breaks = way == 1;
			sim.reads_short_above = way == 2;
			sim.reads_wrap = way == 3;
			expect_through("[C7]");
		}
	begin(HIGH, LINUX INITRD);
	sim.untrusted = "\\vmlinuz";
	expect_back(REFUSED, "not trusted");
	assert_int_equal(outcome.n_reads, 1 + 3 + 2); /* its first bytes; a piece, a look and the rest; in two pieces */
}

/*
 * An initrd's bytes land on the kernel's file, which was verified before: that is read and verified again, and is the
 * same as before, or nothing starts.
 */
static void c7_what_was_written_over_after_it_was_verified_is_verified_again(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		int changes = i % 2;

		begin("1M-64M free, 4G-5G free", LINUX INITRD);
		given_other(changes == 1 ? 5 : 100);
		sim.dirty = true;
		sim.unreadable_above = GIB(4);
		sim.reads_wrap = true;
		sim.reads_fail_above = i >= 2; /* it says that it failed, and not what it wrote */
		sim.lies_about = "\\one";
		if (changes == 0)
			expect_through("is loaded again [C7]");
		else
			expect_back(REFUSED, "not the one that was signed");
		assert_int_equal(outcome.verifications, 2 - changes);
	}
}

/* Where nothing must be verified another kernel could be measured then; the plan was made for the one before. */
static void c7_what_is_read_again_is_the_kernel_that_was_planned_for(void **state)
{
	static uint8_t longer[KIB(256)];
	uint64_t size_word;

	(void)state;
	begin("1M-64M free, 4G-5G free", LINUX INITRD "decompress loader\n");
	sim.machine.secure_boot = SECURE_BOOT_DISABLED;
	sim.measures = sim.dirty = sim.reads_wrap = true;
	sim.unreadable_above = GIB(4);
	sim.lies_about = "\\one";
	assert_true(file.size <= sizeof(longer));
	memcpy(longer, file.at, file.size);
	/* boot.rst, payload_offset and payload_length; the payload ends with how long it is unpacked. */
	size_word = (longer[0x1f1] + 1) * 512ul + load_le(longer + 0x248, 4) + load_le(longer + 0x24c, 4) - 4;
	store_le(longer + size_word, 4, load_le(longer + size_word, 4) + 8);
	sim.changes = "\\vmlinuz";
	sim.changed_head = longer;
	sim.changes_at = 3;
	expect_back(BAD_INPUT, "\\vmlinuz changed while it was read");
}

/* What lies in memory already is no matter of disk drivers. */
static void c7_a_verified_kernel_is_copied_straight_to_above_4_gib(void **state)
{
	char line[80];

	(void)state;
	begin("1M-64M free, 4G-0x100200000 free, 5G-6G free", LINUX INITRD "placement 4G\n");
	sim.dirty = sim.reads_wrap = true;
	sim.unreadable_above = GIB(4);
	snprintf(line, sizeof(line), " copied %" PRIu64 " bytes\n", debian.file_size - 40 * 512 + 70001);
	expect_through(line);
	assert_non_null(strstr(sim_log(), "is loaded again [C7]"));
}

static void what_cannot_be_signed_is_refused_by_name(void **state)
{
	static const uint8_t elf[IMAGE_HEAD] = "\177ELF";

	(void)state;
	begin(LOW, LINUX);
	bench.head[0] = 0;
	expect_back(REFUSED, "\\vmlinuz has no EFI stub: it cannot be signed, and Secure Boot is on");
	begin(LOW, LINUX);
	sim.file[0].head = elf;
	sim.machine.secure_boot = SECURE_BOOT_UNKNOWN;
	expect_back(REFUSED,
		    "is an ELF file: it cannot be signed, and Secure Boot is in a state that firmware does not");
	begin(LOW, LINUX);
	given_vmlinux(false);
	expect_back(REFUSED, "is compressed as a whole: it cannot be signed");
	begin(LOW, LINUX);
	sim.file[0].size = 0;
	expect_back(BAD_INPUT, "the file is empty");
	assert_int_equal(outcome.verifications, 0);
}

/* Of the PE header that the bench's file has: Microsoft PE Format, "COFF File Header". */
static void i386_kernels_are_for_firmware_of_32_bits(void **state)
{
	uint8_t *machine;

	(void)state;
	begin(LOW, LINUX);
	machine = bench.head + load_le(bench.head + 0x3c, 4) + 4;
	store_le(machine, 2, 0x14c);
	expect_back(REFUSED, "\\vmlinuz is a kernel for i386: firmware for x86-64 starts none, and Secure Boot is on");
	assert_int_equal(outcome.verifications, 0);
	sim.machine.secure_boot = SECURE_BOOT_DISABLED;
	expect_through("");
}

/* The keys of entries and of loader.conf, with values that a writer of the disk would hope for, and some that are none.
 */
static void no_key_of_any_file_lets_an_untrusted_kernel_through(void **state)
{
	static const char *const of_entries[] = {"",
						 "title U\n",
						 "extra /one\n",
						 "devicetree /one\n",
						 "devicetree-overlay /one\n",
						 "version 9\n",
						 "sort-key a\n",
						 "machine-id 0123456789abcdef\n",
						 "architecture x64\n",
						 "decompress loader\n",
						 "decompress kernel\n",
						 "handoff own\n",
						 "placement low\n",
						 "placement high\n",
						 "placement preferred\n",
						 "placement random\n",
						 "placement 0x4000000\n",
						 "placement 64M-256M\n",
						 "profile 0\n",
						 "initrd /one\n",
						 "options secureboot=off nokaslr mem=64M\n",
						 "secure-boot no\n",
						 "verify no\n",
						 "berth-sums no\n",
						 "grub_class x\n"};
	static const char *const of_conf[] = {"",
					      "timeout 0\n",
					      "default @saved\n",
					      "preferred t.conf\n",
					      "editor yes\n",
					      "editor-password x\n",
					      "auto-entries no\n",
					      "auto-firmware no\n",
					      "auto-reboot yes\n",
					      "auto-poweroff yes\n",
					      "other-disks yes\n",
					      "beep yes\n",
					      "reboot-for-bitlocker yes\n",
					      "log-file yes\n",
					      "log debug\n",
					      "keep-free-below-4g 1M\n",
					      "log-level emerg\n",
					      "console-mode 0\n",
					      "menu-fold 1\n",
					      "reboot-on-error yes\n",
					      "secure-boot-enroll off\n",
					      "secure-boot-enroll force\n",
					      "secure-boot-enroll-action shutdown\n",
					      "secure-boot-enroll-timeout-sec 0\n",
					      "secure-boot no\n",
					      "verify no\n"};
	char entry[160];
	struct fail why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(of_entries); i++)
		for (size_t j = 0; j < COUNT_OF(of_conf); j++) {
			snprintf(entry, sizeof(entry), "%s%s", LINUX, of_entries[i]);
			begin(LOW, entry);
			snprintf(bench.name, sizeof(bench.name), "%s%s", of_entries[i], of_conf[j]);
			/* A value that is none is said, and all others count. */
			(void)loader_conf_parse(&bench.conf, of_conf[j], strlen(of_conf[j]), &why);
			sim.untrusted = "\\vmlinuz";
			expect_back(REFUSED, "\\vmlinuz: not trusted");
			assert_int_equal(outcome.verifications, 0);
		}
}

static void a_kernel_that_is_signed_is_identified_from_what_was_verified(void **state)
{
	(void)state;
	begin(LOW, LINUX);
	memset(bench.head + 0x202, 0, 4); /* a program, but no kernel */
	expect_back(BAD_INPUT, "not a kernel that Berth knows");
	assert_int_equal(outcome.verifications, 1);
	assert_int_equal(outcome.n_reads, 2);
}

static void a_device_tree_is_refused_and_firmwares_own_is_not(void **state)
{
	(void)state;
	begin_arm64("1G-2G free", LINUX "devicetree /dtb\n");
	expect_back(REFUSED, "nobody has signed it");
	begin_arm64("1G-2G free", LINUX "devicetree-overlay /dtb\n");
	expect_back(REFUSED, "nobody has signed it");
	begin_arm64("1G-2G free", LINUX);
	expect_through("verified ");
	begin(LOW, LINUX "devicetree /dtb\n");
	expect_through("devicetree ignored");
}

static void without_memory_for_the_file_nothing_starts(void **state)
{
	(void)state;
	begin("1M-4M free", LINUX "decompress loader\n");
	sim.file[0].size = MIB(8);
	expect_back(NO_PLACE, "no memory for the 8388608 bytes of the file");
	begin(LOW, LINUX "decompress loader\n");
	sim.gives_nothing = true;
	expect_back(NO_PLACE, "no memory for the");
	begin(LOW, LINUX "decompress loader\n");
	sim.file[0].size = UINT64_MAX;
	expect_back(BAD_INPUT, "bytes is no kernel");
}

/* Below what is refused, or in another run, or above 4 GiB at last; it is not asked for the same place twice. */
static void c1_a_room_that_firmware_refuses_is_looked_for_elsewhere(void **state)
{
	static const struct {
		const char *map;
		struct range refused, found_in;
	} rows[] = {
	    {LOW, {MIB(512) - EFI_PAGE, MIB(512)}, {MIB(508), MIB(512) - EFI_PAGE}},
	    {"1M-64M free, 128M-160M free", {MIB(32), MIB(64)}, {MIB(128), MIB(160)}},
	    {"1M-32M free, 4G-5G free", {MIB(31), MIB(32)}, {MIB(1), MIB(31)}},
	    {"1M-3M free, 4G-5G free", {MIB(1), MIB(3)}, {GIB(4), GIB(5)}},
	    {"1M-3M free, 4G-5G free", {MIB(1), GIB(5) - MIB(1)}, {GIB(5) - MIB(1), GIB(5)}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(rows[i].map, LINUX "decompress loader\n");
		sim.refused[sim.n_refused++] = rows[i].refused;
		bench_run();
		if (outcome.verifications != 1 || !range_contains(rows[i].found_in, outcome.verified))
			fail_msg("row %zu: verified at %#" PRIx64 ": %s", i, outcome.verified.start, outcome.why.text);
	}
}

/* Who says on the command line that memory is bad, or another's, says it to the loader as well. */
static void c13_the_file_does_not_lie_in_memory_that_the_command_line_takes_away(void **state)
{
	static const struct {
		const char *options;
		uint64_t end;
	} rows[] = {
	    {"memmap=64M$448M", MIB(448)},
	    {"mem=300M", MIB(300)},
	    {"mem=300M memmap=64M$236M mem=400M", MIB(236)},
	    {"crashkernel=32M@480M", MIB(480)},
	    {"memmap=exactmap memmap=200M@1M", MIB(201)},
	    {"mem=307300000", 307300000},
	};
	static char many[2048];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char entry[128];

		snprintf(entry, sizeof(entry), "title T\nlinux /vmlinuz\noptions %s\ndecompress loader\n",
			 rows[i].options);
		begin(LOW, entry);
		bench_run();
		if (!outcome.entered || outcome.verified.end > rows[i].end ||
		    outcome.verified.start < rows[i].end - MIB(3))
			fail_msg("%s: verified at %#" PRIx64 "-%#" PRIx64 ": %s", rows[i].options,
				 outcome.verified.start, outcome.verified.end, outcome.why.text);
	}
	begin(LOW, "title T\nlinux /vmlinuz\noptions mem=2M memmap=1M$1M\ndecompress loader\n");
	expect_back(NO_PLACE, "no memory for the");
	snprintf(many, sizeof(many), "title T\nlinux /vmlinuz\ndecompress loader\noptions");
	for (unsigned int i = 0; i <= MAX_KEPT_OUT; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), " memmap=1M$%uM", 20 + 2 * i);
	begin(LOW, many);
	expect_back(BAD_INPUT, "name more than 64 pieces of memory");
}

/* The plan must not count on memory that the file takes. */
static void c1_the_kernel_is_not_placed_where_its_verified_file_is(void **state)
{
	(void)state;
	begin("1M-512M free", LINUX "decompress loader\n");
	expect_through("place kernel");
	assert_int_equal(outcome.call_of[SERVICE_SURVEY], 2); /* no place was refused, and none planned again */
}

/* Without first bytes a kernel would count as one that need not be verified. */
static void a_file_that_gives_no_byte_is_no_kernel(void **state)
{
	unsigned int seen = 0;

	(void)state;
	for (unsigned int k = 1; k < 40; k++) {
		begin(LOW, LINUX);
		sim.file[0].size = 1;
		sim.short_read_call = k;
		bench_run();
		assert_false(outcome.entered);
		seen += strstr(outcome.why.text, "\\vmlinuz: none of its 1 bytes can be read") != NULL;
	}
	assert_int_equal(seen, 1);
	begin(LOW, LINUX);
	bench.head[0] = 0;
	expect_back(REFUSED, "\\vmlinuz has no EFI stub: it cannot be signed, and Secure Boot is on");
}

static void a_tpm_measures_what_is_placed_and_refuses_nothing(void **state)
{
	(void)state;
	begin(LOW, LINUX INITRD);
	sim.machine.secure_boot = SECURE_BOOT_DISABLED;
	sim.measures = true;
	expect_through("measured \\vmlinuz, all of it");
	assert_int_equal(outcome.verifications, 1);
	assert_int_equal(outcome.reads_after, 0);
	begin(LOW, LINUX);
	bench.head[0] = 0;
	sim.machine.secure_boot = SECURE_BOOT_DISABLED;
	sim.measures = true;
	expect_through("\\vmlinuz is no program for UEFI: it is not measured\n");
	assert_int_equal(outcome.verifications, 0);
	begin(HIGH, LINUX);
	sim.machine.secure_boot = SECURE_BOOT_DISABLED;
	sim.measures = sim.dirty = true;
	sim.unreadable_above = GIB(4);
	expect_through("[C7]"); /* by the look, for nobody verifies */
	begin_arm64("1G-2G free", LINUX "devicetree /dtb\n");
	sim.machine.secure_boot = SECURE_BOOT_DISABLED;
	sim.measures = true;
	expect_through("measured ");
	assert_non_null(strstr(sim_log(), " copied 0 bytes"));
	begin(LOW, LINUX "decompress loader\n");
	sim.machine.secure_boot = SECURE_BOOT_DISABLED;
	sim.measures = true;
	sim.gives_nothing = true; /* and the boot goes on, to where it has no place for the kernel */
	bench_run();
	assert_false(outcome.entered);
	assert_non_null(strstr(sim_log(), "it is not measured"));
	/* A kernel that waits for its place, and finds no room around it or elsewhere. */
	begin("1M-0x112000 free, 4G-0x100200000 free", LINUX);
	sim.machine.secure_boot = SECURE_BOOT_DISABLED;
	sim.measures = true;
	expect_through("it is not measured");
}

static void nothing_is_foreseen_of_what_is_not_verified(void **state)
{
	char told[2048];
	struct text text = TEXT(told);

	(void)state;
	begin(LOW, LINUX);
	sim_foresee(&bench.entry, &bench.conf, 79, &text);
	assert_non_null(strstr(told, "Secure Boot is on: nothing of a kernel is shown before it is verified"));
	assert_int_equal(outcome.n_reads, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_verified_is_placed_and_read_once),
	    cmocka_unit_test(no_failing_call_lets_an_unverified_kernel_through),
	    cmocka_unit_test(a_file_that_is_exchanged_between_two_reads_is_not_started),
	    cmocka_unit_test(what_cannot_be_verified_in_its_place_is_copied_there),
	    cmocka_unit_test(c7_what_a_disk_driver_reads_wrongly_is_read_again_and_verified),
	    cmocka_unit_test(c7_what_was_written_over_after_it_was_verified_is_verified_again),
	    cmocka_unit_test(c7_what_is_read_again_is_the_kernel_that_was_planned_for),
	    cmocka_unit_test(c7_a_verified_kernel_is_copied_straight_to_above_4_gib),
	    cmocka_unit_test(what_cannot_be_signed_is_refused_by_name),
	    cmocka_unit_test(i386_kernels_are_for_firmware_of_32_bits),
	    cmocka_unit_test(no_key_of_any_file_lets_an_untrusted_kernel_through),
	    cmocka_unit_test(a_kernel_that_is_signed_is_identified_from_what_was_verified),
	    cmocka_unit_test(a_device_tree_is_refused_and_firmwares_own_is_not),
	    cmocka_unit_test(without_memory_for_the_file_nothing_starts),
	    cmocka_unit_test(c1_a_room_that_firmware_refuses_is_looked_for_elsewhere),
	    cmocka_unit_test(c13_the_file_does_not_lie_in_memory_that_the_command_line_takes_away),
	    cmocka_unit_test(c1_the_kernel_is_not_placed_where_its_verified_file_is),
	    cmocka_unit_test(a_file_that_gives_no_byte_is_no_kernel),
	    cmocka_unit_test(a_tpm_measures_what_is_placed_and_refuses_nothing),
	    cmocka_unit_test(nothing_is_foreseen_of_what_is_not_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
