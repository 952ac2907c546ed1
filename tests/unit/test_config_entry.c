/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of entries are read as the Boot Loader Specification (UAPI.1, "Type #1") says, and every mistake is named with
 * its file and line. Each text lies in a buffer of exactly its size, so that the sanitizers see a look past its end.
 */
#include "given.h"

/* Words point into the text, so it stays until the test is over. */
static char *kept[256];
static size_t n_kept;

static int free_texts(void **state)
{
	(void)state;
	while (n_kept > 0)
		free(kept[--n_kept]);
	return 0;
}

static char *keep(const void *bytes, size_t size)
{
	assert_true(n_kept < COUNT_OF(kept));
	kept[n_kept] = malloc(size == 0 ? 1 : size);
	return memcpy(kept[n_kept++], bytes, size);
}

static struct entry parse_bytes(const char *file_name, const char *text, size_t size)
{
	struct entry entry;
	struct fail why = {.text = "untouched"};
	enum status status = entry_parse(&entry, file_name, keep(text, size), size, &why);

	assert_int_equal(entry.broken, status != OK);
	if (status != OK)
		assert_string_equal(entry.broken_why.text, why.text);
	return entry;
}

static struct entry parse(const char *file_name, const char *text)
{
	return parse_bytes(file_name, text, strlen(text));
}

static void expect_word(struct word word, const char *text)
{
	if (!word_is(word, text))
		fail_msg("\"%.*s\" instead of \"%s\"", WORD(word), text);
}

