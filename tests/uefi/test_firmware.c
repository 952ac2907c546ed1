/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The facts of the machine, entropy, the log, the progress line and the clock: what efi/firmware.c asks firmware for,
 * and what it makes of the answers.
 */
#include "../sim/sim.h"
#include "../unit/given.h"

#include "../../arch/arch.h"
#include "../../efi/log.h"

static EFI_GUID const acpi_2 = ACPI_20_TABLE_GUID, acpi_1 = ACPI_TABLE_GUID;
/* UEFI 2.10, 4.6.1.3 and 37.5. */
static EFI_GUID const tree_guid = {0xb1b621d5, 0xf19c, 0x41a5, {0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0}};
static EFI_GUID const rng_guid = {0x3152bca5, 0xeade, 0x433d, {0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44}};

struct rng {
	VOID *get_info;
	EFI_STATUS(EFIAPI *get)(struct rng *this, EFI_GUID *algorithm, UINTN size, UINT8 *to);
};

static EFI_STATUS EFIAPI get_random(struct rng *this, EFI_GUID *algorithm, UINTN size, UINT8 *to);

static struct rng rng = {NULL, get_random};
static EFI_SYSTEM_TABLE table;
static EFI_BOOT_SERVICES services;
static EFI_RUNTIME_SERVICES runtime;
static SIMPLE_TEXT_OUTPUT_INTERFACE screen;
static EFI_CONFIGURATION_TABLE tables[3];
static int timer;

static struct {
	char written[8192];
	size_t units;
	unsigned int calls; /* of OutputString */
	EFI_STATUS locate, random, create, set, check, stall;
	bool no_rng, no_bytes;
	uint8_t at; /* the one random byte that is not 0 */
	size_t asked;
	unsigned int created, closed, stalls;
	UINTN stalled;
	UINT64 times[16];
	size_t n_times;
} fw;

