/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The random seed: what nobody can guess in a file on the loader's volume, in a variable, in firmware and in an earlier
 * loader's table becomes one sum; from it the file and the booted system each get a sum of their own. So no two boots
 * have the same seed, and neither sum reveals the other. Pure; efi/seed.c asks firmware, and writes.
 *
 * Source: systemd, docs/RANDOM_SEEDS.md; src/boot/random-seed.c, whose sum this is to the byte.
 */
#ifndef BERTH_SEED_H
#define BERTH_SEED_H

#include "../base/bytes.h"

#define SEED_SIZE	32     /* bytes of a seed, and of each part that counts as good enough */
#define SEED_FILE_MOST	32768u /* a larger file is not one; a smaller one than SEED_SIZE counts as new */
#define SEED_TOKEN_MOST 4096   /* bytes of the variable; a larger one counts as none */

/* What goes into the sum. size 0: there is none. */
struct seed_parts {
	struct bytes previous; /* the seed in an earlier loader's table */
	struct bytes random;   /* SEED_SIZE bytes of firmware's entropy */
	struct bytes token;    /* the variable LoaderSystemToken */
	struct bytes file;     /* what was in the file before */
	uint64_t count;	       /* GetNextMonotonicCount */
	struct bytes time;     /* EFI_TIME, 16 bytes */
};

/* An earlier loader or firmware gives enough bytes that no copy of the disk has, so a file may be made. */
bool seed_is_fresh(const struct seed_parts *parts);

/*
 * NULL, or why nothing is to be done: the system would be seeded from the disk alone, which may be a copy of another
 * machine's. @checked: Secure Boot is on, or not known to be off.
 */
const char *seed_refusal(const struct seed_parts *parts, bool checked);

/* @file and @system: SEED_SIZE bytes each, for the file and for the system that boots. */
void seed_compose(const struct seed_parts *parts, uint8_t *file, uint8_t *system);

/*
 * The table in which Linux finds its seed: the size in 4 bytes, and the seed (include/linux/efi.h, struct
 * linux_efi_random_seed; LINUX_EFI_RANDOM_SEED_TABLE_GUID).
 */
#define SEED_TABLE_HEADER 4
#define SEED_TABLE_MOST	  4096 /* bytes of a seed; a table that claims more is not believed */

/* The seed in a table, of which at least the header is there; empty when the table is not valid. */
struct bytes seed_of_table(const uint8_t *table);

#endif
