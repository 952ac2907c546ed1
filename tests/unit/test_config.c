/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What users write is read as the Boot Loader Specification (UAPI.1) and loader.conf(5) say, and every mistake is named
 * with its file and line. No text, whatever bytes it holds, makes a parser look outside of it.
 */
#include "given.h"

#include "../../config/menu.h"

static struct entry parse(const char *file_name, const char *text)
{
	struct entry entry;
	struct fail why;

	(void)entry_parse(&entry, file_name, text, strlen(text), &why);
	return entry;
}

static void expect_word(struct word word, const char *text)
{
	assert_int_equal(word.length, strlen(text));
	assert_memory_equal(word.at, text, word.length);
}

static void every_key_of_an_entry_is_read(void **state)
{
	struct entry e = parse("debian-6.1.conf", "# a comment\n\ntitle   Debian GNU/Linux\nversion\t6.1.0-56\nsort-key debian\n"
						  "machine-id 0123456789abcdef\nlinux /vmlinuz\ninitrd /a.img\ninitrd /b.img\n"
						  "options root=/dev/sda2 ro\noptions quiet  splash\narchitecture x64\n"
						  "something-new whatever\n");

	(void)state;
	assert_false(e.broken);
	assert_string_equal(e.id, "debian-6.1");
	expect_word(e.title, "Debian GNU/Linux");
	expect_word(e.version, "6.1.0-56");
	expect_word(e.sort_key, "debian");
	expect_word(e.machine_id, "0123456789abcdef");
	expect_word(e.linux_path, "/vmlinuz");
	assert_int_equal(e.n_initrds, 2);
	expect_word(e.initrd[0], "/a.img");
	expect_word(e.initrd[1], "/b.img");
	assert_int_equal(e.n_options, 2);
	expect_word(e.options[1], "quiet  splash");
	expect_word(e.architecture, "x64");
	assert_int_equal(e.placement, PLACE_HIGH);
}

static void line_ends_marks_and_blanks_do_not_matter(void **state)
{
	struct entry e = parse("a.CONF", "\xef\xbb\xbftitle A \r\n  linux \t /k \t\r\n\r\n  # c\r\noptions \xc3\xbc");

	(void)state;
	assert_false(e.broken);
	assert_string_equal(e.id, "a");
	expect_word(e.title, "A");
	expect_word(e.linux_path, "/k");
	expect_word(e.options[0], "\xc3\xbc");
}

static void placement_takes_three_words_or_an_address(void **state)
{
	static const struct {
		const char *value;
		enum placement_policy policy;
		uint64_t at;
	} good[] = {
		{"high", PLACE_HIGH, 0},
		{"low", PLACE_LOW, 0},
		{"preferred", PLACE_PREFERRED, 0},
		{"0x140000000", PLACE_EXACT, 0x140000000},
		{"16777216", PLACE_EXACT, MIB(16)},
		{"0XFFFFFFFFFFFFF000", PLACE_EXACT, 0xfffffffffffff000},
	};
	static const char *const bad[] = {"", "highest", "0x", "0xzz", "0x1001", "-4096", "0x10000000000000000",
					  "18446744073709551616", "4096 4096"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		char text[100];

		snprintf(text, sizeof(text), "linux /k\nplacement %s\n", good[i].value);
		struct entry e = parse("a.conf", text);

		assert_false(e.broken);
		assert_int_equal(e.placement, good[i].policy);
		assert_true(e.place_at == good[i].at);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		char text[100];

		snprintf(text, sizeof(text), "linux /k\nplacement %s\n", bad[i]);
		struct entry e = parse("a.conf", text);

		assert_true(e.broken);
		assert_non_null(strstr(e.broken_why.text, "a.conf line 2: placement"));
	}
}

static void mistakes_name_the_file_and_the_line(void **state)
{
	char many[4000] = "title T\nlinux /k\n";
	struct entry e;
	struct fail why;

	(void)state;
	e = parse("a.conf", "title No kernel\noptions x\n");
	assert_true(e.broken);
	expect_word(e.title, "No kernel");
	assert_non_null(strstr(e.broken_why.text, "a.conf: no line `linux`"));

	assert_int_equal(entry_parse(&e, "nul.conf", "linux /k\noptions a\0b\n", 21, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "nul.conf line 2: a NUL byte"));

	for (int i = 0; i < MAX_INITRDS + 1; i++)
		strcat(many, "initrd /i\n");
	e = parse("many.conf", many);
	assert_true(e.broken);
	assert_non_null(strstr(e.broken_why.text, "many.conf line 19: more than 16 lines of initrd"));
	expect_word(e.title, "T");

	e = parse("empty.conf", "");
	assert_true(e.broken);
	assert_string_equal(e.id, "empty");
}

