/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of prepared kernels: what is written is read back, alone and behind a file, whatever stands around it; and
 * what any bytes are accepted for lies in them, and is the same when it is written and read again.
 * The first byte chooses: a record made of the bytes that follow, or these as a file.
 */
#include "fuzz.h"

#include "../../tools/record.h"

static bool same_bytes(struct bytes a, struct bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static void expect_same(const struct prepared *a, const struct prepared *b)
{
	REQUIRE(a->size == b->size && same_bytes(a->sha256, b->sha256) && same_bytes(a->name, b->name));
	REQUIRE(a->has_table == b->has_table && a->table_size == b->table_size && a->table_sum == b->table_sum);
	REQUIRE(same_bytes(a->header, b->header));
}

static void expect_inside(struct bytes part, struct bytes all)
{
	REQUIRE(part.size == 0 || (part.at >= all.at && part.at + part.size <= all.at + all.size));
}

/* Alone, and behind @before with @after behind it, which may hold anything but the mark of a record's end. */
static void check_round(const struct prepared *p, struct bytes before, struct bytes after)
{
	uint8_t notes[RECORD_MOST], file[8192] = {0};
	size_t n = record_write(p, notes), at = before.size & ~(size_t)7;
	struct prepared again;
	struct fail why;

	REQUIRE(n <= sizeof(notes));
	REQUIRE(prepared_read(&again, "fuzz", (struct bytes){notes, n}, &why) == OK);
	expect_same(p, &again);
	memcpy(file, before.at, at);
	if (at >= 4 && load_le(file, 4) == ELF_MAGIC)
		file[0] = 0;
	at += record_write_behind(p, file + at);
	for (size_t i = 0; i < after.size; i++)
		file[at + i] = after.at[i] & 0x1f; /* no letter of the mark */
	REQUIRE(record_find(&again, "fuzz", (struct bytes){file, at + after.size}, &why) == OK);
	expect_same(p, &again);
}

static void check_written(struct bytes input)
{
	uint8_t sha256[PREPARED_SHA256] = {0}, name[PREPARED_NAME];
	struct prepared p = {
	    .size = take_number(&input, 8),
	    .has_table = take_number(&input, 1) % 2 != 0,
	    .sha256 = {sha256, sizeof(sha256)},
	    .name = {name, 1 + (size_t)take_number(&input, 1) % PREPARED_NAME},
	};

	if (p.has_table) {
		p.table_size = 1 + take_number(&input, 4);
		p.table_sum = take_number(&input, 8);
	}
	for (size_t i = 0; i < p.name.size; i++) {
		name[i] = (uint8_t)take_number(&input, 1);
		name[i] = name[i] == 0 || name[i] == '/' ? 'x' : name[i];
	}
	for (size_t i = 0; i < sizeof(sha256); i++)
		sha256[i] = (uint8_t)take_number(&input, 1);
	p.header = (struct bytes){input.at, input.size < PREPARED_SETUP ? input.size : PREPARED_SETUP};
	check_round(&p, (struct bytes){input.at, input.size / 2},
		    (struct bytes){input.at + input.size / 2, input.size - input.size / 2});
}

static void check_read(struct bytes file)
{
	uint8_t notes[RECORD_MOST];
	struct prepared p, again;
	struct fail why = {.text = ""};
	size_t n;

	if (record_find(&p, "fuzz", file, &why) != OK) {
		REQUIRE(strncmp(why.text, "fuzz", 4) == 0);
		return;
	}
	REQUIRE(p.sha256.size == PREPARED_SHA256 && p.name.size >= 1 && p.name.size <= PREPARED_NAME);
	REQUIRE(p.has_table == (p.table_size != 0) && p.header.size <= PREPARED_SETUP);
	expect_inside(p.sha256, file);
	expect_inside(p.name, file);
	expect_inside(p.header, file);
	n = record_write(&p, notes);
	REQUIRE(prepared_read(&again, "fuzz", (struct bytes){notes, n}, &why) == OK);
	expect_same(&p, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	bool writes = take_number(&input, 1) % 2 != 0;
	uint8_t *exact;

	if (writes) {
		check_written(input);
		return 0;
	}
	exact = malloc(input.size + 1);
	memcpy(exact, input.at, input.size);
	check_read((struct bytes){exact, input.size});
	free(exact);
	return 0;
}
