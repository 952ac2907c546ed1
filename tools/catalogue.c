/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What efi/catalogue.c and efi/unified.c do in firmware: the same parsers, order and choice, on files of this machine.
 * Nobody waits for a boot here, so every file that an entry names is looked for. What is in a kernel's files is asked
 * when its boot is tried (verdict.h).
 */
#include "catalogue.h"

#include "../base/machine.h"
#include "../config/uki.h"
#include "../install/loader.h"
#include "../protocol/device_tree.h"
#include "record.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

struct reading {
	struct checked_tree *tree;
	const struct fw_volume *volume;
	struct fail *why;
	enum status status;
};

/* What the loader says at every level of its log is wrong; the rest is there for those who look for it. */
static void take_remark(void *context, enum log_level level, const char *sentence)
{
	checked_say(context, level == LOG_QUIET, "%s", sentence);
}

static struct checked *new_checked(struct reading *in, const char *name)
{
	struct checked *checked = checked_new(in->tree, name);

	if (checked == NULL)
		in->status = fail(in->why, IO_ERROR, "%s: no memory for it", name);
	return checked;
}

/* ---- files that an entry names ---- */

/* Where it is; false, and said, when it is not there. */
static bool find_file(struct checked *checked, const char *key, struct word value, char out[HOST_PATH])
{
	char path[MAX_PATH_TEXT];
	struct fail why;

	if (entry_path(value, path, sizeof(path), &why) != OK)
		checked_say(&checked->said, true, "%s: %s", key, why.text);
	else if (!volume_has(checked->entry.volume, path, out))
		checked_say(&checked->said, true, "%s: %s: no such file", key, path);
	else
		return true;
	return false;
}

/* @most: bytes that it may have. */
static void check_tree(struct checked *checked, const char *key, struct word value, uint64_t most)
{
	char path[HOST_PATH];
	struct bytes head;
	uint64_t size, total;
	struct fail why;

	if (!find_file(checked, key, value, path))
		return;
	if (file_head(path, TREE_HEADER, &head, &size, &why) != OK) {
		checked_say(&checked->said, true, "%s: %s", key, why.text);
		return;
	}
	total = head.size == TREE_HEADER ? tree_total_size(head.at) : 0;
	free((void *)(uintptr_t)head.at);
	if (total < TREE_HEADER || total > size)
		checked_say(&checked->said, true, "%s: %s: not a device tree, or not all of one", key, path);
	else if (total > most)
		checked_say(&checked->said, true, "%s: %s: has %" PRIu64 " bytes; at most %" PRIu64 " are read", key,
			    path, total, most);
}

/* loader/tree.c and efi/tree.c: without one of them nothing of the entry is started. Loaders for x86 read none. */
static void check_trees(struct checked *checked, const struct arch *arch)
{
	const struct entry *entry = &checked->entry;
	struct word rest = entry->overlays, path;

	if (!entry_wants_tree(entry))
		return;
	if (!arch_enters(arch, ELF_AARCH64) && !arch_enters(arch, ELF_RISCV)) {
		if (entry->kind != ENTRY_LINUX) /* else its boot says so */
			checked_say(&checked->said, false, "devicetree ignored: programs for this CPU do not use one");
		return;
	}
	if (entry->devicetree.length != 0)
		check_tree(checked, "devicetree", entry->devicetree, UINT64_MAX);
	for (unsigned int n = 0; entry_next_path(&rest, &path); n++) {
		if (n == MAX_OVERLAYS) {
			checked_say(&checked->said, true, "`devicetree-overlay` names more than %u overlays",
				    MAX_OVERLAYS);
			break;
		}
		check_tree(checked, "devicetree-overlay", path, OVERLAY_MOST);
	}
}

/* Where the file that a kernel was prepared from lies beside it, it is to be that very file. */
static void check_prepared(struct checked *checked, const char *path)
{
	struct recorded recorded;
	char original[HOST_PATH];
	struct text text = TEXT(original);
	struct fail why;
	enum status status = recorded_read(&recorded, path, &why);

	if (status == OK) {
		text_add(&text, "%.*s%s", (int)(record_name_of(path) - path), path, record_name(&recorded.prepared).at);
		checked_say(&checked->said, false, "linux: prepared from %s",
			    word_shown(word_of(record_name(&recorded.prepared).at)).at);
		if (!text_cut(&text) && access(original, F_OK) == 0)
			status = record_compare(&recorded.prepared, path, original, &why);
	}
	if (status != OK && status != NOT_FOUND)
		checked_say(&checked->said, true, "linux: %s", why.text);
	recorded_free(&recorded);
}

