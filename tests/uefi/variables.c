/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware's variables: those of Secure Boot, and a store for the Boot Loader Interface's. Source: UEFI 2.10, 8.2. */
#include "local.h"

#include "../../base/utf16.h"
#include "../../base/utf8.h"

#define VARIABLES     32
#define FOR_THIS_BOOT (EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

/* systemd, docs/BOOT_LOADER_INTERFACE.md. */
static const EFI_GUID loader_guid = {0x4a67b082, 0x0a4c, 0x41cf, {0xb6, 0xc7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f}};

/* src/boot/vmm.c. */
static const EFI_GUID order_guid = {0x668f4529, 0x63d0, 0x4bb5, {0xb6, 0x5d, 0x6f, 0xbb, 0x9d, 0x36, 0xa4, 0x4a}};

/* Berth's own. */
/* TCG Platform Reset Attack Mitigation Specification 1.10, 4. */
static const EFI_GUID overwrite_guid = {0xe20939be, 0x32d4, 0x41be, {0xa1, 0x50, 0x89, 0x7f, 0x85, 0xd4, 0x98, 0x29}};
static const EFI_GUID berth_guid = {0xd7e85280, 0x5e34, 0x48c9, {0xb5, 0x75, 0x1f, 0xb6, 0xe8, 0xff, 0x7d, 0x03}};

/* UEFI 2.10, 32.6.1; EDK2, AuthenticatedVariableFormat.h. */
static const EFI_GUID database_guid = {0xd719b2cb, 0x3d3a, 0x4596, {0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f}};
static const EFI_GUID custom_guid = {0xc076ec0c, 0x7028, 0x4399, {0xa0, 0x72, 0x71, 0xee, 0x5c, 0x44, 0x8b, 0x9f}};

#define KEPT_FROM_SYSTEM (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS)

static struct uefi_variable store[VARIABLES];
static size_t n_stored;

static bool is_named(const CHAR16 *name, const char *wanted)
{
	size_t i = 0;

	if (wanted == NULL)
		return false;
	while (wanted[i] != '\0' && name[i] == (CHAR16)wanted[i])
		i++;
	return wanted[i] == '\0' && name[i] == 0;
}

static EFI_STATUS tell_variable(const CHAR16 *name, UINTN *size, UINT8 *to)
{
	uint8_t value = is_named(name, "SecureBoot")  ? uefi.secure_boot
			: is_named(name, "SetupMode") ? uefi.setup_mode
						      : 0xff;

	if (value == 0xff)
		return EFI_NOT_FOUND;
	if (is_named(name, uefi.variable_fails))
		return EFI_DEVICE_ERROR;
	*size = is_named(name, uefi.variable_is_long) ? 2 : 1;
	memset(to, 0, *size);
	*to = value;
	return EFI_SUCCESS;
}

static struct uefi_variable *find(const char *name)
{
	for (size_t i = 0; i < n_stored; i++)
		if (strcmp(store[i].name, name) == 0)
			return &store[i];
	return NULL;
}

static struct uefi_variable *find_wide(const CHAR16 *name)
{
	char narrow[sizeof(store->name)];
	size_t n = 0;

	while (name[n] != 0)
		n++;
	if (!utf8_from_utf16(narrow, sizeof(narrow), name, n))
		uefi_die("a variable with a name that the interface does not have");
	return find(narrow);
}

/* A text that any terminal may be shown, in whole lines. */
static void check_log(const CHAR16 *name, UINT32 attributes, UINTN size, const char *text)
{
	if (!is_named(name, "BerthLog") || attributes != FOR_THIS_BOOT || size == 0 || size > 16384)
		uefi_die("a variable of Berth's that is not its log");
	for (UINTN i = 0; i < size;) {
		uint32_t code;
		size_t length = utf8_next(text + i, size - i, &code);

		if (length == 0 || (code < 0xa0 && code > '~') || (code < ' ' && code != '\n'))
			uefi_die("a log that is not text");
		i += length;
	}
	if (text[size - 1] != '\n')
		uefi_die("a log that ends within a line");
	uefi_report.log_writes++;
}

static void forget(struct uefi_variable *variable)
{
	*variable = store[--n_stored];
}

static EFI_STATUS tell_stored(const CHAR16 *name, UINTN *size, VOID *to)
{
	const struct uefi_variable *variable = find_wide(name);
	UINTN room = *size;

	if (variable == NULL)
		return EFI_NOT_FOUND;
	*size = variable->size;
	if (variable->size > room)
		return EFI_BUFFER_TOO_SMALL;
	memcpy(to, variable->value, variable->size);
	return EFI_SUCCESS;
}

