/* SPDX-License-Identifier: BSD-2-Clause */
#include "packed.h"

#include "../protocol/x86/vmlinux.h"
#include "../protocol/flat/zboot.h"
#include "../base/mem.h"

#define LENGTH_SIZE 4 /* Linux scripts/Makefile.lib, size_append: the unpacked length, behind the packed bytes */

/* Of a vmlinux with all that debuggers want; one of 4 GiB can no kernel be (boot.rst, init_size has 32 bits). */
#define MOST_UNPACKED GIB(4)

#define MOST_BEHIND MIB(64) /* bytes of a compressed vmlinux behind all that its headers tell of */

/* boot.rst: offsets in the file of a bzImage, of 2.08 and later. */
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c

static void *take(void *context, uint64_t size)
{
	struct packed *p = context;

	return p->take(p->context, size);
}

static void give(void *context, void *at, uint64_t size)
{
	struct packed *p = context;

	p->give(p->context, at, size);
}

static enum status more(void *context, struct bytes *piece, struct fail *why)
{
	struct packed *p = context;
	uint64_t left = p->where.end - p->next;
	size_t want = left < p->buffer_size ? (size_t)left : p->buffer_size, got = 0;

	*piece = (struct bytes){p->buffer, 0};
	if (want == 0)
		return OK;
	TRY(p->read(p->context, p->next, p->buffer, want, &got, why));
	if (got != want)
		return fail(why, BAD_INPUT, "%s ends at byte %" PRIu64 ", before its packed part does",
			    p->unpack.from.name, p->next + got);
	p->next += got;
	p->read_bytes += got;
	piece->size = got;
	return OK;
}

/* A bzImage's payload, by its header, in bytes of the file. */
static enum status find_payload(const struct image *image, struct bytes head, struct range *payload, struct fail *why)
{
	uint64_t offset = 0, length = 0, start;

	if (!bytes_get(head, PAYLOAD_OFFSET, 4, &offset) || !bytes_get(head, PAYLOAD_LENGTH, 4, &length) ||
	    length <= LENGTH_SIZE + PACKING_HEAD || checked_add(image->bzimage.payload_at, offset, &start) ||
	    checked_range(start, length, payload) || payload->end > image->file_size)
		return fail(why, BAD_INPUT,
			    "%s: payload_offset %#" PRIx64 " and payload_length %#" PRIx64
			    " name no compressed kernel in the file\n  try: the entry without `decompress loader`",
			    image->name, offset, length);
	return OK;
}

static enum status read_all(struct packed *p, const char *name, uint64_t offset, void *to, size_t size,
			    struct fail *why)
{
	size_t got = 0;

	TRY(p->read(p->context, offset, to, size, &got, why));
	if (got != size)
		return fail(why, BAD_INPUT, "%s ends at byte %" PRIu64, name, offset + got);
	return OK;
}

/* By what the file says of the packed bytes: at their start what packed them, behind them how long they become. */
static enum status look(struct packed *p, const struct image *image, bool has_length, struct fail *why)
{
	uint8_t magic[PACKING_HEAD], length[LENGTH_SIZE];

	TRY(read_all(p, image->name, p->where.start, magic, sizeof(magic), why));
	p->packing = packing_of((struct bytes){magic, sizeof(magic)});
	p->size = ELF_SIZE_UNKNOWN;
	if (has_length) {
		TRY(read_all(p, image->name, p->where.end - LENGTH_SIZE, length, sizeof(length), why));
		p->size = load_le(length, sizeof(length));
	}
	return OK;
}

static enum status open_from_start(struct packed *p, const char *name, uint64_t limit, bool head_alone,
				   struct fail *why)
{
	struct unpack_from from = {
	    .name = name,
	    .start = p->where.start,
	    .size_at = p->size != ELF_SIZE_UNKNOWN ? range_size(p->where) - LENGTH_SIZE : 0,
	    .head_alone = head_alone,
	    .context = p,
	    .more = more,
	    .take = take,
	    .give = give,
	};

