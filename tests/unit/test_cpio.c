/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Archives of files beside an image, byte by byte as Linux's buffer-format.rst has them, and as systemd-boot packs
 * them; and read by cpio(1), which knows nothing of this code.
 */
#include "given.h"

#include "../../config/extra.h"

#include <stdio.h>

static uint8_t archive[8192];

#define ZEROS_16 "0000000000000000"
#define ZEROS_32 ZEROS_16 ZEROS_16
#define HEAD(inode, mode, size, name)                                                                                  \
	"070701" inode mode ZEROS_16 "00000001"                                                                        \
	"00000000" size ZEROS_32 name "00000000"

static void bytes_are_those_of_the_form(void **state)
{
	static const char wanted[] = HEAD("00000001", "00004140", "00000000", "00000003") "ab\0\0\0\0" HEAD(
	    "00000002", "00008124", "00000005",
	    "00000008") "ab/cdef\0\0\0hello\0\0\0" HEAD("00000003", "00008100", "00000000",
							"00000005") "ab/c\0\0"
								    "070701" ZEROS_32 "00000001" ZEROS_32 ZEROS_16
								    "0000000B00000000TRAILER!!!\0\0\0";
	struct cpio cpio = {.at = NULL};
	uint64_t at = 0;

	(void)state;
	for (int writes = 0; writes < 2; writes++) {
		memset(archive, 0xee, sizeof(archive));
		cpio = (struct cpio){.at = writes == 1 ? archive : NULL};
		cpio_folder(&cpio, "ab", 0500);
		at = cpio_file(&cpio, "ab", "cdef", 0444, 5);
		if (writes == 1)
			memcpy(archive + at, "hello", 5);
		(void)cpio_file(&cpio, "ab", "c", 0400, 0);
		cpio_end(&cpio);
		assert_int_equal(cpio.used, sizeof(wanted));
	}
	assert_memory_equal(archive, wanted, sizeof(wanted));
	assert_int_equal(archive[sizeof(wanted)], 0xee);
}

static void an_archives_numbers_go_to_their_most(void **state)
{
	struct cpio cpio = {.at = archive, .inode = 0xfffffffe};

	(void)state;
	(void)cpio_file(&cpio, "a", "b", 0, 0xabc);
	assert_memory_equal(archive + 6, "ffffffff", 8);
	assert_memory_equal(archive + 6 + 6 * 8, "00000abc", 8);
	cpio = (struct cpio){.at = NULL};
	assert_int_equal(cpio_file(&cpio, "a", "b", 0, 0xffffffff), 116);
	assert_int_equal(cpio.used, 116 + UINT64_C(0x100000000));
}

/* ---- the entry's files ---- */

static struct entry entry_of(const char *text)
{
	struct entry entry;
	struct fail why;

	if (entry_parse(&entry, "u.conf", text, strlen(text), &why) != OK)
		fail_msg("%s", why.text);
	return entry;
}

