/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a unified kernel image says of itself, as entries of the menu: UAPI.5, "Multi-Profile UKIs"; UAPI.1, "Type #2";
 * systemd, src/boot/boot.c, boot_entry_add_type2. Texts lie in buffers of exactly their size.
 */
#include "given.h"
#include "pe_file.h"

#include "../../config/interface.h"
#include "../../config/uki.h"

static struct pe_file file;
static struct pe pe;
static char *osrel, *profile, title[512];

static struct bytes head(void)
{
	assert_true(pe_read((struct bytes){file.bytes, file.size}, &pe));
	return (struct bytes){file.bytes, file.size};
}

static struct word exact(char **to, const char *text)
{
	size_t size = strlen(text);

	free(*to);
	*to = malloc(size == 0 ? 1 : size);
	memcpy(*to, text, size);
	return (struct word){*to, size};
}

static enum status describe(struct entry *entry, const char *name, unsigned int n, const char *release, const char *own)
{
	struct word r = exact(&osrel, release), p = exact(&profile, own);
	struct text room = {title, UKI_TITLE_ROOM(r.length, p.length), 0};
	struct fail why;
	enum status status;

	assert_true(room.size <= sizeof(title));
	memset(title, '#', sizeof(title));
	status = uki_entry(entry, name, n, r, p, &room, &why);
	assert_false(text_cut(&room));
	if (status != OK)
		assert_non_null(strstr(why.text, "x.efi: its section .osrel has no line"));
	return status;
}

static int free_texts_too(void **state)
{
	(void)state;
	free(osrel);
	free(profile);
	osrel = profile = NULL;
	return 0;
}

static void expect_title(const char *wanted, unsigned int n, const char *release, const char *own)
{
	struct entry e;

	assert_int_equal(describe(&e, "x.efi", n, release, own), OK);
	if (!word_is(e.title, wanted))
		fail_msg("the title is \"%.*s\", not \"%s\"", WORD(e.title), wanted);
}

static void expect_is(struct word word, const char *wanted)
{
	if (!word_is(word, wanted))
		fail_msg("\"%.*s\" instead of \"%s\"", WORD(word), wanted);
}

#define DEBIAN                                                                                                         \
	"PRETTY_NAME=\"Debian GNU/Linux 12\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 "             \
	"(bookworm)\"\n"                                                                                               \
	"ID=debian\n"

static void an_image_says_what_it_is(void **state)
{
	struct entry e;

	(void)state;
	assert_int_equal(describe(&e, "Debian-6.1+3-1.EFI", 0, DEBIAN, ""), OK);
	assert_string_equal(e.id, "debian-6.1.efi");
	assert_string_equal(e.file_name, "Debian-6.1+3-1.EFI");
	assert_int_equal(e.plain_id, 0);
	assert_int_equal(e.kind, ENTRY_UKI);
	assert_int_equal(e.profile, 0);
	assert_false(e.broken || e.tries_exhausted);
	expect_is(e.title, "Debian GNU/Linux 12");
	expect_is(e.version, "12 (bookworm)");
	expect_is(e.sort_key, "debian");
	assert_null(e.program.at); /* the file itself */
	assert_null(e.machine_id.at);
	assert_int_equal(describe(&e, "a+0.efi", 0, DEBIAN, ""), OK);
	assert_true(e.tries_exhausted);
	assert_string_equal(e.id, "a.efi");
}

static void of_names_versions_and_sort_keys_the_first_that_there_is_counts(void **state)
{
	static const struct {
		const char *osrel, *title, *version, *sort_key;
	} row[] = {
	    {"ID=i\nNAME=n\nIMAGE_ID=g\nPRETTY_NAME=p\nBUILD_ID=b\nVERSION_ID=v\nVERSION=w\nIMAGE_VERSION=x\n", "p",
	     "x", "g"},
	    {"ID=i\nNAME=n\nIMAGE_ID=g\nBUILD_ID=b\nVERSION_ID=v\nVERSION=w\n", "g", "w", "g"},
	    {"ID=i\nNAME=n\nBUILD_ID=b\nVERSION_ID=v\n", "n", "v", "i"},
	    {"ID=i\nBUILD_ID=b", "i", "b", "i"},
	    {"NAME=n", "n", "", ""},
	    {"PRETTY_NAME=\nNAME=n", "n", "", ""},
	    {"PRETTY_NAME=a\nPRETTY_NAME=b", "b", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e;

		assert_int_equal(describe(&e, "x.efi", 0, row[i].osrel, ""), OK);
		expect_is(e.title, row[i].title);
		expect_is(e.version, row[i].version);
		expect_is(e.sort_key, row[i].sort_key);
	}
}

static void what_has_no_name_is_no_entry(void **state)
{
	static const char *const text[] = {"",	      "\n",	   "VERSION=1\n", "name=a\n", "NAME\n", "NAME",
					   "NAME=\n", "#NAME=a\n", "NAME=''\n",	  "XNAME=a",  "NAMES=a"};
	struct entry e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(text); i++)
		assert_int_equal(describe(&e, "x.efi", 0, text[i], "TITLE=t\nID=i"), NOT_FOUND);
}