	p->next = p->where.start;
	return unpack_open(&p->unpack, p->packing, &from, limit, why);
}

/*
 * Unpacked bytes for a packed one at most, by each format: deflate's longest match in 2 bits (RFC 1951, 3.2.5), one of
 * LZ4 in a byte of length, a block of zstd of one byte repeated (RFC 8878, 3.1.1.2), LZMA's longest match at the least
 * price that its range coder has.
 */
static uint64_t most_of_one(enum packing packing)
{
	return packing == PACKED_GZIP ? 1032 : packing == PACKED_ZSTD ? 32768 : packing == PACKED_XZ ? 8192 : 255;
}

/* What a file says of its size is held against what it has, and against any kernel's size, before it is unpacked. */
static enum status check_told(const struct packed *p, const struct image *image, uint64_t told, struct fail *why)
{
	uint64_t most;

	if (checked_mul(range_size(p->where), most_of_one(p->packing), &most) || most > MOST_UNPACKED)
		most = MOST_UNPACKED;
	if (told <= most)
		return OK;
	return fail(why, BAD_INPUT,
		    "%s: unpacked it is to have %" PRIu64 " bytes, and %" PRIu64 " bytes of %s become at most %" PRIu64
		    "\n  try: copy the kernel again",
		    image->name, told, range_size(p->where), packing_name(p->packing), most);
}

/* NOT_FOUND would mean that nothing is packed; it is what is in it that is none. */
static enum status no_elf(const struct packed *p, const struct image *image, struct fail *why)
{
	return fail(why, BAD_INPUT, "%s: what %s unpacks to is no ELF file\n  try: a vmlinux, or a bzImage",
		    image->name, packing_name(p->packing));
}

/* The payload of a bzImage is Linux. */
static enum status take_payload(const struct packed *p, struct image *image, struct bytes head, struct fail *why)
{
	uint64_t magic = 0;
	enum status status = vmlinux_take(image, head, p->size, why);

	if (status != NOT_FOUND)
		return status;
	if (!bytes_get(head, 0, 4, &magic) || magic != ELF_MAGIC)
		return no_elf(p, image, why);
	return fail(why, BAD_INPUT,
		    "%s: what %s unpacks to is no Linux for x86-64\n  try: the entry without `decompress loader`",
		    image->name, packing_name(p->packing));
}

static enum status take_elf(const struct packed *p, struct image *image, struct bytes head, struct fail *why)
{
	enum status status = image_identify_elf(image, head, p->size, why);

	if (status == OK)
		return check_told(p, image, image->elf.file_end, why);
	return status == NOT_FOUND ? no_elf(p, image, why) : status;
}

bool packed_as_a_whole(struct bytes head)
{
	return packing_of(head) != PACKED_NOT || zboot_is(head);
}

/* Where the packed bytes are, what packed them, and how many they become if the file says so. */
static enum status find(struct packed *p, const struct image *image, struct bytes head, struct fail *why)
{
	bool is_zboot = zboot_is(head), is_bzimage = image->protocol == &bzimage_protocol;

	p->where = (struct range){0, image->file_size};
	if (is_bzimage)
		TRY(find_payload(image, head, &p->where, why));
	if (!is_zboot)
		return look(p, image, is_bzimage, why);
	TRY(zboot_payload(image->name, head, image->file_size, &p->where, why));
	TRY(look(p, image, false, why));
	/* Makefile.zboot: gzip's own last word is the length; behind what others packed it stands, and is not counted.
	 */
	if (p->packing != PACKED_GZIP)
		p->where.end += LENGTH_SIZE;
	if (p->where.end > image->file_size || range_size(p->where) <= LENGTH_SIZE + PACKING_HEAD)
		return fail(why, BAD_INPUT, "%s: an EFI zboot file that ends before its kernel does", image->name);
	return look(p, image, true, why);
}

/* A flat image says how much memory it takes, which is no less than its file has, and is taken for that. */
static enum status take_flat(struct packed *p, struct image *image, struct bytes head, struct fail *why)
{
	uint64_t file_size = image->file_size, image_size = load_le(head.at + FLAT_IMAGE_SIZE, 8);
	enum status status;

