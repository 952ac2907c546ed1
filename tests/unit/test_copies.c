/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rule C6: what lies where boot services were is moved there after exit. The order of moves is held to a model that has
 * no order: every byte that a copy names is where it belongs afterwards, whatever overlapped.
 */
#include "../../arch/moves.h"
#include "given.h"

#define CELLS 96
#define SPARE 32

static void by_hand(const struct copies *copies, struct range spare, struct moves *moves)
{
	struct fail why;

	assert_int_equal(copies_order(copies, spare, moves, &why), OK);
}

/* As arch/x86_64/enter.S does: by direction, byte by byte, and nothing remembered. */
static void perform(const struct moves *moves, uint8_t *memory)
{
	for (size_t i = 0; i < moves->n; i++) {
		const struct copy *m = &moves->move[i];

		for (uint64_t j = 0; j < m->size; j++) {
			uint64_t at = m->from > m->to ? j : m->size - 1 - j;

			memory[m->to + at] = memory[m->from + at];
		}
	}
}

static void c6_one_piece_moves_up_and_down_over_itself(void **state)
{
	uint8_t memory[CELLS];
	struct moves moves;

	(void)state;
	for (uint64_t to = 0; to < 40; to++) {
		struct copies copies = {{{20, to, 10}}, 1};

		for (size_t i = 0; i < CELLS; i++)
			memory[i] = (uint8_t)i;
		by_hand(&copies, (struct range){0, 0}, &moves);
		assert_int_equal(moves.n, to != 20);
		perform(&moves, memory);
		for (size_t i = 0; i < 10; i++)
			assert_int_equal(memory[to + i], 20 + i);
	}
}

static void c6_a_source_is_read_before_another_piece_lies_on_it(void **state)
{
	struct copies copies = {{{20, 10, 10}, {30, 20, 10}, {40, 30, 10}}, 3};
	struct moves moves;

	(void)state;
	by_hand(&copies, (struct range){0, 0}, &moves);
	assert_int_equal(moves.n, 3);
	assert_int_equal(moves.move[0].to, 10);
	assert_int_equal(moves.move[1].to, 20);
	assert_int_equal(moves.move[2].to, 30);
}

static void c6_two_that_change_places_go_by_the_spare_memory(void **state)
{
	struct copies copies = {{{10, 20, 10}, {20, 10, 10}}, 2};
	struct moves moves;
	struct fail why;

	(void)state;
	by_hand(&copies, (struct range){50, 60}, &moves);
	assert_int_equal(moves.n, 3);
	assert_int_equal(moves.move[0].to, 50);
	assert_int_equal(moves.move[2].from, 50);
	assert_int_equal(copies_order(&copies, (struct range){50, 59}, &moves, &why), NO_PLACE);
	assert_int_equal(why.rule, C6);
}

/* Cuts the cells into pieces, and hands out which goes where: sources disjoint, targets disjoint, both in any order. */
static size_t cut(struct dice *dice, uint64_t *start, uint64_t *size)
{
	uint64_t at = roll(dice, 4);
	size_t n = 0;

	while (n < MAX_COPIES && at < CELLS - 8) {
		start[n] = at;
		size[n] = 1 + roll(dice, 8);
		at += size[n++] + (roll(dice, 3) == 0 ? roll(dice, 6) : 0);
	}
	return n;
}

static void make(struct dice *dice, struct copies *copies)
{
	uint64_t from[MAX_COPIES], from_size[MAX_COPIES], to[MAX_COPIES], to_size[MAX_COPIES];
	size_t sources = cut(dice, from, from_size), targets = cut(dice, to, to_size);

	copies->n = 0;
	while (sources != 0 && targets != 0) {
		size_t s = roll(dice, (uint32_t)sources), t = roll(dice, (uint32_t)targets);

		copies->copy[copies->n++] =
		    (struct copy){from[s], to[t], from_size[s] < to_size[t] ? from_size[s] : to_size[t]};
		from[s] = from[--sources];
		from_size[s] = from_size[sources];
		to[t] = to[--targets];
		to_size[t] = to_size[targets];
	}
}

