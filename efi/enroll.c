/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll.h"

#include "oem.h"
#include "reset.h"
#include "sums.h"

#include "../arch/arch.h"
#include "../base/mem.h"
#include "../config/auth.h"

#define FOLDER	     "\\loader\\keys"
#define ID	     "secure-boot-keys-" /* systemd, src/boot/boot.c; the folder's name follows */
#define AUTO	     "auto"		 /* the folder that is enrolled unasked */
#define TITLE	     "Enroll Secure Boot keys: "
#define READ_SECONDS 2 /* for the last line, before the machine is gone */

#define ATTRIBUTES                                                                                                     \
	(EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS |                   \
	 EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS)

/* 32.6.1, EFI_IMAGE_SECURITY_DATABASE_GUID. */
static EFI_GUID database_guid = {0xd719b2cb, 0x3d3a, 0x4596, {0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f}};
/* EDK2, SecurityPkg/Include/Guid/AuthenticatedVariableFormat.h, EFI_CUSTOM_MODE_ENABLE_GUID. */
static EFI_GUID custom_guid = {0xc076ec0c, 0x7028, 0x4399, {0xa0, 0x72, 0x71, 0xee, 0x5c, 0x44, 0x8b, 0x9f}};

/* In the order in which they are written: with the platform key firmware leaves the mode in which it takes the others.
 */
enum { DB, DBX, KEK, PK, N_VARIABLES };

static const struct {
	CHAR16 *name;
	const char *words;
	EFI_GUID *vendor;
} variables[N_VARIABLES] = {
    [DB] = {L"db", "db", &database_guid},
    [DBX] = {L"dbx", "dbx", &database_guid}, /* need not be there */
    [KEK] = {L"KEK", "KEK", &efi_global_guid},
    [PK] = {L"PK", "PK", &efi_global_guid},
};

struct keys {
	struct {
		char *bytes; /* a pool; NULL: there are none */
		size_t size;
	} of[N_VARIABLES];
	bool pk_is_signed;
};

bool enroll_may(const struct loader_conf *conf)
{
	return conf->enroll != ENROLL_OFF && efi_awaits_keys();
}

static enum status read_variable(struct word folder, unsigned int which, struct keys *keys, struct fail *why)
{
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);
	struct auth auth;
	enum status status;

	text_add(&text, FOLDER "\\%.*s\\%s.auth", WORD(folder), variables[which].words);
	status = efi_read_file(NULL, path, AUTH_MOST, &keys->of[which].bytes, &keys->of[which].size, why);
	if (status == NOT_FOUND && which == DBX)
		return OK;
	TRY(status);
	TRY(auth_read((struct bytes){(const uint8_t *)keys->of[which].bytes, keys->of[which].size}, path, &auth, why));
	if (which != PK)
		return OK;
	keys->pk_is_signed = auth.is_signed;
	if (auth.n_keys != 1) /* 32.3.1 */
		return fail(why, BAD_INPUT, "%s: has %zu keys; a machine has one platform key", path, auth.n_keys);
	return OK;
}

struct custom_mode {
	bool was_there, is_changed;
	UINT8 value;
};

static EFI_STATUS write_mode(UINT8 value, bool is_there)
{
	const UINT32 attributes = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS;

	return efi.system->RuntimeServices->SetVariable(L"CustomMode", &custom_guid, is_there ? attributes : 0,
							is_there ? sizeof(value) : 0, &value);
}

/* Those without a signature are taken by a firmware in its custom mode alone (EDK2, AuthVariableLib, ProcessVarWithPk).
 */
static enum status enter_custom_mode(struct custom_mode *mode, struct fail *why)
{
	UINTN size = sizeof(mode->value);
	EFI_STATUS status =
	    efi.system->RuntimeServices->GetVariable(L"CustomMode", &custom_guid, NULL, &size, &mode->value);

	mode->was_there = !EFI_ERROR(status) && size == sizeof(mode->value);
	if (mode->was_there && mode->value == 1)
		return OK;
	status = write_mode(1, true);
	if (EFI_ERROR(status))
		return fail(why, REFUSED,
			    "PK.auth has no signature, and firmware does not enter its custom mode for it: %s\n"
			    "  no key was enrolled\n"
			    "  try: a PK.auth that is signed with its own key",
			    efi_status_words(status));
	mode->is_changed = true;
	return OK;
}

/* In custom mode whoever writes keys needs no signature: it must not outlast this, whether they were taken or not. */
static void leave_custom_mode(const struct custom_mode *mode)
{
	EFI_STATUS status;

	if (!mode->is_changed)
		return;
	status = write_mode(mode->value, mode->was_there);
	if (EFI_ERROR(status))
		fw_log(LOG_QUIET, "firmware stays in its custom mode, where keys need no signature: %s",
		       efi_status_words(status));
}

static enum status say_refused(const struct keys *keys, unsigned int which, EFI_STATUS status, struct fail *why)
{
	(void)fail(why, REFUSED, "firmware does not take %s.auth for its variable %s: %s", variables[which].words,
		   variables[which].words, efi_status_words(status));
	if (which == 0)
		fail_add(why, "  no key was enrolled");
	for (unsigned int i = 0; i < which; i++)
		if (keys->of[i].bytes != NULL)
			fail_add(why, "  %s is enrolled", variables[i].words);
	fail_add(why, "  PK is not, so Secure Boot stays off, and keys can be enrolled again");
	return REFUSED;
}

