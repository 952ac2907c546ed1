/* SPDX-License-Identifier: BSD-2-Clause */
#include "packed.h"

#include "../base/mem.h"

#define LENGTH_SIZE 4 /* Linux scripts/Makefile.lib, size_append: the unpacked length, behind the packed bytes */

/* Of a vmlinux with all that debuggers want; no kernel can have 4 GiB (boot.rst, init_size has 32 bits). */
#define MOST_UNPACKED GIB(4)

#define MOST_BEHIND MIB(64) /* bytes of a compressed vmlinux behind all that its headers describe */

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
	TRY(source_read(p->file, p->next, p->buffer, want, &got, why));
	if (got != want)
		return fail(why, BAD_INPUT, "%s ends at byte %" PRIu64 ", before its packed part does", p->file->name,
			    p->next + got);
	p->next += got;
	p->read_bytes += got;
	piece->size = got;
	return OK;
}

static enum status open_from_start(struct packed *p, uint64_t limit, bool head_alone, struct fail *why)
{
	struct unpack_from from = {
	    .name = p->file->name,
	    .start = p->where.start,
	    .size_at = p->size != SIZE_UNKNOWN ? range_size(p->where) - LENGTH_SIZE : 0,
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
 * The most bytes that one packed byte can become, by format: deflate's longest match in 2 bits (RFC 1951, 3.2.5), one
 * of LZ4 in a byte of length, a block of zstd of one byte repeated (RFC 8878, 3.1.1.2), LZMA's longest match at the
 * lowest price that its range coder has.
 */
static uint64_t most_of_one(enum packing packing)
{
	return packing == PACKED_GZIP ? 1032 : packing == PACKED_ZSTD ? 32768 : packing == PACKED_XZ ? 8192 : 255;
}

/* Checks the unpacked size that a file claims against its packed size, and against any kernel's size. */
enum status packed_check_told(const struct packed *p, uint64_t told, struct fail *why)
{
	uint64_t most;

	if (checked_mul(range_size(p->where), most_of_one(p->packing), &most) || most > MOST_UNPACKED)
		most = MOST_UNPACKED;
	if (told <= most)
		return OK;
	return fail(why, BAD_INPUT,
		    "%s: it claims %" PRIu64 " bytes unpacked, but %" PRIu64 " bytes of %s become at most %" PRIu64
		    "\n  try: copy the kernel again",
		    p->file->name, told, range_size(p->where), packing_name(p->packing), most);
}

/* Reads the head of the packed bytes, and behind them how long they are unpacked. */
static enum status look(struct packed *p, bool has_size_word, struct fail *why)
{
	uint8_t head[UNPACK_HEAD], length[LENGTH_SIZE];
	uint64_t size = range_size(p->where);
	struct bytes at = {head, size < sizeof(head) ? (size_t)size : sizeof(head)};

