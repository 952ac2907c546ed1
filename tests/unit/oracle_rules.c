/* SPDX-License-Identifier: BSD-2-Clause */
#include "oracle_rules.h"

struct span {
	uint64_t start, end;
};

static uint64_t more(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool above_4g(const struct machine_world *w)
{
	return (w->kernel.xloadflags & 2) != 0;
}

static uint64_t least_align(const struct machine_world *w)
{
	const struct kernel_fields *k = &w->kernel;

	if (!k->relocatable_kernel)
		return EFI_PAGE;
	/* X1: down to 2^min_alignment, never below 2 MiB; boot.rst: 0 is a header that names none. */
	return more(MIB(2), k->min_alignment == 0 ? k->kernel_alignment : UINT64_C(1) << k->min_alignment);
}

/* boot.rst, pref_address: "if nonzero"; a kernel that may lie nowhere else is then where LOADED_HIGH loads it. */
static uint64_t preferred(const struct machine_world *w)
{
	return w->kernel.pref_address == 0 && !w->kernel.relocatable_kernel ? MIB(1) : w->kernel.pref_address;
}

/* C1, C4, C5, C9, X2, X4, X5, X6: where each part may lie at all. */
static struct span limits_of(const struct machine_world *w, unsigned int part)
{
	struct span s = {MIB(1), part == PART_KEPT || part == PART_BOUNCE ? GIB(4) : TIB(64)};

	if (part == PART_KERNEL && w->kernel.relocatable_kernel)
		s.start = more(s.start, w->kernel.pref_address);
	if ((part == PART_KERNEL || part == PART_HANDOFF) && !above_4g(w))
		s.end = less(s.end, GIB(4));
	if (part == PART_INITRD && !above_4g(w))
		s.end = less(s.end, (uint64_t)w->kernel.initrd_addr_max + 1);
	if (w->mem != 0)
		s.end = less(s.end, w->mem);
	if (w->wish.policy == PLACE_WITHIN && part < PART_KEPT) {
		s.start = more(s.start, w->wish.at);
		s.end = less(s.end, w->wish.end);
	}
	return s;
}

struct listing {
	const struct machine_world *w;
	struct oracle_part *part;
	struct span limits;
	uint64_t memory; /* reliable, or all */
};

static struct oracle_choice *list(struct listing *l, struct span window, uint64_t align, bool from_top, enum rule by)
{
	struct oracle_choice *c = &l->part->choice[l->part->n++];

	*c = (struct oracle_choice){.whole = l->memory, .align = align, .from_top = from_top, .by = by};
	window = (struct span){more(window.start, l->limits.start), less(window.end, l->limits.end)};
	for (unsigned int i = 0; i < l->w->cells; i++) {
		if (l->w->at[i] >= window.start && l->w->at[i] < window.end)
			c->memory |= l->memory & UINT64_C(1) << i;
		if (l->w->at[i] % align == 0)
			c->aligned |= UINT64_C(1) << i;
	}
	return c;
}

/* C3, and X1 for a kernel: "the highest aligned address above 4 GiB; if none, ..." */
static void list_high(struct listing *l, uint64_t align, uint64_t least)
{
	for (enum rule by = C3; align >= least; align /= 2, by = X1) {
		list(l, (struct span){GIB(4), UINT64_MAX}, align, true, by);
		list(l, (struct span){MIB(16), GIB(4)}, align, true, by);
		list(l, (struct span){0, UINT64_MAX}, align, false, by);
	}
}

/* C4: "at or above 16 MiB, ... unless told otherwise". */
static void list_low(struct listing *l, uint64_t align, uint64_t least)
{
	for (enum rule by = C4; align >= least; align /= 2, by = X1) {
		list(l, (struct span){MIB(16), UINT64_MAX}, align, false, by);
		list(l, (struct span){0, UINT64_MAX}, align, false, by);
	}
}

static void list_only(struct listing *l, uint64_t at, enum rule by)
{
	uint64_t align = more(MIB(2), l->w->kernel.kernel_alignment);

	while (at % align != 0 && align > EFI_PAGE)
		align /= 2; /* the value that is written back */
	if (!l->w->kernel.relocatable_kernel)
		align = EFI_PAGE;
	list(l, (struct span){at, at + l->w->cells_of[PART_KERNEL] * CELL}, align, true, by);
}

static void list_kernel(struct listing *l)
{
	const struct machine_world *w = l->w;
	uint64_t align = more(MIB(2), w->kernel.kernel_alignment), least = least_align(w);

	if (w->wish.policy == PLACE_EXACT) {
		list_only(l, w->wish.at, C5);
	} else if (!w->kernel.relocatable_kernel) {
		list_only(l, preferred(w), X3);
	} else if (w->wish.policy == PLACE_LOW) {
		list_low(l, align, least);
	} else {
		if (w->wish.policy == PLACE_PREFERRED && w->kernel.pref_address % align == 0)
			list_only(l, w->kernel.pref_address, X2);
		if (w->wish.policy == PLACE_RANDOM && w->has_entropy)
			list(l, (struct span){MIB(16), UINT64_MAX}, align, true, C12)->random = true;
		list_high(l, align, least);
	}
}

static void list_part(struct listing *l, unsigned int part)
{
	unsigned int first = l->part->n;

	if (part == PART_KERNEL)
		list_kernel(l);
	else if (l->w->wish.policy == PLACE_LOW)
		list_low(l, EFI_PAGE, EFI_PAGE);
	else
		list_high(l, EFI_PAGE, EFI_PAGE);
	for (; first < l->part->n && part > PART_INITRD; first++)
		l->part->choice[first].spares =
		    true; /* C10: the handoff block, kept-free memory and the bounce buffer */
}

void oracle_of_rules(const struct machine_world *w, struct oracle *o)
{
	o->per_huge[0] = 0; /* no world has a whole 1 GiB page */
	o->per_huge[1] = 2;
	o->huge_at[0] = o->huge_at[1] = 0; /* every stretch begins at one */
	for (unsigned int part = 0; part < N_PARTS; part++) {
		struct listing l = {w, &o->part[part], limits_of(w, part), w->reliable};

		l.part->cells = w->cells_of[part];
		l.part->optional = part == PART_BOUNCE;
		l.part->n = 0;
		if (l.part->cells == 0)
			continue;
		if (w->reliable != 0)
			list_part(&l, part); /* C1: mirrored memory is preferred */
		l.memory = w->free;
		list_part(&l, part);
	}
}

bool exact_is_wrong(const struct machine_world *w)
{
	struct span limits = limits_of(w, PART_KERNEL);
	bool is_exact = w->wish.policy == PLACE_EXACT;
	uint64_t at = is_exact ? w->wish.at : preferred(w);

	if (!is_exact && w->kernel.relocatable_kernel)
		return false;
	return (!w->kernel.relocatable_kernel && at != preferred(w)) || at % least_align(w) != 0 || at < limits.start ||
	       at + w->kernel.init_size > limits.end;
}
