/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `uki-url` over whole boots: what is asked of the network, as what the image is started, and what is said where it
 * cannot be had. Sources: UAPI.1, "Type #1"; UEFI 2.10, 13.1; systemd, src/boot/boot.c.
 */
#include "../sim/bench.h"
#include "../unit/pe_file.h"
#include "scene.h"

#include <efi.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define BEFORE_A_HOST "//"
#define HTTP	      "http:" BEFORE_A_HOST
#define URL	      HTTP "server/images/system.efi"

static struct pe_file image;

static void given(const char *text, const char *url)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", LINUX, "", &debian);
	uefi = (struct uefi_setup){
	    .network = NETWORK_CONNECTED, .url = url, .program_returns = EFIERR(21), .nobody = true};
	sim.file[0].path = "\\other"; /* of which nothing is read before other things are written */
	pe_file_begin(&image, PE_X64, 0);
	scene_put("4:\\image.efi", image.bytes, image.size);
	scene_put_text("\\loader\\entries\\u+3.conf", text);
}

static void an_image_is_fetched_and_started(void **state)
{
	(void)state;
	given("title U\nuki-url " URL "\n", URL);
	scene_run("fetched");
	assert_int_equal(uefi_report.starts, 1);
	assert_int_equal(uefi_report.loads_from_memory, 1);
	assert_int_equal(uefi_report.connects, 0); /* a network that is there is not looked for */
	assert_false(uefi_report.passed);
	assert_int_equal(uefi_report.renames, 0); /* systemd-boot counts no tries of it */
	assert_true(uefi_variable_says("LoaderEntrySelected", "u.conf"));
	scene_expect("berth: fetch " URL "\n", 1);
	scene_expect("berth: " URL " came back with an error: aborted\n", 1);
	given("title U\nuki-url " URL "\nprofile 2\noptions quiet\n", URL);
	scene_run("a profile");
	assert_string_equal(uefi_report.options, "@2 quiet");
}

/* Where nothing has needed the network yet, firmware has not looked at the card. */
static void a_card_is_connected_when_nothing_else_fetches(void **state)
{
	(void)state;
	given("uki-url " URL "\n", URL);
	uefi.network = NETWORK_CARD;
	scene_run("connected");
	assert_int_equal(uefi_report.starts, 1);
	assert_true(uefi_report.connects > 0);
}

static void what_cannot_be_fetched_says_so(void **state)
{
	static const struct {
		const char *words;
		enum uefi_network network;
		const char *url;
		bool is_disk, is_empty;
	} row[] = {
	    {": firmware has nothing that fetches it\n  try: firmware with HTTP boot", NETWORK_NONE, URL, false, false},
	    {": firmware has nothing that fetches it", NETWORK_CONNECTED, HTTP "server/x", false, false},
	    {": firmware cannot fetch it: load error\n", NETWORK_CONNECTED, URL, true, false},
	    {": firmware cannot fetch it: load error\n", NETWORK_CONNECTED, URL, false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given("uki-url " URL "\n", row[i].url);
		uefi.network = row[i].network;
		uefi.url_is_disk = row[i].is_disk;
		if (row[i].is_empty)
			sim.file[sim.n_files - 2].size = 0;
		scene_run(row[i].words);
		assert_int_equal(uefi_report.starts, 0);
		scene_expect(row[i].words, 1);
		assert_null(uefi_variable("LoaderEntrySelected"));
	}
	given("uki-url " URL "\n", URL);
	sim.file[sim.n_files - 2].size = GIB(1) + 1;
	scene_run("too large");
	scene_expect(URL ": firmware cannot fetch it: bad buffer size\n", 1);
}

/* Its bytes are there, and shim says no more than that. */
static void what_was_fetched_and_shim_forbids_is_named(void **state)
{
	(void)state;
	for (unsigned int k = 1; k < 500; k++) {
		given("uki-url " URL "\n", URL);
		uefi.shim = SHIM_16;
		uefi.fault = EFI_UNSUPPORTED;
		sim.fail_call = k;
		scene_run("forbidden");
		if (scene_failed_in("LoadImage"))
			break;
	}
	assert_true(scene_failed_in("LoadImage"));
	assert_int_equal(uefi_report.starts, 0);
	scene_expect(URL ": is not marked NX_COMPAT, and shim does not load it: unsupported\n", 1);
}

/* UEFI 2.10, 10.3.4.23: what firmware fetched the loader by. */
static const uint8_t from_network[] = {3,   11,	 4,   0,   3,	24,  14,  0,	'h',  't', 't',
				       'p', ':', '/', '/', 'a', '/', 'b', 0x7f, 0xff, 4,   0};

static void a_name_stands_for_the_last_part_of_the_loaders_url(void **state)
{
	(void)state;
	given("uki-url :c.efi\n", HTTP "a/c.efi");
	uefi.own_path = from_network;
	scene_run("by a name");
	assert_int_equal(uefi_report.starts, 1);
	scene_expect("berth: fetch " HTTP "a/c.efi\n", 1);
	/* Where there is no such URL there is no such image. */
	given("uki-url :c.efi\n", HTTP "a/c.efi");
	scene_put_text("\\loader\\loader.conf", "log debug\n");
	scene_run("from a disk");
	assert_int_equal(uefi_report.starts, 0);
	scene_expect("u+3.conf: not shown: uki-url :c.efi: Berth itself was not fetched by a URL", 1);
}

static void given_an_archive_too(void)
{
	given("uki-url " URL "\nextra /x.cred\n", URL);
	scene_put_text("\\x.cred", "secret");
}

static bool is_started(unsigned int call, uint64_t fault)
{
	(void)call;
	(void)fault;
	return uefi_report.starts != 0;
}

/* It is started or a reason is said; and scene_run looks that nothing is left. */
static void every_call_goes_wrong_in_every_way(void **state)
{
	static const uint64_t faults[] = {EFIERR(2),  EFIERR(7),   EFIERR(9),	EFIERR(14),
					  EFIERR(18), LIE_NOTHING, LIE_TOO_MUCH};
	struct scene_sweep sweep = scene_sweep(faults, COUNT_OF(faults), given_an_archive_too, is_started);

	(void)state;
	assert_true(sweep.calls > 100 && sweep.well > 100 / share() && sweep.not_well > 20 / share());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_image_is_fetched_and_started),
	    cmocka_unit_test(a_card_is_connected_when_nothing_else_fetches),
	    cmocka_unit_test(what_cannot_be_fetched_says_so),
	    cmocka_unit_test(what_was_fetched_and_shim_forbids_is_named),
	    cmocka_unit_test(a_name_stands_for_the_last_part_of_the_loaders_url),
	    cmocka_unit_test(every_call_goes_wrong_in_every_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