static void boot_counters_are_no_part_of_the_id(void **state)
{
	static const struct {
		const char *file, *id;
		bool exhausted;
	} row[] = {
		{"linux-6.1+3.conf", "linux-6.1", false},  {"linux-6.1+0.conf", "linux-6.1", true},
		{"linux-6.1+2-1.conf", "linux-6.1", false}, {"linux-6.1+0-3.conf", "linux-6.1", true},
		{"linux-6.1+00-3.conf", "linux-6.1", true}, {"linux+x.conf", "linux+x", false},
		{"linux+.conf", "linux+", false},	    {"linux+1-.conf", "linux+1-", false},
		{"a+b+1.conf", "a+b", false},		    {"+1.conf", "+1", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e = parse(row[i].file, "linux /k\n");

		assert_string_equal(e.id, row[i].id);
		assert_int_equal(e.tries_exhausted, row[i].exhausted);
	}
}

static void paths_stay_on_the_volume(void **state)
{
	static const struct {
		const char *in, *out; /* out NULL: refused */
	} row[] = {
		{"/vmlinuz", "\\vmlinuz"},
		{"vmlinuz", "\\vmlinuz"},
		{"\\EFI//debian/./vmlinuz", "\\EFI\\debian\\vmlinuz"},
		{"/a/..b/c..", "\\a\\..b\\c.."},
		{"/a/../b", NULL},
		{"..", NULL},
		{"a\\..\\b", NULL},
		{"", NULL},
		{"/", NULL},
		{"/./", NULL},
		{"/a\x01", NULL},
	};
	char out[32], exact[9];
	struct fail why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		enum status status = entry_path(word_of(row[i].in), out, sizeof(out), &why);

		assert_int_equal(status, row[i].out == NULL ? BAD_INPUT : OK);
		if (row[i].out != NULL)
			assert_string_equal(out, row[i].out);
	}
	assert_int_equal(entry_path(word_of("/1234567"), exact, sizeof(exact), &why), OK);
	assert_int_equal(entry_path(word_of("/12345678"), exact, sizeof(exact), &why), BAD_INPUT);
}

static void options_are_joined_by_one_space_and_never_cut(void **state)
{
	struct entry e = parse("a.conf", "linux /k\noptions a  b\noptions\noptions c\"d e\"\n");
	char line[16];
	struct fail why;

	(void)state;
	assert_int_equal(entry_command_line(&e, line, sizeof(line), &why), OK);
	assert_string_equal(line, "a  b c\"d e\"");
	assert_int_equal(entry_command_line(&e, line, 12, &why), OK);
	assert_int_equal(entry_command_line(&e, line, 11, &why), BAD_INPUT);
	e = parse("a.conf", "linux /k\n");
	assert_int_equal(entry_command_line(&e, line, sizeof(line), &why), OK);
	assert_string_equal(line, "");
}

static void an_entry_for_another_cpu_is_told_apart(void **state)
{
	struct entry any = parse("a.conf", "linux /k\n"), x64 = parse("a.conf", "linux /k\narchitecture X64\n");
	struct entry arm = parse("a.conf", "linux /k\narchitecture aa64\n");

	(void)state;
	assert_true(entry_is_for_cpu(&any, "x64"));
	assert_true(entry_is_for_cpu(&x64, "x64"));
	assert_false(entry_is_for_cpu(&arm, "x64"));
}

