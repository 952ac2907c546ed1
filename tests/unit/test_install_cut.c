/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power fails at each call that changes a partition, and in the middle of each: on the removable path there is at every
 * moment a whole loader, the one from before or the new one; and the same command once more ends as if nothing had
 * happened. An order of steps, or a write in place, that breaks this does not pass.
 */
#include "given.h"
#include "pe_file.h"

#include "../../install/site.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define REMOVABLE "/esp/EFI/BOOT/BOOTX64.EFI"
#define OWN	  "/esp/EFI/berth/berthx64.efi"

static char folder[256];
static struct pe_file berth_old, berth_new, systemd_boot;

/* ---- a folder of files ---- */

static void path_of(const char *path, char out[MEDIUM_PATH])
{
	snprintf(out, MEDIUM_PATH, "%s%s", folder, path);
}

static void make_folder(const char *path)
{
	char place[MEDIUM_PATH];

	path_of(path, place);
	assert_int_equal(mkdir(place, 0700), 0);
}

static void put(const char *path, const void *bytes, size_t size)
{
	char place[MEDIUM_PATH];
	FILE *out;

	path_of(path, place);
	out = fopen(place, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

/* Whether the file has exactly these bytes. */
static bool is_file(const char *path, const struct pe_file *wanted)
{
	static uint8_t bytes[sizeof(wanted->bytes) + 1];
	char place[MEDIUM_PATH];
	size_t size;
	FILE *in;

	path_of(path, place);
	in = fopen(place, "rb");
	if (in == NULL)
		return false;
	size = fread(bytes, 1, sizeof(bytes), in);
	(void)fclose(in);
	return size == wanted->size && memcmp(bytes, wanted->bytes, size) == 0;
}

static bool is_there(const char *path)
{
	char place[MEDIUM_PATH];

	path_of(path, place);
	return access(place, F_OK) == 0;
}

/* Each file and folder below @place, but for @place itself: looked at by @each, folders after what is in them. */
static void walk(const char *place, void (*each)(const char *place, bool is_folder))
{
	struct dirent **list;
	int n = scandir(place, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char below[MEDIUM_PATH];
		struct stat found;

		snprintf(below, sizeof(below), "%s/%s", place, list[i]->d_name);
		if (strcmp(list[i]->d_name, ".") != 0 && strcmp(list[i]->d_name, "..") != 0) {
			assert_int_equal(stat(below, &found), 0);
			if (S_ISDIR(found.st_mode))
				walk(below, each);
			each(below, S_ISDIR(found.st_mode));
		}
		free(list[i]);
	}
	free(list);
}

static void unlink_it(const char *place, bool is_folder)
{
	assert_int_equal(is_folder ? rmdir(place) : unlink(place), 0);
}

/* The names and sizes in the tree, and a sum over all bytes. */
static char listed[8192];
static size_t n_listed;

static void list_it(const char *place, bool is_folder)
{
	uint32_t sum = 0;
	int c;
	FILE *in = is_folder ? NULL : fopen(place, "rb");

	while (in != NULL && (c = fgetc(in)) != EOF)
		sum = sum * 31 + (uint32_t)c;
	if (in != NULL)
		(void)fclose(in);
	n_listed += (size_t)snprintf(listed + n_listed, sizeof(listed) - n_listed, "%s %x\n", place, sum);
	assert_true(n_listed < sizeof(listed));
}

static char *tree(void)
{
	char place[MEDIUM_PATH];

	path_of("/esp", place);
	n_listed = 0;
	listed[0] = '\0';
	walk(place, list_it);
	return strdup(listed);
}

/* ---- a partition whose power fails ---- */

static const struct medium_calls *real;
static size_t calls_left; /* before the cut */
static bool is_cut;

/* The call that is the last one happens by half, or not at all. */
static bool power_is_there(void)
{
	if (is_cut || calls_left == 0) {
		is_cut = true;
		return false;
	}
	calls_left--;
	return true;
}

static enum status cut_off(struct fail *why)
{
	return fail(why, IO_ERROR, "no power");
}

static enum status cut_make(struct medium *medium, const char *path, struct fail *why)
{
	return power_is_there() ? real->make_folder(medium, path, why) : cut_off(why);
}

static enum status cut_write(struct medium *medium, const char *path, struct bytes data, struct fail *why)
{
	struct bytes half = {data.at, data.size / 2};
	bool was_cut = is_cut;

	if (power_is_there())
		return real->write(medium, path, data, why);
	if (!was_cut)
		assert_int_equal(real->write(medium, path, half, why), OK);
	return cut_off(why);
}

static enum status cut_rename(struct medium *medium, const char *from, const char *to, struct fail *why)
{
	return power_is_there() ? real->rename(medium, from, to, why) : cut_off(why);
}

static enum status cut_remove(struct medium *medium, const char *path, struct fail *why)
{
	return power_is_there() ? real->remove(medium, path, why) : cut_off(why);
}

static enum status cut_remove_folder(struct medium *medium, const char *path, struct fail *why)
{
	return power_is_there() ? real->remove_folder(medium, path, why) : cut_off(why);
}

static void ignore_step(void *context, const struct step *step)
{
	(void)context;
	(void)step;
}

typedef enum status planner(struct site *site, struct steps *steps, struct fail *why);

/* Runs a command with power for @n calls; whether it came to its end. */
static bool run_for(planner *planner, size_t n)
{
	static struct steps steps;
	static struct site site;
	static struct medium_calls calls;
	char place[MEDIUM_PATH];
	struct fail why;
	enum status status;

	memset(&site, 0, sizeof(site));
	memset(&steps, 0, sizeof(steps));
	path_of("/esp", place);
	assert_int_equal(folder_open(&site.esp, place, "/nowhere", &why), OK);
	path_of("/loaders", place);
	assert_int_equal(folder_open(&site.loaders, place, "/nowhere", &why), OK);
	site.wanted[0] = true;
	site.no_seed = true;
	site.remove_line = "berth remove";
	site.install_line = "berth install";
	real = site.esp.calls;
	calls = *real;
	calls.make_folder = cut_make;
	calls.write = cut_write;
	calls.rename = cut_rename;
	calls.remove = cut_remove;
	calls.remove_folder = cut_remove_folder;
	site.esp.calls = &calls;
	calls_left = n;
	is_cut = false;
	status = planner(&site, &steps, &why);
	assert_int_equal(status, OK);
	status = steps_do(&steps, ignore_step, NULL, &why);
	steps_free(&steps);
	assert_int_equal(status == OK, !is_cut);
	return status == OK;
}

static void run(planner *planner)
{
	assert_true(run_for(planner, SIZE_MAX));
}

/* ---- the machines ---- */

static void given_loader(struct pe_file *file, const char *magic)
{
	static uint8_t text[8000]; /* larger than a page of a disk */

	memset(text, magic[sizeof("#### LoaderInfo: Berth 0.") - 1], sizeof(text));
	pe_file_begin(file, PE_X64, 0);
	pe_file_add_text(file, ".sdmagic", magic);
	pe_file_add(file, ".text", text, sizeof(text));
}

static void given_nothing(void)
{
	walk(folder, unlink_it);
	make_folder("/esp");
	make_folder("/loaders");
	put("/loaders/BOOTX64.EFI", berth_new.bytes, berth_new.size);
}

static void given_empty(void)
{
	given_nothing();
}

static void given_systemd_boot(void)
{
	given_nothing();
	make_folder("/esp/EFI");
	make_folder("/esp/EFI/BOOT");
	make_folder("/esp/loader");
	put("/esp/loader/loader.conf", "timeout 5\n", 10);
	put(REMOVABLE, systemd_boot.bytes, systemd_boot.size);
}

/* systemd-boot is kept, and Berth of an older version there. */
static void given_older_berth(void)
{
	given_systemd_boot();
	put("/loaders/BOOTX64.EFI", berth_old.bytes, berth_old.size);
	run(plan_install);
	assert_true(is_file(REMOVABLE, &berth_old) && is_file(OWN, &berth_old));
	put("/loaders/BOOTX64.EFI", berth_new.bytes, berth_new.size);
}

/* What was there before, or what is new; and never something that is not whole. */
static void expect_bootable(const struct pe_file *before, const struct pe_file *after)
{
	bool is_before = before == NULL ? !is_there(REMOVABLE) : is_file(REMOVABLE, before);
	bool is_after = after == NULL ? !is_there(REMOVABLE) : is_file(REMOVABLE, after);

	assert_true(is_before || is_after);
	assert_true(!is_there(OWN) || is_file(OWN, &berth_new) || is_file(OWN, &berth_old));
}

static size_t cut_everywhere(void (*given)(void), planner *planner, const struct pe_file *before,
			     const struct pe_file *after)
{
	char *wanted;
	size_t n = 0;

	given();
	run(planner);
	wanted = tree();
	for (bool is_done = false; !is_done; n++) {
		char *found;

		given();
		is_done = run_for(planner, n);
		expect_bootable(before, after);
		run(planner);
		found = tree();
		assert_string_equal(found, wanted);
		free(found);
	}
	free(wanted);
	return n;
}

static void an_installation_is_cut_anywhere(void **state)
{
	(void)state;
	assert_true(cut_everywhere(given_empty, plan_install, NULL, &berth_new) > 12);
	assert_true(cut_everywhere(given_systemd_boot, plan_install, &systemd_boot, &berth_new) > 10);
}

static void an_update_is_cut_anywhere(void **state)
{
	(void)state;
	assert_true(cut_everywhere(given_older_berth, plan_update, &berth_old, &berth_new) >= 4);
	assert_true(cut_everywhere(given_older_berth, plan_install, &berth_old, &berth_new) >= 4);
	assert_true(is_file(REMOVABLE, &berth_new) && is_file(OWN, &berth_new));
}

static void a_removal_is_cut_anywhere(void **state)
{
	char *wanted, *found;

	(void)state;
	assert_true(cut_everywhere(given_older_berth, plan_removal, &berth_old, &systemd_boot) > 6);
	found = tree();
	given_systemd_boot();
	wanted = tree();
	assert_string_equal(found, wanted);
	free(found);
	free(wanted);
}

/* An installation that was cut, and then removed, leaves what was there. */
static void half_an_installation_is_removed(void **state)
{
	char *wanted, *found;
	bool is_done = false;

	(void)state;
	for (void (*given)(void) = given_empty;; given = given_systemd_boot) {
		given();
		wanted = tree();
		is_done = false;
		for (size_t n = 0; !is_done; n++) {
			given();
			is_done = run_for(plan_install, n);
			run(plan_removal);
			found = tree();
			/* An empty folder from before the manifest is all that may stay. */
			if (strcmp(found, wanted) != 0)
				assert_true(given == given_empty && n <= 4 && !is_there("/esp/EFI/BOOT") &&
					    !is_there("/esp/EFI/berth/installed.txt"));
			free(found);
		}
		free(wanted);
		if (given == given_systemd_boot)
			return;
	}
}

static int set_up(void **state)
{
	(void)state;
	given_loader(&berth_old, "#### LoaderInfo: Berth 0.0 ####");
	given_loader(&berth_new, "#### LoaderInfo: Berth 0.1 ####");
	given_loader(&systemd_boot, "#### LoaderInfo: systemd-boot 257 ####");
	snprintf(folder, sizeof(folder), "%s/berth-install-XXXXXX",
		 getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	walk(folder, unlink_it);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_installation_is_cut_anywhere),
	    cmocka_unit_test(an_update_is_cut_anywhere),
	    cmocka_unit_test(a_removal_is_cut_anywhere),
	    cmocka_unit_test(half_an_installation_is_removed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
