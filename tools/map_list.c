/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list that a person writes: `START-END TYPE [ATTRIBUTE]...`, END being the first byte behind it, or `START+SIZE
 * TYPE`; `#` and what follows it is a comment.
 */
#include "map_kinds.h"

#include "../base/memparse.h"

#include <string.h>
#include <strings.h>

/* memory_type_name() has more, with `-` for a blank. */
static const struct word_value types[] = {
    {"conventional", MEMORY_CONVENTIONAL},
    {"usable", MEMORY_CONVENTIONAL},
    {"available", MEMORY_CONVENTIONAL},
    {"ram", MEMORY_CONVENTIONAL},
    {"system-ram", MEMORY_CONVENTIONAL},
    {"mmio", MEMORY_MMIO},
    {"mmio-port", MEMORY_MMIO_PORT},
    {"runtime", MEMORY_RUNTIME_DATA},
    {"runtime-code", MEMORY_RUNTIME_CODE},
    {"runtime-data", MEMORY_RUNTIME_DATA},
    {"acpi", MEMORY_ACPI_RECLAIM},
    {"nvs", MEMORY_ACPI_NVS},
    {"acpi-nvs", MEMORY_ACPI_NVS},
    {"loader", MEMORY_LOADER_DATA},
    {"boot", MEMORY_BOOT_DATA},
    {"boot-code", MEMORY_BOOT_CODE},
    {"boot-data", MEMORY_BOOT_DATA},
    {"pmem", MEMORY_PERSISTENT},
    {"persistent", MEMORY_PERSISTENT},
    /* UEFI 2.10, 7.2, EFI_MEMORY_TYPE */
    {"EfiReservedMemoryType", MEMORY_RESERVED},
    {"EfiLoaderCode", MEMORY_LOADER_CODE},
    {"EfiLoaderData", MEMORY_LOADER_DATA},
    {"EfiBootServicesCode", MEMORY_BOOT_CODE},
    {"EfiBootServicesData", MEMORY_BOOT_DATA},
    {"EfiRuntimeServicesCode", MEMORY_RUNTIME_CODE},
    {"EfiRuntimeServicesData", MEMORY_RUNTIME_DATA},
    {"EfiConventionalMemory", MEMORY_CONVENTIONAL},
    {"EfiUnusableMemory", MEMORY_UNUSABLE},
    {"EfiACPIReclaimMemory", MEMORY_ACPI_RECLAIM},
    {"EfiACPIMemoryNVS", MEMORY_ACPI_NVS},
    {"EfiMemoryMappedIO", MEMORY_MMIO},
    {"EfiMemoryMappedIOPortSpace", MEMORY_MMIO_PORT},
    {"EfiPalCode", MEMORY_PAL_CODE},
    {"EfiPersistentMemory", MEMORY_PERSISTENT},
    {"EfiUnacceptedMemoryType", MEMORY_UNACCEPTED},
    {NULL, 0},
};

static const struct word_value attributes[] = {
    {"sp", ATTRIBUTE_SOFT_RESERVED},
    {"soft-reserved", ATTRIBUTE_SOFT_RESERVED},
    {"hotplug", ATTRIBUTE_HOT_PLUGGABLE},
    {"hot-pluggable", ATTRIBUTE_HOT_PLUGGABLE},
    {"reliable", ATTRIBUTE_MORE_RELIABLE},
    {"more-reliable", ATTRIBUTE_MORE_RELIABLE},
    {NULL, 0},
};

#define TYPE_WORDS                                                                                                     \
	"  types: free, reserved, mmio, runtime-code, runtime-data, acpi, nvs, loader-code, loader-data, boot-code,\n" \
	"  boot-data, unaccepted, unusable, pmem, or a number; then, if it is so: sp, hotplug, reliable"

/* ---- numbers ---- */

static const char *skip_separators(const char *at)
{
	return at + strspn(at, " \t,");
}

/* 640K, 0xa0000, 4GiB. No octal: 0100000 is more likely meant as hexadecimal, and does not say. */
static bool take_size(const char **at, uint64_t *value)
{
	const char *c = *at;
	size_t length;

	if (c[0] == '0' && c[1] >= '0' && c[1] <= '9')
		return false;
	length = memparse(c, strlen(c), value);
	c += length;
	if (length == 0)
		return false;
	if (strchr("kmgtpeKMGTPE", c[-1]) != NULL && strncasecmp(c, "iB", 2) == 0)
		c += 2;
	*at = c;
	return true;
}

/* "1M-3G", "1M - 3G" or "1M+2047M". */
static bool take_bounds(const char **at, uint64_t *start, uint64_t *end, bool *is_size)
{
	if (!take_size(at, start))
		return false;
	*at = skip_blanks(*at);
	*is_size = **at == '+';
	if (!take(at, "-") && !take(at, "+"))
		return false;
	*at = skip_blanks(*at);
	return take_size(at, end) && strchr(" \t,", **at) != NULL;
}

