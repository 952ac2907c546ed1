/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of entries on other disks: no pattern means one, and none is started unasked. */
#include "given.h"

#include "../../config/interface.h"

static struct entry entry;
static char title[128];

static void given(const char *file_name, const char *text)
{
	struct text room = TEXT(title);
	struct fail why;

	assert_int_equal(entry_parse(&entry, file_name, text, strlen(text), &why), OK);
	entry_moves_elsewhere(&entry, "0a1b2c3d", "USB ", &room);
	assert_false(text_cut(&room));
}

static void id_and_title_name_the_disk(void **state)
{
	(void)state;
	given("Far+3.conf", "title The far one\nlinux /k\n");
	assert_string_equal(entry.id, "auto-disk-0a1b2c3d-far.conf");
	assert_true(word_is(entry_title(&entry), "The far one (USB disk 0a1b2c3d)"));
	given("far.conf", "linux /k\n");
	assert_true(word_is(entry_title(&entry), "far.conf (USB disk 0a1b2c3d)"));
	assert_true(strlen("far.conf (USB disk 0a1b2c3d)") <
		    DISK_TITLE_ROOM(&(struct entry){.title = word_of("far.conf")}));
}

static void a_long_id_is_cut(void **state)
{
	char name[MAX_ENTRY_ID];
	struct text room = TEXT(title);

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	entry = (struct entry){.plain_id = 242, .title = word_of("T")};
	memcpy(entry.id, name, sizeof(name));
	entry_moves_elsewhere(&entry, "0a1b2c3d", "", &room);
	assert_int_equal(strlen(entry.id), MAX_ENTRY_ID - 1);
	assert_memory_equal(entry.id, "auto-disk-0a1b2c3d-nnn", 22);
	assert_int_equal(entry.plain_id, 0);
	room = (struct text)TEXT(title);
	entry = (struct entry){.plain_id = 9, .id = "image.efi@p", .title = word_of("T")};
	entry_moves_elsewhere(&entry, "0a1b2c3d", "", &room);
	assert_int_equal(entry.plain_id, strlen("auto-disk-0a1b2c3d-image.efi"));
	assert_true(word_is(entry.title, "T (disk 0a1b2c3d)"));
}

static void its_whole_id_alone_means_it(void **state)
{
	static const struct {
		const char *pattern;
		bool meant;
	} row[] = {
	    {"auto-disk-0a1b2c3d-far.conf", true},
	    {"auto-disk-0a1b2c3d-far", true},
	    {"AUTO-DISK-0A1B2C3D-FAR", true},
	    {"*", false},
	    {"auto-disk-*", false},
	    {"auto-disk-0a1b2c3d-far*", false},
	    {"far.conf", false},
	    {"auto-disk-0a1b2c3d-fa", false},
	    {"auto-disk-0a1b2c3d-fa?", false},
	};

	(void)state;
	given("far.conf", "linux /k\n");
	for (size_t i = 0; i < COUNT_OF(row); i++)
		assert_int_equal(entry_is_meant(&entry, word_of(row[i].pattern)), row[i].meant);
	assert_false(entry_starts_unasked(&entry));
}

static void such_a_name_is_known(void **state)
{
	static const struct {
		const char *name;
		bool is_one;
	} row[] = {
	    {"auto-disk-0a1b2c3d-f", true},
	    {"Auto-Disk-0A1B2C3D-far.conf", true},
	    {"auto-disk-0a1b2c3d-", false},
	    {"auto-disk-0a1b2c3d", false},
	    {"auto-disk-0a1b2c3g-far", false},
	    {"auto-disk-0a1b2c3-far", false},
	    {"auto-disk-0a1b2c3d_far", false},
	    {"auto-disc-0a1b2c3d-far", false},
	    {"disk-0a1b2c3d-far", false},
	    {"auto-disk-0a1b2c3d-far*", false},
	    {"auto-disk-0a1b2c3d-f?r", false},
	    {"auto-disk-0a1b2c3d-[f]ar", false},
	    {"auto-disk-*-far", false},
	    {"", false},
	    {"*", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		if (names_other_disk(word_of(row[i].name)) != row[i].is_one)
			fail_msg("%s", row[i].name);
}

static void whoever_may_choose_may_ask_for_one(void **state)
{
	const struct word far = word_of("auto-disk-0a1b2c3d-far"), saved = word_of("@saved");

	(void)state;
	assert_false(asks_for_other_disk(NULL, 0, &LOADER_CONF_DEFAULT, &(struct asked){.last_booted = far}));
	assert_true(asks_for_other_disk(NULL, 0, &LOADER_CONF_DEFAULT, &(struct asked){.sys_fail = far}));
	struct entry known = {.id = "auto-disk-0a1b2c3d-far.conf", .elsewhere = true}, *list[] = {&known};

	assert_true(asks_for_other_disk(NULL, 0, &LOADER_CONF_DEFAULT, &(struct asked){.one_shot = far}));
	assert_false(asks_for_other_disk(list, 1, &LOADER_CONF_DEFAULT, &(struct asked){.one_shot = far}));
	assert_true(asks_for_other_disk(NULL, 0, &LOADER_CONF_DEFAULT, &(struct asked){.preferred = far}));
	assert_true(asks_for_other_disk(NULL, 0, &LOADER_CONF_DEFAULT, &(struct asked){.standard = far}));
	assert_true(asks_for_other_disk(NULL, 0, &(struct loader_conf){.default_pattern = far},
					&(struct asked){.standard = saved}));
	assert_true(asks_for_other_disk(NULL, 0, &(struct loader_conf){.preferred_pattern = far},
					&(struct asked){.one_shot = saved}));
	assert_true(asks_for_other_disk(NULL, 0, &(struct loader_conf){.default_pattern = saved},
					&(struct asked){.last_booted = far}));
	assert_false(asks_for_other_disk(NULL, 0, &(struct loader_conf){.default_pattern = word_of("far")},
					 &(struct asked){.standard = saved}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(id_and_title_name_the_disk),	  cmocka_unit_test(a_long_id_is_cut),
	    cmocka_unit_test(its_whole_id_alone_means_it),	  cmocka_unit_test(such_a_name_is_known),
	    cmocka_unit_test(whoever_may_choose_may_ask_for_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
