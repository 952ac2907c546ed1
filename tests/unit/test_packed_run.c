/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packed kernel in one run: pieces laid out by chance, as ELF files have them, come to lie where they belong, with
 * zeros behind, whether they go up, down or stay; nothing outside of the run and the place is written.
 */
#include "packed.h"

#include "memory_source.h"

#define FENCE  0xee
#define N_MOST 5

static const struct kind in_payloads[] = {
    {PACKED_LZ4_LEGACY, "lz4 -q -l -c", true},
    {PACKED_ZSTD, "zstd -q -c", true},
    {PACKED_GZIP, "gzip -n -c", false},
};

/* A kernel of some pieces, packed, in memory around its place. */
static struct {
	struct blob file, packed, memory;
	struct memory_source source;
	struct image image;
	struct packed it;
	uint8_t buffer[IMAGE_WANT_MOST];
	uint64_t table;
	struct dice dice;
	struct fail why;
} run;

static enum status any_table(const char *name, uint64_t size, struct fail *why)
{
	(void)name;
	(void)size;
	(void)why;
	return OK;
}

static const struct protocol with_table = {.name = "a test's", .check_table = any_table};

static uint32_t below(uint32_t n)
{
	return roll(&run.dice, n);
}

static void expect_ok(enum status status)
{
	if (status != OK)
		fail_msg("%s", run.why.text);
}

static void *take(void *context, uint64_t size)
{
	(void)context;
	return malloc(size);
}

static void give(void *context, void *at, uint64_t size)
{
	(void)context;
	(void)size;
	free(at);
}

/* Pieces with gaps of any size before them, in the file and in memory. */
static void given_pieces(uint64_t table)
{
	uint64_t offset = 0, at = 0;

	run.image = (struct image){.name = "kernel", .protocol = &with_table};
	run.image.n_pieces = 1 + below(N_MOST);
	for (size_t i = 0; i < run.image.n_pieces; i++) {
		struct image_piece *piece = &run.image.piece[i];

		offset += below(3000);
		at += i == 0 ? 0 : below(3000);
		piece->offset = offset;
		piece->at = at;
		piece->size = 1 + below(4000);
		piece->memory = piece->size + below(500);
		offset += piece->size;
		at += piece->memory;
	}
	run.image.image_end = offset + below(500);
	run.table = table;
	run.file = given_data(LOOK_NOISE, run.image.image_end + table);
}

static void given_packed(const struct kind *kind)
{
	struct payload payload;

	run.packed = packed_as(kind, run.file);
	memory_source_init(&run.source, "kernel", (struct bytes){run.packed.at, run.packed.size});
	payload =
	    (struct payload){.at = {0, run.packed.size}, .has_size_word = kind->sized || kind->packing == PACKED_GZIP};
	run.it = (struct packed){.file = &run.source.source,
				 .take = take,
				 .give = give,
				 .buffer = run.buffer,
				 .buffer_size = sizeof(run.buffer)};
	expect_ok(packed_find(&run.it, &payload, &run.why));
	expect_ok(packed_found(&run.it, &run.image, &run.why));
}

static void drop_run(void)
{
	packed_close(&run.it);
	drop(&run.file);
	drop(&run.packed);
	drop(&run.memory);
}

/* @room: of the place; the run begins @lead bytes before it. */
static uint8_t *given_memory(uint64_t lead, uint64_t room)
{
	run.memory = given_data(LOOK_ZEROS, lead + room + 2 * 64);
	memset(run.memory.at, FENCE, run.memory.size);
	return run.memory.at + 64 + lead;
}

static void expect_in_place(const uint8_t *window, uint64_t lead, uint64_t room)
{
	for (size_t i = 0; i < run.image.n_pieces; i++) {
		const struct image_piece *piece = &run.image.piece[i];

		assert_memory_equal(window + piece->at, run.file.at + piece->offset, piece->size);
		for (uint64_t k = piece->size; k < piece->memory; k++)
			assert_int_equal(window[piece->at + k], 0);
	}
	for (size_t i = 0; i < 64; i++) {
		assert_int_equal(window[-(ptrdiff_t)lead - 1 - (ptrdiff_t)i], FENCE);
		assert_int_equal(window[room + i], FENCE);
	}
	assert_int_equal(packed_table(&run.it).size, run.table);
	if (run.table != 0)
		assert_memory_equal(packed_table(&run.it).at, run.file.at + run.image.image_end, run.table);
}

/* Bytes of pieces that do not lie in the run where they belong. */
static uint64_t displaced(uint64_t lead)
{
	uint64_t size = 0;

	for (size_t i = 0; i < run.image.n_pieces; i++)
		if (run.image.piece[i].offset != run.image.piece[i].at + lead)
			size += run.image.piece[i].size;
	return size;
}

