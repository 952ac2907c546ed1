/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every call of firmware goes wrong in every way that UEFI has words for, and in some that it has none for, under the
 * real efi/. Each boot ends in a whole handoff, in a machine that starts anew after a failed exit, or back in firmware
 * with everything released.
 */
#include "ampere.h"
#include "local.h"
#include "uefi.h"

#include "../sim/bench.h"
#include "../sim/vmlinux.h"
#include "../unit/pe_file.h"
#include "../unit/tree_file.h"

#define ERROR(n) (UINT64_C(0x8000000000000000) | (n))

/* UEFI 2.10, appendix D: errors by number, a warning, and the lies. */
static const uint64_t faults[] = {
    ERROR(1),  /* LOAD_ERROR */
    ERROR(2),  /* INVALID_PARAMETER */
    ERROR(3),  /* UNSUPPORTED */
    ERROR(5),  /* BUFFER_TOO_SMALL */
    ERROR(6),  /* NOT_READY */
    ERROR(7),  /* DEVICE_ERROR */
    ERROR(8),  /* WRITE_PROTECTED */
    ERROR(9),  /* OUT_OF_RESOURCES */
    ERROR(10), /* VOLUME_CORRUPTED */
    ERROR(12), /* NO_MEDIA */
    ERROR(13), /* MEDIA_CHANGED */
    ERROR(14), /* NOT_FOUND */
    ERROR(15), /* ACCESS_DENIED */
    ERROR(21), /* ABORTED */
    ERROR(26), /* SECURITY_VIOLATION */
    ERROR(99), /* a number that UEFI does not know */
    LIE_NOTHING, LIE_TOO_MUCH,
};

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define PROGRAM "title T\nefi /p.efi\n"

static const struct kernel_fields fixed = {DEBIAN_12, SMALL_KERNEL, .relocatable_kernel = 0};

static const uint8_t tpm[36] = {36, 1, 1, 1, 1, [16] = 1}; /* GetCapability's answer: TPMPresentFlag */

static const struct scenario {
	const char *map, *entry, *conf, *option;
	struct uefi_setup uefi;
	const char *packer; /* the kernel is a bzImage with a vmlinux, packed by this command, that Berth enters */
	bool no_entropy, reads_fail_above_4g, has_hole, grows, fixed;
	const char *once, *standard, *last; /* variables that the system has left, or NULL */
	bool arm64, has_tree;		    /* the machine is one; firmware has a device tree */
	bool ampere;			    /* and of those whose firmware wants SetVirtualAddressMap called */
	bool counted;			    /* the entry has three tries */
	bool edited;			    /* its line in the menu, unless a call fails before that */
} scenarios[] = {
    {.map = "1M-1G free, 4G-5G free", .entry = LINUX INITRDS},
    {.map = "1M-512M free", .entry = LINUX INITRD "placement random\n", .conf = "timeout 2\n"},
    {.map = "1M-512M free",
     .entry = LINUX,
     .conf = "timeout 5\nlog debug\n",
     .option = "t",
     .uefi = {.no_screen = true},
     .no_entropy = true},
    {.map = "1M-8M free, 8M-24M boot, 24M-1G free, 4G-5G free",
     .entry = LINUX INITRD,
     .conf = "log quiet\nlog-file yes\n",
     .uefi = {.exit_fails = 3}},
    {.map = "1M-512M free",
     .entry = LINUX INITRD,
     .conf = "timeout 1\n",
     .once = "nobody",
     .standard = "@saved",
     .last = "t.conf"},
    {.map = "1M-512M free", .entry = LINUX, .counted = true},
    {.map = "1M-64M free",
     .entry = "title T\nlinux /vmlinuz\noptions mem=1M\n",
     .conf = "timeout 2\n",
     .uefi = {.nobody = true},
     .counted = true},
    {.map = "1M-64M free", .entry = "title T\nlinux /vmlinuz\ninitrd /one\noptions mem=1M\n"},
    {.map = "1M-512M free",
     .entry = LINUX,
     .conf = "timeout menu-force\n",
     .uefi = {.no_variables = true, .presses = true}},
    {.map = "1M-512M free", .entry = LINUX, .uefi = {.no_keyboard = true, .no_console = true}},
    {.map = "1M-512M free, 4G-5G free", .entry = LINUX INITRD, .reads_fail_above_4g = true},
    {.map = "1M-512M free, 4G-5G free", .entry = LINUX INITRD, .has_hole = true},
    {.map = "1M-512M free, 4G-5G free", .entry = LINUX INITRD, .reads_fail_above_4g = true, .grows = true},
    {.map = "1M-8M free, 8M-17M boot, 17M-1G free, 4G-5G free", .entry = LINUX INITRD, .fixed = true},
    {.map = "1M-512M free, 4G-5G free", .entry = LINUX INITRD "decompress loader\n", .packer = "gzip -n -c"},
    {.map = "1M-512M free",
     .entry = LINUX "decompress loader\noptions nokaslr\n",
     .conf = "log debug\n",
     .packer = "zstd -q -c"},
    {.map = "1G-2G free, 4G-5G free", .entry = LINUX INITRD, .arm64 = true},
    {.map = "1G-2G free",
     .entry = LINUX INITRD,
     .conf = "log debug\n",
     .arm64 = true,
     .has_tree = true,
     .ampere = true},
    {.map = "1G-2G free",
     .entry = LINUX "devicetree /dtb\n",
     .uefi = {.maps_nothing = true},
     .arm64 = true,
     .ampere = true,
     .no_entropy = true},
    /* A program is started first, and comes back, with words or without. */
    {.map = "1M-512M free", .entry = PROGRAM, .conf = "log debug\ntimeout 1\n", .uefi = {.keys = "\rQQQQQQ"}},
    {.map = "1M-512M free",
     .entry = PROGRAM "options a\n",
     .conf = "timeout 1\n",
     .uefi = {.keys = "\rQQQQQQ", .program_returns = ERROR(21), .program_says = "words"}},
    /* Secure Boot, with firmware's keys and with shim's; a TPM alone. */
    {.map = "1M-512M free, 4G-5G free", .entry = LINUX INITRD, .uefi = {.secure_boot = 1}},
    {.map = "1M-512M free", .entry = LINUX, .uefi = {.secure_boot = 1, .shim = SHIM_15}},
    {.map = "1M-512M free",
     .entry = LINUX,
     .uefi = {.secure_boot = 1, .shim = SHIM_16, .untrusted = true, .untrusted_handle = true}},
    {.map = "1M-512M free", .entry = LINUX, .uefi = {.tpm = tpm}},
    /* Everything that a menu can do, and then Linux; or, where a call fails on the way, whatever the keys mean there.
     */
    {.map = "1M-512M free",
     .entry = LINUX "options a\n",
     .conf = "timeout menu-force\nconsole-mode 1\n",
     .uefi = {.keys = "h|qp|qx|qrRLtde b\rQQQQQQQQ", .extended = true},
     .edited = true},
};