static void loader_conf_is_read_and_its_mistakes_are_told(void **state)
{
	static const struct {
		const char *text;
		uint32_t timeout;
		enum log_level log;
		const char *pattern, *problem;
	} row[] = {
		{"", 0, LOG_NORMAL, "", NULL},
		{"timeout 5\ndefault deb*\nlog quiet\nconsole-mode max\n", 5, LOG_QUIET, "deb*", NULL},
		{"timeout menu-force\nlog debug", TIMEOUT_FOREVER, LOG_DEBUG, "", NULL},
		{"timeout 7\ntimeout menu-hidden", 0, LOG_NORMAL, "", NULL},
		{"timeout soon\nlog quiet", 0, LOG_QUIET, "", "loader.conf line 1: timeout \"soon\""},
		{"#\nlog loud\ntimeout 3", 3, LOG_NORMAL, "", "loader.conf line 2: log \"loud\""},
		{"timeout 4294967295", 0, LOG_NORMAL, "", "line 1: timeout"},
		{"timeout -1", 0, LOG_NORMAL, "", "line 1: timeout"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct loader_conf conf;
		struct fail why = {0};
		enum status status = loader_conf_parse(&conf, row[i].text, strlen(row[i].text), &why);

		assert_int_equal(status, row[i].problem == NULL ? OK : BAD_INPUT);
		assert_int_equal(conf.timeout_seconds, row[i].timeout);
		assert_int_equal(conf.log, row[i].log);
		expect_word(conf.default_pattern, row[i].pattern);
		if (row[i].problem != NULL)
			assert_non_null(strstr(why.text, row[i].problem));
	}
}

/* Each row ascends: the order that UAPI.10 gives, its own examples among them. */
static void versions_compare_as_the_version_format_says(void **state)
{
	static const char *const ascending[][8] = {
		{"122.1", "123~rc1-1", "123", "123-a", "123-a.1", "123-1", "123-1.1", "123^post1"},
		{"123^post1", "123.a-1", "123.1-1", "123a-1", "124-1"},
		{"~1", "", "1"},
		{"1~", "1", "1a", "1_a_1"},
		{"6.1.0-9", "6.1.0-10", "6.2", "6.12"},
		{"A", "B", "a", "b"},
	};
	static const char *const equal[][2] = {{"11", "0011"}, {"1_2", "1+2"}, {"", ""}, {"a_", "a"}, {"1.0", "1.00"}};

	(void)state;
	for (size_t r = 0; r < COUNT_OF(ascending); r++)
		for (size_t i = 0; i < 8 && ascending[r][i] != NULL; i++)
			for (size_t j = 0; j < 8 && ascending[r][j] != NULL; j++) {
				int got = version_compare(word_of(ascending[r][i]), word_of(ascending[r][j]));

				if ((got > 0) - (got < 0) != (i > j) - (i < j))
					fail_msg("%s against %s is %d", ascending[r][i], ascending[r][j], got);
			}
	for (size_t r = 0; r < COUNT_OF(equal); r++)
		assert_int_equal(version_compare(word_of(equal[r][0]), word_of(equal[r][1])), 0);
}

static void entries_stand_in_the_order_of_the_specification(void **state)
{
	static const char *const in_order[][2] = {
		{"z.conf", "sort-key a\nmachine-id 1\nversion 1"}, {"y.conf", "sort-key b\nmachine-id 1\nversion 10"},
		{"x.conf", "sort-key b\nmachine-id 1\nversion 9"}, {"w.conf", "sort-key b\nmachine-id 2\nversion 11"},
		{"v-10.conf", "title no key"},			   {"v-9.conf", "title no key"},
		{"a+0-3.conf", "sort-key a\nmachine-id 1"},
	};
	enum { N = COUNT_OF(in_order) };
	static struct entry entry[N];
	struct entry *list[N];
	char text[N][100];
	struct fail why;

	(void)state;
	for (size_t rotate = 0; rotate < N; rotate++) {
		for (size_t i = 0; i < N; i++) {
			snprintf(text[i], sizeof(text[i]), "linux /k\n%s\n", in_order[i][1]);
			assert_int_equal(entry_parse(&entry[i], in_order[i][0], text[i], strlen(text[i]), &why), OK);
			list[(i * 3 + rotate) % N] = &entry[i];
		}
		entries_sort(list, N);
		for (size_t i = 0; i < N; i++)
			if (list[i] != &entry[i])
				fail_msg("place %zu holds %s", i, list[i]->id);
	}
}

static void globs_match_as_fnmatch_does(void **state)
{
	static const char *const yes[][2] = {{"*", ""},	    {"*", "abc"},      {"debian-*", "debian-6.1"}, {"DEB*", "debian"},
					     {"a?c", "abc"}, {"a[bc]d", "acd"}, {"a[!b]d", "acd"},	    {"[a-c]x", "bx"},
					     {"*-6.1", "a-6-6.1"}, {"a*b*c", "aXbYbZc"}, {"[]]", "]"}, {"\\*", "*"}, {"", ""}};
	static const char *const no[][2] = {{"", "a"},	    {"a", ""},	  {"debian", "debian-6"}, {"a?c", "ac"},
					    {"a[!b]d", "abd"}, {"[a-c]x", "dx"}, {"*-6.1", "a-6.10"},	  {"\\*", "a"}};
	char hard[200];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(yes); i++)
		if (!glob_match(word_of(yes[i][0]), yes[i][1]))
			fail_msg("%s does not match %s", yes[i][0], yes[i][1]);
	for (size_t i = 0; i < COUNT_OF(no); i++)
		if (glob_match(word_of(no[i][0]), no[i][1]))
			fail_msg("%s matches %s", no[i][0], no[i][1]);
	memset(hard, 'a', sizeof(hard) - 1); /* exponential for a matcher that recurses at each star */
	hard[sizeof(hard) - 1] = '\0';
	assert_false(glob_match(word_of("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"), hard));
}