	if (range_size(p->where) <= (has_size_word ? LENGTH_SIZE : 0) + PACKING_HEAD)
		return fail(why, BAD_INPUT,
			    "%s: %" PRIu64 " bytes are too few for a packed kernel\n  try: copy the kernel again",
			    p->file->name, range_size(p->where));
	TRY(source_read_all(p->file, p->where.start, head, at.size, why));
	p->packing = packing_of(at);
	p->size = SIZE_UNKNOWN;
	p->told = packing_told(at);
	if (has_size_word) {
		TRY(source_read_all(p->file, p->where.end - LENGTH_SIZE, length, sizeof(length), why));
		p->size = load_le(length, sizeof(length));
	}
	return OK;
}

/*
 * What is inside, from its first byte on each time: everything up to what is wanted is unpacked, and dropped. Notes may
 * stand anywhere.
 */
static enum status read_inside(void *context, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	struct packed *p = context;
	uint64_t n = 0, skipped = 0, end;
	enum status status;

	if (checked_add(offset, size, &end))
		return fail(why, BAD_INPUT, "%s: no byte %#" PRIx64 " can be unpacked", p->file->name, offset);
	TRY(open_from_start(p, offset == 0 ? p->size : end, offset == 0, why));
	status = unpack_skip(&p->unpack, offset, &skipped, why);
	if (status == OK && skipped != offset)
		status =
		    fail(why, BAD_INPUT, "%s: unpacked it ends at byte %" PRIu64, p->file->name, p->unpack.unpacked);
	if (status == OK)
		status = unpack_read(&p->unpack, to, size, &n, why);
	unpack_close(&p->unpack);
	*got = (size_t)n;
	return status;
}

enum status packed_find(struct packed *p, const struct payload *payload, struct fail *why)
{
	p->where = payload->at;
	TRY(look(p, payload->has_size_word && !payload->is_size_behind, why));
	if (payload->is_size_behind) {
		/* gzip itself ends with the length; with other packings it follows them and is not counted. */
		if (p->packing != PACKED_GZIP)
			p->where.end += LENGTH_SIZE;
		if (p->where.end > p->file->size)
			return fail(why, BAD_INPUT, "%s ends at byte %" PRIu64 ", before its packed part does",
				    p->file->name, p->file->size);
		TRY(look(p, true, why));
	}
	if (p->size != SIZE_UNKNOWN)
		TRY(packed_check_told(p, p->size, why));
	p->inside = (struct source){
	    .name = p->file->name,
	    .size = p->size,
	    .is_unpacked = true,
	    .read = read_inside,
	    .context = p,
	};
	return OK;
}

enum status packed_found(struct packed *p, struct image *image, struct fail *why)
{
	p->found = true;
	p->ends_early = p->size == SIZE_UNKNOWN && image->protocol->is_flat;
	if (p->size == SIZE_UNKNOWN || image->protocol->check_table == NULL || p->size == image->image_end)
		return OK;
	image->table_size = p->size - image->image_end;
	TRY(image->protocol->check_table(image->name, image->table_size, why));
	image->has_table = true;
	return OK;
}

static enum status ends_inside(const struct packed *p, const char *name, struct fail *why)
{
	return fail(why, BAD_INPUT, "%s: unpacked it ends at byte %" PRIu64 ", inside a segment", name,
		    p->unpack.unpacked);
}

/* Reads @size unpacked bytes from @offset, never backwards; *got is less only when p->ends_early. */
static enum status read_piece(struct packed *p, uint64_t offset, uint8_t *to, uint64_t size, uint64_t *got,
			      const char *name, struct fail *why)
{
	*got = 0;
	if (size == 0)
		return OK; /* memory only: its place in the file means nothing */
	TRY(unpack_skip(&p->unpack, offset - p->unpack.unpacked, got, why));
	TRY(unpack_read(&p->unpack, to, size, got, why));
	return *got != size && !p->ends_early ? ends_inside(p, name, why) : OK;
}

/* Nothing needs the section headers behind the last segment, but a stream that lacks them was cut. */
static enum status expect_all(const struct packed *p, const struct image *image, struct fail *why)
{
	if (p->unpack.unpacked < image->image_end)
		return fail(why, BAD_INPUT,
			    "%s: unpacked it ends at byte %" PRIu64 ", but its headers describe %" PRIu64, image->name,
			    p->unpack.unpacked, image->image_end);
	return OK;
}

/* Old linkers put the symbols behind the section headers; where a relocation table follows, it is read. */
static enum status skip_rest(struct packed *p, const struct image *image, struct fail *why)
{
	bool ends_there = p->size != SIZE_UNKNOWN || image->table_size != 0;
	uint64_t got, left = ends_there ? image->image_end : p->unpack.limit;

	TRY(unpack_skip(&p->unpack, left - p->unpack.unpacked, &got, why));
	return expect_all(p, image, why);
}

static enum status take_table(struct packed *p, const struct image *image, struct fail *why)
{
	p->table_room = image->table_size;
	if (p->table_room == 0)
		return OK;
	p->table = p->take(p->context, p->table_room);
	return p->table != NULL
		   ? OK
		   : fail(why, IO_ERROR, "no memory for the %" PRIu64 " bytes of the kernel's relocation table",
			  p->table_room);
}

static enum status read_table(struct packed *p, const struct image *image, struct fail *why)
{
	uint64_t got;

	TRY(take_table(p, image, why));
	if (image->table_size == 0)
		return OK;
	return read_piece(p, image->image_end, p->table, p->table_room, &got, image->name, why);
}

static enum status piece_by_piece(struct packed *p, const struct image *image, uint8_t *window, struct fail *why)
{
	uint64_t got;