static void check_kernel(struct checked *checked, const struct arch *arch)
{
	struct entry *entry = &checked->entry;
	char path[HOST_PATH];

	for (size_t i = 0; i < entry->n_initrds; i++)
		(void)find_file(checked, "initrd", entry->initrd[i], path);
	check_trees(checked, arch);
	if (find_file(checked, "linux", entry->program, path))
		check_prepared(checked, path);
	else
		entry->broken = true; /* nobody's default, as in the loader */
}

static struct bytes front_of(struct bytes file)
{
	return (struct bytes){file.at, file.size < PE_HEAD_MOST ? file.size : PE_HEAD_MOST};
}

static struct word section_text(struct bytes file, const struct pe_section *section)
{
	uint64_t size = pe_section_contents(section);

	if (section->offset > file.size || size > file.size - section->offset || size > UKI_MOST_TEXT)
		return (struct word){"", 0};
	return (struct word){(const char *)file.at + section->offset, (size_t)size};
}

/* As program_is_berth() in efi/programs.c. */
static bool is_berth(const char *path)
{
	struct loader loader;
	struct bytes file;
	uint64_t size;
	struct fail why;
	bool is_one;

	if (file_head(path, SIZE_MAX - 1, &file, &size, &why) != OK)
		return false;
	is_one = loader_read(file, &loader) && loader.is_berth;
	free((void *)(uintptr_t)file.at);
	return is_one;
}

static void check_program(struct checked *checked, const struct arch *arch)
{
	const struct entry *entry = &checked->entry;
	char path[HOST_PATH];

	if (!find_file(checked, entry->kind == ENTRY_UKI ? "uki" : "efi", entry->program, path)) {
		checked->is_hidden = true;
	} else if (entry->kind == ENTRY_EFI && is_berth(path)) {
		checked->is_hidden = true;
		checked_say(&checked->said, false, "efi: %s: this is Berth, which does not offer itself", path);
	} else {
		check_trees(checked, arch);
		for (size_t i = 0; i < entry->n_extras; i++)
			(void)find_file(checked, "extra", entry->extra[i], path);
	}
}

static void check_text(struct checked *checked, const struct arch *arch)
{
	struct entry *entry = &checked->entry;

	if (!entry_is_for_cpu(entry, arch->bls)) {
		checked->is_hidden = true;
		checked_say(&checked->said, false, "for another CPU (architecture %s)",
			    word_shown(entry->architecture).at);
	} else if (entry->broken) {
		checked_say(&checked->said, true, "%s", entry->broken_why.text);
	} else if (entry->kind == ENTRY_UKI_URL) {
		checked->is_hidden = entry->program.at[0] == ':';
		checked_say(&checked->said, false,
			    checked->is_hidden ? "`uki-url` with a name: shown only where Berth was fetched by a URL"
					       : "`uki-url`: what it names is not looked at");
	} else if (entry->kind == ENTRY_LINUX) {
		check_kernel(checked, arch);
	} else {
		check_program(checked, arch);
	}
	if (entry->tries_exhausted)
		checked_say(&checked->said, false, "it has no tries left, and boots only when nothing else does");
}

/* ---- both kinds of entries ---- */

static bool read_file(struct reading *in, const char *folder, const char *name, size_t most, struct bytes *bytes)
{
	char path[HOST_PATH], full[HOST_PATH];
	uint64_t size;
	struct fail why;

	snprintf(path, sizeof(path), "%s\\%s", folder, name);
	if (!volume_has(in->volume, path, full) || file_head(full, most + 1, bytes, &size, &why) != OK) {
		checked_say(&in->tree->said, true, "%s: it cannot be read", path);
		return false;
	}
	return true;
}

static void add_text(void *context, const char *name)
{
	struct reading *in = context;
	struct checked *checked;
	struct bytes bytes;
	struct remarks remarks;
	struct fail why;

	if (in->status != OK || !entry_is_named(name, ".conf") || (checked = new_checked(in, name)) == NULL)
		return;
	checked->is_hidden = true;
	if (!read_file(in, "\\loader\\entries", name, MAX_CONFIG_FILE, &bytes))
		return;
	checked->text = (char *)(uintptr_t)bytes.at;
	if (bytes.size > MAX_CONFIG_FILE) {
		checked_say(&checked->said, true, "it has more than %u bytes", MAX_CONFIG_FILE);
		return;
	}
	checked->is_hidden = false;
	(void)entry_parse(&checked->entry, checked->name, checked->text, bytes.size, &why);
	checked->entry.volume = (struct fw_volume *)(uintptr_t)in->volume;
	checked->entry.folder = "\\loader\\entries";
	remarks = (struct remarks){take_remark, &checked->said};
	entry_remarks(&checked->entry, &remarks);
	check_text(checked, in->tree->arch);
}