static struct vmlinux vmlinux;
static struct blob kernel;
static struct pe_file program;

static uint64_t by_service[UEFI_SERVICES], resets;

static void put_text(const char *path, const char *text)
{
	sim.file[sim.n_files++] = (struct sim_file){path, strlen(text), (const uint8_t *)text, strlen(text)};
}

/* The file of a packed kernel, in the place of the plain one. */
static void pack(const struct scenario *s)
{
	struct blob packed;
	size_t payload_at;

	vmlinux_drop(&vmlinux);
	drop(&kernel);
	vmlinux = vmlinux_made(true);
	vmlinux.moves = strstr(s->entry, "nokaslr") == NULL;
	packed = packed_as(&(struct kind){PACKED_NOT, s->packer, strstr(s->packer, "gzip") == NULL}, vmlinux.file);
	kernel = vmlinux_in_bzimage(debian, packed, &payload_at);
	drop(&packed);
	sim.vmlinux = &vmlinux;
	sim.file[0].size = sim.file[0].head_size = kernel.size;
	sim.file[0].head = kernel.at;
}

static void set_up_arm64(const struct scenario *s)
{
	static uint8_t tree[TREE_FILE_SIZE] __attribute__((aligned(8)));
	struct tree_file file = tree_file_machine();

	bench_set_up_arm64(s->map, s->entry, &ARM64(.image_size = MIB(1), .file_size = 70000));
	if (s->has_tree)
		sim.machine.tree = (struct bytes){tree, tree_file_write(&file, tree)};
}

static const struct scenario *current;

/* What is there for one boot is gone after it; and a timeout that each boot's keys raise would come to hours. */
static void put_variables(void)
{
	uefi_variables_reset();
	if (current->once != NULL)
		uefi_variable_put_text("LoaderEntryOneShot", current->once);
	if (current->standard != NULL)
		uefi_variable_put_text("LoaderEntryDefault", current->standard);
	if (current->last != NULL)
		uefi_variable_put_text("LoaderEntryLastBooted", current->last);
}