/* os-release(5), and how systemd-boot reads it. */
static void lines_of_os_release_are_read(void **state)
{
	(void)state;
	expect_title("a b", 0, "NAME=a b", "");
	expect_title("a", 0, "\nNAME=a", "");
	expect_title("a", 0, "=\n \nNAME=a\n\n", "");
	expect_title("a", 0, "NAME=a\r\nID=b\r\n", "");
	expect_title("a", 0, "  NAME = a  ", "");
	expect_title("a=b", 0, "NAME=a=b", "");
	expect_title("a b", 0, "NAME='a b'\n", "");
	expect_title("\"a", 0, "NAME=\"a\n", "");
	expect_title("\"", 0, "NAME=\"\n", "");
	expect_title("a'", 0, "NAME=a'\n", "");
	expect_title("\"a'", 0, "NAME=\"a'\n", "");
	expect_title("b", 0, "# NAME=a\nNAME=b\n", "");
	expect_title("gr\xc3\xbc\xc3\x9f", 0, "NAME=gr\xc3\xbc\xc3\x9f", "");
}

static void profiles_are_told_apart_by_title_id_and_number(void **state)
{
	struct entry e;

	(void)state;
	expect_title("n", 0, "NAME=n", "");
	expect_title("n", 0, "NAME=n", "ID=main");
	expect_title("n (Main)", 0, "NAME=n", "ID=main\nTITLE=Main");
	expect_title("n (Rescue)", 1, "NAME=n", "ID=rescue\nTITLE=\"Rescue\"");
	expect_title("n (rescue)", 1, "NAME=n", "ID=rescue");
	expect_title("n (Profile #3)", 2, "NAME=n", "X=1");
	expect_title("n (Profile #256)", 255, "NAME=n", "");
	assert_int_equal(describe(&e, "A+2.efi", 1, "NAME=n", "ID=Rescue\n"), OK);
	assert_string_equal(e.id, "a.efi@Rescue");
	assert_int_equal(e.plain_id, 5);
	assert_int_equal(e.profile, 1);
	assert_int_equal(describe(&e, "A.efi", 2, "NAME=n", ""), OK);
	assert_string_equal(e.id, "a.efi@2");
	assert_int_equal(describe(&e, "A.efi", 0, "NAME=n", "ID=main"), OK);
	assert_string_equal(e.id, "a.efi");
}

/* ---- sections ---- */

static void expect_part(const struct pe_section *part, const char *text)
{
	assert_int_equal(pe_section_contents(part), strlen(text));
	assert_memory_equal(file.bytes + part->offset, text, strlen(text));
}

static void an_image_without_profiles_has_one(void **state)
{
	struct uki_parts parts;

	(void)state;
	pe_file_begin(&file, PE_X64, 0);
	pe_file_add_text(&file, ".osrel", "the system");
	pe_file_add_text(&file, ".linux", "kernel");
	assert_true(uki_is_one(head(), &pe));
	assert_true(uki_profile(head(), &pe, 0, &parts));
	expect_part(&parts.osrel, "the system");
	expect_part(&parts.profile, "");
	assert_false(uki_profile(head(), &pe, 1, &parts));
}

/* What stands before the first `.profile` is for all; what stands behind one is that one's, and comes before it. */
static void a_profile_has_what_all_share_and_what_is_its_own(void **state)
{
	static const struct {
		const char *osrel, *profile;
	} row[] = {{"shared", "ID=a"}, {"own", "ID=b"}, {"shared", "ID=c"}};
	struct uki_parts parts;

	(void)state;
	pe_file_begin(&file, PE_X64, 0);
	pe_file_add_text(&file, ".linux", "kernel");
	pe_file_add_text(&file, ".osrel", "shared");
	pe_file_add_text(&file, ".osrel", "second"); /* UAPI.5: at most one; the first counts */
	pe_file_add_text(&file, ".profile", "ID=a");
	pe_file_add_text(&file, ".profile", "ID=b");
	pe_file_add_text(&file, ".osrel", "own");
	pe_file_add_text(&file, ".profile", "ID=c");
	for (unsigned int n = 0; n < 3; n++) {
		assert_true(uki_profile(head(), &pe, n, &parts));
		expect_part(&parts.osrel, row[n].osrel);
		expect_part(&parts.profile, row[n].profile);
	}
	assert_false(uki_profile(head(), &pe, 3, &parts));
}