static EFI_STATUS tell_number(uint64_t number, UINTN *size, VOID *to)
{
	UINTN room = *size;

	*size = sizeof(number);
	if (room < sizeof(number))
		return EFI_BUFFER_TOO_SMALL;
	memcpy(to, &number, sizeof(number));
	return EFI_SUCCESS;
}

static EFI_STATUS tell_mok_state(const CHAR16 *name, UINT32 *attributes, UINTN *size, UINT8 *to)
{
	if (!is_named(name, "MokSBState") || uefi.shim == SHIM_NONE)
		uefi_die("a variable of shim's that is not its state, or without a shim");
	if (uefi.mok_attributes == 0)
		return EFI_NOT_FOUND;
	*attributes = uefi.mok_attributes;
	*size = is_named(name, uefi.variable_is_long) ? 2 : 1;
	memset(to, 0, *size);
	*to = uefi.mok_state;
	return is_named(name, uefi.variable_fails) ? EFI_DEVICE_ERROR : EFI_SUCCESS;
}

static EFI_STATUS tell_mode(UINTN *size, UINT8 *to)
{
	if (uefi_report.custom_mode == UEFI_NO_MODE)
		return EFI_NOT_FOUND;
	*to = (UINT8)uefi_report.custom_mode;
	*size = 1;
	return EFI_SUCCESS;
}

/* What berth.sums the machine demands: no running system may read it. */
static bool is_sums(const CHAR16 *name, const EFI_GUID *guid)
{
	return uefi_is_guid(guid, berth_guid) && is_named(name, "BerthSums");
}

static EFI_STATUS tell_sums(UINT32 *attributes, UINTN *size, VOID *to)
{
	const struct uefi_variable *variable = find("BerthSums");

	if (variable != NULL)
		*attributes = variable->attributes;
	return tell_stored(L"BerthSums", size, to);
}

static EFI_STATUS EFIAPI get_variable(CHAR16 *name, EFI_GUID *guid, UINT32 *attributes, UINTN *size, VOID *to)
{
	bool is_loaders = uefi_is_guid(guid, loader_guid);
	EFI_STATUS status;

	if (!is_loaders && !is_sums(name, guid) && !uefi_is_shims_vendor(guid) &&
	    !uefi_is_guid(guid, (EFI_GUID)EFI_GLOBAL_VARIABLE) && !uefi_is_guid(guid, overwrite_guid) &&
	    !uefi_is_guid(guid, custom_guid) && !uefi_is_guid(guid, order_guid))
		uefi_die("a variable of another vendor");
	if (uefi_call(CALL_GetVariable, &status)) {
		if (uefi_lies(LIE_TOO_MUCH))
			*size = SIZE_MAX;
		if (uefi_lies(LIE_NOTHING))
			*size = 0;
		return status;
	}
	if (uefi.no_variables)
		return EFI_NOT_FOUND;
	if (uefi_is_guid(guid, custom_guid))
		return tell_mode(size, to);
	if (uefi_is_shims_vendor(guid))
		return tell_mok_state(name, attributes, size, to);
	if (is_sums(name, guid))
		return tell_sums(attributes, size, to);
	if (is_loaders || uefi_is_guid(guid, overwrite_guid) || uefi_is_guid(guid, order_guid))
		return tell_stored(name, size, to);
	if (is_named(name, "OsIndicationsSupported") && uefi.indications != 0)
		return tell_number(uefi.indications, size, to);
	if (is_named(name, "OsIndications") && uefi_report.indications != 0)
		return tell_number(uefi_report.indications, size, to);
	if (name[0] == 'B')
		return tell_stored(name, size, to);
	return *size < 2 ? EFI_NOT_FOUND : tell_variable(name, size, to);
}

/* UEFI 2.10, 8.5.4. */
static EFI_STATUS write_indications(UINT32 attributes, UINTN size, const VOID *value)
{
	EFI_STATUS status;

	if (attributes != (FOR_THIS_BOOT | EFI_VARIABLE_NON_VOLATILE) || size != 8)
		uefi_die("OsIndications as no firmware has it");
	if (uefi_call(CALL_SetVariable, &status))
		return status;
	memcpy(&uefi_report.indications, value, 8);
	return EFI_SUCCESS;
}