static void the_default_is_one_that_can_boot(void **state)
{
	struct entry bad = parse("debian-9.conf", ""), tired = parse("debian-8+0.conf", "linux /k\n");
	struct entry good = parse("debian-7.conf", "linux /k\n"), other = parse("other.conf", "linux /k\n");
	struct entry *list[] = {&bad, &tired, &good, &other};
	struct loader_conf conf = {.default_pattern = word_of("other*")};
	size_t index;

	(void)state;
	assert_int_equal(entries_default(list, 4, &conf), 3);
	conf.default_pattern = word_of("other.conf");
	assert_int_equal(entries_default(list, 4, &conf), 3);
	conf.default_pattern = word_of("nothing");
	assert_int_equal(entries_default(list, 4, &conf), 2);
	conf.default_pattern = (struct word){NULL, 0};
	assert_int_equal(entries_default(list, 2, &conf), 1);
	assert_int_equal(entries_default(list, 1, &conf), 0);
	assert_true(entries_named(list, 4, word_of("OTHER.CONF"), &index) && index == 3);
	assert_true(entries_named(list, 4, word_of("debian-8"), &index) && index == 1);
	assert_false(entries_named(list, 4, word_of("debian"), &index));
	assert_false(entries_named(list, 4, word_of(""), &index));
}

static void keys_move_and_choose_in_the_menu(void **state)
{
	struct entry e = parse("a.conf", "linux /k\n");
	struct entry *list[30];
	struct menu menu;

	(void)state;
	for (size_t i = 0; i < 30; i++)
		list[i] = &e;
	menu_open(&menu, list, 30, 1, 2);
	assert_true(menu.counting);
	assert_int_equal(menu_tick(&menu), MENU_STAY);
	assert_int_equal(menu_tick(&menu), MENU_BOOT);
	menu_open(&menu, list, 30, 1, 2);
	assert_int_equal(menu_press(&menu, KEY_UP, 0), MENU_STAY);
	assert_false(menu.counting);
	assert_int_equal(menu_tick(&menu), MENU_STAY);
	assert_int_equal(menu.selected, 0);
	menu_press(&menu, KEY_UP, 0);
	assert_int_equal(menu.selected, 0);
	menu_press(&menu, KEY_PAGE_DOWN, 0);
	assert_int_equal(menu.selected, 10);
	menu_press(&menu, KEY_END, 0);
	menu_press(&menu, KEY_DOWN, 0);
	assert_int_equal(menu.selected, 29);
	menu_press(&menu, KEY_OTHER, 'k');
	assert_int_equal(menu.selected, 28);
	menu_press(&menu, KEY_OTHER, '3');
	assert_int_equal(menu.selected, 2);
	menu_press(&menu, KEY_HOME, 0);
	assert_int_equal(menu.selected, 0);
	assert_int_equal(menu_press(&menu, KEY_ENTER, 0), MENU_BOOT);
	assert_int_equal(menu_press(&menu, KEY_ESCAPE, 0), MENU_LEAVE);
	menu_open(&menu, list, 30, 99, TIMEOUT_FOREVER);
	assert_int_equal(menu.selected, 0);
	assert_false(menu.counting);
}