static void any_pieces_come_to_lie_where_they_belong(void **state)
{
	unsigned long n = cases_or(300);

	(void)state;
	run.dice = dice_from_seed("runs");
	for (unsigned long i = 0; i < n; i++) {
		uint64_t room, lead = 0, last;
		uint8_t *window;

		given_pieces(i % 3 == 0 ? 0 : 4 + below(2000));
		given_packed(&in_payloads[i % COUNT_OF(in_payloads)]);
		last = run.image.n_pieces - 1;
		room = run.image.piece[last].at + run.image.piece[last].memory + below(3000);
		assert_true(packed_run(&run.it, &run.image, room, &lead));
		assert_true(lead >= run.image.piece[0].offset && run.file.size <= lead + room);
		assert_true(lead == run.image.piece[0].offset || lead + room == run.file.size);
		window = given_memory(lead, room);
		run.it.run = window - lead;
		expect_ok(packed_load(&run.it, &run.image, window, &run.why));
		expect_in_place(window, lead, room);
		assert_int_equal(run.it.moved, displaced(lead));
		drop_run();
	}
}

static void expect_no_run(void)
{
	uint64_t lead;

	assert_false(packed_run(&run.it, &run.image, MIB(1), &lead));
}

static void where_order_or_size_is_not_known_there_is_no_run(void **state)
{
	uint64_t lead;

	(void)state;
	run.dice = dice_from_seed("no run");
	do {
		drop_run();
		given_pieces(100);
	} while (run.image.n_pieces < 2);
	given_packed(&in_payloads[1]);
	assert_true(packed_run(&run.it, &run.image, MIB(1), &lead));
	for (size_t swapped = 0; swapped < 2; swapped++) {
		struct image_piece was = run.image.piece[1];

		*(swapped == 0 ? &run.image.piece[1].at : &run.image.piece[1].offset) = 0;
		expect_no_run();
		run.image.piece[1] = was;
	}
	run.it.size = run.image.image_end - 1;
	expect_no_run();
	run.it.size = SIZE_UNKNOWN;
	run.it.told = 0;
	assert_true(packed_run(&run.it, &run.image, MIB(1), &lead)); /* the table tells where it ends */
	run.image.table_size = 0;
	expect_no_run();
	run.it.told = run.image.image_end; /* as a frame's header says */
	assert_true(packed_run(&run.it, &run.image, MIB(1), &lead));
	run.it.ends_early = true;
	expect_no_run();
	run.it.ends_early = false;
	run.it.packing = PACKED_XZ; /* its decoder has a dictionary of its own */
	expect_no_run();
	drop_run();
}

/* @behind: bytes that stand behind what the headers describe; those below 0 are missing. */
static void expect_run_without_size(const struct kind *kind, long behind)
{
	uint64_t room, lead = 0, last;
	uint8_t *window;
	enum status status;

	given_pieces(0);
	drop(&run.file);
	run.file = given_data(LOOK_NOISE, (size_t)((long)run.image.image_end + behind));
	given_packed(kind);
	last = run.image.n_pieces - 1;
	room = run.image.piece[last].at + run.image.piece[last].memory;
	assert_true(packed_run(&run.it, &run.image, room, &lead));
	assert_true(run.image.image_end <= lead + room);
	window = given_memory(lead, room);
	run.it.run = window - lead;
	status = packed_load(&run.it, &run.image, window, &run.why);
	assert_int_equal(status, behind < 0 ? BAD_INPUT : OK);
	if (status == OK) {
		expect_in_place(window, lead, room);
		assert_int_equal(run.it.moved, displaced(lead));
	}
	drop_run();
}

/* LZ4's files tell no size unless lz4 is asked to, and old linkers put symbols behind all that headers describe. */
static void lz4_that_tells_no_size_runs_to_where_the_image_ends(void **state)
{
	static const struct kind unsized[] = {
	    {PACKED_LZ4, "lz4 -q -c", false},
	    {PACKED_LZ4, "lz4 -q -BD -BX -B4 -c", false},
	    {PACKED_LZ4_LEGACY, "lz4 -q -l -c", false},
	};
	static const long behind[] = {0, 1, 100000, -1};

	(void)state;
	run.dice = dice_from_seed("unsized");
	for (size_t i = 0; i < COUNT_OF(unsized) * COUNT_OF(behind); i++)
		expect_run_without_size(&unsized[i % COUNT_OF(unsized)], behind[i / COUNT_OF(unsized)]);
}

static void a_header_tells_how_much_comes_out(void **state)
{
	static const struct {
		const char *command;
		bool told;
	} cases[] = {
	    {"lz4 -q --content-size -c \"$T\"", true},
	    {"lz4 -q -c \"$T\"", false},
	    {"zstd -q -c \"$T\"", true},
	    {"zstd -q -c", false},
	    {"lz4 -q -l -c", false},
	    {"xz -0 -c", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct blob data = given_data(LOOK_TEXT, 5000), packed;
		char command[200];

		snprintf(command, sizeof(command), "{ T=$(mktemp); cat >\"$T\"; cat \"$T\" | %s; rm \"$T\"; }",
			 cases[i].command);
		packed = through(command, data);
		assert_int_equal(packing_told((struct bytes){packed.at, packed.size}), cases[i].told ? data.size : 0);
		for (size_t cut = 0; cut < UNPACK_HEAD; cut++) {
			uint64_t told = packing_told((struct bytes){packed.at, cut});

			assert_true(told == 0 || (cases[i].told && told == data.size));
		}
		drop(&packed);
		drop(&data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_pieces_come_to_lie_where_they_belong),
	    cmocka_unit_test(where_order_or_size_is_not_known_there_is_no_run),
	    cmocka_unit_test(lz4_that_tells_no_size_runs_to_where_the_image_ends),
	    cmocka_unit_test(a_header_tells_how_much_comes_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