/* 3.3, table 3.1. */
static EFI_STATUS write_boot_next(UINT32 attributes, UINTN size, const VOID *value)
{
	EFI_STATUS status;

	if (attributes != (FOR_THIS_BOOT | EFI_VARIABLE_NON_VOLATILE) || size != 2)
		uefi_die("BootNext as no firmware has it");
	if (uefi_call(CALL_SetVariable, &status))
		return status;
	uefi_report.boot_next = 1 + (unsigned int)load_le(value, 2);
	return EFI_SUCCESS;
}

/* 8.2.2: what has a signature is taken while there is no platform key; without one a PK is custom mode's alone. */
static EFI_STATUS write_keys(const CHAR16 *name, UINT32 attributes, UINTN size, const UINT8 *value)
{
	struct text enrolled = TEXT(uefi_report.enrolled);
	char narrow[16];
	EFI_STATUS status;

	if (attributes !=
	    (FOR_THIS_BOOT | EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS))
		uefi_die("keys with attributes that they do not have");
	if (uefi_call(CALL_SetVariable, &status))
		return status;
	(void)utf8_from_utf16(narrow, sizeof(narrow), name, sizeof(narrow));
	if (is_named(name, uefi.variable_fails))
		return EFI_SECURITY_VIOLATION;
	if (is_named(name, "PK") && load_le(value + 16, 4) == 24 && uefi_report.custom_mode != 1)
		return EFI_SECURITY_VIOLATION;
	enrolled.used = strlen(uefi_report.enrolled);
	text_add(&enrolled, "%s %zu ", narrow, (size_t)size);
	return EFI_SUCCESS;
}

/* EDK2's own. */
static EFI_STATUS write_mode(UINT32 attributes, UINTN size, const UINT8 *value)
{
	struct text enrolled = TEXT(uefi_report.enrolled);
	EFI_STATUS status;

	if (size > 1 || (size == 1 && attributes != (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS)))
		uefi_die("CustomMode as no firmware has it");
	if (uefi_call(CALL_SetVariable, &status))
		return status;
	if (is_named(L"CustomMode", uefi.variable_fails) && size == 1 && *value == 1)
		return EFI_WRITE_PROTECTED;
	uefi_report.custom_mode = size == 0 ? UEFI_NO_MODE : *value;
	enrolled.used = strlen(uefi_report.enrolled);
	text_add(&enrolled, size == 0 ? "no mode " : *value == 1 ? "custom " : "mode %u ", (unsigned int)*value);
	return EFI_SUCCESS;
}

/* shim 15.8, replacements.c, start_image: what would outlive the boot does not count. */
static EFI_STATUS write_retained(UINT32 attributes, UINTN size, const UINT8 *value)
{
	EFI_STATUS status;

	if (attributes != EFI_VARIABLE_BOOTSERVICE_ACCESS || size != 1 || *value != 1 || uefi.shim != SHIM_15)
		uefi_die("ShimRetainProtocol as shim does not heed it, or where nobody does");
	if (uefi_call(CALL_SetVariable, &status))
		return status;
	uefi_shim_stays = true;
	return EFI_SUCCESS;
}

static bool is_key_variable(const CHAR16 *name, const EFI_GUID *guid)
{
	bool is_global = uefi_is_guid(guid, (EFI_GUID)EFI_GLOBAL_VARIABLE),
	     is_database = uefi_is_guid(guid, database_guid);

	return (is_global && (is_named(name, "PK") || is_named(name, "KEK"))) ||
	       (is_database && (is_named(name, "db") || is_named(name, "dbx")));
}

