/* SPDX-License-Identifier: BSD-2-Clause */
#include "trees.h"

#define ATTRIBUTES (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

static EFI_GUID interface_guid = {0x4a67b082, 0x0a4c, 0x41cf, {0xb6, 0xc7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f}};

static const char *const told[] = {"LoaderEntries", "LoaderEntrySelected", "LoaderBootCountPath",
				   "LoaderEntryLastBooted", "LoaderEntryOneShot"};

static bool is_guid(const EFI_GUID *a, const EFI_GUID *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* At most @room units with the NUL. */
static size_t widen(CHAR16 *out, size_t room, const char *text, size_t length)
{
	size_t i = 0;

	for (; i < length && i + 1 < room; i++)
		out[i] = (CHAR16)(unsigned char)text[i];
	out[i++] = 0;
	return i;
}

static void set(const char *name, size_t name_length, const char *value, size_t length)
{
	CHAR16 wide_name[64], wide[256];
	size_t units = widen(wide, 256, value, length);

	widen(wide_name, 64, name, name_length);
	st->RuntimeServices->SetVariable(wide_name, &interface_guid, ATTRIBUTES, units * sizeof(CHAR16), wide);
}

static size_t length_of(const char *text)
{
	size_t n = 0;

	while (text[n] != '\0')
		n++;
	return n;
}

void variable_set(const char *name, const char *value)
{
	set(name, length_of(name), value, length_of(value));
}

void variables_given(const char *at)
{
	while (at != NULL && *at != '\0') {
		const char *name = at, *value;

		while (*at != ' ' && *at != '\0')
			at++;
		value = *at == ' ' ? at + 1 : at;
		while (*at != '\n' && *at != '\0')
			at++;
		set(name, (size_t)(value - 1 - name), value, (size_t)(at - value));
		at += *at == '\n';
	}
}

/* The name of one that there is; each time from the first, because one that is gone cannot be followed by the next. */
static bool find(CHAR16 *name, UINTN room)
{
	EFI_GUID vendor;
	UINTN size;

	name[0] = 0;
	do {
		EFI_STATUS status;

		size = room;
		status = st->RuntimeServices->GetNextVariableName(&size, name, &vendor);
		if (EFI_ERROR(status))
			return false;
	} while (!is_guid(&vendor, &interface_guid));
	return true;
}

void variables_forget(void)
{
	static CHAR16 name[512];

	while (find(name, sizeof(name)) &&
	       !EFI_ERROR(st->RuntimeServices->SetVariable(name, &interface_guid, 0, 0, NULL)))
		;
}

bool variable_is(const CHAR16 *name, const EFI_GUID *vendor, const char *wanted)
{
	while (*wanted != '\0' && *name == (CHAR16)*wanted)
		name++, wanted++;
	return *wanted == '\0' && *name == 0 && is_guid(vendor, &interface_guid);
}

void variables_tell(void)
{
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		static CHAR16 value[4096];
		CHAR16 name[64];
		UINTN size = sizeof(value);

		widen(name, 64, told[i], length_of(told[i]));
		if (EFI_ERROR(st->RuntimeServices->GetVariable(name, &interface_guid, NULL, &size, value)) ||
		    size < sizeof(CHAR16))
			continue;
		tell_start("trees: variable ");
		tell(told[i]);
		tell(" ");
		tell_wide(value, size / sizeof(CHAR16) - 1);
		tell_end();
	}
}
