/* SPDX-License-Identifier: BSD-2-Clause */
#include "load.h"

#include "../plan/copies.h"
#include "../base/mem.h"

/*
 * For each piece EDK2's FAT driver walks along the file's clusters again, from the first: 128 MiB in pieces of 16 MiB
 * cost 38 % more than one read, in pieces of 64 MiB 22 %. But a slow disk has to return for its progress to show, and a
 * read of 2.5 GiB did not return from OVMF within minutes. So the first piece is small and timed. Where it takes less
 * than 1/64 s the next is 64 times as large, and takes about a second; else growth by 8 is tried in the same way, and
 * then by 2. The timer may be a tick late, 10 ms or so.
 */
#define AT_ONCE	      MIB(16) /* a file that is no larger is read in one piece */
#define FIRST_PIECE   MIB(2)
#define GROWTH	      64u
#define SLOWER	      8u /* growth is divided by this when a piece takes too long for it, down to 2 */
#define MOST_PIECE    GIB(1)
#define UNTIMED_PIECE MIB(64) /* where firmware has no timer */
#define SMALL_PIECE   MIB(1)

/* A file on its way: bytes [done, size) of what was asked are still to come. */
struct transfer {
	struct loading *loading;
	struct file *file;
	uint64_t offset, to, size, done;
	uint64_t piece;	     /* bytes of the next one at most */
	unsigned int growth; /* of it, if it takes less than 1/growth of a second; 0: none */
	bool small;	     /* a read failed: in smaller pieces from then on */
	bool checked;	     /* its first piece above 4 GiB was compared, or goes by the buffer (rule C7) */
};

/* Where the next byte belongs. No piece straddles 4 GiB. */
static uint64_t next_at(const struct transfer *t)
{
	return t->to + t->done;
}

static bool is_above_4g(const struct transfer *t)
{
	return next_at(t) >= GIB(4);
}

static bool goes_by_bounce(const struct transfer *t)
{
	return is_above_4g(t) && t->loading->distrust_high && t->file->bytes == NULL;
}

static bool is_to_be_checked(const struct transfer *t)
{
	return is_above_4g(t) && !t->checked;
}

static enum status read_piece(struct transfer *t, void *to, size_t size, struct fail *why)
{
	uint64_t offset = t->offset + t->done;
	size_t got;

	TRY(t->file->source.read(t->file, offset, to, size, &got, why));
	if (got != size) /* above 4 GiB firmware may be at fault: the buffer will tell */
		return fail(why, to != t->loading->bounce && is_above_4g(t) ? IO_ERROR : BAD_INPUT,
			    "%s ends at byte %" PRIu64 ", although its size was %" PRIu64 " before", t->file->path,
			    offset + got, t->file->size);
	return OK;
}

static void take_from_bounce(struct transfer *t, size_t size)
{
	memcpy(fw_memory_at(next_at(t)), t->loading->bounce, size);
	t->loading->copied += size;
}

/*
 * Firmware wrote something other than what it read, or wrote it elsewhere, or did not say what it wrote. Its earlier
 * reads above 4 GiB may be wrong too. If it drops an address's high bits, it may have overwritten what was loaded; not
 * so with a file that crosses 4 GiB, which then goes on at 0, where nothing lies (rule C1).
 */
static void distrust(struct transfer *t)
{
	struct loading *loading = t->loading;

	loading->distrust_high = true;
	if (loading->holds_high || (loading->holds && (uint32_t)next_at(t) >= MIB(1)))
		loading->spoilt = true;
}

/*
 * Rule C7: some firmware's disk drivers hand a device the low 32 bits of an address, and the bytes land elsewhere
 * without an error. So the first piece above 4 GiB is read again below 4 GiB and compared.
 */
static enum status check_first_piece(struct transfer *t, size_t size, struct fail *why)
{
	TRY(read_piece(t, t->loading->bounce, size, why));
	t->checked = true;
	if (memcmp(t->loading->bounce, fw_memory_at(next_at(t)), size) == 0)
		return OK;
	distrust(t);
	fw_log(LOG_QUIET, "firmware reads other bytes above 4 GiB than below: reading through a buffer [C7]");
	take_from_bounce(t, size);
	return OK;
}

static enum status read_next(struct transfer *t, size_t size, struct fail *why)
{
	if (goes_by_bounce(t)) {
		TRY(read_piece(t, t->loading->bounce, size, why));
		take_from_bounce(t, size);
		t->checked = true;
		return OK;
	}
	TRY(read_piece(t, fw_memory_at(next_at(t)), size, why));
	if (is_to_be_checked(t))
		TRY(check_first_piece(t, size, why));
	t->loading->holds_high = t->loading->holds_high || (is_above_4g(t) && t->file->bytes == NULL);
	return OK;
}

static size_t piece_size(const struct transfer *t)
{
	uint64_t left = t->size - t->done;
	uint64_t most = is_to_be_checked(t) ? CHECK_PIECE
			: goes_by_bounce(t) ? t->loading->bounce_size
			: t->small	    ? SMALL_PIECE
					    : t->piece;

	if (!is_above_4g(t) && left > GIB(4) - next_at(t))
		left = GIB(4) - next_at(t);
	return (size_t)(left < most ? left : most);
}