static void add_profile(struct reading *in, const char *name, struct bytes file, unsigned int n,
			const struct uki_parts *parts)
{
	struct checked *checked = new_checked(in, name);
	struct word osrel = section_text(file, &parts->osrel), profile = section_text(file, &parts->profile);
	size_t room = UKI_TITLE_ROOM(osrel.length, profile.length);
	struct fail why;

	if (checked == NULL)
		return;
	/* The texts of a profile live as long as its entry; the file does not. */
	checked->text = malloc(osrel.length + profile.length + 1);
	checked->title = malloc(room);
	if (checked->text == NULL || checked->title == NULL) {
		in->status = fail(in->why, IO_ERROR, "%s: no memory for it", name);
		return;
	}
	memcpy(checked->text, osrel.at, osrel.length);
	memcpy(checked->text + osrel.length, profile.at, profile.length);
	osrel.at = checked->text;
	profile.at = checked->text + osrel.length;
	if (uki_entry(&checked->entry, checked->name, n, osrel, profile, &(struct text){checked->title, room, 0},
		      &why) != OK) {
		checked->is_hidden = true;
		checked_say(&checked->said, true, "%s", why.text);
	}
	checked->entry.volume = (struct fw_volume *)(uintptr_t)in->volume;
	checked->entry.folder = "\\EFI\\Linux";
}

static void add_hidden(struct reading *in, const char *name, bool is_wrong, const char *what)
{
	struct checked *checked = new_checked(in, name);

	if (checked == NULL)
		return;
	checked->is_hidden = true;
	checked_say(&checked->said, is_wrong, "%s", what);
}

static void add_profiles(struct reading *in, const char *name, struct bytes file)
{
	struct bytes head = front_of(file);
	struct uki_parts parts;
	struct pe pe;

	if (!pe_read(head, &pe) || pe.head_end > head.size)
		add_hidden(in, name, true, "no PE file, as unified kernel images are");
	else if (machine_of_pe(pe.machine) != in->tree->arch->enters[0])
		add_hidden(in, name, false, "for another CPU");
	else if (!uki_is_one(head, &pe))
		add_hidden(in, name, true, "no unified kernel image: it has no sections .linux and .osrel");
	else
		for (unsigned int n = 0; in->status == OK && uki_profile(head, &pe, n, &parts); n++)
			add_profile(in, name, file, n, &parts);
}

static void add_image(void *context, const char *name)
{
	struct reading *in = context;
	struct bytes file;

	if (in->status != OK || !entry_is_named(name, ".efi") ||
	    !read_file(in, "\\EFI\\Linux", name, SIZE_MAX - 1, &file))
		return;
	add_profiles(in, name, file);
	free((void *)(uintptr_t)file.at);
}

/* ---- all of it ---- */

static enum status read_volume(struct checked_tree *tree, const struct fw_volume *volume, struct fail *why)
{
	struct reading in = {tree, volume, why, OK};

	(void)volume_list(volume, "\\loader\\entries", add_text, &in);
	(void)volume_list(volume, "\\EFI\\Linux", add_image, &in);
	return in.status;
}

static void read_conf(struct checked_tree *tree, const struct fw_volume *esp)
{
	struct reading in = {.tree = tree, .volume = esp};
	const struct remarks remarks = {take_remark, &tree->said};
	char path[HOST_PATH];
	struct bytes bytes;
	struct fail why;

	tree->conf = LOADER_CONF_DEFAULT;
	if (!volume_has(esp, "\\loader\\loader.conf", path) ||
	    !read_file(&in, "\\loader", "loader.conf", MAX_CONFIG_FILE, &bytes))
		return;
	tree->conf_text = (char *)(uintptr_t)bytes.at;
	if (bytes.size > MAX_CONFIG_FILE) {
		checked_say(&tree->said, true, "loader.conf has more than %u bytes, and is not read", MAX_CONFIG_FILE);
		return;
	}
	(void)loader_conf_parse(&tree->conf, tree->conf_text, bytes.size, &why);
	loader_conf_remarks(tree->conf_text, bytes.size, &remarks);
}

