/* SPDX-License-Identifier: BSD-2-Clause */
#include "seed.h"

#include "../base/mem.h"
#include "../codecs/sha256.h"

_Static_assert(SEED_SIZE == SHA256_SIZE, "a seed is a sum");

bool seed_is_fresh(const struct seed_parts *parts)
{
	return parts->random.size >= SEED_SIZE || parts->previous.size >= SEED_SIZE;
}

const char *seed_refusal(const struct seed_parts *parts, bool checked)
{
	if (seed_is_fresh(parts))
		return NULL;
	if (checked)
		return "firmware has no entropy, and under Secure Boot a file alone is not enough";
	if (parts->token.size < SEED_SIZE)
		return "firmware has no entropy, and there is no variable LoaderSystemToken (bootctl random-seed)";
	return NULL;
}

/* Puts the length before each part, as a size_t of 64 bits, so that no two lists of parts give the same bytes. */
static void add(struct sha256 *sum, struct bytes part)
{
	uint8_t size[8];

	store_le(size, 8, part.size);
	sha256_add(sum, (struct bytes){size, sizeof(size)});
	sha256_add(sum, part);
}

static void derive(const uint8_t key[SHA256_SIZE], uint8_t which, uint8_t *out)
{
	struct sha256 sum;

	sha256_start(&sum);
	sha256_add(&sum, (struct bytes){key, SHA256_SIZE});
	sha256_add(&sum, (struct bytes){&which, 1});
	sha256_end(&sum, out);
}

void seed_compose(const struct seed_parts *parts, uint8_t *file, uint8_t *system)
{
	static const uint8_t label[] = "systemd-boot random seed label v1";
	uint8_t count[8], key[SHA256_SIZE];
	struct sha256 sum;

	store_le(count, 8, parts->count);
	sha256_start(&sum);
	sha256_add(&sum, (struct bytes){label, sizeof(label) - 1});
	add(&sum, parts->previous);
	add(&sum, parts->random);
	add(&sum, parts->token);
	add(&sum, parts->file);
	add(&sum, (struct bytes){count, sizeof(count)});
	add(&sum, parts->time);
	sha256_end(&sum, key);
	derive(key, 0, file);
	derive(key, 1, system);
	wipe(key, sizeof(key));
}

struct bytes seed_of_table(const uint8_t *table)
{
	uint64_t size = load_le(table, SEED_TABLE_HEADER);

	return size > SEED_TABLE_MOST ? (struct bytes){NULL, 0}
				      : (struct bytes){table + SEED_TABLE_HEADER, (size_t)size};
}
