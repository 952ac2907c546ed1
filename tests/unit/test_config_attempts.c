/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What follows when an entry does not boot, in a table of situations; and over any list of entries, whatever is
 * pressed: a machine that nobody watches comes to an end, and on its way boots nothing twice and nothing that nobody
 * asked for.
 */
#include "given.h"

#include "../../config/attempts.h"

static struct loader_conf conf;
static struct entry entry[16];
static struct entry *list[16];
static struct attempts attempts;

/* One letter an entry, in the order of the menu: B broken, 0 out of tries, + counted, a automatic, p another profile.
 */
static void given_entries(const char *kinds)
{
	static const char *const id[] = {"0.conf", "1.conf", "2.conf", "3.efi", "4.conf", "5.conf", "6.conf", "7.conf"};
	size_t n = strlen(kinds);

	memset(entry, 0, sizeof(entry));
	for (size_t i = 0; i < n; i++) {
		snprintf(entry[i].id, MAX_ENTRY_ID, "%s",
			 kinds[i] == 'a'   ? "auto-windows"
			 : kinds[i] == 'p' ? "3.efi@factory"
					   : id[i]);
		entry[i].broken = kinds[i] == 'B';
		entry[i].automatic = kinds[i] == 'a';
		entry[i].kind = kinds[i] == 'p' ? ENTRY_UKI : ENTRY_LINUX;
		entry[i].profile = kinds[i] == 'p';
		entry[i].tries_exhausted = kinds[i] == '0';
		entry[i].counted = kinds[i] == '+' || kinds[i] == '0';
		list[i] = &entry[i];
	}
	conf = (struct loader_conf){.timeout_seconds = TIMEOUT_NONE};
	attempts = (struct attempts){list, n, &conf, false, false};
}

/* ---- which entry, in which order ---- */

/* Nobody presses a key: the entries that are booted, one after the other, and then R for a reboot or L for leaving. */
static void expect_order(const char *kinds, size_t first, enum reboot_on_error reboot, const char *wanted)
{
	char order[32];
	size_t n = 0, index = first;

	given_entries(kinds);
	conf.reboot_on_error = reboot;
	for (;;) {
		struct follow follow;

		order[n++] = (char)('0' + index);
		attempts_ended(&attempts, index, true);
		follow = attempts_follow(&attempts, index, false);
		index = follow.index;
		if (follow.step == NEXT_ENTRY && n < 20)
			continue;
		order[n++] = follow.step == NEXT_REBOOT ? 'R' : follow.step == NEXT_LEAVE ? 'L' : '?';
		order[n] = '\0';
		break;
	}
	if (strcmp(order, wanted) != 0)
		fail_msg("\"%s\" from %zu: %s, not %s", kinds, first, order, wanted);
}

static void the_next_in_the_menu_boots_and_behind_the_last_the_first(void **state)
{
	(void)state;
	expect_order("-", 0, REBOOT_AUTO, "0L");
	expect_order("---", 0, REBOOT_AUTO, "012L");
	expect_order("---", 1, REBOOT_AUTO, "120L");
	expect_order("---", 2, REBOOT_AUTO, "201L");
	expect_order("----", 3, REBOOT_AUTO, "3012L"); /* an .efi is an entry like others */
}

static void what_has_no_tries_left_comes_last(void **state)
{
	(void)state;
	expect_order("--00", 1, REBOOT_AUTO, "1023L");
	expect_order("-00", 1, REBOOT_AUTO, "102L"); /* it was chosen although it has none */
	expect_order("0-0-", 1, REBOOT_AUTO, "1302L");
	expect_order("00", 0, REBOOT_AUTO, "01L");
}

static void broken_and_automatic_entries_and_other_profiles_are_passed_over(void **state)
{
	(void)state;
	expect_order("-B-", 0, REBOOT_AUTO, "02L");
	expect_order("-a", 0, REBOOT_AUTO, "0L");
	expect_order("-p-a", 2, REBOOT_AUTO, "20L");
	expect_order("B", 0, REBOOT_AUTO, "0L");
	expect_order("a-", 0, REBOOT_AUTO, "01L"); /* chosen by the menu's countdown, say */
}

