/* SPDX-License-Identifier: BSD-2-Clause */
#include "sums.h"

#include "scan.h"

#include "../base/mem.h"
#include "../base/pe.h"

#define FORM "1"

static const struct {
	const char *name;
	unsigned int most; /* lines of it in a record */
} parts[N_SUMS_PARTS] = {
    [SUMS_KERNEL] = {"kernel", 1},
    [SUMS_OPTIONS] = {"options", 1},
    [SUMS_INITRD] = {"initrd", MAX_INITRDS},
    [SUMS_TREE] = {"devicetree", 1},
    [SUMS_OVERLAY] = {"devicetree-overlay", MAX_OVERLAYS},
    [SUMS_RELOCS] = {"relocs", 1},
};

const char *sums_part_name(enum sums_part part)
{
	return parts[part].name;
}

enum status sums_in_file(struct bytes file, const char *path, struct word *text, struct fail *why)
{
	struct pe_section section;
	uint64_t size;
	struct pe pe;

	if (!pe_read(file, &pe) || !pe_section_named(file, &pe, SUMS_SECTION, &section))
		return fail(why, BAD_INPUT,
			    "%s: is no PE file with a section " SUMS_SECTION "\n  try: what `berth sums` makes", path);
	size = pe_section_contents(&section);
	if (section.offset > file.size || size > file.size - section.offset)
		return fail(why, BAD_INPUT,
			    "%s: the %" PRIu64 " bytes of its section " SUMS_SECTION " do not lie in the file", path,
			    size);
	if (size > SUMS_MOST_TEXT)
		return fail(why, BAD_INPUT,
			    "%s: its section " SUMS_SECTION " has %" PRIu64 " bytes; at most %u are read", path, size,
			    SUMS_MOST_TEXT);
	*text = (struct word){(const char *)file.at + section.offset, (size_t)size};
	return OK;
}

/* A walk over lines, and the one that was read last: a key, and what stands behind a blank. */
struct reader {
	struct word rest, key, value;
	unsigned int number;
};

/* False when no line is left, or the last has no end. */
static bool next(struct reader *r)
{
	size_t key = 0, length = 0;

	while (length < r->rest.length && r->rest.at[length] != '\n')
		length++;
	if (length == r->rest.length)
		return false;
	while (key < length && r->rest.at[key] != ' ')
		key++;
	r->key = (struct word){r->rest.at, key};
	r->value = key == length ? (struct word){NULL, 0} : (struct word){r->rest.at + key + 1, length - key - 1};
	r->number++;
	skip(&r->rest, length + 1);
	return true;
}

/* The next line is a number behind this key, and the walk behind it; else it stays where it is. */
static bool next_number(struct reader *r, const char *key, uint64_t *out)
{
	struct reader ahead = *r;

	if (!next(&ahead) || !word_is(ahead.key, key) || !word_number(ahead.value, out))
		return false;
	*r = ahead;
	return true;
}

static bool next_is(struct reader *r, const char *key)
{
	struct reader ahead = *r;

	if (!next(&ahead) || !word_is(ahead.key, key))
		return false;
	*r = ahead;
	return true;
}

static bool part_named(struct word key, enum sums_part *part)
{
	for (*part = 0; *part < N_SUMS_PARTS; ++*part)
		if (word_is(key, parts[*part].name))
			return true;
	return false;
}

static bool is_sum(struct word value)
{
	for (size_t i = 0; i < value.length; i++)
		if (digit_value(value.at[i]) >= 16)
			return false;
	return value.length == 2ul * SHA256_SIZE;
}

static enum status wrong(const struct reader *r, const char *path, const char *rule, struct fail *why)
{
	return fail(why, BAD_INPUT, "%s: line %u of its section " SUMS_SECTION ": %s", path, r->number, rule);
}

static enum status read_head(struct reader *r, struct sums *sums, const char *path, struct fail *why)
{
	if (!next(r) || !word_is(r->key, "berth-sums") || !word_is(r->value, FORM))
		return wrong(r, path, "the first is `berth-sums " FORM "`, the form that this loader reads", why);
	if (!next_number(r, "version", &sums->version) || sums->version == 0)
		return wrong(r, path, "`version` and a number, 1 or more, follow it", why);
	sums->clears = next_is(r, "clear");
	if (!sums->clears && next_number(r, "least", &sums->least) && (sums->least == 0 || sums->least > sums->version))
		return wrong(r, path, "`least` is 1 or more, and not above the version", why);
	return OK;
}