static enum status write_keys(const struct keys *keys, struct fail *why)
{
	for (unsigned int i = 0; i < N_VARIABLES; i++) {
		EFI_STATUS status =
		    keys->of[i].bytes == NULL
			? EFI_SUCCESS
			: efi.system->RuntimeServices->SetVariable(variables[i].name, variables[i].vendor, ATTRIBUTES,
								   keys->of[i].size, keys->of[i].bytes);

		if (EFI_ERROR(status))
			return say_refused(keys, i, status, why);
	}
	return OK;
}

static enum status write(const struct keys *keys, struct fail *why)
{
	struct custom_mode mode = {.is_changed = false};
	enum status status;

	if (!keys->pk_is_signed)
		TRY(enter_custom_mode(&mode, why));
	status = write_keys(keys, why);
	leave_custom_mode(&mode);
	return status;
}

/* Keys that leave out what a machine's own devices are signed with can make it useless; a virtual one can be made anew.
 */
static bool is_safe(void)
{
	return arch_is_virtual() || oem_is_virtual();
}

/* A key that was pressed before counts: whoever did that is there. */
static bool is_stopped(struct word folder, uint32_t seconds)
{
	char line[256];
	struct key_press press;
	bool is_pressed = false;

	fw_log(LOG_QUIET,
	       "the keys of " FOLDER
	       "\\%s will decide what this machine starts; if they are wrong ones, not even its own "
	       "devices",
	       word_shown(folder).at);
	while (seconds-- != 0 && !is_pressed) {
		struct text text = TEXT(line);

		text_add(&text, "\rberth: press any key to stop that, or they are enrolled in %u s ",
			 (unsigned int)seconds + 1);
		console_write(line);
		is_pressed = console_key(1, &press);
	}
	console_write("\n");
	return is_pressed;
}

enum status enroll(struct word folder, const struct loader_conf *conf, struct fail *why)
{
	struct keys keys = {.pk_is_signed = false};
	enum status status = OK;

	for (unsigned int i = 0; i < N_VARIABLES && status == OK; i++)
		status = read_variable(folder, i, &keys, why);
	if (status == OK && conf->enroll_seconds != 0 && !is_safe() && is_stopped(folder, conf->enroll_seconds))
		status =
		    fail(why, REFUSED, "a key was pressed: none of " FOLDER "\\%s was enrolled", word_shown(folder).at);
	if (status == OK)
		status = write(&keys, why);
	for (unsigned int i = 0; i < N_VARIABLES; i++)
		efi_free(keys.of[i].bytes);
	TRY(status);
	fw_log(LOG_QUIET, "the keys of " FOLDER "\\%s are enrolled: Secure Boot is on when the machine starts again",
	       word_shown(folder).at);
	sums_enrolled();
	console_pause(READ_SECONDS);
	/* The TPM has measured another state of Secure Boot: nothing is started in this one. */
	return efi_reset(conf->enroll_powers_off ? ENTRY_POWER_OFF : ENTRY_REBOOT, why);
}

static enum status find_auto(void *found, const char *name, struct fail *why)
{
	(void)why;
	if (word_is_ascii_case(word_of(name), AUTO))
		memcpy(found, name, sizeof(AUTO));
	return OK;
}

void enroll_unasked(const struct loader_conf *conf)
{
	char found[sizeof(AUTO)] = "";
	enum status status;
	struct fail why;

	if (conf->enroll != ENROLL_FORCE && (conf->enroll != ENROLL_IF_SAFE || !is_safe()))
		return;
	status = efi_list_folders(NULL, FOLDER, find_auto, found, &why);
	if (status != OK)
		efi_say_unless_missing(status, &why);
	else if (found[0] != '\0' && enroll(word_of(found), conf, &why) != OK)
		fw_log(LOG_QUIET, "%s", why.text);
}

static enum status offer(void *context, const char *name, struct fail *why)
{
	struct catalogue *c = context;
	char id[MAX_PATH_TEXT];
	struct text text = TEXT(id);
	struct listed *listed;
	size_t room = word_of(name).length + sizeof(TITLE);

	if (name[0] == '.')
		return OK;
	text_add(&text, ID "%s", name);
	TRY(listed_new(c, id, &listed, why));
	listed->title = efi_alloc(room);
	if (listed->title == NULL) {
		listed_drop(listed);
		return fail(why, IO_ERROR, "no memory for the entry %s", id);
	}
	text = (struct text){listed->title, room, 0};
	text_add(&text, TITLE "%s", name);
	listed->entry = (struct entry){.file_name = listed->name,
				       .kind = ENTRY_KEYS,
				       .automatic = true,
				       .title = word_of(listed->title),
				       .program = word_of(listed->name + sizeof(ID) - 1)};
	text = (struct text){listed->entry.id, sizeof(listed->entry.id), 0};
	text_add(&text, "%s", id);
	listed_keep(c, listed);
	return OK;
}

void enroll_offer(struct catalogue *c)
{
	struct fail why;

	efi_say_unless_missing(efi_list_folders(NULL, FOLDER, offer, c, &why), &why);
}