static void profiles_end_at_256(void **state)
{
	struct uki_parts parts;

	(void)state;
	pe_file_begin(&file, PE_X64, 0);
	for (unsigned int n = 0; n < 300; n++)
		pe_file_add(&file, ".profile", "", 0);
	file.size = sizeof(file.bytes); /* the table is longer than what is before the contents */
	assert_true(uki_profile(head(), &pe, 255, &parts));
	assert_false(uki_profile(head(), &pe, 256, &parts));
}

static void an_image_has_a_kernel_and_says_what_it_is(void **state)
{
	(void)state;
	pe_file_begin(&file, PE_X64, 0);
	pe_file_add_text(&file, ".linux", "kernel");
	assert_false(uki_is_one(head(), &pe));
	pe_file_begin(&file, PE_X64, 0);
	pe_file_add_text(&file, ".osrel", "NAME=a");
	assert_false(uki_is_one(head(), &pe));
}

/* ---- in the menu ---- */

static struct entry image(const char *name, const char *text, unsigned int n, const char *own)
{
	static char kept[16][64];
	static size_t used;
	struct text room = {kept[used % 16], sizeof(kept[0]), 0};
	struct entry e;
	struct fail why;

	used++;
	assert_int_equal(uki_entry(&e, name, n, word_of(text), word_of(own), &room, &why), OK);
	return e;
}

/* By the image's id, whatever the profiles are called; then as they stand in it. */
static void profiles_of_an_image_follow_each_other(void **state)
{
	struct entry e[] = {image("b.efi", "ID=d", 2, "ID=aa"), image("a.efi", "ID=d", 1, "ID=zz"),
			    image("b.efi", "ID=d", 1, "ID=zz"), image("a.efi", "ID=d", 0, ""),
			    image("b.efi", "ID=d", 0, "ID=m")};
	static const char *const wanted[] = {"b.efi", "b.efi@zz", "b.efi@aa", "a.efi", "a.efi@zz"};
	struct entry *list[COUNT_OF(e)];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(e); i++)
		list[i] = &e[i];
	entries_sort(list, COUNT_OF(e));
	for (size_t i = 0; i < COUNT_OF(e); i++)
		assert_string_equal(list[i]->id, wanted[i]);
}

/* systemd, config_select_default_entry: another profile than the first is for who asks for it. */
static void no_other_profile_is_the_default_unasked(void **state)
{
	struct entry e[] = {image("b.efi", "ID=d", 1, "ID=rescue"), image("a.efi", "ID=d", 0, "")};
	struct entry *const list[] = {&e[0], &e[1]};
	struct loader_conf conf = {.default_pattern = {NULL, 0}};
	struct asked nobody = {.one_shot = {NULL, 0}}, somebody = {.one_shot = word_of("b.efi@rescue")};
	size_t index;

	(void)state;
	assert_int_equal(entries_choose(list, 2, &conf, &nobody, &index), BY_NOBODY);
	assert_int_equal(index, 1);
	assert_int_equal(entries_choose(list, 2, &conf, &somebody, &index), BY_ONE_SHOT);
	assert_int_equal(index, 0);
	e[0].kind = ENTRY_EFI; /* of another program the number means nothing */
	assert_int_equal(entries_choose(list, 2, &conf, &nobody, &index), BY_NOBODY);
	assert_int_equal(index, 0);
}

/* systemd-stub's own rule: what no command line can hold becomes a blank. */
static void a_command_line_is_text_of_one_line(void **state)
{
	static const struct {
		const char *in;
		size_t size;
		const char *out;
	} row[] = {
	    {"root=/dev/sda2 quiet", 20, "root=/dev/sda2 quiet"},
	    {"quiet\n", 6, "quiet"},
	    {" \t\n a\nb\tc \n", 12, "a b c"},
	    {"a\0b", 3, "a"},
	    {"\0a", 2, ""},
	    {"", 0, ""},
	    {" \n ", 3, ""},
	    {"a\x7f\xff", 3, "a\x7f\xff"},
	    {"abc", 2, "ab"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char out[32];

		uki_command_line((struct word){row[i].in, row[i].size}, out);
		assert_string_equal(out, row[i].out);
		memcpy(out, row[i].in, row[i].size); /* in place */
		uki_command_line((struct word){out, row[i].size}, out);
		assert_string_equal(out, row[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, free_texts_too)
	    TEST(a_command_line_is_text_of_one_line),
	    TEST(an_image_says_what_it_is),
	    TEST(of_names_versions_and_sort_keys_the_first_that_there_is_counts),
	    TEST(what_has_no_name_is_no_entry),
	    TEST(lines_of_os_release_are_read),
	    TEST(profiles_are_told_apart_by_title_id_and_number),
	    TEST(an_image_without_profiles_has_one),
	    TEST(a_profile_has_what_all_share_and_what_is_its_own),
	    TEST(profiles_end_at_256),
	    TEST(an_image_has_a_kernel_and_says_what_it_is),
	    TEST(profiles_of_an_image_follow_each_other),
	    TEST(no_other_profile_is_the_default_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