	for (size_t i = 0; i < image->n_pieces; i++) {
		const struct image_piece *piece = &image->piece[i];

		TRY(read_piece(p, piece->offset, window + piece->at, piece->size, &got, image->name, why));
		memset(window + piece->at + got, 0, (size_t)(piece->memory - got));
	}
	TRY(skip_rest(p, image, why));
	return read_table(p, image, why);
}

/* ---- in one run ---- */

/* How much comes out, if the file, its packing or the image tells; 0: none does. */
static uint64_t told_size(const struct packed *p, const struct image *image)
{
	if (p->size != SIZE_UNKNOWN)
		return p->size;
	if (p->told != 0)
		return p->told;
	return image->table_size != 0 ? image->image_end + image->table_size : 0;
}

/*
 * What a run holds: all, or of LZ4 what the image's headers describe, which nearly always is all. Its blocks need not
 * look back, or have a window then, and what may stand behind is dropped.
 */
static uint64_t run_size(const struct packed *p, const struct image *image)
{
	uint64_t told = told_size(p, image);
	bool is_lz4 = p->packing == PACKED_LZ4 || p->packing == PACKED_LZ4_LEGACY;

	return told == 0 && is_lz4 ? image->image_end : told;
}

/*
 * Where the run begins, below the window: there its first piece lies where it belongs, or lower where the run would not
 * end in the place otherwise. So each piece is to be moved by the difference of two ascending positions: those that go
 * down from the first on, and then those that go up from the last on, meet nothing that is still to be moved.
 */
bool packed_run(const struct packed *p, const struct image *image, uint64_t room, uint64_t *lead)
{
	uint64_t size = run_size(p, image), end = 0, to = 0;
	const struct image_piece *first = &image->piece[0];

	if (size == 0 || size < image->image_end || p->ends_early || p->packing == PACKED_XZ)
		return false;
	for (size_t i = 0; i < image->n_pieces; i++) {
		const struct image_piece *piece = &image->piece[i];

		if (piece->size == 0)
			continue;
		if (piece->offset < end || piece->at < to)
			return false;
		end = piece->offset + piece->size;
		to = piece->at + piece->size;
	}
	*lead = first->offset > first->at ? first->offset - first->at : 0;
	if (size > room && *lead < size - room)
		*lead = size - room;
	return true;
}

static void move(struct packed *p, const struct image_piece *piece, uint8_t *window, bool up)
{
	uint8_t *from = p->run + piece->offset, *to = window + piece->at;

	if (piece->size == 0 || from == to || (from < to) != up)
		return;
	memmove(to, from, (size_t)piece->size);
	p->moved += piece->size;
}

static void move_all(struct packed *p, const struct image *image, uint8_t *window)
{
	for (size_t i = 0; i < image->n_pieces; i++)
		move(p, &image->piece[i], window, false);
	for (size_t i = image->n_pieces; i > 0; i--)
		move(p, &image->piece[i - 1], window, true);
	for (size_t i = 0; i < image->n_pieces; i++) {
		const struct image_piece *piece = &image->piece[i];

		memset(window + piece->at + piece->size, 0, (size_t)(piece->memory - piece->size));
	}
}

static enum status in_one_run(struct packed *p, const struct image *image, uint8_t *window, struct fail *why)
{
	uint64_t got, behind;

	TRY(unpack_read(&p->unpack, p->run, run_size(p, image), &got, why));
	TRY(unpack_skip(&p->unpack, p->unpack.limit - p->unpack.unpacked, &behind, why));
	TRY(expect_all(p, image, why));
	TRY(take_table(p, image, why));
	if (p->table != NULL && got - image->image_end < p->table_room)
		return ends_inside(p, image->name, why);
	if (p->table != NULL)
		memcpy(p->table, p->run + image->image_end, (size_t)p->table_room);
	move_all(p, image, window);
	return OK;
}

enum status packed_load(struct packed *p, const struct image *image, uint8_t *window, struct fail *why)
{
	uint64_t limit = p->size, end = p->ends_early ? image->piece[0].size : image->image_end;

	if (p->run != NULL && told_size(p, image) != 0)
		limit = told_size(p, image);
	else if (p->size == SIZE_UNKNOWN && checked_add(end, MOST_BEHIND, &limit))
		limit = UINT64_MAX;
	if (p->memory != 0 && end > p->memory)
		return fail(why, BAD_INPUT,
			    "%s: unpacked it has %" PRIu64 " bytes, but this machine's memory only %" PRIu64
			    "\n  try: the kernel without debug information (strip)",
			    image->name, end, p->memory);
	p->read_bytes = p->moved = 0;
	TRY(open_from_start(p, limit, false, why));
	TRY((p->run != NULL ? in_one_run : piece_by_piece)(p, image, window, why));
	return unpack_finish(&p->unpack, why);
}

struct bytes packed_table(const struct packed *p)
{
	return (struct bytes){p->table, p->table != NULL ? (size_t)p->table_room : 0};
}

void packed_close(struct packed *p)
{
	unpack_close(&p->unpack);
	if (p->table != NULL)
		p->give(p->context, p->table, p->table_room);
	p->table = NULL;
}