static enum status take_list_range(struct reader *r, const char **at, struct range *range)
{
	const char *text = *at;
	uint64_t start, end;
	bool is_size, is_list = true;

	if (!take_bounds(at, &start, &end, &is_size)) {
		*at = skip_prefix(text);
		is_list = take_bounds(at, &start, &end, &is_size);
	}
	if (!is_list)
		return BAD_LINE(r, "`%.*s` is not START-END TYPE, such as `0x100000-3G free` or `1M+640K reserved`",
				shown(strlen(text)), text);
	if (is_size && end != 0)
		end = start + end == 0 ? UINT64_MAX : start + end; /* 2^64 is an end, but not a number */
	if (end <= start)
		return BAD_LINE(r,
				"the end %#" PRIx64 " does not lie above the start %#" PRIx64
				"\n  try: the first byte after the range, or START+SIZE",
				end, start);
	*range = (struct range){start, end < LAST_PAGE ? end : LAST_PAGE};
	return OK;
}

/* ---- words ---- */

/* The next @n words as one, "boot services data" as boot-services-data; false when there are fewer. */
static bool join_words(const char *at, unsigned int n, char *out, size_t room, const char **end)
{
	size_t used = 0;

	for (unsigned int i = 0; i < n; i++) {
		size_t length = strcspn(at, " \t,");

		if (length == 0 || used + length + 2 > room)
			return false;
		if (i > 0)
			out[used++] = '-';
		memcpy(out + used, at, length);
		used += length;
		*end = at + length;
		at = skip_separators(*end);
	}
	out[used] = '\0';
	return true;
}

static bool same_type_name(const char *word, const char *name)
{
	for (; *word != '\0' && *name != '\0'; word++, name++)
		if (strncasecmp(word, *name == ' ' ? "-" : name, 1) != 0)
			return false;
	return *word == *name;
}

static bool type_named(const char *word, uint64_t *type)
{
	const struct word_value *found = word_find(types, word, strlen(word));

	for (*type = MEMORY_RESERVED; found == NULL && *type <= MEMORY_UNACCEPTED; ++*type)
		if (same_type_name(word, memory_type_name((uint32_t)*type)))
			return true;
	if (found != NULL)
		*type = found->value;
	return found != NULL;
}

/* The longest name that stands there. */
static bool take_type(const char **at, uint64_t *type)
{
	const char *c = *at, *end;
	char word[64];

	for (unsigned int n = 3; n > 0; n--)
		if (join_words(c, n, word, sizeof(word), &end) && type_named(word, type)) {
			*at = end;
			return true;
		}
	if (take(&c, "type"))
		c = skip_separators(c);
	if (!take_number(&c, type) || *type > UINT32_MAX || strchr(" \t,", *c) == NULL)
		return false;
	*at = c;
	return true;
}

static bool take_attribute(const char **at, uint64_t *attribute)
{
	const char *c = *at, *end;
	char word[64];
	uint64_t bits;

	for (unsigned int n = 2; n > 0; n--) {
		const struct word_value *found = NULL;

		if (join_words(c, n, word, sizeof(word), &end))
			found = word_find(attributes, word, strlen(word));
		if (found != NULL) {
			*attribute |= found->value;
			*at = end;
			return true;
		}
	}
	if (!take(&c, "attribute"))
		return false;
	c = skip_separators(c);
	if (!take_number(&c, &bits) || strchr(" \t,", *c) == NULL)
		return false;
	*attribute |= bits;
	*at = c;
	return true;
}

static enum status list_line(struct reader *r, const char *line)
{
	char *comment = strchr(r->lines.line, '#');
	const char *at;
	struct range range = {0, 0};
	uint64_t type, attribute = 0;

	if (comment != NULL)
		*comment = '\0';
	at = skip_blanks(line);
	if (*skip_prefix(at) == '\0' || strncmp(skip_prefix(at), "```", 3) == 0)
		return OK;
	if (r->lines.cut && comment == NULL)
		return BAD_LINE(r, "longer than %u characters", LINE_ROOM);
	TRY(take_list_range(r, &at, &range));
	r->found = true;
	at = skip_separators(at);
	if (!take_type(&at, &type))
		return BAD_LINE(r, "`%.*s` is not a type of memory\n" TYPE_WORDS, shown(strcspn(at, " \t,")), at);
	while (*(at = skip_separators(at)) != '\0')
		if (!take_attribute(&at, &attribute))
			return BAD_LINE(r, "`%.*s` is not an attribute of memory\n" TYPE_WORDS,
					shown(strcspn(at, " \t,")), at);
	return map_add(r, range, (uint32_t)type, attribute);
}

const struct map_kind kind_list = {"list", true, list_line, NULL};
