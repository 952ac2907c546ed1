/* SPDX-License-Identifier: BSD-2-Clause */
#include "identify.h"

#include "formats.h"

#include "../base/mem.h"

static bool is_wanted(const struct wanted *wanted, enum elf_machine machine)
{
	return wanted->name == NULL || machine == 0 || machine == wanted->enters[0] || machine == wanted->enters[1];
}

/* A loader has the formats of its own CPU alone; those of others it knows by their magics, so as to name them. */
static enum status check_machine(const struct wanted *wanted, const char *name, enum elf_machine machine,
				 struct fail *why)
{
	if (is_wanted(wanted, machine))
		return OK;
	return fail(why, BAD_INPUT, "%s: a kernel for %s, and this loader is one for %s\n  try: a kernel for %s", name,
		    machine_name(machine), wanted->name, wanted->name);
}

/* Reads the further pieces of the file that the image's protocol wants. */
static enum status learn(struct image *image, const struct source *source, uint8_t *buffer, uint64_t *read,
			 struct fail *why)
{
	size_t n = image->n_wants;

	if (n != 0)
		TRY(source_needs_any_order(source, why));
	for (size_t i = 0; i < n; i++) {
		struct image_want want = image->want[i];
		struct bytes piece = {buffer, (size_t)want.size};

		TRY(source_read_all(source, want.offset, buffer, piece.size, why));
		*read += piece.size;
		TRY(image->protocol->learn(image, i, piece, why));
	}
	return OK;
}

static enum status learn_unpacked(struct packed *p, struct image *image, struct fail *why)
{
	uint8_t *buffer;
	uint64_t read = 0;
	enum status status;

	if (image->n_wants == 0)
		return OK;
	buffer = p->take(p->context, IMAGE_WANT_MOST);
	if (buffer == NULL)
		return fail(why, IO_ERROR, "%s: no memory to read its notes", image->name);
	status = learn(image, &p->inside, buffer, &read, why);
	p->give(p->context, buffer, IMAGE_WANT_MOST);
	return status;
}

/* NOT_FOUND is for who asks one format after the other; to the user the file is wrong. */
static enum status as_bad_input(struct fail *why)
{
	why->status = BAD_INPUT;
	return BAD_INPUT;
}

/* A payload is what its wrapper says that it is; anything else may be any kernel that comes compressed as a whole. */
static enum status take_inner(struct packed *p, const struct protocol *outer, struct image *image, struct bytes head,
			      struct fail *why)
{
	enum status status = NOT_FOUND;

	image->file_size = p->size;
	if (outer == NULL || outer->is_wrapper)
		status = formats_identify(image, head, true, why);
	if (status == NOT_FOUND && outer != NULL)
		status = outer->take_payload(image, head, why);
	if (status != NOT_FOUND)
		return status;
	if (outer != NULL && outer->is_wrapper)
		return as_bad_input(why);
	return fail(why, BAD_INPUT, "%s: what %s unpacks to is not an ELF file\n  try: a vmlinux, or a bzImage",
		    image->name, packing_name(p->packing));
}

/* @outer: the format that has the kernel as its payload; NULL: the file is compressed as a whole. */
static enum status identify_packed(struct image *image, struct packed *p, const struct protocol *outer,
				   const struct payload *payload, const struct wanted *wanted, struct fail *why)
{
	uint8_t bytes[IMAGE_HEAD];
	struct bytes head = {bytes, 0};

	TRY(source_needs_any_order(p->file, why));
	TRY(packed_find(p, payload, why));
	TRY(source_read(&p->inside, 0, bytes, p->size < IMAGE_HEAD ? (size_t)p->size : IMAGE_HEAD, &head.size, why));
	TRY(check_machine(wanted, image->name, machine_of(head), why));
	TRY(take_inner(p, outer, image, head, why));
	TRY(packed_check_told(p, image->image_end, why));
	TRY(learn_unpacked(p, image, why));
	image->in_one_piece = true;
	return packed_found(p, image, why);
}

enum status identify(struct image *image, struct packed *p, const struct wanted *wanted, uint64_t *read,
		     struct fail *why)
{
	uint8_t bytes[IMAGE_HEAD];
	struct bytes head = {bytes, 0};
	struct payload payload = {.at = {0, p->file->size}};
	const struct protocol *outer = NULL;
	enum status status;

	*image = (struct image){.name = p->file->name, .file_size = p->file->size};
	*read = 0;
	if (p->file->size == 0)
		return fail(why, BAD_INPUT, "%s: the file is empty\n  try: copy the kernel again", image->name);
	TRY(source_read(p->file, 0, bytes, sizeof(bytes), &head.size, why));
	*read = head.size;
	if (packing_of(head) == PACKED_NOT) {
		TRY(check_machine(wanted, image->name, machine_of(head), why));
		status = formats_identify(image, head, false, why);
		if (status != OK)
			return status == NOT_FOUND ? as_bad_input(why) : status;
		outer = image->protocol;
		if (outer->payload == NULL || !(outer->is_wrapper || wanted->payload))
			return learn(image, p->file, p->buffer, read, why);
		TRY(outer->payload(image, head, &payload, why));
	}
	status = identify_packed(image, p, outer, &payload, wanted, why);
	*read += p->read_bytes;
	return status;
}

/* A packed file that says how long it is has all of it inside, and so does one that has a table. */
const char *identify_suffix_beside(const struct image *image, const struct packed *packed)
{
	return image->has_table || (packed->found && packed->size != SIZE_UNKNOWN) ? NULL : image->protocol->beside;
}

enum status identify_beside(struct image *image, const char *name, uint64_t size, struct fail *why)
{
	TRY(image->protocol->check_table(name, size, why));
	image->has_table = true;
	return OK;
}

/* The arrays have no bytes between their members; the struct has, and those may be anything. */
bool identify_tells_the_same(const struct image *a, const struct image *b)
{
	return a->protocol == b->protocol && a->machine == b->machine && a->file_size == b->file_size &&
	       a->n_pieces == b->n_pieces && memcmp(a->piece, b->piece, sizeof(a->piece)) == 0 &&
	       a->n_wants == b->n_wants && memcmp(a->want, b->want, sizeof(a->want)) == 0 &&
	       a->entry_at == b->entry_at && a->preferred == b->preferred && a->image_end == b->image_end &&
	       a->table_size == b->table_size && a->has_table == b->has_table && a->in_one_piece == b->in_one_piece &&
	       a->moves_itself == b->moves_itself && a->takes_five_levels == b->takes_five_levels &&
	       a->keeps_levels == b->keeps_levels && a->entered_in_32_bits == b->entered_in_32_bits &&
	       a->argument_in_ebx == b->argument_in_ebx && a->page_size == b->page_size &&
	       memcmp(a->own, b->own, sizeof(a->own)) == 0;
}