static void names_tell_the_kind(void **state)
{
	static const struct {
		const char *path;
		unsigned int which; /* N_EXTRAS: none */
		const char *name;
	} row[] = {
	    {"/a.cred", EXTRA_CREDENTIAL, "a.cred"},
	    {"a.CRED", EXTRA_CREDENTIAL, "a.CRED"},
	    {"\\x/y\\b.sysext.raw", EXTRA_SYSEXT, "b.sysext.raw"},
	    {"/x.cred/B.SysExt.Raw", EXTRA_SYSEXT, "B.SysExt.Raw"},
	    {"/a b~.confext.raw", EXTRA_CONFEXT, "a b~.confext.raw"},
	    {"/a.sysext.raw.confext.raw", EXTRA_CONFEXT, "a.sysext.raw.confext.raw"},
	    {"/.cred", N_EXTRAS, NULL},
	    {"/a.cred/", N_EXTRAS, NULL},
	    {"/sysext.raw", N_EXTRAS, NULL},
	    {"/a.raw", N_EXTRAS, NULL},
	    {"/a.cred ", N_EXTRAS, NULL},
	    {"/\xc3\xa4.cred", N_EXTRAS, NULL},
	    {"/a\x7f.cred", N_EXTRAS, NULL},
	    {"/a\x1f.cred", N_EXTRAS, NULL},
	    {"", N_EXTRAS, NULL},
	};
	char name[EXTRA_NAME], longest[EXTRA_NAME + 1];
	enum extra which;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		bool is_one = extra_read(word_of(row[i].path), &which, name);

		if (is_one != (row[i].which != N_EXTRAS) || (is_one && which != row[i].which))
			fail_msg("%s", row[i].path);
		if (is_one)
			assert_string_equal(name, row[i].name);
	}
	/* What stands behind the word is not of it. */
	assert_true(extra_read((struct word){"/a.cred/x", 7}, &which, name));
	memset(longest, 'a', EXTRA_NAME);
	memcpy(longest + EXTRA_NAME - 6, ".cred", 6);
	assert_true(extra_read(word_of(longest), &which, name));
	memcpy(longest + EXTRA_NAME - 5, ".cred", 6);
	assert_false(extra_read(word_of(longest), &which, name));
	/* systemd, man/systemd-stub.xml, "Companion Files" */
	assert_string_equal(extra_folder(EXTRA_CREDENTIAL), ".extra/credentials");
	assert_string_equal(extra_folder(EXTRA_SYSEXT), ".extra/sysext");
	assert_string_equal(extra_folder(EXTRA_CONFEXT), ".extra/confext");
	/* the same, "TPM PCR Notes": sysexts have a register of their own */
	assert_string_equal(measured_as(extra_measured(EXTRA_CREDENTIAL))->words, "Entry credentials initrd");
	assert_int_equal(measured_as(extra_measured(EXTRA_CREDENTIAL))->pcr, 12);
	assert_int_equal(measured_as(extra_measured(EXTRA_SYSEXT))->pcr, 13);
	assert_string_equal(measured_as(extra_measured(EXTRA_CONFEXT))->words, "Entry configuration extension initrd");
	assert_int_equal(measured_as(extra_measured(EXTRA_CONFEXT))->pcr, 12);
}

static char remarks[4096];

static void keep(void *context, enum log_level level, const char *sentence)
{
	(void)context;
	assert_int_equal(level, LOG_QUIET);
	strncat(remarks, sentence, sizeof(remarks) - strlen(remarks) - 1);
}

static void an_entry_for_an_image_keeps_them_in_order(void **state)
{
	const struct remarks to = {keep, NULL};
	struct entry e = entry_of("uki /u.efi\nextra /a.cred\nextra\nextra /b.later\nextra /c.confext.raw\n");

	(void)state;
	assert_false(e.broken);
	assert_int_equal(e.n_extras, 2);
	assert_true(word_is(e.extra[0], "/a.cred") && word_is(e.extra[1], "/c.confext.raw"));
	remarks[0] = '\0';
	entry_remarks(&e, &to);
	assert_string_equal(remarks, "u.conf line 4: extra \"/b.later\" is not " EXTRA_VALUES "; the line is ignored");
	e = entry_of("linux /k\nextra /a.cred\n");
	assert_int_equal(e.n_extras, 0);
	remarks[0] = '\0';
	entry_remarks(&e, &to);
	assert_string_equal(remarks, "u.conf: `extra` is for an image that `uki` or `uki-url` names, and is ignored");
}

static void too_many_name_the_limit(void **state)
{
	char text[2000] = "uki /u\n";
	struct entry entry;
	struct fail why;

	(void)state;
	for (unsigned int i = 0; i < MAX_EXTRAS; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "extra /%u.cred\n", i);
	assert_int_equal(entry_of(text).n_extras, MAX_EXTRAS);
	strcat(text, "extra /one.cred\n");
	assert_int_equal(entry_parse(&entry, "u.conf", text, strlen(text), &why), BAD_INPUT);
	assert_string_equal(why.text, "u.conf line 34: more than 32 lines of extra");
}

