/* SPDX-License-Identifier: BSD-2-Clause */
#include "unmet.h"

struct told {
	void (*say)(void *context, const char *sentence);
	void *context;
};

__attribute__((format(printf, 2, 3))) static void tell(const struct told *told, const char *format, ...)
{
	char line[512];
	struct text text = TEXT(line);
	va_list args;

	va_start(args, format);
	text_vadd(&text, format, args);
	va_end(args);
	told->say(told->context, line);
}

static const char *id_of(enum rule rule)
{
	return rule_row(rule)->id;
}

/* "the kernel lies at 0x1000000 instead [C3]" */
struct instead {
	char at[64];
};

static struct instead instead_of(const struct situation *p)
{
	const struct placement *kernel = &p->plan.part[PART_KERNEL];
	struct instead instead = {""};
	struct text text = TEXT(instead.at);

	text_add(&text, "the kernel lies at %#" PRIx64 " instead [%s]", kernel->at.start, id_of(kernel->by));
	return instead;
}

/* ---- placement preferred ---- */

/* Why the kernel does not lie in @wished, where its header would have it. */
static void say_in_the_way(struct text *text, const struct situation *p, struct range wished)
{
	const struct request *kernel = &p->request[PART_KERNEL];
	const struct memory *owner = memmap_owner(&p->survey.map, wished);

	if (wished.start % kernel->align.value != 0)
		text_add(text, "is not a multiple of %#" PRIx64 " [%s]", kernel->align.value, id_of(kernel->align.by));
	else if (wished.start < kernel->min.value)
		text_add(text, "begins below %#" PRIx64 " [%s]", kernel->min.value, id_of(kernel->min.by));
	else if (wished.end > kernel->max.value)
		text_add(text, "ends above %#" PRIx64 " [%s]", kernel->max.value, id_of(kernel->max.by));
	else if (owner != NULL)
		text_add(text, "is held by %#" PRIx64 "-%#" PRIx64 " %s", owner->at.start, owner->at.end,
			 memory_type_name(owner->type));
	else
		text_add(text, "is not entirely free, or firmware does not give it, or another part needs it [C8]");
}

static void tell_preferred(const struct situation *p, const struct told *told)
{
	uint64_t at = p->image.preferred;
	struct range wished;
	char reason[160];
	struct text text = TEXT(reason);

	if (p->image.protocol->is_flat) {
		tell(told, "placement preferred is not met: this kernel's header names no preferred place; %s",
		     instead_of(p).at);
		return;
	}
	if (p->plan.part[PART_KERNEL].at.start == at || checked_range(at, p->request[PART_KERNEL].size, &wished))
		return;
	say_in_the_way(&text, p, wished);
	tell(told, "placement preferred is not met: %#" PRIx64 "-%#" PRIx64 " %s; %s", wished.start, wished.end, reason,
	     instead_of(p).at);
}

/* ---- placement random, low, high ---- */

/* The rule that leaves the kernel no choice, whatever is wished; RULE_NONE: it has one. */
static enum rule no_choice(const struct situation *p)
{
	const struct request *kernel = &p->request[PART_KERNEL];

	return kernel->exact.by != RULE_NONE ? kernel->exact.by : kernel->lowest;
}

/* For a kernel with relocations it is what its own decompressor would do; the user need not have asked (rule X10). */
static void tell_random(const struct situation *p, const struct told *told)
{
	const char *wished = p->wish.said ? "placement random" : "a random place, which KASLR asks for,";

	if (p->plan.part[PART_KERNEL].by == C12)
		return;
	if (no_choice(p) != RULE_NONE)
		tell(told, "%s is not met: the kernel may not lie just anywhere [%s]; it lies at %#" PRIx64, wished,
		     id_of(no_choice(p)), p->plan.part[PART_KERNEL].at.start);
	else if (!p->has_entropy)
		tell(told,
		     "%s is not met: neither firmware nor the CPU has entropy, and nothing is randomised [C12]; %s",
		     wished, instead_of(p).at);
	else
		tell(told,
		     "%s is not met: no free memory from 16 MiB on holds the kernel at %#" PRIx64
		     "-aligned slots, or other parts need it [C12]; %s",
		     wished, p->request[PART_KERNEL].align.value, instead_of(p).at);
}

static void tell_low(const struct situation *p, const struct told *told)
{
	if (p->request[PART_KERNEL].exact.by != RULE_NONE)
		tell(told, "placement low is not met: the kernel can run at one place only; %s", instead_of(p).at);
	for (unsigned int i = PART_KERNEL; i <= PART_HANDOFF && no_choice(p) == RULE_NONE; i++) {
		struct range at = p->plan.part[i].at;

		if (!range_is_empty(at) && at.start < MIB(16))
			tell(
			    told,
			    "placement low is not met: no free memory from 16 MiB on holds the %s; it lies at %#" PRIx64
			    ", in memory that old devices need [C4]",
			    part_name((enum part)i), at.start);
	}
}

/* Only when the user wrote it: it is the default. A place below 4 GiB for want of higher memory meets it (rule C3). */
static void tell_high(const struct situation *p, const struct told *told)
{
	const struct placement *kernel = &p->plan.part[PART_KERNEL];

	if (no_choice(p) != RULE_NONE)
		tell(told, "placement high is not met: the kernel may not lie just anywhere [%s]; it lies at %#" PRIx64,
		     id_of(no_choice(p)), kernel->at.start);
	else if (kernel->by == C4)
		tell(told,
		     "placement high is not met: a 32-bit kernel without nokaslr moves itself upwards from where it "
		     "lies "
		     "[X11]; %s",
		     instead_of(p).at);
}

/* ---- what others wish ---- */

/* The header's wish: without it the kernel is slower for as long as it runs. */
static void tell_alignment(const struct situation *p, const struct told *told)
{
	const struct placement *kernel = &p->plan.part[PART_KERNEL];

	if (kernel->by == X1)
		tell(told,
		     "kernel_alignment %#" PRIx64
		     " is not met: no free memory within the kernel's limits fits it; it lies at %#" PRIx64
		     ", a multiple of %#" PRIx64 " [X1]",
		     p->request[PART_KERNEL].align.value, kernel->at.start, kernel->align);
}

static void tell_mem(const struct situation *p, const struct told *told)
{
	if (p->is_beyond_mem)
		tell(told,
		     "mem= is not met: the memory that it leaves, which ends at %#" PRIx64
		     ", does not hold kernel, initrd and device tree; %s, and the kernel adds itself and the initrd "
		     "back "
		     "[C9]",
		     p->found.mem_end, instead_of(p).at);
}

void unmet_wishes(const struct situation *p, void (*say)(void *context, const char *sentence), void *context)
{
	const struct told told = {say, context};

	if (p->wish.policy == PLACE_PREFERRED)
		tell_preferred(p, &told);
	else if (p->wish.policy == PLACE_RANDOM)
		tell_random(p, &told);
	else if (p->wish.policy == PLACE_LOW)
		tell_low(p, &told);
	else if (p->wish.policy == PLACE_HIGH && p->wish.said)
		tell_high(p, &told);
	tell_alignment(p, &told);
	tell_mem(p, &told);
}