static void expect_broken(const struct entry *entry, const char *reason)
{
	assert_true(entry->broken);
	assert_int_equal(entry->broken_why.status, BAD_INPUT);
	if (strstr(entry->broken_why.text, reason) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", entry->broken_why.text, reason);
}

/* ---- what is said of lines that are not heeded ---- */

static char told[2048];

static void keep_remark(void *context, enum log_level level, const char *sentence)
{
	(void)context;
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%u %s\n", (unsigned int)level, sentence);
}

static const char *remarks_of(const struct entry *entry)
{
	const struct remarks remarks = {keep_remark, NULL};

	told[0] = '\0';
	entry_remarks(entry, &remarks);
	return told;
}

/* ---- keys ---- */

static void every_key_of_an_entry_is_read(void **state)
{
	struct entry e =
	    parse("debian-6.1.conf", "# a comment\n\ntitle   Debian GNU/Linux\nversion\t6.1.0-56\nsort-key debian\n"
				     "machine-id 0123456789abcdef\nlinux /vmlinuz\ninitrd /a.img\ninitrd /b.img\n"
				     "options root=/dev/sda2 ro\noptions quiet  splash\narchitecture x64\n"
				     "placement low\n");

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
	expect_word(e.options[0], "root=/dev/sda2 ro");
	expect_word(e.options[1], "quiet  splash");
	expect_word(e.architecture, "x64");
	assert_int_equal(e.wish.policy, PLACE_LOW);
}

static void what_is_not_written_is_absent(void **state)
{
	struct entry e = parse("a.conf", "linux /k\n");

	(void)state;
	assert_false(e.broken || e.tries_exhausted);
	assert_true(e.title.at == NULL && e.version.at == NULL && e.sort_key.at == NULL && e.machine_id.at == NULL &&
		    e.architecture.at == NULL);
	assert_int_equal(e.n_initrds + e.n_options, 0);
	assert_int_equal(e.wish.policy, PLACE_HIGH);
}

static void keys_that_are_not_known_are_ignored(void **state)
{
	/* Keys of UAPI.1 that other loaders have, keys of nobody, and near misses: keys are told apart to the letter.
	 */
	struct entry e =
	    parse("a.conf", "extra /a.cred\nprofile 1\ngrub_users root\nTitle A\ntitle: B\ntitl C\ntitles D\n"
			    "x\nlinux /k\n=\n");

	(void)state;
	assert_false(e.broken);
	assert_null(e.title.at);
}

static void of_a_key_that_stands_twice_the_last_counts(void **state)
{
	struct entry e = parse("a.conf", "title A\nlinux /1\nplacement 0x2000\ntitle B\nlinux /2\nplacement low\n");

	(void)state;
	expect_word(e.title, "B");
	expect_word(e.linux_path, "/2");
	assert_int_equal(e.wish.policy, PLACE_LOW);
}

static void a_line_without_a_value_counts_as_absent(void **state)
{
	struct entry e =
	    parse("a.conf", "title A\nlinux /k\ntitle\nlinux \t\ninitrd\ninitrd /i\noptions \noptions b\n");

	(void)state;
	assert_false(e.broken);
	expect_word(e.title, "A");
	expect_word(e.linux_path, "/k");
	assert_int_equal(e.n_initrds, 1);
	expect_word(e.initrd[0], "/i");
	assert_int_equal(e.n_options, 1);
	e = parse("a.conf", "linux\n");
	expect_broken(&e, "a.conf: no line `linux`");
}

static void an_entry_for_another_cpu_is_told_apart(void **state)
{
	static const struct {
		const char *text;
		bool fits;
	} row[] = {
	    {"linux /k\n", true},
	    {"linux /k\narchitecture\n", true},
	    {"linux /k\narchitecture x64\n", true},
	    {"linux /k\narchitecture X64\n", true},
	    {"linux /k\narchitecture aa64\n", false},
	    {"linux /k\narchitecture x6\n", false},
	    {"linux /k\narchitecture x64 aa64\n", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e = parse("a.conf", row[i].text);

		assert_int_equal(entry_is_for_cpu(&e, "x64"), row[i].fits);
	}
}

static void an_entry_without_a_title_is_called_by_its_id(void **state)
{
	struct entry with = parse("a.conf", "linux /k\ntitle T\n"), without = parse("a+3.conf", "linux /k\n");

	(void)state;
	expect_word(entry_title(&with), "T");
	expect_word(entry_title(&without), "a");
}

/* ---- lines ---- */

static void line_ends_marks_and_blanks_do_not_matter(void **state)
{
	static const char *const same[] = {
	    "title A b\nlinux /k\noptions \xc3\xbc\n",
	    "title A b\nlinux /k\noptions \xc3\xbc",
	    "title A b\r\nlinux /k\r\noptions \xc3\xbc\r\n",
	    "title A b\r\nlinux /k\r\noptions \xc3\xbc\r",
	    "\xef\xbb\xbftitle A b\nlinux /k\noptions \xc3\xbc\n",
	    "\xef\xbb\xbf# mark, then a comment\ntitle A b\nlinux /k\noptions \xc3\xbc\n",
	    "\n\n \t\r\n#\n# title no\n  # title no\ntitle A b \t \nlinux /k\t\n\n\noptions \xc3\xbc \n\n",
	    "\ttitle \t  A b\n  linux\t/k\noptions\t\t\xc3\xbc",
	    "#title no\n#linux /no\ntitle A b\nlinux /k\noptions \xc3\xbc\n#",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(same); i++) {
		struct entry e = parse("a.conf", same[i]);

		assert_false(e.broken);
		expect_word(e.title, "A b");
		expect_word(e.linux_path, "/k");
		assert_int_equal(e.n_options, 1);
		expect_word(e.options[0], "\xc3\xbc");
	}
}

static void a_hash_inside_of_a_value_is_no_comment(void **state)
{
	struct entry e = parse("a.conf", "linux /k#1\noptions a # b\n");

	(void)state;
	expect_word(e.linux_path, "/k#1");
	expect_word(e.options[0], "a # b");
}

static void a_file_of_nothing_has_no_kernel(void **state)
{
	static const char *const nothing[] = {
	    "", "\n", "\r\n", "#", " ", "\xef\xbb\xbf", "\xef\xbb", "linux", "\xef\xbb\xbflinux"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(nothing); i++) {
		struct entry e = parse("empty.conf", nothing[i]);

		expect_broken(&e, "empty.conf: no line `linux`");
		assert_string_equal(e.id, "empty");
	}
}

static void a_line_may_be_as_long_as_the_file(void **state)
{
	static const struct {
		const char *start, *end;
	} row[] = {{"title ", "\nlinux /k\n"}, {"# ", "\nlinux /k\n"}, {"linux /k\n", ""}, {"linux /k\noptions ", ""}};
	static char text[MAX_CONFIG_FILE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		size_t start = strlen(row[i].start), end = strlen(row[i].end);

		memset(text, 'x', sizeof(text));
		memcpy(text, row[i].start, start);
		memcpy(text + sizeof(text) - end, row[i].end, end);
		struct entry e = parse_bytes("long.conf", text, sizeof(text));

		assert_false(e.broken);
		if (i == 0)
			assert_int_equal(e.title.length, sizeof(text) - start - end);
		if (i == 3)
			assert_int_equal(e.options[0].length, sizeof(text) - start);
	}
}

/* ---- placement ---- */

static void placement_takes_words_addresses_and_windows(void **state)
{
	static const struct {
		const char *value;
		enum placement_policy policy;
		uint64_t at, end;
	} row[] = {
	    {"high", PLACE_HIGH, 0, 0},
	    {"low", PLACE_LOW, 0, 0},
	    {"preferred", PLACE_PREFERRED, 0, 0},
	    {"random", PLACE_RANDOM, 0, 0},
	    {"0x1000-0x2000", PLACE_WITHIN, 0x1000, 0x2000},
	    {"0-18446744073709547520", PLACE_WITHIN, 0, 0xfffffffffffff000},
	    {"0", PLACE_EXACT, 0, 0},
	    {"0x140000000", PLACE_EXACT, 0x140000000, 0},
	    {"0X1aBcDeF000", PLACE_EXACT, 0x1abcdef000, 0},
	    {"16777216", PLACE_EXACT, MIB(16), 0},
	    {"0xFFFFFFFFFFFFF000", PLACE_EXACT, 0xfffffffffffff000, 0},
	    {"18446744073709547520", PLACE_EXACT, 0xfffffffffffff000, 0},
	    {"0x00000000000000000000001000", PLACE_EXACT, 0x1000, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char text[100];

		snprintf(text, sizeof(text), "linux /k\nplacement %s\n", row[i].value);
		struct entry e = parse("a.conf", text);

		assert_false(e.broken);
		assert_int_equal(e.wish.policy, row[i].policy);
		assert_true(e.wish.at == row[i].at && e.wish.end == row[i].end);
	}
}

/* Whoever wrote a number demanded a place (rule C5), and is not to find the kernel elsewhere. */
static void a_place_demanded_in_numbers_that_cannot_be_is_an_error(void **state)
{
	static const struct {
		const char *value, *reason;
	} row[] = {
	    {"0xzz", "placement \"0xzz\" is no address"},
	    {"0x", "is no address"},
	    {"1000h", "is no address"},
	    {"0x1000 ro", "is no address"},
	    {"4096 4096", "is no address"},
	    {"0x10000000000000000", "is no address"},
	    {"0x1000000000000000000000000000000000", "is no address"},
	    {"18446744073709551616", "is no address"},
	    {"99999999999999999999999999999999999999", "is no address"},
	    {"0x2000-0x2000", "placement 0x2000-0x2000 is an empty window"},
	    {"0x3000-0x2000", "placement 0x3000-0x2000 is an empty window"},
	    {"0x3001-0x4000", "placement 0x3001 is no multiple of 4096"},
	    {"0x3000-0x4001", "placement 0x4001 is no multiple of 4096"},
	    {"0x3000-", "is no address"},
	    {"0x1000-0x2000-0x3000", "is no address"},
	    {"0x1001", "placement 0x1001 is no multiple of 4096"},
	    {"18446744073709551615", "placement 0xffffffffffffffff is no multiple of 4096"},
	    {"0123456789012345678901234567890123456789x", "\"0123456789012345678901234567890123456789...\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char text[100];

		snprintf(text, sizeof(text), "title T\nlinux /k\n\nplacement %s", row[i].value);
		struct entry e = parse("a.conf", text);

		expect_broken(&e, "a.conf line 4: ");
		expect_broken(&e, row[i].reason);
		expect_word(e.title, "T");
	}
}

static void a_placement_that_is_no_word_is_said_once_and_changes_nothing(void **state)
{
	static const struct {
		const char *value, *reason;
	} row[] = {
	    {"", "placement \"\" is no address\n  try: high, low, preferred, random, 0xADDRESS or MIN-MAX\n"},
	    {"highest", "placement \"highest\" is no address"},
	    {"High", "is no address"},
	    {"x1000", "is no address"},
	    {"-4096", "is no address"},
	    {"+4096", "is no address"},
	    {"-0x3000", "is no address"},
	    {"\x1b[2J", "placement \"?[2J\" is no address"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char text[100];

		snprintf(text, sizeof(text), "placement low\nlinux /k\n\nplacement %s", row[i].value);
		struct entry e = parse("a.conf", text);

		assert_false(e.broken);
		assert_true(e.wish.policy == PLACE_LOW && e.wish.said);
		assert_non_null(strstr(remarks_of(&e), "0 a.conf line 4: the line is ignored: "));
		assert_non_null(strstr(told, row[i].reason));
		assert_null(strstr(strstr(told, "line") + 1, "line 4"));
	}
}

static void what_is_understood_is_not_remarked_on(void **state)
{
	struct entry e =
	    parse("a.conf", "title T\nlinux /k\ninitrd /i\ninitrd\noptions memmap=1G$1G a$b \"$q\" $ $1 $a-b\n"
			    "placement 0x1000\ndecompress loader\nunknown key\n");

	(void)state;
	assert_false(e.broken);
	assert_string_equal(remarks_of(&e), "");
}

/* ---- quotes, and what other loaders expand ---- */

static void a_pair_of_quotes_around_a_whole_value_goes(void **state)
{
	struct entry e =
	    parse("a.conf", "\xef\xbb\xbf  title\t\"A (old) \" \r\nversion '1'\rsort-key \"\nmachine-id 'm\"\r\n"
			    "linux \"/k(1)/a b\"\ninitrd '/i'\noptions \"a=\"b\" c\"\ndevicetree ''\n"
			    "placement \"low\"\ndecompress 'loader'\narchitecture \"x64\"");

	(void)state;
	expect_word(e.title, "A (old) ");
	expect_word(e.version, "1");
	expect_word(e.sort_key, "\"");
	expect_word(e.machine_id, "'m\"");
	expect_word(e.linux_path, "/k(1)/a b");
	expect_word(e.initrd[0], "/i");
	expect_word(e.options[0], "a=\"b\" c");
	expect_word(e.devicetree, "");
	expect_word(e.architecture, "x64");
	assert_true(e.loader_unpacks && e.wish.policy == PLACE_LOW && !e.broken);
	assert_string_equal(remarks_of(&e), "");
}

static void a_lone_carriage_return_ends_a_line_and_counts_as_one(void **state)
{
	struct entry e = parse("a.conf", "title T\rlinux /k\r\n\r\nplacement 1\r");

	(void)state;
	expect_word(e.linux_path, "/k");
	expect_broken(&e, "a.conf line 4: placement 0x1 is no multiple");
}

static void variables_of_other_loaders_go_and_the_log_says_so(void **state)
{
	static const struct {
		const char *line, *initrd, *options;
		unsigned int remarks;
	} row[] = {
	    {"initrd /i.img $tuned_initrd", "/i.img", "", 1},
	    {"initrd /i.img\t ${tuned_initrd}  $more", "/i.img", "", 2},
	    {"initrd $tuned_initrd", NULL, "", 1},
	    {"initrd /a $b c", "/a $b c", "", 0},
	    {"initrd /a$b", "/a$b", "", 0},
	    {"options ro $tuned_params", NULL, "ro", 1},
	    {"options $kernelopts", NULL, "", 1},
	    {"options $kernelopts ro  $tuned_params quiet", NULL, "ro quiet", 2},
	    {"options ro memmap=1G$1G $2 $a.b a=$b", NULL, "ro memmap=1G$1G $2 $a.b a=$b", 0},
	    {"options a=\"x $y z\" $w", NULL, "a=\"x $y z\"", 1},
	    {"options $a\noptions ro\noptions $b\noptions rw", NULL, "ro rw", 2},
	    {"title $a\nversion $b", NULL, "", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char text[128], line[128];
		unsigned int remarks = 0;
		struct fail why;

		snprintf(text, sizeof(text), "linux /k\n%s\n", row[i].line);
		struct entry e = parse("a.conf", text);

		assert_false(e.broken);
		assert_int_equal(e.n_initrds, row[i].initrd != NULL);
		if (row[i].initrd != NULL)
			expect_word(e.initrd[0], row[i].initrd);
		assert_int_equal(entry_command_line(&e, line, sizeof(line), &why), OK);
		assert_string_equal(line, row[i].options);
		for (const char *at = remarks_of(&e); (at = strstr(at, "1 a.conf line ")) != NULL; at++)
			remarks++;
		assert_int_equal(remarks, row[i].remarks);
	}
	assert_string_equal(
	    remarks_of(&(struct entry){.file_name = "f.conf", .source = word_of("linux /k\ninitrd /i $x")}),
	    "1 f.conf line 2: $x behind `initrd` is a variable of another loader, and left out\n");
}

static void an_entry_that_names_no_kernel_says_what_it_needs(void **state)
{
	static const char *const kind[] = {"efi", "uki", "uki-url"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kind); i++) {
		char text[64];

		snprintf(text, sizeof(text), "title T\n%s /a.efi\n", kind[i]);
		assert_string_equal(parse("a.conf", text).needs, kind[i]);
		snprintf(text, sizeof(text), "%s /a.efi\nlinux /k\n", kind[i]);
		assert_null(parse("a.conf", text).needs);
	}
	assert_null(parse("a.conf", "title T\n").needs);
}

/* ---- mistakes ---- */

static void x10_decompress_says_who_unpacks_the_kernel(void **state)
{
	struct entry e;

	(void)state;
	e = parse("a.conf", "linux /k\n");
	assert_false(e.loader_unpacks);
	e = parse("a.conf", "linux /k\ndecompress loader\n");
	assert_true(e.loader_unpacks && !e.broken);
	e = parse("a.conf", "decompress loader\nlinux /k\ndecompress kernel\n");
	assert_true(!e.loader_unpacks && !e.broken);
	e = parse("a.conf", "linux /k\ndecompress loader\ndecompress perhaps\ndecompress\n");
	assert_true(e.loader_unpacks && !e.broken);
	assert_string_equal(remarks_of(&e),
			    "0 a.conf line 3: decompress \"perhaps\" is neither kernel nor loader; the line "
			    "is ignored\n0 a.conf line 4: decompress \"\" is neither kernel nor loader; "
			    "the line is ignored\n");
}

static void a_device_tree_is_named_and_its_overlays_are_not_supported(void **state)
{
	static const char overlay[] = "linux /k\ndevicetree /d\ndevicetree-overlay /o\n";
	struct entry e = parse("a.conf", "linux /k\ndevicetree /dtb/board.dtb\n");
	struct fail why;

	(void)state;
	assert_true(word_is(e.devicetree, "/dtb/board.dtb") && !e.broken);
	e = parse("a.conf", "linux /k\ndevicetree\n");
	assert_true(e.devicetree.length == 0 && !e.broken);
	assert_int_equal(entry_parse(&e, "a.conf", overlay, strlen(overlay), &why), BAD_INPUT);
	assert_true(e.broken);
	assert_non_null(strstr(why.text, "a.conf line 3: overlays of a device tree are not supported"));
}

static void a_nul_byte_is_named_wherever_it_stands(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *reason;
	} row[] = {
#define BYTES(s) (s), sizeof(s) - 1
	    {BYTES("linux /k\noptions a\0b\n"), "nul.conf line 2: a NUL byte"},
	    {BYTES("linux /k\n\nop\0tions a\n"), "nul.conf line 3: a NUL byte"},
	    {BYTES("linux /k\n#\0\n"), "nul.conf line 2: a NUL byte"},
	    {BYTES("linux /k\0"), "nul.conf line 1: a NUL byte"},
	    {BYTES("linux /k\n\0"), "nul.conf line 2: a NUL byte"},
	    {BYTES("\0"), "nul.conf line 1: a NUL byte"},
	    {BYTES("\xff\xfel\0i\0n\0u\0x\0 \0/\0k\0\n\0"), "nul.conf line 1: a NUL byte"}, /* UTF-16 */
#undef BYTES
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e = parse_bytes("nul.conf", row[i].text, row[i].size);

		expect_broken(&e, row[i].reason);
	}
}

static void entries_of_other_types_are_not_supported_yet(void **state)
{
	static const struct {
		const char *text, *reason;
	} row[] = {
	    {"title A\nefi /shell.efi\n", "a.conf line 2: entries of type `efi` are not supported yet"},
	    {"uki /a.efi\n", "a.conf line 1: entries of type `uki` are not supported yet"},
	    {"#\n#\nuki-url a/b.efi\n", "a.conf line 3: entries of type `uki-url` are not supported yet"},
	    {"title A\noptions x\n", "a.conf: no line `linux`: there is no kernel to boot"},
	};
	struct entry both = parse("a.conf", "efi /a.efi\nlinux /k\nuki /b.efi\n");

	(void)state;
	assert_false(both.broken);
	expect_word(both.linux_path, "/k");
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e = parse("a.conf", row[i].text);

		expect_broken(&e, row[i].reason);
	}
}

static void too_many_initrds_or_options_name_the_limit(void **state)
{
	static const struct {
		const char *line;
		unsigned int limit;
	} row[] = {{"initrd", MAX_INITRDS}, {"options", MAX_OPTIONS}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char text[1000] = "linux /k\n", reason[100];

		for (unsigned int n = 0; n < row[i].limit; n++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %u\n", row[i].line, n);
		struct entry e = parse("many.conf", text);

		assert_false(e.broken);
		assert_int_equal(e.n_initrds + e.n_options, row[i].limit);
		expect_word(i == 0 ? e.initrd[15] : e.options[31], i == 0 ? "15" : "31");
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s x\ntitle T\n", row[i].line);
		snprintf(reason, sizeof(reason), "many.conf line %u: more than %u lines of %s", row[i].limit + 2,
			 row[i].limit, row[i].line);
		e = parse("many.conf", text);
		expect_broken(&e, reason);
		expect_word(e.title, "T");
		assert_int_equal(e.n_initrds + e.n_options, row[i].limit);
	}
}

static void the_first_mistake_is_told_and_the_other_lines_count(void **state)
{
	struct entry e = parse("a+0.conf", "placement 0x1\nplacement no\ntitle T\nlinux /k\n");

	(void)state;
	expect_broken(&e, "a+0.conf line 1: placement 0x1 is no multiple");
	assert_string_equal(e.id, "a");
	assert_true(e.tries_exhausted);
	expect_word(e.title, "T");
	expect_word(e.linux_path, "/k");
	assert_int_equal(e.wish.policy, PLACE_HIGH);
	assert_true(e.wish.at == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, free_texts)
	    TEST(every_key_of_an_entry_is_read),
	    TEST(what_is_not_written_is_absent),
	    TEST(keys_that_are_not_known_are_ignored),
	    TEST(of_a_key_that_stands_twice_the_last_counts),
	    TEST(a_line_without_a_value_counts_as_absent),
	    TEST(an_entry_for_another_cpu_is_told_apart),
	    TEST(an_entry_without_a_title_is_called_by_its_id),
	    TEST(line_ends_marks_and_blanks_do_not_matter),
	    TEST(a_hash_inside_of_a_value_is_no_comment),
	    TEST(a_file_of_nothing_has_no_kernel),
	    TEST(a_line_may_be_as_long_as_the_file),
	    TEST(placement_takes_words_addresses_and_windows),
	    TEST(a_place_demanded_in_numbers_that_cannot_be_is_an_error),
	    TEST(a_placement_that_is_no_word_is_said_once_and_changes_nothing),
	    TEST(what_is_understood_is_not_remarked_on),
	    TEST(a_pair_of_quotes_around_a_whole_value_goes),
	    TEST(a_lone_carriage_return_ends_a_line_and_counts_as_one),
	    TEST(variables_of_other_loaders_go_and_the_log_says_so),
	    TEST(an_entry_that_names_no_kernel_says_what_it_needs),
	    TEST(x10_decompress_says_who_unpacks_the_kernel),
	    TEST(a_device_tree_is_named_and_its_overlays_are_not_supported),
	    TEST(a_nul_byte_is_named_wherever_it_stands),
	    TEST(entries_of_other_types_are_not_supported_yet),
	    TEST(too_many_initrds_or_options_name_the_limit),
	    TEST(the_first_mistake_is_told_and_the_other_lines_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
