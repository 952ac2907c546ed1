/* SPDX-License-Identifier: BSD-2-Clause */
#include "packed.h"

const struct kind kinds[] = {
    {PACKED_GZIP, "gzip -n -c", false},
    {PACKED_LZ4_LEGACY, "lz4 -q -l -c", false},
    {PACKED_LZ4_LEGACY, "lz4 -q -l -c", true},
    {PACKED_LZ4, "lz4 -q -c", false},
    {PACKED_LZ4, "lz4 -q -BD -BX -B5 -c", false},
    {PACKED_ZSTD, "zstd -q -c", false},
    {PACKED_ZSTD, "zstd -q --no-check -c", true},
    {PACKED_XZ, "xz -0 --check=crc32 --x86 --lzma2=preset=0 -c", true},
    {PACKED_XZ, "xz -0 -c", false},
    {PACKED_XZ, "xz -0 --check=sha256 -c", false},
};
const size_t n_kinds = COUNT_OF(kinds);

struct blob given_data(enum look look, size_t size)
{
	struct blob data = {calloc(size + 1, 1), size};
	uint64_t state = 36439;

	assert_non_null(data.at);
	for (size_t i = 0; look != LOOK_ZEROS && i < size; i++) {
		state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
		data.at[i] = look == LOOK_NOISE ? (uint8_t)(state >> 56) : (uint8_t)("berth \n"[(state >> 40) % 7]);
	}
	return data;
}

struct blob blob_copy(const void *at, size_t size)
{
	struct blob copy = {malloc(size + 1), size};

	assert_non_null(copy.at);
	memcpy(copy.at, at, size);
	return copy;
}

void drop(struct blob *blob)
{
	free(blob->at);
	*blob = (struct blob){NULL, 0};
}

struct blob joined(struct blob a, struct blob b)
{
	struct blob both = {malloc(a.size + b.size + 1), a.size + b.size};

	assert_non_null(both.at);
	memcpy(both.at, a.at, a.size);
	memcpy(both.at + a.size, b.at, b.size);
	drop(&a);
	drop(&b);
	return both;
}

/* ---- the system's packers ---- */

static struct blob read_all(FILE *file)
{
	struct blob data = {NULL, 0};
	size_t room = 1 << 16, got;

	do {
		room *= 2;
		data.at = realloc(data.at, room);
		assert_non_null(data.at);
		got = fread(data.at + data.size, 1, room - data.size, file);
		data.size += got;
	} while (got != 0);
	return data;
}

/* The input goes through a file: a pipe at both ends could block. */
struct blob through(const char *command, struct blob in)
{
	char path[] = "/tmp/berth-test-XXXXXX", line[256];
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
	struct blob out;
	int status;

	assert_non_null(file);
	assert_int_equal(fwrite(in.at, 1, in.size, file), in.size);
	assert_int_equal(fclose(file), 0);
	snprintf(line, sizeof(line), "%s <%s", command, path);
	file = popen(line, "r");
	assert_non_null(file);
	out = read_all(file);
	status = pclose(file);
	remove(path);
	if (status != 0)
		fail_msg("%s failed", command);
	return out;
}

struct blob packed_as(const struct kind *kind, struct blob data)
{
	struct blob packed = through(kind->command, data);
	uint8_t size[4];

	store_le(size, sizeof(size), data.size);
	return kind->sized ? joined(packed, blob_copy(size, sizeof(size))) : packed;
}

/* ---- a caller ---- */

static enum status more(void *context, struct bytes *piece, struct fail *why)
{
	struct caller *c = context;
	size_t left = c->packed.size - c->at, size = left < c->piece ? left : c->piece;

	free(c->given);
	c->given = NULL;
	if (size == 0 && c->broken_at_end != OK)
		return fail(why, c->broken_at_end, "the disk is gone");
	if (size != 0) {
		c->given = malloc(size);
		assert_non_null(c->given);
		memcpy(c->given, c->packed.at + c->at, size);
	}
	*piece = (struct bytes){c->given, size};
	c->at += size;
	return OK;
}

static void *take(void *context, uint64_t size)
{
	struct caller *c = context;
	void *at;

	if (++c->n_taken == c->fail_at)
		return NULL;
	at = aligned_alloc(16, (size + 15) & ~UINT64_C(15));
	assert_non_null(at);
	memset(at, 0xaa, size < 65536 ? size : 65536); /* what a decoder takes for zeroed shows */
	c->held += size;
	return at;
}

static void give(void *context, void *at, uint64_t size)
{
	struct caller *c = context;

	assert_true(c->held >= size);
	c->held -= size;
	free(at);
}

struct unpack_from from_caller(struct caller *caller, const struct kind *kind)
{
	size_t size = caller->packed.size;
	size_t size_at = caller->size_at != 0 ? caller->size_at : size >= 4 ? size - 4 : 0;

	return (struct unpack_from){
	    .name = "vmlinuz-6.1",
	    .start = 0x1000,
	    .size_at = kind->sized ? size_at : 0,
	    .context = caller,
	    .more = more,
	    .take = take,
	    .give = give,
	};
}

void caller_done(struct caller *caller)
{
	assert_int_equal(caller->held, 0);
	free(caller->given);
	caller->given = NULL;
}

static enum status read_all_steps(struct unpack *u, struct unpacked *out, size_t step, uint64_t limit)
{
	uint64_t got;

	/* One byte more than there may be is asked for, so that the limit is what stops a stream that has it. */
	do {
		uint64_t room = limit + 1 - out->size;
		uint64_t size = step < room ? step : room;

		TRY(unpack_read(u, out->at + out->size, size, &got, &out->why));
		out->size += got;
		if (got < size)
			break;
	} while (got != 0);
	return unpack_finish(u, &out->why);
}

struct unpacked unpack_all(const struct kind *kind, struct caller *caller, size_t step, uint64_t limit)
{
	struct unpack_from from = from_caller(caller, kind);
	struct unpacked out = {.at = malloc(limit + 1)};
	struct unpack u;

	assert_non_null(out.at);
	out.status = unpack_open(&u, kind->packing, &from, limit, &out.why);
	if (out.status == OK) {
		out.status = read_all_steps(&u, &out, step, limit);
		assert_true(u.unpacked <= limit + 1);
		out.memory = u.memory;
		assert_int_equal(u.held, caller->held);
		unpack_close(&u);
	}
	assert_int_equal(u.held, 0);
	caller_done(caller);
	return out;
}

void forget_unpacked(struct unpacked *out)
{
	free(out->at);
	out->at = NULL;
}