static void set_pace(struct transfer *t)
{
	t->growth = t->size > AT_ONCE && t->file->bytes == NULL ? GROWTH : 0;
	t->piece = t->growth != 0 ? FIRST_PIECE : MOST_PIECE;
	if (t->growth != 0 && !fw_timer_start(t->growth)) {
		t->growth = 0;
		t->piece = UNTIMED_PIECE;
	}
}

/* A piece of @size bytes was read. */
static void keep_pace(struct transfer *t, size_t size)
{
	if (t->growth == 0 || size < t->piece)
		return;
	if (fw_timer_is_over())
		t->growth = t->growth > SLOWER ? t->growth / SLOWER : 2;
	else
		t->piece = t->piece < MOST_PIECE / t->growth ? t->piece * t->growth : MOST_PIECE;
	if (!fw_timer_start(t->growth))
		t->growth = 0;
}

/* After a failed read: the next more careful way, or the error as it is when there is none. */
static enum status fall_back(struct transfer *t, enum status failed, struct fail *why)
{
	if (failed != IO_ERROR || goes_by_bounce(t) || (t->small && !is_above_4g(t)))
		return failed;
	fw_log(LOG_QUIET, "%s; trying %s [C7]", why->text, t->small ? "a buffer below 4 GiB" : "smaller pieces");
	if (t->small)
		distrust(t);
	t->small = true;
	t->file->is_broken = true;
	return OK;
}

static enum status transfer(struct transfer *t, struct fail *why)
{
	while (t->done < t->size) {
		size_t size = piece_size(t);
		enum status status = read_next(t, size, why);

		if (status != OK) {
			TRY(fall_back(t, status, why));
			continue;
		}
		t->done += size;
		*(t->file->bytes == NULL ? &t->loading->read : &t->loading->copied) += size;
		fw_progress(t->file->path, t->done, t->size);
		keep_pace(t, size);
	}
	t->loading->holds = true;
	return OK;
}

static void tell_speed(const struct transfer *t, uint64_t started)
{
	uint64_t took = fw_microseconds() - started;

	if (took != 0) /* bytes per microsecond are MB/s */
		fw_log(LOG_NORMAL,
		       "read %s, %" PRIu64 " bytes in %" PRIu64 ".%02" PRIu64 " s, %" PRIu64 ".%" PRIu64 " MB/s",
		       t->file->path, t->size, took / 1000000, took % 1000000 / 10000, t->size / took,
		       t->size % took * 10 / took);
}

enum status load_file(struct loading *loading, struct file *file, uint64_t offset, uint64_t to, uint64_t size,
		      struct fail *why)
{
	bool checked = loading->distrust_high || file->bytes != NULL;
	struct transfer t = {
	    .loading = loading, .file = file, .offset = offset, .to = to, .size = size, .checked = checked};
	bool tell = size >= AT_ONCE && file->bytes == NULL && fw_log_wants(LOG_NORMAL);
	uint64_t started = tell ? fw_microseconds() : 0;
	enum status status;

	if (file->bytes != NULL && file->bytes + offset == fw_memory_at(to)) { /* it was verified where it belongs */
		loading->holds = true;
		return OK;
	}
	set_pace(&t);
	status = transfer(&t, why);
	fw_progress(file->path, 0, 0);
	if (size > AT_ONCE)
		(void)fw_timer_start(0);
	if (status == OK && tell)
		tell_speed(&t, started);
	return status;
}

/* @size bytes that belong at @to: of the file from @offset, or zeros. */
static enum status load_piece(struct loading *loading, struct file *file, uint64_t offset, bool zeros, uint64_t to,
			      uint64_t size, const struct copies *copies, struct fail *why)
{
	uint64_t run;

	for (uint64_t done = 0; done < size; done += run) {
		uint64_t now = copies_now(copies, to + done, &run);

		if (run > size - done)
			run = size - done;
		if (zeros)
			memset(fw_memory_at(now), 0, (size_t)run);
		else
			TRY(load_file(loading, file, offset + done, now, run, why));
	}
	return OK;
}

enum status load_image(struct loading *loading, struct file *file, const struct image *image, const struct plan *plan,
		       struct fail *why)
{
	for (size_t i = 0; i < image->n_pieces; i++) {
		const struct image_piece *piece = &image->piece[i];
		uint64_t to = plan->part[PART_KERNEL].at.start + piece->at;

		TRY(load_piece(loading, file, piece->offset, false, to, piece->size, &plan->copies, why));
		TRY(load_piece(loading, file, 0, true, to + piece->size, piece->memory - piece->size, &plan->copies,
			       why));
	}
	return OK;
}

enum status initrds_size(const struct file *file, size_t n, uint64_t *size, struct fail *why)
{
	uint64_t start;

	*size = 0;
	for (size_t i = 0; i < n; i++)
		if (initrd_join(*size, file[i].size, &start, size))
			return fail(why, BAD_INPUT, "%s: the initrds together are larger than any memory",
				    file[i].path);
	return OK;
}

enum status load_initrds(struct loading *loading, struct file *file, size_t n, struct range place, struct fail *why)
{
	uint64_t start, end = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t gap = end;

		if (initrd_join(end, file[i].size, &start, &end))
			return fail(why, BAD_INPUT, "%s: too large", file[i].path);
		memset(fw_memory_at(place.start + gap), 0, (size_t)(start - gap));
		TRY(load_file(loading, &file[i], 0, place.start + start, file[i].size, why));
	}
	memset(fw_memory_at(place.start + end), 0, (size_t)(range_size(place) - end));
	return OK;
}