static EFI_STATUS EFIAPI output_string(SIMPLE_TEXT_OUTPUT_INTERFACE *this, CHAR16 *text)
{
	(void)this;
	fw.calls++;
	for (; *text != 0 && fw.units < sizeof(fw.written) - 1; text++)
		fw.written[fw.units++] = (char)*text;
	fw.written[fw.units] = '\0';
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_random(struct rng *this, EFI_GUID *algorithm, UINTN size, UINT8 *to)
{
	assert_ptr_equal(this, &rng);
	assert_null(algorithm); /* UEFI 2.10, 37.5.2: firmware's default */
	fw.asked = size;
	if (!fw.no_bytes)
		to[fw.at] = 0x40;
	return fw.random;
}

static EFI_STATUS EFIAPI locate_protocol(EFI_GUID *guid, VOID *registration, VOID **to)
{
	assert_null(registration);
	if (memcmp(guid, &efi_shim_guid, sizeof(*guid)) == 0)
		return EFI_NOT_FOUND;
	assert_memory_equal(guid, &rng_guid, sizeof(*guid));
	if (fw.locate == EFI_SUCCESS)
		*to = fw.no_rng ? NULL : &rng;
	return fw.locate;
}

static EFI_STATUS EFIAPI create_event(UINT32 type, EFI_TPL tpl, EFI_EVENT_NOTIFY notify, VOID *context, EFI_EVENT *to)
{
	assert_true(type == EVT_TIMER && tpl == 0 && notify == NULL && context == NULL);
	if (fw.create != EFI_SUCCESS)
		return fw.create;
	fw.created++;
	*to = &timer;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_timer(EFI_EVENT event, EFI_TIMER_DELAY how, UINT64 time)
{
	assert_ptr_equal(event, &timer);
	assert_int_equal(how, TimerRelative);
	fw.times[fw.n_times++] = time;
	return fw.set;
}

static EFI_STATUS EFIAPI check_event(EFI_EVENT event)
{
	assert_ptr_equal(event, &timer);
	return fw.check;
}

static EFI_STATUS EFIAPI close_event(EFI_EVENT event)
{
	assert_ptr_equal(event, &timer);
	fw.closed++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI stall(UINTN microseconds)
{
	fw.stalls++;
	fw.stalled = microseconds;
	if (fw.stall == EFI_SUCCESS)
		sim_ticks += microseconds * SIM_TICKS;
	return fw.stall;
}

static EFI_STATUS EFIAPI no_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **to)
{
	(void)handle;
	(void)guid;
	(void)to;
	return EFI_UNSUPPORTED;
}

static EFI_STATUS EFIAPI no_handles(EFI_LOCATE_SEARCH_TYPE how, EFI_GUID *guid, VOID *key, UINTN *n, EFI_HANDLE **to)
{
	(void)how;
	(void)guid;
	(void)key;
	(void)n;
	(void)to;
	return EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI secure_boot_on(CHAR16 *name, EFI_GUID *guid, UINT32 *attributes, UINTN *size, VOID *to)
{
	(void)guid;
	assert_null(attributes);
	*size = 1;
	*(UINT8 *)to = name[1] == 'e' && name[2] == 'c';
	return EFI_SUCCESS;
}

static void given_firmware(void)
{
	memset(&fw, 0, sizeof(fw));
	sim.cpuid_15 = (struct cpuid){0};
	screen = (SIMPLE_TEXT_OUTPUT_INTERFACE){.OutputString = output_string};
	services = (EFI_BOOT_SERVICES){.LocateProtocol = locate_protocol,
				       .CreateEvent = create_event,
				       .SetTimer = set_timer,
				       .CheckEvent = check_event,
				       .CloseEvent = close_event,
				       .Stall = stall,
				       .HandleProtocol = no_protocol,
				       .LocateHandleBuffer = no_handles};
	runtime = (EFI_RUNTIME_SERVICES){.GetVariable = secure_boot_on};
	table = (EFI_SYSTEM_TABLE){
	    .ConOut = &screen, .BootServices = &services, .RuntimeServices = &runtime, .ConfigurationTable = tables};
	efi = (struct efi_state){.system = &table, .boot = &services, .log = LOG_NORMAL};
}

static void expect_written(const char *text)
{
	if (strcmp(fw.written, text) != 0)
		fail_msg("\"%s\" was written, not \"%s\"", fw.written, text);
	fw.units = 0;
	fw.written[0] = '\0';
}

/* ---- tables ---- */

static struct machine machine_with(size_t n, EFI_GUID a, void *at_a, EFI_GUID b, void *at_b)
{
	struct machine machine;

	given_firmware();
	memset(tables, 0, sizeof(tables));
	tables[0] = (EFI_CONFIGURATION_TABLE){a, at_a};
	tables[1] = (EFI_CONFIGURATION_TABLE){b, at_b};
	tables[2] = (EFI_CONFIGURATION_TABLE){acpi_2, &timer}; /* behind those that firmware tells of */
	table.NumberOfTableEntries = n;
	memset(&machine, 0xa5, sizeof(machine));
	fw_machine(&machine);
	return machine;
}

/* ACPI 6.5, 5.2.5.2: the table of ACPI 2.0 and later is to be preferred. */
static void the_newer_acpi_table_is_told_and_the_older_where_it_is_alone(void **state)
{
	int old, new;

	(void)state;
	assert_int_equal(machine_with(2, acpi_1, &old, acpi_2, &new).rsdp, (uintptr_t) & new);
	assert_int_equal(machine_with(2, acpi_2, &new, acpi_1, &old).rsdp, (uintptr_t) & new);
	assert_int_equal(machine_with(1, acpi_1, &old, acpi_2, &new).rsdp, (uintptr_t)&old);
	assert_int_equal(machine_with(2, tree_guid, NULL, acpi_1, &old).rsdp, (uintptr_t)&old);
	assert_int_equal(machine_with(2, acpi_1, &old, tree_guid, NULL).rsdp, (uintptr_t)&old);
	assert_int_equal(machine_with(0, acpi_1, &old, acpi_2, &new).rsdp, 0);
}

/* Devicetree 0.4, 5.2: big-endian magic 0xd00dfeed, and the whole size behind it. */
static void a_device_tree_is_as_long_as_it_says_and_what_is_none_as_its_header(void **state)
{
	static uint8_t tree[64] = {0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0x12, 0x34};
	struct machine machine = machine_with(1, tree_guid, tree, acpi_1, NULL);

	(void)state;
	assert_ptr_equal(machine.tree.at, tree);
	assert_int_equal(machine.tree.size, 0x1234);
	tree[6] = 0;
	tree[7] = 39;
	assert_int_equal(machine_with(1, tree_guid, tree, acpi_1, NULL).tree.size, 40);
	tree[7] = 41;
	assert_int_equal(machine_with(1, tree_guid, tree, acpi_1, NULL).tree.size, 41);
	tree[0] = 0;
	assert_int_equal(machine_with(1, tree_guid, tree, acpi_1, NULL).tree.size, 40);
	machine = machine_with(1, acpi_2, tree, acpi_1, NULL);
	assert_true(machine.tree.at == NULL && machine.tree.size == 0);
}

static void the_machine_is_told_whole(void **state)
{
	struct machine machine = machine_with(0, acpi_1, NULL, acpi_1, NULL);

	(void)state;
	assert_int_equal(machine.system_table, (uintptr_t)&table);
	assert_false(machine.efi_32_bits);
	assert_int_equal(machine.secure_boot, SECURE_BOOT_ENABLED);
	assert_int_equal(machine.screen.width, 0);
}

/* ---- entropy ---- */

static void entropy_is_firmwares_or_none(void **state)
{
	uint8_t to[12];

	(void)state;
	for (uint8_t at = 0; at < 10; at++) {
		given_firmware();
		memset(to, 0xee, sizeof(to));
		fw.at = at;
		assert_true(fw_random(to, 10));
		assert_int_equal(fw.asked, 10);
		for (size_t i = 0; i < 10; i++)
			assert_int_equal(to[i], i == at ? 0x40 : 0);
		assert_true(to[10] == 0xee && to[11] == 0xee);
	}
	given_firmware();
	memset(to, 0xee, sizeof(to));
	fw.no_bytes = true; /* success, and nothing was written: what was there before is no entropy either */
	assert_false(fw_random(to, 10));
	given_firmware();
	fw.locate = EFI_NOT_FOUND;
	assert_false(fw_random(to, 10));
	given_firmware();
	fw.no_rng = true;
	assert_false(fw_random(to, 10));
	given_firmware();
	fw.random = EFI_NOT_READY;
	assert_false(fw_random(to, 10));
}

/* ---- the log ---- */

static void a_line_is_written_where_its_level_is_asked_for(void **state)
{
	(void)state;
	given_firmware();
	fw_log(LOG_QUIET, "%s %d", "one", 1);
	expect_written("berth: one 1\r\n");
	fw_log(LOG_DEBUG, "three");
	expect_written("");
	assert_true(fw_log_wants(LOG_NORMAL) && !fw_log_wants(LOG_DEBUG));
	efi.log = LOG_QUIET;
	assert_true(fw_log_wants(LOG_QUIET) && !fw_log_wants(LOG_NORMAL));
	efi.log = LOG_DEBUG;
	fw_log(LOG_DEBUG, "five");
	expect_written("berth: five\r\n");
	fw_log(LOG_NORMAL, "six");
	expect_written("berth: six\r\n");
}

/* Each call of a screen moves all its lines. */
static void lines_of_log_normal_are_written_at_once_before_anything_else(void **state)
{
	(void)state;
	given_firmware();
	fw_log(LOG_NORMAL, "two");
	fw_show(LOG_NORMAL, "and %s", "three");
	expect_written("");
	console_write("four\n");
	expect_written("berth: two\r\nberth: and three\r\nfour\r\n");
	fw_log(LOG_NORMAL, "five");
	log_show_wanted();
	expect_written("berth: five\r\n");
	log_show_wanted();
	expect_written("");
	fw.calls = 0;
	for (size_t i = 0; i < 20; i++)
		fw_log(LOG_NORMAL, "line %zu", i);
	log_show();
	assert_int_equal(fw.calls, 1);
}

/* A quiet boot that fails shows what it did; of more than there is room for, the newest. */
static void a_quiet_log_has_its_lines_at_hand(void **state)
{
	char text[FAIL_TEXT];

	(void)state;
	given_firmware();
	efi.log = LOG_QUIET;
	fw_log(LOG_NORMAL, "one");
	fw_show(LOG_NORMAL, "two");
	fw_log(LOG_DEBUG, "three");
	fw_log(LOG_QUIET, "four");
	log_show_wanted();
	expect_written("berth: four\r\n");
	log_show();
	expect_written("berth: one\r\nberth: two\r\n");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < 8192 / FAIL_TEXT; i++)
		fw_log(LOG_NORMAL, "%s", text);
	fw_log(LOG_NORMAL, "last");
	expect_written("");
	log_show();
	assert_non_null(strstr(fw.written, "x\r\nberth: last\r\n"));
}

/* A message of fail() of any length has room behind "berth: ", and before its end of line. */
static void the_longest_message_is_logged_whole(void **state)
{
	char text[FAIL_TEXT], wanted[FAIL_TEXT + 16];

	(void)state;
	given_firmware();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	fw_log(LOG_QUIET, "%s", text);
	snprintf(wanted, sizeof(wanted), "berth: %s\r\n", text);
	expect_written(wanted);
}

static void a_status_is_told_in_words(void **state)
{
	(void)state;
	assert_string_equal(efi_status_words(EFI_SUCCESS), "success");
	assert_string_equal(efi_status_words(EFI_DEVICE_ERROR), "device error");
	assert_string_equal(efi_status_words(EFI_NOT_FOUND), "not found");
	assert_string_equal(efi_status_words(EFI_SECURITY_VIOLATION), "security violation");
	assert_string_equal(efi_status_words(EFIERR(99)), "an error that UEFI does not name");
}

/* ---- the progress line ---- */

static void a_file_that_is_read_at_once_shows_nothing(void **state)
{
	(void)state;
	given_firmware();
	fw_progress("k", 100, 100);
	assert_int_equal(fw.created, 0);
	fw_progress("k", 0, 0);
	assert_true(fw.closed == 0 && fw.n_times == 0);
	expect_written("");
	fw.check = EFI_NOT_READY;
	fw_progress("k", 10, 100);
	assert_true(fw.created == 1 && fw.n_times == 1);
	assert_int_equal(fw.times[0], 10000000); /* a second */
	fw_progress("k", 60, 100);
	fw_progress("k", 100, 100);
	fw_progress("k", 0, 0);
	assert_true(fw.created == 1 && fw.closed == 1 && fw.n_times == 1);
	expect_written("");
}

static void a_file_that_takes_longer_shows_how_far_it_is_four_times_a_second(void **state)
{
	(void)state;
	given_firmware();
	fw_progress("\\vmlinuz", 0, MIB(200));
	expect_written("");
	fw_progress("\\vmlinuz", MIB(50), MIB(200));
	expect_written("\rberth: reading \\vmlinuz  25 %  50.0 MiB of 200.0 MiB ");
	assert_int_equal(fw.n_times, 2);
	assert_int_equal(fw.times[1], 2500000);
	fw.check = EFI_NOT_READY;
	fw_progress("\\vmlinuz", MIB(150), MIB(200));
	expect_written("");
	fw_progress("\\vmlinuz", MIB(200), MIB(200)); /* the last one in any case: the line must not stay at 25 % */
	expect_written("\rberth: reading \\vmlinuz 100 %  200.0 MiB of 200.0 MiB ");
	fw_progress("\\vmlinuz", 0, 0);
	expect_written("\r\n");
	assert_true(fw.created == 1 && fw.closed == 1);
	fw_progress("\\vmlinuz", 0, 0); /* nothing is left to end */
	expect_written("");
	assert_int_equal(fw.closed, 1);
	/* The next file waits for a second again, and its end writes no line of its own. */
	fw_progress("\\one", 1, 2);
	fw_progress("\\one", 2, 2);
	fw_progress("\\one", 0, 0);
	expect_written("");
	assert_true(fw.created == 2 && fw.closed == 2 && fw.n_times == 4);
	assert_int_equal(fw.times[3], 10000000);
}

static void without_a_timer_nothing_is_shown(void **state)
{
	(void)state;
	given_firmware();
	fw.create = EFI_OUT_OF_RESOURCES;
	fw_progress("k", 1, 2);
	fw_progress("k", 2, 2);
	fw_progress("k", 0, 0);
	assert_true(fw.n_times == 0 && fw.closed == 0);
	expect_written("");
}

/* What hangs for longer than the time that it was given is told by the next question. */
static void the_timer_of_a_read_is_one_for_all_pieces(void **state)
{
	(void)state;
	given_firmware();
	fw.create = EFI_OUT_OF_RESOURCES;
	assert_false(fw_timer_start(1));
	assert_true(fw_timer_is_over());
	fw.create = EFI_SUCCESS;
	fw.check = EFI_NOT_READY;
	assert_true(fw_timer_start(1));
	assert_false(fw_timer_is_over());
	fw.check = EFI_SUCCESS;
	assert_true(fw_timer_is_over());
	assert_true(fw_timer_start(4));
	assert_true(fw.n_times == 2 && fw.times[0] == 10000000 && fw.times[1] == 2500000);
	assert_int_equal(fw.created, 1);
	fw.check = EFI_NOT_READY;
	assert_false(fw_timer_start(0)); /* the file is read */
	assert_int_equal(fw.closed, 1);
	assert_true(fw_timer_is_over());
	assert_false(fw_timer_start(0));
	assert_true(fw.closed == 1 && fw.created == 1);
	fw.set = EFI_DEVICE_ERROR;
	assert_false(fw_timer_start(1));
	assert_true(fw.closed == 2 && fw.created == 2);
	assert_true(fw_timer_is_over());
}

/* A disk that hangs leaves on the screen what was done before. */
static void lines_are_shown_before_a_file_is_read(void **state)
{
	(void)state;
	given_firmware();
	fw_log(LOG_NORMAL, "two");
	fw_progress("k", 1, 2);
	expect_written("berth: two\r\n");
	fw_progress("k", 0, 0);
}

/* ---- the clock ---- */

extern uint8_t __start_efi_bss[], __stop_efi_bss[]; /* what the loader keeps; see the Makefile */

static void the_clock_is_measured_against_one_stall_and_counts_on(void **state)
{
	uint64_t first, ticks;

	(void)state;
	memset(__start_efi_bss, 0, (size_t)(__stop_efi_bss - __start_efi_bss));
	given_firmware();
	fw.stall = EFI_DEVICE_ERROR;
	assert_int_equal(fw_microseconds(), 0);
	assert_int_equal(fw.stalls, 1);
	fw.stall = EFI_SUCCESS;
	first = fw_microseconds();
	assert_int_equal(fw.stalled, 1000);
	/* The reads of the counter stand in the rate: less than 100 of 2,000,000 ticks. */
	ticks = sim_ticks;
	assert_in_range(first, ticks / SIM_TICKS * 9999 / 10000, ticks / SIM_TICKS);
	for (uint64_t microseconds = 1; microseconds < UINT64_C(1) << 40; microseconds *= 7) {
		sim_ticks = ticks + microseconds * SIM_TICKS;
		assert_in_range(fw_microseconds() - first, microseconds * 9999 / 10000, microseconds + 1);
	}
	assert_int_equal(fw.stalls, 2); /* measured once */
}

static void a_clock_whose_rate_the_cpu_tells_costs_no_stall(void **state)
{
	uint64_t said;

	(void)state;
	memset(__start_efi_bss, 0, (size_t)(__stop_efi_bss - __start_efi_bss));
	given_firmware();
	sim.cpuid_15 = (struct cpuid){3, 75, 40000000, 0}; /* 1,000 ticks a microsecond */
	said = fw_microseconds();
	assert_int_equal(said, sim_ticks / 1000);
	assert_int_equal(fw.stalls, 0);
}

/* A counter that has run for longer than any machine, and one that is faster: neither is a clock. */
static void a_clock_that_cannot_be_true_tells_nothing(void **state)
{
	(void)state;
	memset(__start_efi_bss, 0, (size_t)(__stop_efi_bss - __start_efi_bss));
	given_firmware();
	sim.cpuid_15 = (struct cpuid){1, 300000, 4000000, 0};
	assert_int_equal(fw_microseconds(), 0);
	memset(__start_efi_bss, 0, (size_t)(__stop_efi_bss - __start_efi_bss));
	sim.cpuid_15 = (struct cpuid){UINT32_MAX, 1, UINT32_MAX, 0}; /* a tick a second */
	assert_int_equal(fw_microseconds(), 0);
	assert_int_equal(fw.stalls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_newer_acpi_table_is_told_and_the_older_where_it_is_alone),
	    cmocka_unit_test(a_device_tree_is_as_long_as_it_says_and_what_is_none_as_its_header),
	    cmocka_unit_test(the_machine_is_told_whole),
	    cmocka_unit_test(entropy_is_firmwares_or_none),
	    cmocka_unit_test(a_line_is_written_where_its_level_is_asked_for),
	    cmocka_unit_test(lines_of_log_normal_are_written_at_once_before_anything_else),
	    cmocka_unit_test(a_quiet_log_has_its_lines_at_hand),
	    cmocka_unit_test(the_longest_message_is_logged_whole),
	    cmocka_unit_test(a_status_is_told_in_words),
	    cmocka_unit_test(a_clock_whose_rate_the_cpu_tells_costs_no_stall),
	    cmocka_unit_test(a_clock_that_cannot_be_true_tells_nothing),
	    cmocka_unit_test(a_file_that_is_read_at_once_shows_nothing),
	    cmocka_unit_test(a_file_that_takes_longer_shows_how_far_it_is_four_times_a_second),
	    cmocka_unit_test(without_a_timer_nothing_is_shown),
	    cmocka_unit_test(the_timer_of_a_read_is_one_for_all_pieces),
	    cmocka_unit_test(lines_are_shown_before_a_file_is_read),
	    cmocka_unit_test(the_clock_is_measured_against_one_stall_and_counts_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