/* Lines of parts up to the next `entry`, or the end. */
static enum status read_parts(struct reader *r, const char *path, struct fail *why)
{
	unsigned int count[N_SUMS_PARTS] = {0};
	enum sums_part part, last = SUMS_KERNEL;
	struct reader ahead = *r;

	while (r->rest.length != 0) {
		if (!next(&ahead))
			return wrong(r, path, "what follows has no end of a line: it was cut off", why);
		if (word_is(ahead.key, "entry"))
			break;
		*r = ahead;
		if (!part_named(r->key, &part) || !is_sum(r->value))
			return wrong(r, path, "it is no part with its sum of 64 hexadecimal digits", why);
		if (part < last || ++count[part] > parts[part].most)
			return wrong(r, path,
				     "parts stand in their order, and none more often than an entry may have it", why);
		last = part;
	}
	if (count[SUMS_KERNEL] == 0 || count[SUMS_OPTIONS] == 0)
		return wrong(r, path, "each record has a kernel and options", why);
	return OK;
}

static bool find(struct word records, struct word id, struct word *record)
{
	struct reader r = {.rest = records};
	bool is_found = false;
	struct word before;

	*record = (struct word){NULL, 0};
	for (before = r.rest; next(&r); before = r.rest) {
		if (!word_is(r.key, "entry"))
			continue;
		if (is_found)
			break;
		is_found = word_compare(r.value, id) == 0;
		if (is_found)
			*record = r.rest;
	}
	if (is_found)
		record->length -= before.length;
	return is_found;
}

static enum status read_record(struct reader *r, const struct sums *sums, const char *path, struct fail *why)
{
	struct word before = {sums->records.at, sums->records.length - r->rest.length}, ignored;

	if (!next(r) || !word_is(r->key, "entry") || r->value.length == 0 || r->value.length >= MAX_ENTRY_ID)
		return wrong(r, path, "a record begins with `entry` and an id", why);
	if (find(before, r->value, &ignored))
		return wrong(r, path, "this entry has a record already", why);
	return read_parts(r, path, why);
}

enum status sums_parse(struct sums *sums, const char *path, struct word text, struct fail *why)
{
	struct reader r = {.rest = text};

	*sums = (struct sums){.version = 0};
	TRY(read_head(&r, sums, path, why));
	sums->records = r.rest;
	while (r.rest.length != 0)
		TRY(read_record(&r, sums, path, why));
	return OK;
}

bool sums_record(const struct sums *sums, const char *id, struct word *record)
{
	return find(sums->records, word_of(id), record);
}

enum status sums_missing(const char *id, struct fail *why)
{
	return fail(why, REFUSED,
		    "%s: has no record in " SUMS_PATH ", and this machine starts nothing else\n"
		    "  try: another entry; or `berth sums`, which makes records of kernels",
		    word_shown(word_of(id)).at);
}

unsigned int sums_count(struct word record, enum sums_part part)
{
	struct reader r = {.rest = record};
	unsigned int n = 0;

	while (next(&r))
		n += word_is(r.key, parts[part].name);
	return n;
}

static bool has_sum(struct word value, const uint8_t sum[SHA256_SIZE])
{
	unsigned int differs = value.length != 2ul * SHA256_SIZE;

	for (size_t i = 0; i < SHA256_SIZE && differs == 0; i++)
		differs = (digit_value(value.at[2 * i]) << 4 | digit_value(value.at[2 * i + 1])) ^ sum[i];
	return differs == 0;
}

bool sums_match(struct word record, enum sums_part part, unsigned int n, struct bytes bytes)
{
	struct reader r = {.rest = record};
	uint8_t sum[SHA256_SIZE];

	sha256_of(bytes, sum);
	while (next(&r))
		if (word_is(r.key, parts[part].name) && n-- == 0)
			return has_sum(r.value, sum);
	return false;
}