	p->ends_early = p->size == ELF_SIZE_UNKNOWN;
	image->file_size = p->ends_early && image_size != 0 ? image_size : p->size;
	status = image_identify_flat(image, head, why);
	if (status == NOT_FOUND) {
		image->file_size = file_size;
		p->ends_early = false;
	}
	image->image_end = p->ends_early ? 0 : p->size;
	return status;
}

static enum status take_inner(struct packed *p, struct image *image, struct bytes file_head, struct bytes head,
			      struct fail *why)
{
	bool is_bzimage = image->protocol == &bzimage_protocol;
	enum status status = is_bzimage || head.size < FLAT_IMAGE_HEADER ? NOT_FOUND : take_flat(p, image, head, why);

	if (status != NOT_FOUND)
		return status;
	if (zboot_is(file_head))
		return fail(why, BAD_INPUT,
			    "%s: an EFI zboot file whose kernel is no Image for arm64 or RISC-V\n"
			    "  try: a kernel for this machine",
			    image->name);
	return is_bzimage ? take_payload(p, image, head, why) : take_elf(p, image, head, why);
}

/* Notes may stand anywhere: everything up to them is unpacked, and dropped. */
static enum status learn_one(struct packed *p, struct image *image, size_t which, uint8_t *buffer, struct fail *why)
{
	const struct image_want *want = &image->want[which];
	uint64_t got = 0;
	enum status status;

	TRY(open_from_start(p, image->name, want->offset + want->size, false, why));
	status = unpack_skip(&p->unpack, want->offset, &got, why);
	if (status == OK)
		status = unpack_read(&p->unpack, buffer, want->size, &got, why);
	unpack_close(&p->unpack);
	TRY(status);
	if (got != want->size)
		return fail(why, BAD_INPUT, "%s: unpacked it ends at byte %" PRIu64 ", before its notes do",
			    image->name, p->unpack.unpacked);
	return image->protocol->learn(image, which, (struct bytes){buffer, (size_t)got}, why);
}

static enum status learn(struct packed *p, struct image *image, struct fail *why)
{
	size_t n = image->n_wants;
	enum status status = OK;
	uint8_t *buffer;

	if (n == 0)
		return OK;
	buffer = p->take(p->context, IMAGE_WANT_MOST);
	if (buffer == NULL)
		return fail(why, IO_ERROR, "%s: no memory to read its notes", image->name);
	for (size_t i = 0; i < n && status == OK; i++)
		status = learn_one(p, image, i, buffer, why);
	p->give(p->context, buffer, IMAGE_WANT_MOST);
	image->n_wants = 0; /* in the file itself there are none */
	return status;
}

static enum status read_head(struct packed *p, const struct image *image, uint8_t head[IMAGE_HEAD], uint64_t *got,
			     struct fail *why)
{
	enum status status;

	TRY(open_from_start(p, image->name, p->size, true, why));
	status = unpack_read(&p->unpack, head, p->size < IMAGE_HEAD ? p->size : IMAGE_HEAD, got, why);
	unpack_close(&p->unpack);
	return status;
}

enum status packed_identify(struct packed *p, struct image *image, struct bytes head, bool payload_wanted,
			    struct fail *why)
{
	uint8_t unpacked[IMAGE_HEAD];
	bool is_bzimage = image->protocol == &bzimage_protocol;
	uint64_t got = 0;

	if (payload_wanted && image->protocol == &bzimage_32_protocol)
		return fail(why, BAD_INPUT,
			    "%s: a kernel without a 64-bit entry, and only a 64-bit one is entered behind its "
			    "decompressor\n  try: the entry without `decompress loader`",
			    image->name);
	if (is_bzimage ? !payload_wanted : !packed_as_a_whole(head))
		return OK;
	TRY(find(p, image, head, why));
	if (p->size != ELF_SIZE_UNKNOWN)
		TRY(check_told(p, image, p->size, why));
	TRY(read_head(p, image, unpacked, &got, why));
	TRY(take_inner(p, image, head, (struct bytes){unpacked, (size_t)got}, why));
	TRY(learn(p, image, why));
	if (p->size != ELF_SIZE_UNKNOWN)
		p->table_size = p->size - image->image_end;
	image->has_table = p->table_size != 0;
	if (image->has_table)
		TRY(vmlinux_check_table_size(image->name, p->table_size, why));
	p->found = true;
	image->in_one_piece = true;
	return OK;
}

