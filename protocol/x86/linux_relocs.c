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
};

/* Hundreds of thousands of fields are gone through twice: with constants in place of these the loop is short. */
struct pass {
	unsigned int width;
	bool writes;
};

#define ONE_LOOP static inline __attribute__((always_inline))

/*
 * The field, moved. 32 bits stand for a sign-extended address: Linux's are in the topmost 2 GiB, or, less
 * __START_KERNEL_map, in the lowest; a move from the one to the other would be a wrap, which handle_relocations does
 * not look for. The difference to a per-CPU variable may have either sign.
 */
ONE_LOOP bool moved(struct pass pass, const struct list *list, uint64_t held, uint64_t *out)
{
	*out = held + list->delta;
	return pass.width != 4 || (*out == sign_extended(*out) && (!list->keeps_sign || *out >> 63 == held >> 63));
}

ONE_LOOP bool get_field(struct pass pass, const struct linux_image *image, uint64_t place, uint64_t *held)
{
	struct bytes bytes = {image->at, image->size};

	if (!bytes_get(bytes, place, pass.width, held))
		return false;
	if (pass.width == 4)
		*held = sign_extended(*held);
	return true;
}

static enum status outside(const struct linux_relocs *relocs, const struct list *list, const struct linux_image *image,
			   size_t at, struct fail *why)
{
	return fail_by(why, BAD_INPUT, E2,
		       "%s: %s relocation %zu: the field at %#" PRIx64
		       " lies outside of the image, %#zx bytes from %#" PRIx64,
		       relocs->name, list->what, at / WORD, sign_extended(load_le(list->words.at + at, WORD)),
		       image->size, image->virtual_base);
}

static enum status too_far(const struct linux_relocs *relocs, const struct list *list, uint64_t held, size_t at,
			   struct fail *why)
{
	return fail_by(why, BAD_INPUT, E2,
		       "%s: %s relocation %zu: %#" PRIx64 " in the field at %#" PRIx64 ", moved by %#" PRIx64
		       ", does not fit into 32 bits",
		       relocs->name, list->what, at / WORD, held, sign_extended(load_le(list->words.at + at, WORD)),
		       list->delta);
}

/* Adds to @sum what the fields hold before they are written. */
ONE_LOOP enum status go_through(struct pass pass, const struct linux_relocs *relocs, const struct list *list,
				const struct linux_image *image, uint64_t *sum, struct fail *why)
{
	const uint8_t *word = list->words.at;
	uint64_t total = *sum;

	for (size_t at = 0; at < list->words.size; at += WORD) {
		uint64_t vaddr = sign_extended(load_le(word + at, WORD)), place = vaddr - image->virtual_base, held,
			 value;

		if (!get_field(pass, image, place, &held))
			return outside(relocs, list, image, at, why);
		if (!moved(pass, list, held, &value))
			return too_far(relocs, list, held, at, why);
		if (pass.writes)
			store_le(image->at + place, pass.width, value);
		else
			total = ((total ^ vaddr) * SUM_PRIME ^ held) * SUM_PRIME;
	}
	*sum = total;
	return OK;
}

static enum status check_all(const struct linux_relocs *relocs, const struct list list[MAX_LIST],
			     const struct linux_image *image, uint64_t *sum, struct fail *why)
{
	*sum = SUM_START;
	for (unsigned int i = 0; i < MAX_LIST; i++)
		TRY(list[i].width == 4 ? go_through((struct pass){4, false}, relocs, &list[i], image, sum, why)
				       : go_through((struct pass){8, false}, relocs, &list[i], image, sum, why));
	return OK;
}

static enum status write_all(const struct linux_relocs *relocs, const struct list list[MAX_LIST],
			     const struct linux_image *image, struct fail *why)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < MAX_LIST; i++)
		TRY(list[i].width == 4 ? go_through((struct pass){4, true}, relocs, &list[i], image, &sum, why)
				       : go_through((struct pass){8, true}, relocs, &list[i], image, &sum, why));
	return OK;
}

/* In this order, on which the sum depends. */
static void make_lists(const struct linux_relocs *relocs, uint64_t delta, struct list list[MAX_LIST])
{
	list[0] = (struct list){"32-bit", relocs->add_32, 4, true, delta};
	list[1] = (struct list){"inverse 32-bit", relocs->subtract_32, 4, false, 0 - delta};
	list[2] = (struct list){"64-bit", relocs->add_64, 8, false, delta};
}

enum status linux_relocs_sum(const struct linux_relocs *relocs, const struct linux_image *image, uint64_t *sum,
			     struct fail *why)
{
	struct list list[MAX_LIST];

	make_lists(relocs, 0, list);
	return check_all(relocs, list, image, sum, why);
}

enum status linux_relocs_apply(const struct linux_relocs *relocs, const struct linux_image *image, uint64_t delta,
			       struct fail *why)
{
	struct list list[MAX_LIST];
	uint64_t sum;

	make_lists(relocs, delta, list);
	TRY(check_all(relocs, list, image, &sum, why));
	if (relocs->sum != NULL && *relocs->sum != sum)
		return fail_by(
		    why, BAD_INPUT, E2,
		    "%s: its relocation table is not this kernel's, or one of the two was changed: their sum "
		    "is %#" PRIx64 ", and %#" PRIx64 " was recorded\n  try: prepare the kernel again",
		    relocs->name, sum, *relocs->sum);
	if (write_all(relocs, list, image, why) == OK)
		return OK;
	fail_add(why, "  the image in memory cannot be used any more: a part of it was relocated");
	return why->status;
}