static void the_menu_fits_every_console_and_shows_the_selected_entry(void **state)
{
	struct entry same[2] = {parse("one.conf", "title Same\nversion 1\nlinux /k\n"),
				parse("two.conf", "title Same\nversion 2\n")};
	struct entry odd = parse("odd.conf", "title \x1b[2Jcl\xc3\xa4r\nlinux /k\n");
	struct entry *list[40];
	char screen[8192];

	(void)state;
	for (size_t i = 0; i < 40; i++)
		list[i] = i < 2 ? &same[i] : &odd;
	for (unsigned int rows = 5; rows < 60; rows += 3)
		for (unsigned int columns = 20; columns < 100; columns += 9)
			for (size_t selected = 0; selected < 40; selected += 13) {
				struct text text = TEXT(screen);
				unsigned int lines = 0, width = 0;
				struct menu menu;

				menu_open(&menu, list, 40, selected, 9);
				menu_draw(&menu, columns, rows, &text);
				assert_false(text_cut(&text));
				assert_non_null(strstr(screen, "  > "));
				assert_null(strchr(screen, '\x1b'));
				for (const char *c = screen; *c != '\0'; c++) {
					width = *c == '\n' ? 0 : width + (((unsigned char)*c & 0xc0) != 0x80);
					lines += *c == '\n';
					assert_true(width < columns);
				}
				assert_true(lines < rows || rows < 8);
			}
	struct text text = TEXT(screen);
	struct menu menu;

	menu_open(&menu, list, 3, 0, TIMEOUT_FOREVER);
	menu_draw(&menu, 80, 25, &text);
	assert_non_null(strstr(screen, "  > Same  1  (one)\n    Same  2  (two)  (broken)\n    ?[2Jcl\xc3\xa4r\n"));
}

/* Random bytes in a buffer of exactly their size: the sanitizers see every look outside of it. */
static void no_text_makes_a_parser_look_outside_of_it(void **state)
{
	static const char alphabet[] = "linux initrd options placement title 0x+-~^.#\r\n\n\t /\\*[]!\xc3\xbc\xef\xbb\xbf";
	const char *given = getenv("SEED");
	unsigned int seed = given != NULL ? (unsigned int)strtoul(given, NULL, 0) : 20260101;

	(void)state;
	printf("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 20000; round++) {
		size_t size = (size_t)(rand() % 200);
		char *text = malloc(size + 1), *exact = malloc(size == 0 ? 1 : size);
		struct loader_conf conf;
		struct entry e;
		struct fail why;
		char line[64];

		for (size_t i = 0; i < size; i++)
			text[i] = rand() % 8 != 0 ? alphabet[(size_t)rand() % (sizeof(alphabet) - 1)] : (char)rand();
		memcpy(exact, text, size);
		if (entry_parse(&e, "r.conf", exact, size, &why) == OK)
			assert_true(e.linux_path.length != 0 && e.linux_path.at >= exact &&
				    e.linux_path.at + e.linux_path.length <= exact + size);
		else
			assert_true(e.broken && why.text[0] != '\0');
		(void)!entry_path((struct word){exact, size}, line, sizeof(line), &why);
		(void)!entry_command_line(&e, line, sizeof(line), &why);
		(void)loader_conf_parse(&conf, exact, size, &why);
		text[size] = '\0';
		(void)glob_match((struct word){exact, size / 2}, text);
		(void)version_compare((struct word){exact, size / 2}, (struct word){exact + size / 2, size - size / 2});
		free(exact);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_of_an_entry_is_read),
		cmocka_unit_test(line_ends_marks_and_blanks_do_not_matter),
		cmocka_unit_test(placement_takes_three_words_or_an_address),
		cmocka_unit_test(mistakes_name_the_file_and_the_line),
		cmocka_unit_test(boot_counters_are_no_part_of_the_id),
		cmocka_unit_test(paths_stay_on_the_volume),
		cmocka_unit_test(options_are_joined_by_one_space_and_never_cut),
		cmocka_unit_test(an_entry_for_another_cpu_is_told_apart),
		cmocka_unit_test(loader_conf_is_read_and_its_mistakes_are_told),
		cmocka_unit_test(versions_compare_as_the_version_format_says),
		cmocka_unit_test(entries_stand_in_the_order_of_the_specification),
		cmocka_unit_test(globs_match_as_fnmatch_does),
		cmocka_unit_test(the_default_is_one_that_can_boot),
		cmocka_unit_test(keys_move_and_choose_in_the_menu),
		cmocka_unit_test(the_menu_fits_every_console_and_shows_the_selected_entry),
		cmocka_unit_test(no_text_makes_a_parser_look_outside_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