/* Attributes of 0, or no bytes, remove it. What has bytes and is no number of 64 bits is a string with its NUL. */
static EFI_STATUS EFIAPI set_variable(CHAR16 *name, EFI_GUID *guid, UINT32 attributes, UINTN size, VOID *value)
{
	bool removes = attributes == 0 || size == 0, is_log = uefi_is_guid(guid, berth_guid);
	struct uefi_variable *variable;
	bool is_byte = false;
	EFI_STATUS status;

	if (uefi_is_guid(guid, (EFI_GUID)EFI_GLOBAL_VARIABLE) && is_named(name, "OsIndications"))
		return write_indications(attributes, size, value);
	if (uefi_is_guid(guid, (EFI_GUID)EFI_GLOBAL_VARIABLE) && is_named(name, "BootNext"))
		return write_boot_next(attributes, size, value);
	if (is_key_variable(name, guid))
		return write_keys(name, attributes, size, value);
	if (uefi_is_guid(guid, custom_guid) && is_named(name, "CustomMode"))
		return write_mode(attributes, size, value);
	if (uefi_is_shims_vendor(guid) && is_named(name, "ShimRetainProtocol"))
		return write_retained(attributes, size, value);
	if (is_sums(name, guid)) {
		is_log = false;
		is_byte = true;
		if (!removes && (attributes != KEPT_FROM_SYSTEM || size != 8))
			uefi_die("BerthSums is written as something else");
		if (is_named(name, uefi.variable_fails))
			return EFI_WRITE_PROTECTED;
	}
	if (is_log)
		check_log(name, attributes, size, value);
	else if (uefi_is_guid(guid, overwrite_guid))
		is_byte = size == 1 && is_named(name, "MemoryOverwriteRequestControl") &&
			  (attributes & EFI_VARIABLE_NON_VOLATILE) != 0;
	else if (!is_byte && !uefi_is_guid(guid, loader_guid))
		uefi_die("a variable of another vendor is written");
	if (!removes && !is_sums(name, guid) && (attributes & ~(UINT32)EFI_VARIABLE_NON_VOLATILE) != FOR_THIS_BOOT)
		uefi_die("a variable with attributes that systemd does not expect");
	if (!removes && !is_log && !is_byte && !is_named(name, "LoaderFeatures") &&
	    (size % 2 != 0 || load_le((UINT8 *)value + size - 2, 2) != 0))
		uefi_die("a string without its end");
	if (!is_log)
		*(removes ? &uefi_report.removals : &uefi_report.writes) += 1;
	if (uefi_call(CALL_SetVariable, &status))
		return status;
	if (uefi.no_variables)
		return EFI_UNSUPPORTED;
	if (is_log && uefi.most_variable != 0 && size > uefi.most_variable)
		return uefi.too_large != 0 ? uefi.too_large : EFI_OUT_OF_RESOURCES;
	variable = find_wide(name);
	if (removes && variable == NULL)
		return EFI_NOT_FOUND;
	if (removes)
		return forget(variable), EFI_SUCCESS;
	if (variable != NULL && variable->attributes != attributes)
		return EFI_INVALID_PARAMETER;
	if (size > sizeof(variable->value) || (variable == NULL && n_stored == VARIABLES))
		return EFI_OUT_OF_RESOURCES;
	variable = variable != NULL ? variable : &store[n_stored++];
	(void)utf8_from_utf16(variable->name, sizeof(variable->name), name, sizeof(variable->name));
	variable->attributes = attributes;
	variable->size = size;
	memcpy(variable->value, value, size);
	return EFI_SUCCESS;
}

void uefi_variables_set_up(EFI_RUNTIME_SERVICES *services)
{
	services->GetVariable = get_variable;
	services->SetVariable = set_variable;
	for (size_t i = n_stored; i-- > 0;)
		if ((store[i].attributes & EFI_VARIABLE_NON_VOLATILE) == 0)
			forget(&store[i]);
}

void uefi_variables_reset(void)
{
	n_stored = 0;
}

/* ---- for tests ---- */

const struct uefi_variable *uefi_variable(const char *name)
{
	return find(name);
}

void uefi_variable_put(const char *name, const void *value, size_t size)
{
	uefi_variable_put_as(name, value, size, FOR_THIS_BOOT | EFI_VARIABLE_NON_VOLATILE);
}

void uefi_variable_put_as(const char *name, const void *value, size_t size, uint32_t attributes)
{
	struct uefi_variable *variable = find(name);

	if (variable == NULL)
		variable = &store[n_stored++];
	if (n_stored > VARIABLES || size > sizeof(variable->value))
		uefi_die("more variables than the store holds");
	snprintf(variable->name, sizeof(variable->name), "%s", name);
	variable->attributes = attributes;
	variable->size = size;
	memcpy(variable->value, value, size);
}

void uefi_variable_put_text(const char *name, const char *text)
{
	CHAR16 wide[4096];
	size_t n = 0;

	if (!utf16_from_utf8(wide, 4096, text))
		uefi_die("a text that is too long for the test");
	while (wide[n++] != 0)
		;
	uefi_variable_put(name, wide, n * sizeof(CHAR16));
}

bool uefi_variable_says(const char *name, const char *text)
{
	const struct uefi_variable *variable = find(name);
	size_t length = strlen(text);

	if (variable == NULL || variable->size != 2 * (length + 1))
		return false;
	for (size_t i = 0; i <= length; i++)
		if (load_le(variable->value + 2 * i, 2) != (unsigned char)text[i])
			return false;
	return true;
}