/* The first bytes of .sdmagic, as ukify's images have it of their stub. */
static void older_stubs_of_systemd_take_none(void **state)
{
	static const struct {
		const char *magic;
		bool taken;
	} row[] = {{"", true},
		   {"#### LoaderInfo: systemd-boot 200 ####", true},
		   {"#### LoaderInfo: systemd-stu", true},
		   {"#### LoaderInfo: systemd-stub 257.13-1~deb13u1 ####", false},
		   {"#### LoaderInfo: systemd-stub 260 ####", false},
		   {"#### LoaderInfo: systemd-stub 260.9", false},
		   {"#### LoaderInfo: systemd-stub 261", true},
		   {"#### LoaderInfo: systemd-stub 262.1-1 ####", true},
		   {"#### LoaderInfo: systemd-stub 1000 ####", true},
		   {"#### LoaderInfo: systemd-stub 99999999999999999999999 ####", true},
		   {"#### LoaderInfo: systemd-stub ", false}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		if (extra_is_taken(word_of(row[i].magic)) != row[i].taken)
			fail_msg("%s", row[i].magic);
	assert_false(extra_is_taken((struct word){"#### LoaderInfo: systemd-stub 261", 32}));
}

/* What cpio(1) makes of the archive at @from, of @size bytes. */
static void listed(const uint8_t *from, size_t size, char *out, size_t room)
{
	char name[] = "/tmp/archive-XXXXXX", command[64];
	FILE *file = fdopen(mkstemp(name), "wb"), *list;
	size_t got;

	assert_non_null(file);
	assert_int_equal(fwrite(from, 1, size, file), size);
	fclose(file);
	snprintf(command, sizeof(command), "TZ=UTC cpio -itvn --quiet 2>&1 <%s", name);
	list = popen(command, "r");
	assert_non_null(list);
	got = fread(out, 1, room - 1, list);
	out[got] = '\0';
	assert_int_equal(pclose(list), 0);
	remove(name);
}

#define AT_0 "Jan  1  1970 "

/* systemd-stub(7), "Companion Files": modes and folders. */
static void each_kind_is_an_archive_that_cpio_reads(void **state)
{
	static const char *const wanted[N_EXTRAS] = {
	    "dr-xr-xr-x   1 0        0               0 " AT_0 ".extra\n"
	    "dr-x------   1 0        0               0 " AT_0 ".extra/credentials\n"
	    "-r--------   1 0        0               3 " AT_0 ".extra/credentials/z.cred\n"
	    "dr-xr-xr-x   1 0        0               0 " AT_0 ".extra\n"
	    "dr-x------   1 0        0               0 " AT_0 ".extra/credentials\n"
	    "-r--------   1 0        0               1 " AT_0 ".extra/credentials/A.Cred\n",
	    "dr-xr-xr-x   1 0        0               0 " AT_0 ".extra\n"
	    "dr-xr-xr-x   1 0        0               0 " AT_0 ".extra/sysext\n"
	    "-r--r--r--   1 0        0               8 " AT_0 ".extra/sysext/s.sysext.raw\n",
	    "dr-xr-xr-x   1 0        0               0 " AT_0 ".extra\n"
	    "dr-xr-xr-x   1 0        0               0 " AT_0 ".extra/confext\n"
	    "-r--r--r--   1 0        0               5 " AT_0 ".extra/confext/c.confext.raw\n"};
	/* In the order of the lines; the fourth is empty. */
	static const char *const first_inode[N_EXTRAS] = {"00000004", "00000007", "00000001"};
	static const uint32_t size[] = {5, 3, 8, 0, 1};
	struct entry entry = entry_of("uki /u\nextra /c.confext.raw\nextra /x/z.cred\nextra /s.sysext.raw\n"
				      "extra /none.cred\nextra \\A.Cred\n");
	uint64_t at[5] = {0}, before = 0;
	char list[2000];

	(void)state;
	for (int writes = 0; writes < 2; writes++) {
		struct cpio cpio = {.at = writes == 1 ? archive : NULL};

		memset(archive, 0xee, sizeof(archive));
		for (unsigned int which = 0; which < N_EXTRAS; which++) {
			before = cpio.used;
			extra_pack(&entry, (enum extra)which, size, &cpio, at);
			assert_int_equal(cpio.used % 4, 0);
			if (writes == 0)
				continue;
			assert_memory_equal(archive + before + 6, first_inode[which], 8);
			listed(archive + before, (size_t)(cpio.used - before), list, sizeof(list));
			assert_string_equal(list, wanted[which]);
		}
	}
	assert_memory_equal(archive + at[4] - 136 + 6, "0000000c", 8);
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < (size[i] + 3u) / 4 * 4; k++)
			assert_int_equal(archive[at[i] + k], k < size[i] ? 0xee : 0);
	entry.n_extras = 1;
	before = 0;
	for (unsigned int which = 0; which < EXTRA_CONFEXT; which++) {
		struct cpio cpio = {.at = archive};

		extra_pack(&entry, (enum extra)which, size, &cpio, at);
		before += cpio.used;
	}
	assert_int_equal(before, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_are_those_of_the_form),
	    cmocka_unit_test(an_archives_numbers_go_to_their_most),
	    cmocka_unit_test(names_tell_the_kind),
	    cmocka_unit_test(an_entry_for_an_image_keeps_them_in_order),
	    cmocka_unit_test(too_many_name_the_limit),
	    cmocka_unit_test(older_stubs_of_systemd_take_none),
	    cmocka_unit_test(each_kind_is_an_archive_that_cpio_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
