/* SPDX-License-Identifier: BSD-2-Clause */
#include "linux_relocs.h"

#define WORD	 4u
#define MAX_LIST 3

#define SUM_START UINT64_C(0xcbf29ce484222325)
#define SUM_PRIME UINT64_C(0x100000001b3)

static uint64_t sign_extended(uint64_t word)
{
	return (uint64_t)(int64_t)(int32_t)(uint32_t)word;
}

enum status linux_relocs_parse(struct linux_relocs *relocs, const char *name, struct bytes table, struct fail *why)
{
	struct bytes list[MAX_LIST] = {{NULL, 0}};
	size_t n = 0;

	if (table.size == 0)
		return fail(why, NOT_FOUND,
			    "%s: no relocations behind the ELF file: the kernel was built without RANDOMIZE_BASE, and "
			    "its virtual addresses stay",
			    name);
	if (table.size % WORD != 0)
		return fail_by(why, BAD_INPUT, E2, "%s: relocation table: %zu bytes are not a multiple of %u", name,
			       table.size, WORD);
	if (load_le(table.at, WORD) != 0)
		return fail_by(why, BAD_INPUT, E2,
			       "%s: relocation table: unterminated: its first word is %#" PRIx64
			       ", not the 0 that ends the "
			       "last list",
			       name, load_le(table.at, WORD));
	/* Each 0 begins a list that ends at the next, which lies behind it. */
	for (size_t at = 0; at < table.size; at += WORD) {
		if (load_le(table.at + at, WORD) != 0)
			list[n - 1].size += WORD;
		else if (n == MAX_LIST)
			return fail_by(why, BAD_INPUT, E2,
				       "%s: relocation table: a fourth 0 at %#zx; there are two lists or three, each "
				       "ended by one",
				       name, at);
		else
			list[n++].at = table.at + at + WORD;
	}
	if (n < 2)
		return fail_by(why, BAD_INPUT, E2,
			       "%s: relocation table: one list in %zu bytes; there are two or three, each ended by a 0",
			       name, table.size);
	*relocs = (struct linux_relocs){.name = name, .add_64 = list[0], .add_32 = list[n - 1]};
	if (n == MAX_LIST)
		relocs->subtract_32 = list[1];
	return OK;
}

/* One list: what it is called, and what is done to its fields. */
struct list {
	const char *what;
	struct bytes words;
	unsigned int width;
	bool keeps_sign; /* holds addresses, and those in the kernel's half stay there */
	uint64_t delta;
	uint64_t *sum; /* is added to when fields are checked; NULL: nobody asks for it */
};

/*
 * The field, moved. 32 bits stand for a sign-extended address: Linux's are in the topmost 2 GiB, or, less
 * __START_KERNEL_map, in the lowest; a move from the one to the other would be a wrap, which handle_relocations does
 * not look for. The difference to a per-CPU variable may have either sign.
 */
static bool moved(const struct list *list, uint64_t held, uint64_t *out)
{
	if (list->width == 4) {
		held = sign_extended(held);
		*out = held + list->delta;
		return *out == sign_extended(*out) && (!list->keeps_sign || *out >> 63 == held >> 63);
	}
	*out = held + list->delta;
	return true;
}

/* With a constant width this is one instruction, and there are hundreds of thousands of fields. */
static bool get_field(const struct linux_image *image, uint64_t place, unsigned int width, uint64_t *held)
{
	struct bytes bytes = {image->at, image->size};

	return width == 4 ? bytes_get(bytes, (size_t)place, 4, held) : bytes_get(bytes, (size_t)place, 8, held);
}

static void put_field(const struct linux_image *image, uint64_t place, unsigned int width, uint64_t value)
{
	if (width == 4)
		store_le(image->at + place, 4, value);
	else
		store_le(image->at + place, 8, value);
}

static uint64_t summed(uint64_t sum, uint64_t value)
{
	return (sum ^ value) * SUM_PRIME;
}

static enum status go_through(const struct linux_relocs *relocs, const struct list *list,
			      const struct linux_image *image, bool writes, struct fail *why)
{
	for (size_t at = 0; at < list->words.size; at += WORD) {
		uint64_t vaddr = sign_extended(load_le(list->words.at + at, WORD)), place = vaddr - image->virtual_base,
			 held, value;

		if (!get_field(image, place, list->width, &held))
			return fail_by(why, BAD_INPUT, E2,
				       "%s: %s relocation %zu: the field at %#" PRIx64
				       " lies outside of the image, %#zx bytes from %#" PRIx64,
				       relocs->name, list->what, at / WORD, vaddr, image->size, image->virtual_base);
		if (!moved(list, held, &value))
			return fail_by(why, BAD_INPUT, E2,
				       "%s: %s relocation %zu: %#" PRIx64 " in the field at %#" PRIx64
				       ", moved by %#" PRIx64 ", does not fit into 32 bits",
				       relocs->name, list->what, at / WORD, held, vaddr, list->delta);
		if (writes)
			put_field(image, place, list->width, value);
		else if (list->sum != NULL)
			*list->sum = summed(summed(*list->sum, vaddr), list->width == 4 ? sign_extended(held) : held);
	}
	return OK;
}

/* In this order, on which the sum depends. */
static void make_lists(const struct linux_relocs *relocs, uint64_t delta, uint64_t *sum, struct list list[MAX_LIST])
{
	list[0] = (struct list){"32-bit", relocs->add_32, 4, true, delta, sum};
	list[1] = (struct list){"inverse 32-bit", relocs->subtract_32, 4, false, 0 - delta, sum};
	list[2] = (struct list){"64-bit", relocs->add_64, 8, false, delta, sum};
}

static enum status check_all(const struct linux_relocs *relocs, const struct list list[MAX_LIST],
			     const struct linux_image *image, struct fail *why)
{
	for (unsigned int i = 0; i < MAX_LIST; i++)
		TRY(go_through(relocs, &list[i], image, false, why));
	return OK;
}

enum status linux_relocs_sum(const struct linux_relocs *relocs, const struct linux_image *image, uint64_t *sum,
			     struct fail *why)
{
	struct list list[MAX_LIST];

	*sum = SUM_START;
	make_lists(relocs, 0, sum, list);
	return check_all(relocs, list, image, why);
}

enum status linux_relocs_apply(const struct linux_relocs *relocs, const struct linux_image *image, uint64_t delta,
			       struct fail *why)
{
	struct list list[MAX_LIST];
	uint64_t sum = SUM_START;

	make_lists(relocs, delta, relocs->sum != NULL ? &sum : NULL, list);
	TRY(check_all(relocs, list, image, why));
	if (relocs->sum != NULL && *relocs->sum != sum)
		return fail_by(
		    why, BAD_INPUT, E2,
		    "%s: its relocation table is not this kernel's, or one of the two was changed: their sum "
		    "is %#" PRIx64 ", and %#" PRIx64 " was recorded\n  try: prepare the kernel again",
		    relocs->name, sum, *relocs->sum);
	for (unsigned int i = 0; i < MAX_LIST; i++)
		if (go_through(relocs, &list[i], image, true, why) != OK) {
			fail_add(why, "  the image in memory cannot be used any more: a part of it was relocated");
			return why->status;
		}
	return OK;
}