static void set_up(const struct scenario *s)
{
	current = s;
	if (s->arm64)
		set_up_arm64(s);
	else
		bench_set_up(s->map, strstr(s->entry, PROGRAM) == NULL ? s->entry : LINUX, "",
			     s->fixed ? &fixed : &debian);
	if (s->packer != NULL)
		pack(s);
	bench_sign(bench.head);
	sim.machine.secure_boot = SECURE_BOOT_DISABLED; /* that is a variable here */
	uefi = s->uefi;
	uefi.option = s->option;
	if (s->ampere)
		uefi.smbios_3 = ampere_entry(SMBIOS_PROCESSOR);
	sim.stays_unmapped = !s->ampere;
	sim.other_line = s->edited;
	sim.no_entropy = s->no_entropy;
	sim.unreadable_above = s->reads_fail_above_4g ? GIB(4) : 0;
	sim.reads_fail_above = sim.handle_breaks = s->reads_fail_above_4g;
	sim.grows = s->grows ? sim.file[0].path : NULL;
	if (s->has_hole)
		sim.refused[sim.n_refused++] = (struct range){GIB(4) + MIB(1000), GIB(5)};
	put_text(s->counted ? "\\loader\\entries\\t+3.conf" : "\\loader\\entries\\t.conf", s->entry);
	put_text("\\loader\\entries\\broken.conf", "title B\noptions nothing to boot\n");
	put_text("\\loader\\entries\\README", "no entry");
	pe_file_begin(&program, PE_X64, 0);
	sim.file[sim.n_files++] = (struct sim_file){"\\p.efi", program.size, program.bytes, program.size};
	if (s->conf != NULL)
		put_text("\\loader\\loader.conf", s->conf);
}

static void run(void)
{
	put_variables();
	uefi.keys = current->uefi.keys; /* those of the boot before are pressed */
	sim_boot(&bench.entry, &bench.conf);
	if (uefi_report.reset) {
		resets++; /* the machine is gone, and its memory with it */
		outcome.claims_left = outcome.files_left = outcome.surveys_left = outcome.takes_left = 0;
	}
	check_outcome(&bench.entry, bench.name);
	bench.runs++;
	by_service[uefi_report.service] += sim.fail_call != 0;
	*(outcome.entered ? &bench.entered : &bench.refused) += 1;
	sim_end();
}

static void every_call_of_every_service_goes_wrong_in_every_way(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t s = 0; s < COUNT_OF(scenarios); s++) {
		unsigned int calls;

		set_up(&scenarios[s]);
		snprintf(bench.name, sizeof(bench.name), "scenario %zu", s);
		run();
		calls = outcome.calls;
		for (unsigned int k = 1; k <= calls; k++)
			for (size_t f = 0; f < COUNT_OF(faults); f++)
				for (int for_ever = 0; for_ever < 2; for_ever++) {
					if (!in_sample())
						continue;
					sim.fail_call = k;
					uefi.fault = faults[f];
					uefi.for_ever = for_ever == 1;
					snprintf(bench.name, sizeof(bench.name), "scenario %zu, fault %#" PRIx64 "%s",
						 s, faults[f], for_ever == 1 ? " for ever" : "");
					run();
				}
		sim.fail_call = 0;
	}
	print_message("UEFI faults injected: %" PRIu64 ", entered %" PRIu64 ", refused %" PRIu64
		      ", started anew %" PRIu64 ", clauses checked %" PRIu64 "\n",
		      bench.runs - COUNT_OF(scenarios), bench.entered, bench.refused, resets, clauses_checked);
	for (unsigned int i = 0; i < UEFI_SERVICES; i++)
		if (by_service[i] != 0)
			print_message("  %-20s %" PRIu64 "\n", uefi_service_name(i), by_service[i]);
	assert_true(bench.runs >= 15000 / share() && bench.entered > 700 / share() && bench.refused > 700 / share() &&
		    resets > 5 / share());
}

/* Without faults each scenario ends as it should: all boot but those with no room, with a file that
 * grows, and with a program that comes back. */
static void honest_firmware_boots(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t s = 0; s < COUNT_OF(scenarios); s++) {
		bool boots = strstr(scenarios[s].entry, "mem=1M") == NULL && !scenarios[s].grows &&
			     strstr(scenarios[s].entry, PROGRAM) == NULL && !scenarios[s].uefi.untrusted;

		if (scenarios[s].conf != NULL && strstr(scenarios[s].conf, "menu-force") != NULL)
			continue; /* Esc leaves the menu */
		set_up(&scenarios[s]);
		snprintf(bench.name, sizeof(bench.name), "scenario %zu", s);
		run();
		if (outcome.entered != boots)
			fail_msg("scenario %zu: %s", s, outcome.entered ? "entered" : outcome.why.text);
	}
}

static void exit_is_tried_sixteen_times_and_then_the_machine_starts_anew(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (unsigned int fails = 0; fails <= 24; fails++) {
		set_up(&scenarios[0]);
		uefi.exit_fails = fails;
		snprintf(bench.name, sizeof(bench.name), "exit fails %u times", fails);
		run();
		assert_int_equal(outcome.entered, fails < 16);
		assert_int_equal(uefi_report.reset, fails >= 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(honest_firmware_boots),
	    cmocka_unit_test(exit_is_tried_sixteen_times_and_then_the_machine_starts_anew),
	    cmocka_unit_test(every_call_of_every_service_goes_wrong_in_every_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
