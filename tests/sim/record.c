/* SPDX-License-Identifier: BSD-2-Clause */
#include "record.h"

#include "../unit/given.h"

static char lines[(MAX_INITRDS + MAX_OVERLAYS + 4) * 100];

/* All bytes of a simulated file; for free(). */
static uint8_t *bytes_of(const struct sim_file *file)
{
	uint8_t *bytes = malloc((size_t)file->size + 1);

	for (uint64_t i = 0; i < file->size; i++)
		bytes[i] = sim_byte(file, i);
	return bytes;
}

static void add(struct text *out, enum sums_part part, struct bytes bytes)
{
	uint8_t sum[SHA256_SIZE];

	sha256_of(bytes, sum);
	text_add(out, "%s ", sums_part_name(part));
	for (size_t i = 0; i < sizeof(sum); i++)
		text_add(out, "%02x", sum[i]);
	text_add(out, "\n");
}

static void add_file(struct text *out, enum sums_part part, struct word path)
{
	const struct sim_file *file = check_file_named(path);
	uint8_t *bytes;

	if (file == NULL)
		return;
	bytes = bytes_of(file);
	add(out, part, (struct bytes){bytes, (size_t)file->size});
	free(bytes);
}

const char *record_of(const struct entry *entry)
{
	static char line[MAX_COMMAND_LINE];
	struct text out = TEXT(lines);
	struct word overlays = entry->overlays, path;
	char beside[64];
	struct fail why;

	assert_int_equal(entry_command_line(entry, line, sizeof(line), &why), OK);
	lines[0] = '\0';
	add_file(&out, SUMS_KERNEL, entry->program);
	add(&out, SUMS_OPTIONS, (struct bytes){(const uint8_t *)line, strlen(line)});
	for (size_t i = 0; i < entry->n_initrds; i++)
		add_file(&out, SUMS_INITRD, entry->initrd[i]);
	if (entry->devicetree.length != 0)
		add_file(&out, SUMS_TREE, entry->devicetree);
	while (entry_next_path(&overlays, &path))
		add_file(&out, SUMS_OVERLAY, path);
	snprintf(beside, sizeof(beside), "%.*s.relocs", WORD(entry->program));
	add_file(&out, SUMS_RELOCS, word_of(beside));
	assert_false(text_cut(&out));
	return lines;
}

static void check_part(struct word record, enum sums_part part, unsigned int n, struct word path, const char *scenario)
{
	const struct sim_file *file = check_file_named(path);
	uint8_t *bytes = bytes_of(file);
	bool is_that = sums_match(record, part, n, (struct bytes){bytes, (size_t)file->size});

	free(bytes);
	if (!is_that)
		fail_msg("%s: entered with a %s that is not the one of its record", scenario, sums_part_name(part));
}

/* What arrived is what the files have: check.c holds that. */
void record_check(struct word record, const struct entry *entry, const char *scenario)
{
	check_part(record, SUMS_KERNEL, 0, entry->program, scenario);
	for (unsigned int i = 0; i < entry->n_initrds; i++)
		check_part(record, SUMS_INITRD, i, entry->initrd[i], scenario);
}