/* @size unpacked bytes from @offset on, which is not before what was read already; *got: less where that may be. */
static enum status read_piece(struct packed *p, uint64_t offset, uint8_t *to, uint64_t size, uint64_t *got,
			      const char *name, struct fail *why)
{
	*got = 0;
	if (size == 0)
		return OK; /* memory alone, whose place in the file means nothing */
	TRY(unpack_skip(&p->unpack, offset - p->unpack.unpacked, got, why));
	TRY(unpack_read(&p->unpack, to, size, got, why));
	if (*got != size && !p->ends_early)
		return fail(why, BAD_INPUT, "%s: unpacked it ends at byte %" PRIu64 ", inside a segment", name,
			    p->unpack.unpacked);
	return OK;
}

/*
 * Section headers behind the last segment, which nothing needs; but a stream that lacks them was cut. Behind these old
 * linkers wrote the symbols; in a payload the relocation table follows, and is read.
 */
static enum status skip_rest(struct packed *p, const struct image *image, struct fail *why)
{
	uint64_t got, left = p->size == ELF_SIZE_UNKNOWN ? p->unpack.limit : image->image_end;

	TRY(unpack_skip(&p->unpack, left - p->unpack.unpacked, &got, why));
	if (p->unpack.unpacked < image->image_end)
		return fail(why, BAD_INPUT,
			    "%s: unpacked it ends at byte %" PRIu64 ", and its headers tell of %" PRIu64, image->name,
			    p->unpack.unpacked, image->image_end);
	return OK;
}

static enum status read_table(struct packed *p, const struct image *image, struct fail *why)
{
	uint64_t got;

	if (p->table_size == 0)
		return OK;
	p->table = p->take(p->context, p->table_size);
	if (p->table == NULL)
		return fail(why, IO_ERROR, "no memory for the %" PRIu64 " bytes of the kernel's relocation table",
			    p->table_size);
	return read_piece(p, image->image_end, p->table, p->table_size, &got, image->name, why);
}

enum status packed_load(struct packed *p, const struct image *image, uint8_t *window, struct fail *why)
{
	uint64_t limit = p->size, end = p->ends_early ? image->piece[0].size : image->image_end, got;

	if (p->size == ELF_SIZE_UNKNOWN && checked_add(end, MOST_BEHIND, &limit))
		limit = UINT64_MAX;
	if (p->memory != 0 && end > p->memory)
		return fail(why, BAD_INPUT,
			    "%s: unpacked it has %" PRIu64 " bytes, and this machine's memory %" PRIu64
			    "\n  try: the kernel without what debuggers want (strip)",
			    image->name, end, p->memory);
	p->read_bytes = 0;
	TRY(open_from_start(p, image->name, limit, false, why));
	for (size_t i = 0; i < image->n_pieces; i++) {
		const struct image_piece *piece = &image->piece[i];
		uint8_t *to = window + piece->at;

		TRY(read_piece(p, piece->offset, to, piece->size, &got, image->name, why));
		memset(to + got, 0, (size_t)(piece->memory - got));
	}
	TRY(skip_rest(p, image, why));
	TRY(read_table(p, image, why));
	return unpack_finish(&p->unpack, why);
}

struct bytes packed_table(const struct packed *p)
{
	return (struct bytes){p->table, p->table != NULL ? (size_t)p->table_size : 0};
}

void packed_close(struct packed *p)
{
	unpack_close(&p->unpack);
	if (p->table != NULL)
		p->give(p->context, p->table, p->table_size);
	p->table = NULL;
}
