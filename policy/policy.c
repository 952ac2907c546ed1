/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy.h"

#include "linux_words.h"

#include "../protocol/command_line.h"

static const struct range everywhere = {0, UINT64_MAX};
static const struct range above_4g = {GIB(4), UINT64_MAX};
static const struct range from_16m_to_4g = {MIB(16), GIB(4)};
static const struct range above_16m = {MIB(16), UINT64_MAX};

void policy_default(struct wish *wish, const struct image *image, const char *command_line)
{
	if (!wish->said)
		wish->policy = linux_words_randomise(image, command_line) ? PLACE_RANDOM : PLACE_HIGH;
}

void policy_own_parts(const struct loader_conf *conf, struct request request[N_PARTS])
{
	request_init(&request[PART_KEPT], PART_KEPT, conf->keep_free_below_4g);
	at_most(&request[PART_KEPT].max, GIB(4), C9);
	request_init(&request[PART_BOUNCE], PART_BOUNCE, MIB(1));
	at_most(&request[PART_BOUNCE].max, GIB(4), C7);
	request[PART_BOUNCE].optional = true;
}

static void add_choice(struct request *r, struct range window, uint64_t align, bool from_top, enum rule by)
{
	/* Kernel and initrd keep the order of their own rule; where the others lie does not matter (C10). */
	bool spares = r->part != PART_KERNEL && r->part != PART_INITRD;

	if (r->n_choices < MAX_CHOICES)
		r->choice[r->n_choices++] = (struct choice){window, align, from_top, by, .spares_huge_pages = spares};
}

/*
 * Rule X1 before rule C3: a lower alignment costs the kernel performance for as long as it runs, so the image's own
 * wish is given up only when it cannot be met anywhere.
 */
static void choose_high(struct request *r)
{
	for (uint64_t align = r->align.value; align >= r->least_align.value; align /= 2) {
		bool wish = align == r->align.value;

		add_choice(r, above_4g, align, true, wish ? C3 : X1);
		add_choice(r, from_16m_to_4g, align, true, wish ? C3 : X1);
		add_choice(r, everywhere, align, false, wish ? C3 : X1);
	}
}

static void choose_low(struct request *r)
{
	for (uint64_t align = r->align.value; align >= r->least_align.value; align /= 2) {
		bool wish = align == r->align.value;

		add_choice(r, above_16m, align, false, wish ? C4 : X1);
		add_choice(r, everywhere, align, false, wish ? C4 : X1);
	}
}

/* Checks @at, the exact address that the user or the image asks for, against every limit of the image and of mem=. */
static enum status check_exact(uint64_t at, const struct image *image, const struct request *r, struct fail *why)
{
	struct range place;

	if (r->exact.by != RULE_NONE && r->exact.value != at)
		return fail_by(why, BAD_INPUT, r->exact.by,
			       "%s cannot run at %#" PRIx64 ": it is not relocatable and runs at %#" PRIx64
			       " only\n  try: `placement %#" PRIx64 "`, or a relocatable kernel",
			       image->name, at, r->exact.value, r->exact.value);
	if (at % r->least_align.value != 0)
		return fail_by(why, BAD_INPUT, r->least_align.by,
			       "%s cannot run at %#" PRIx64 ": it needs a multiple of %#" PRIx64
			       "\n  try: `placement %#" PRIx64 "`",
			       image->name, at, r->least_align.value, align_down(at, r->least_align.value));
	if (at < r->min.value)
		return fail_by(why, BAD_INPUT, r->min.by,
			       "%s cannot run at %#" PRIx64 ": it runs at or above %#" PRIx64
			       "\n  try: `placement %#" PRIx64 "` or higher",
			       image->name, at, r->min.value, r->min.value);
	if (checked_range(at, r->size, &place) || place.end > r->max.value)
		return fail_by(why, BAD_INPUT, r->max.by,
			       "%s cannot run at %#" PRIx64 ": its window of %#" PRIx64 " bytes must end by %#" PRIx64
			       " [%s]",
			       image->name, at, r->size, r->max.value, rule_row(r->max.by)->id);
	return OK;
}

/* Rule C5: one place and no other. The alignment reported to the kernel is the largest that the address has. */
static void choose_exact(struct request *r, uint64_t at, enum rule by)
{
	uint64_t align = r->align.value;

	while (align > r->least_align.value && at % align != 0)
		align /= 2;
	r->exact = (struct bound){at, by};
	add_choice(r, (struct range){at, at + r->size}, align, true, by);
}

static void choose_preferred(const struct image *image, struct request *r)
{
	uint64_t at = image->preferred;

	if (at % r->align.value == 0)
		add_choice(r, (struct range){at, at + r->size}, r->align.value, true, X2);
	choose_high(r);
}

static void choose_random(struct request *r, const uint64_t *entropy)
{
	if (entropy != NULL) {
		add_choice(r, above_16m, r->align.value, true, C12);
		r->choice[r->n_choices - 1].at_random = true;
		r->choice[r->n_choices - 1].entropy = *entropy;
	}
	choose_high(r);
}

static enum status choose_kernel(const struct wish *wish, const struct image *image, const uint64_t *entropy,
				 const char *command_line, struct request *kernel, struct fail *why)
{
	if (wish->policy == PLACE_EXACT) {
		TRY(check_exact(wish->at, image, kernel, why));
		choose_exact(kernel, wish->at, C5);
	} else if (kernel->exact.by != RULE_NONE) {
		TRY(check_exact(kernel->exact.value, image, kernel, why));
		choose_exact(kernel, kernel->exact.value, kernel->exact.by);
	} else if (kernel->lowest != RULE_NONE) {
		add_choice(kernel, everywhere, kernel->align.value, false, kernel->lowest);
	} else if (wish->policy == PLACE_PREFERRED) {
		choose_preferred(image, kernel);
	} else if (wish->policy == PLACE_RANDOM) {
		choose_random(kernel, entropy);
	} else if (wish->policy == PLACE_LOW || linux_words_move_up(image, command_line)) {
		choose_low(kernel);
	} else {
		choose_high(kernel);
	}
	return OK;
}

static bool is_in_window(const struct wish *wish, enum part part)
{
	return wish->policy == PLACE_WITHIN && (part == PART_KERNEL || part == PART_INITRD || part == PART_HANDOFF);
}

static void common_limits(const struct image *image, const char *command_line, struct request *r)
{
	uint64_t limit;

	reach_at_least(r, MIB(1), C1);
	if (image->protocol->mem == MEM_IS_ADDRESS && command_line_mem(command_line, &limit))
		reach_at_most(r, limit, C9);
}

void policy_stage(const struct request *kernel, uint64_t size, struct request *staged)
{
	request_derive(staged, kernel, size);
	choose_high(staged);
}

enum status policy_apply(const struct wish *wish, const uint64_t *entropy, const struct image *image,
			 const char *command_line, struct request request[N_PARTS], struct fail *why)
{
	for (size_t i = 0; i < N_PARTS; i++) {
		common_limits(image, command_line, &request[i]);
		if (is_in_window(wish, (enum part)i)) {
			at_least(&request[i].min, wish->at, C5);
			at_most(&request[i].max, wish->end, C5);
		}
	}
	TRY(choose_kernel(wish, image, entropy, command_line, &request[PART_KERNEL], why));
	for (size_t i = 0; i < N_PARTS; i++) {
		if (i == PART_KERNEL || request[i].size == 0)
			continue;
		if (wish->policy == PLACE_LOW)
			choose_low(&request[i]);
		else
			choose_high(&request[i]);
	}
	return OK;
}