/* Entries that no file is there for: the loader makes those of efi/automatic.c, and looks for those of other disks. */
static bool may_be_found(const struct loader_conf *conf, struct word pattern)
{
	const struct {
		const char *id;
		bool is_offered;
	} automatic[] = {
	    {"auto-osx", conf->auto_entries},
	    {"auto-windows", conf->auto_entries},
	    {"auto-efi-shell", conf->auto_entries},
	    {"auto-efi-default", conf->auto_entries},
	    {"auto-reboot-to-firmware-setup", conf->auto_firmware},
	    {"auto-poweroff", conf->auto_poweroff},
	    {"auto-reboot", conf->auto_reboot},
	    {"secure-boot-keys-auto", conf->enroll != ENROLL_OFF},
	};

	for (size_t i = 0; i < sizeof(automatic) / sizeof(automatic[0]); i++) {
		struct entry entry = {.automatic = true};
		struct text id = TEXT(entry.id);

		text_add(&id, "%s", automatic[i].id);
		if (automatic[i].is_offered && entry_is_meant(&entry, pattern))
			return true;
	}
	return conf->other_disks && names_other_disk(pattern);
}

/* Tells of patterns that mean nothing here. True when one of them may yet mean an entry on the machine. */
static bool judge_patterns(struct checked_tree *tree, const struct asked *asked, enum chooser by)
{
	bool is_open = false;

	for (enum chooser over = BY_CONF_PREFERRED; over <= BY_CONF_DEFAULT;
	     over += BY_CONF_DEFAULT - BY_CONF_PREFERRED) {
		struct word pattern = chooser_pattern(over, &tree->conf, asked);
		const char *key = over == BY_CONF_DEFAULT ? "default" : "preferred";

		if (over >= by || pattern.length == 0 || is_saved(pattern))
			continue;
		if (may_be_found(&tree->conf, pattern)) {
			is_open = true;
			checked_say(
			    &tree->said, false,
			    "loader.conf: %s \"%s\": the loader decides on the machine whether that entry is there",
			    key, word_shown(pattern).at);
		} else {
			checked_say(&tree->said, true, "loader.conf: %s \"%s\" matches no entry that can boot", key,
				    word_shown(pattern).at);
		}
	}
	return is_open;
}

static void choose(struct checked_tree *tree)
{
	const struct asked nothing = {.one_shot = {NULL, 0}};
	enum chooser by = BY_NOBODY;
	bool is_open, is_none;

	tree->chosen = 0;
	if (tree->n_shown != 0)
		by = entries_choose(tree->shown, tree->n_shown, &tree->conf, &nothing, &tree->chosen);
	is_open = judge_patterns(tree, &nothing, by);
	is_none = tree->n_shown == 0 || tree->shown[tree->chosen]->broken;
	if (is_none)
		checked_say(&tree->said, !is_open, is_open ? "no other entry can boot" : "no entry can boot");
	if (is_none || is_open)
		tree->chosen = tree->n_shown;
}

enum status checked_read(struct checked_tree *tree, const struct fw_volume *esp, const struct fw_volume *xbootldr,
			 struct fail *why)
{
	read_conf(tree, esp);
	TRY(read_volume(tree, esp, why));
	if (xbootldr != NULL)
		TRY(read_volume(tree, xbootldr, why));
	tree->shown = calloc(tree->n_all + 1, sizeof(struct entry *));
	if (tree->shown == NULL)
		return fail(why, IO_ERROR, "no memory for %zu entries", tree->n_all);
	for (struct checked *c = tree->first; c != NULL; c = c->next)
		if (!c->is_hidden)
			tree->shown[tree->n_shown++] = &c->entry;
	entries_sort(tree->shown, tree->n_shown);
	choose(tree);
	return OK;
}

static const struct arch *const arches[] = {
#define MACHINE(id, number, bits, name, pe, flat, folder, file) &arch_##folder,
#include "../base/machines.def"
#undef MACHINE
};

const struct arch *checked_arch(const char *name)
{
	static const char *const kernel[][2] = {
	    {"x86_64", "x64"}, {"aarch64", "aa64"}, {"i686", "ia32"}, {"i386", "ia32"}};
	struct utsname machine = {.machine = ""};

	if (name == NULL && uname(&machine) == 0) {
		name = machine.machine;
		for (size_t i = 0; i < sizeof(kernel) / sizeof(kernel[0]); i++)
			if (strcmp(kernel[i][0], name) == 0)
				name = kernel[i][1];
	}
	for (size_t i = 0; name != NULL && i < sizeof(arches) / sizeof(arches[0]); i++)
		if (word_is_ascii_case(word_of(arches[i]->bls), name))
			return arches[i];
	return NULL;
}