static void check(const struct copies *copies, const struct moves *moves)
{
	uint8_t before[CELLS + CELLS], memory[CELLS + CELLS];
	uint64_t run;

	for (size_t i = 0; i < sizeof(memory); i++)
		before[i] = memory[i] = (uint8_t)i;
	perform(moves, memory);
	for (size_t i = 0; i < copies->n; i++)
		for (uint64_t j = 0; j < copies->copy[i].size; j++) {
			assert_int_equal(memory[copies->copy[i].to + j], before[copies->copy[i].from + j]);
			assert_int_equal(copies_now(copies, copies->copy[i].to + j, &run), copies->copy[i].from + j);
			assert_int_equal(run, copies->copy[i].size - j);
		}
}

static void c6_any_pieces_arrive_whatever_lies_on_whatever(void **state)
{
	struct dice dice = dice_from_seed("copies");
	unsigned long n = cases_or(200000), circles = 0;

	(void)state;
	for (unsigned long i = 0; i < n; i++) {
		struct copies copies;
		struct moves moves;
		uint64_t moved = 0;

		make(&dice, &copies);
		by_hand(&copies, (struct range){CELLS, 2 * CELLS}, &moves);
		check(&copies, &moves);
		for (size_t j = 0; j < copies.n; j++)
			moved += copies.copy[j].from != copies.copy[j].to;
		circles += moves.n > moved;
		assert_in_range(moves.n, moved, 2 * moved);
	}
	assert_true(circles > n / 100); /* or nothing was tried */
}

static void where_no_copy_is_a_byte_lies_where_it_belongs(void **state)
{
	struct copies copies = {{{100, 20, 10}}, 1}, none = {.n = 0};
	uint64_t run;

	(void)state;
	assert_int_equal(copies_now(&none, 5, &run), 5);
	assert_int_equal(run, UINT64_MAX - 5);
	assert_int_equal(copies_now(&copies, 5, &run), 5);
	assert_int_equal(run, 15);
	assert_int_equal(copies_now(&copies, 30, &run), 30);
	assert_int_equal(copies_bytes(&copies), 10);
	copies.copy[0].from = 20;
	assert_int_equal(copies_bytes(&copies), 0);
}

static void the_list_is_words_that_end_in_a_size_of_0(void **state)
{
	struct moves moves = {{{0x1122334455667788, 0x1000, 0x2000}}, 1};
	uint8_t bytes[48];
	struct handoff handoff = {.block = {bytes, 0x5000, 0}};

	(void)state;
	memset(bytes, 0, sizeof(bytes)); /* as boot.c does with the block */
	moves_write(&moves, 1, &handoff);
	assert_int_equal(handoff.block.used, 48);
	assert_int_equal(handoff.copies.address, 0x5000);
	assert_int_equal(get_le(bytes, 8), 0x1122334455667788);
	assert_int_equal(get_le(bytes + 8, 8), 0x1000);
	assert_int_equal(get_le(bytes + 16, 8), 0x2000);
	assert_int_equal(get_le(bytes + 40, 8), 0);
	handoff.block = (struct block){NULL, 0x5000, 1}; /* behind a text */
	moves_write(&moves, 1, &handoff);
	assert_int_equal(handoff.copies.address, 0x5008);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c6_one_piece_moves_up_and_down_over_itself),
	    cmocka_unit_test(c6_a_source_is_read_before_another_piece_lies_on_it),
	    cmocka_unit_test(c6_two_that_change_places_go_by_the_spare_memory),
	    cmocka_unit_test(c6_any_pieces_arrive_whatever_lies_on_whatever),
	    cmocka_unit_test(where_no_copy_is_a_byte_lies_where_it_belongs),
	    cmocka_unit_test(the_list_is_words_that_end_in_a_size_of_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
