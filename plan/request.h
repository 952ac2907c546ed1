/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a part of a kernel asks of its place. Protocols narrow the limits, policy orders the choices, and each signs
 * what it sets with a rule: a limit without its reason cannot be written down here.
 */
#ifndef BERTH_REQUEST_H
#define BERTH_REQUEST_H

#include <stddef.h>

#include "../base/range.h"
#include "../base/rule.h"

/* In the order of importance in which they are placed. */
enum part {
	PART_KERNEL,
	PART_INITRD,
	PART_HANDOFF, /* what the kernel is told and what the CPU is entered with, in one block */
	PART_KEPT,    /* memory below 4 GiB that the user wants left free: placed, and never claimed */
	PART_BOUNCE,  /* rule C7's buffer; free RAM to the kernel */
	N_PARTS
};

struct bound {
	uint64_t value;
	enum rule by;
};

/* One way to place a part: anywhere in @window at a multiple of @align, the highest or the lowest first. */
struct choice {
	struct range window;
	uint64_t align;
	bool from_top;
	enum rule by;
	bool spares_huge_pages; /* rule C10: before the others, the place that spoils the fewest */
	bool at_random;		/* rule C12: drawn from @entropy, all slots alike, and no other place */
	uint64_t entropy;
};

/*
 * Two parts lie in one window of @span bytes that starts at a multiple of @granule, a power of two. Stands in the
 * requests of both.
 */
struct reach {
	enum part to;
	uint64_t span, granule;
	enum rule by; /* RULE_NONE: the part may lie as far from others as it likes */
};

#define MAX_CHOICES 64 /* three for each alignment from 2 GiB down to a page, and the wish */

struct request {
	enum part part;
	uint64_t size;			   /* bytes; 0: nothing of this part is to be placed */
	struct bound min, max;		   /* [min, max) holds the place whatever choice is taken */
	struct bound reach_min, reach_max; /* those of them that the machine and the user set, not the image */
	struct bound align, least_align;   /* powers of two: the wish, and how far it may be halved */
	struct bound exact;		   /* the only start, when by is not RULE_NONE */
	enum rule lowest;		   /* the rule by which the lowest place is best; RULE_NONE: there is none */
	struct reach near;
	bool optional;			   /* a plan can do without it */
	struct choice choice[MAX_CHOICES]; /* in order of preference */
	size_t n_choices;
};

struct placement {
	struct range at; /* empty when the part was not placed */
	uint64_t align;
	enum rule by;
};

/* @size bytes that lie at @from and belong at @to; the two may overlap, or be the same. */
struct copy {
	uint64_t from, to, size;
};

/* One that lies where it belongs already is a copy all the same, and nobody is told of it. */
static inline bool copy_moves(const struct copy *copy)
{
	return copy->from != copy->to;
}

#define MAX_COPIES 32 /* pieces of one file */

struct copies {
	struct copy copy[MAX_COPIES];
	size_t n;
};

struct plan {
	struct placement part[N_PARTS];
	struct copies
	    copies; /* the parts of the kernel that are loaded elsewhere (rule C6); none: all is loaded in place */
};

static inline void request_init(struct request *request, enum part part, uint64_t size)
{
	*request = (struct request){
	    .part = part,
	    .size = size,
	    .max = {UINT64_MAX, RULE_NONE},
	    .reach_max = {UINT64_MAX, RULE_NONE},
	    .align = {EFI_PAGE, RULE_NONE},
	    .least_align = {EFI_PAGE, RULE_NONE},
	};
}

/* Of two limits of a kind the tighter one stays, with its own signature. */
static inline void at_least(struct bound *bound, uint64_t value, enum rule by)
{
	if (value > bound->value)
		*bound = (struct bound){value, by};
}

static inline void at_most(struct bound *bound, uint64_t value, enum rule by)
{
	if (value < bound->value)
		*bound = (struct bound){value, by};
}

/*
 * A limit for every byte that the loader puts anywhere, whatever it is for: what the CPU reaches, what others keep,
 * what the user keeps free. An image's limits are only for where it runs.
 */
static inline void reach_at_least(struct request *request, uint64_t value, enum rule by)
{
	at_least(&request->min, value, by);
	at_least(&request->reach_min, value, by);
}

static inline void reach_at_most(struct request *request, uint64_t value, enum rule by)
{
	at_most(&request->max, value, by);
	at_most(&request->reach_max, value, by);
}

/*
 * A request for @size bytes that only wait somewhere for the part of @of. There is no other way to derive a request, so
 * the machine's limits are never lost, and the image's never apply.
 */
static inline void request_derive(struct request *request, const struct request *of, uint64_t size)
{
	request_init(request, of->part, size);
	request->min = request->reach_min = of->reach_min;
	request->max = request->reach_max = of->reach_max;
}

/*
 * Where a part may lie so that one window holds it and another part, which lies at @other: since the two do not
 * overlap, the window either starts in the granule where that one starts, or ends in the one where it ends.
 */
static inline struct range reach_around(struct range other, const struct reach *reach)
{
	struct range window = {0, UINT64_MAX};
	uint64_t end;

	if (!checked_align_up(other.end, reach->granule, &end) && end > reach->span)
		window.start = end - reach->span;
	if (checked_add(align_down(other.start, reach->granule), reach->span, &window.end))
		window.end = UINT64_MAX;
	return window;
}

static inline void keep_near(struct request request[N_PARTS], enum part a, enum part b, struct reach reach)
{
	request[a].near = request[b].near = reach;
	request[a].near.to = b;
	request[b].near.to = a;
}

static inline const char *part_name(enum part part)
{
	static const char *const name[N_PARTS] = {"kernel", "initrd", "handoff", "kept-free memory", "bounce"};

	return name[part];
}

#endif