/* What a name means is in the id: this must not change behind the rule's back. */
static void only_what_somebody_wrote_boots_unasked(void **state)
{
	static const struct {
		struct entry entry;
		bool boots;
	} row[] = {
	    {{.id = "a.conf"}, true},
	    {{.id = "a.efi", .kind = ENTRY_EFI}, true},
	    {{.id = "a.efi", .kind = ENTRY_UKI}, true},
	    {{.id = "a.efi@1", .kind = ENTRY_UKI, .profile = 1}, false},
	    {{.id = "a.conf", .kind = ENTRY_UKI_URL}, true},
	    {{.id = "a.conf", .kind = ENTRY_UKI_URL, .profile = 1}, false},
	    {{.id = "a.conf", .kind = ENTRY_EFI, .profile = 1}, true}, /* a program has none */
	    {{.id = "auto-windows", .kind = ENTRY_EFI, .automatic = true}, false},
	    {{.id = "auto-reboot", .kind = ENTRY_REBOOT, .automatic = true}, false},
	    {{.id = "a.conf", .broken = true}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct follow follow;

		given_entries("--");
		entry[1] = row[i].entry;
		attempts_ended(&attempts, 0, true);
		follow = attempts_follow(&attempts, 0, false);
		if (follow.step != (row[i].boots ? NEXT_ENTRY : NEXT_LEAVE))
			fail_msg("row %zu", i);
	}
}

/* ---- reboot-on-error ---- */

static void a_reboot_is_the_last_resort_where_a_try_was_counted(void **state)
{
	(void)state;
	expect_order("+-", 0, REBOOT_AUTO, "01R");
	expect_order("-+", 0, REBOOT_AUTO, "01R");
	expect_order("+", 0, REBOOT_AUTO, "0R");
	expect_order("0", 0, REBOOT_AUTO, "0L"); /* it would be tried again for ever */
	expect_order("-0", 0, REBOOT_AUTO, "01L");
	expect_order("+0", 0, REBOOT_NO, "01L");
	expect_order("+B", 0, REBOOT_AUTO, "0R");
	expect_order("-", 0, REBOOT_AUTO, "0L");
}

static void reboot_on_error_yes_reboots_at_once_whoever_chose(void **state)
{
	(void)state;
	for (int by_hand = 0; by_hand < 2; by_hand++) {
		struct follow follow;

		given_entries("---");
		conf.reboot_on_error = REBOOT_YES;
		attempts_ended(&attempts, 1, true);
		follow = attempts_follow(&attempts, 1, by_hand == 1);
		assert_true(follow.step == NEXT_REBOOT && follow.seconds == 0);
	}
	expect_order("---", 1, REBOOT_YES, "1R");
}

/* src/boot/boot.c: the key is about errors. A tool that has done its work would be started for ever. */
static void a_program_that_came_back_without_an_error_reboots_nothing(void **state)
{
	(void)state;
	for (enum reboot_on_error reboot = REBOOT_AUTO; reboot <= REBOOT_NO; reboot++) {
		struct follow follow;

		given_entries("+-");
		conf.reboot_on_error = reboot;
		attempts_ended(&attempts, 0, false);
		follow = attempts_follow(&attempts, 0, false);
		assert_true(follow.step == NEXT_ENTRY && follow.index == 1 && follow.seconds == REASON_SECONDS);
		attempts_ended(&attempts, 1, false);
		assert_int_equal(attempts_follow(&attempts, 1, false).step, NEXT_LEAVE);
	}
}

static void who_chose_by_hand_gets_the_menu_back(void **state)
{
	(void)state;
	for (enum reboot_on_error reboot = REBOOT_AUTO; reboot <= REBOOT_NO; reboot++) {
		struct follow follow;

		if (reboot == REBOOT_YES)
			continue;
		given_entries("-+-");
		conf.reboot_on_error = reboot;
		attempts_ended(&attempts, 1, true);
		follow = attempts_follow(&attempts, 1, true);
		assert_true(follow.step == NEXT_MENU && follow.index == 1 && follow.seconds == REASON_SECONDS);
		/* And when it turns out that there is no keyboard, the rest is tried. */
		follow = attempts_follow(&attempts, 1, false);
		assert_true(follow.step == NEXT_ENTRY && follow.index == 2);
	}
}

/* ---- how long ---- */

static void a_reason_stays_for_the_menus_seconds_and_never_for_ever(void **state)
{
	static const uint32_t row[][2] = {
	    {TIMEOUT_NONE, 10}, {1, 1}, {2, 2}, {60, 60}, {UINT32_MAX - 1, UINT32_MAX - 1}, {TIMEOUT_FOREVER, 10}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		for (int by_hand = 0; by_hand < 2; by_hand++) {
			given_entries("--");
			conf.timeout_seconds = row[i][0];
			assert_int_equal(reason_seconds(&conf), row[i][1]);
			attempts_ended(&attempts, 0, true);
			assert_int_equal(attempts_follow(&attempts, 0, by_hand == 1).seconds, row[i][1]);
		}
}

/* ---- any list, any keys ---- */

/* A person who sometimes presses a key, and then chooses any entry. */
static void run_random(void)
{
	unsigned int unasked[16] = {0}, menus = 0;
	size_t n = 1 + (size_t)rand() % 7;
	size_t index = (size_t)rand() % n, steps = 0;
	char kinds[9] = "";
	bool by_hand = false;

	for (size_t i = 0; i < n; i++)
		kinds[i] = "--B0+ap+"[rand() % 8];
	given_entries(kinds);
	conf.reboot_on_error = rand() % 4 == 0 ? REBOOT_YES : rand() % 2 == 0 ? REBOOT_AUTO : REBOOT_NO;
	for (;;) {
		struct follow follow;

		assert_true(steps++ <= n + menus);
		attempts_ended(&attempts, index, true);
		follow = attempts_follow(&attempts, index, by_hand);
		assert_true(follow.index < n && (follow.seconds == 0) == (conf.reboot_on_error == REBOOT_YES));
		if (follow.step == NEXT_REBOOT || follow.step == NEXT_LEAVE)
			return;
		by_hand = follow.step == NEXT_MENU || rand() % 5 == 0;
		menus += by_hand;
		assert_true(menus < 1000);
		if (by_hand) {
			index = (size_t)rand() % n;
			by_hand = rand() % 10 != 0; /* or there is no keyboard after all */
			continue;
		}
		index = follow.index;
		if (entry[index].tried || entry[index].broken || kinds[index] == 'a' || kinds[index] == 'p' ||
		    unasked[index]++ != 0)
			fail_msg("\"%s\": entry %zu boots unasked", kinds, index);
		for (size_t i = 0; i < n; i++) /* one with tries left is never passed over for one without */
			if (kinds[index] == '0' && !entry[i].tried && (kinds[i] == '-' || kinds[i] == '+'))
				fail_msg("\"%s\": entry %zu before %zu", kinds, index, i);
	}
}

static void whatever_happens_it_ends_and_boots_nothing_twice_unasked(void **state)
{
	const char *given = getenv("SEED");
	unsigned int seed = given != NULL ? (unsigned int)strtoul(given, NULL, 0) : 20261128;

	(void)state;
	printf("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 20000; i++)
		run_random();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_next_in_the_menu_boots_and_behind_the_last_the_first),
	    cmocka_unit_test(what_has_no_tries_left_comes_last),
	    cmocka_unit_test(broken_and_automatic_entries_and_other_profiles_are_passed_over),
	    cmocka_unit_test(only_what_somebody_wrote_boots_unasked),
	    cmocka_unit_test(a_reboot_is_the_last_resort_where_a_try_was_counted),
	    cmocka_unit_test(reboot_on_error_yes_reboots_at_once_whoever_chose),
	    cmocka_unit_test(a_program_that_came_back_without_an_error_reboots_nothing),
	    cmocka_unit_test(who_chose_by_hand_gets_the_menu_back),
	    cmocka_unit_test(a_reason_stays_for_the_menus_seconds_and_never_for_ever),
	    cmocka_unit_test(whatever_happens_it_ends_and_boots_nothing_twice_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
