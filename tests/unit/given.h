/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world of a unit test, drawn in words: a memory map, a kernel, the user's wish; then what a user would notice.
 * Everything goes through the code that the loader uses: descriptors as firmware lays them out, a header as a file has.
 */
#ifndef BERTH_TESTS_GIVEN_H
#define BERTH_TESTS_GIVEN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../config/entry.h"
#include "../../plan/explain.h"
#include "../../plan/search.h"
#include "../../policy/policy.h"
#include "../../protocol/x86/boot_params.h"
#include "../../protocol/x86/e820.h"
#include "../../kernel/formats.h"
#include "../../protocol/arm64/arm64.h"
#include "../../protocol/image.h"
#include "../../protocol/riscv/riscv.h"
#include "../../protocol/x86/bzimage_rows.h"
#include "../../protocol/x86/x86.h"
#include "kernel_head.h"

/* cmocka's fail() takes no arguments, and its fail_msg() uses it; the tree has a fail() of its own. */
#pragma push_macro("fail")
#undef fail
#include <cmocka.h>
#undef fail
#undef fail_msg
#pragma pop_macro("fail")
#define fail_msg(...)                                                                                                  \
	do {                                                                                                           \
		print_error(__VA_ARGS__);                                                                              \
		print_error("\n");                                                                                     \
		_fail(__FILE__, __LINE__);                                                                             \
	} while (0)

#define GIVEN_ENTRIES 64
#define DESC_SIZE     48 /* bytes of a memory descriptor as OVMF and most firmware have it: 8 more than UEFI names */
#define COUNT_OF(a)   (sizeof(a) / sizeof((a)[0]))

/* ---- the world ---- */

struct world {
	struct memory entry[GIVEN_ENTRIES];
	struct range run[2 * GIVEN_ENTRIES], reliable[2 * GIVEN_ENTRIES];
	struct memmap map;
	struct free_memory free;
	struct image image;
	struct cargo cargo;
	struct machine machine;
	struct findings found;
	struct wish wish;
	bool has_entropy;
	uint64_t entropy;
	uint64_t size[N_PARTS]; /* 0: as the protocol says */
	struct loader_conf conf;
	bool has_bounce;
	bool planned;

	/* what came out */
	struct request request[N_PARTS];
	struct plan plan;
	struct fail why;
	enum status status;
};

extern struct world world;

/*
 * A new world with this memory: "1M-3G free, 4G-6G free sp, 0xf0000000-4G mmio". Types: free reserved mmio runtime
 * acpi nvs loader boot unaccepted unusable pmem; attributes: sp hotplug reliable. The kernel is Debian 12's.
 */
void given_map(const char *text);

/* The same text as descriptors of DESC_SIZE bytes; returns how many. */
size_t raw_map(const char *text, uint8_t raw[GIVEN_ENTRIES * DESC_SIZE]);

/* given_kernel(.xloadflags = XLF_KERNEL_64, .init_size = MIB(50)): the rest is as in Debian 12's kernel. */
#define given_kernel(...) given_kernel_fields(&KERNEL(__VA_ARGS__))
void given_kernel_fields(const struct kernel_fields *fields);

void given_initrd(uint64_t size);
void given_handoff(uint64_t size); /* 0, which is none, unless a test says so */
void given_kept_free(uint64_t size);
void given_bounce(void); /* 1 MiB below 4 GiB, optional, as boot.c asks for it */
void given_command_line(const char *line);
void given_placement(enum placement_policy policy, uint64_t at);
void given_window(uint64_t at, uint64_t end);
void given_entropy(uint64_t entropy); /* what placement random draws from; none unless a test says so */

/* ---- what is expected ---- */

/* The part's place starts there. */
void expect_place(enum part part, uint64_t start);
/* The alignment that the plan tells the kernel, and the rule that chose the place. */
void expect_align(enum part part, uint64_t align);
void expect_rule(enum part part, enum rule rule);
void expect_no_place(enum part part);
/* Demand, policy or planning refused; @rule signs it. */
void expect_refused(enum status status, enum rule rule);
/* The refusal's text has these words. */
void expect_words(const char *words);
/* expect_limit(PART_KERNEL, max, GIB(4), X4) */
#define expect_limit(part, bound, value, by) expect_bound(#bound, requests_now()[part].bound, value, by)
const struct request *requests_now(void);
void expect_bound(const char *name, struct bound bound, uint64_t value, enum rule by);

/* ---- boot_params and all that hangs on it, in memory of exactly the measured size ---- */

#define BLOCK_AT    GIB(5) /* physical address that the block pretends to have */
#define KERNEL_AT   UINT64_C(0x17cc00000)
#define INITRD_AT   UINT64_C(0x174c00000)
#define INITRD_SIZE UINT64_C(0x123456789) /* more than 32 bits, so that both halves tell */
#define HEADER_END  (0x202u + 0x6au)	  /* of Debian 12's header: the byte at 0x201 is 0x6a */

struct told {
	struct image image;
	struct cargo cargo;
	struct machine machine;
	struct findings found;
	struct plan plan;
	struct handoff handoff;
	uint8_t *bp;
	uint64_t size;
};

/* The fields, with 0xaa behind the header's end; then everything that a test may change before tell(). */
void given_told(struct told *t, const struct kernel_fields *fields);
/* Measures, then writes into exactly so many bytes; forget() frees them. */
void tell(struct told *t);
void forget(struct told *t);
/* Firmware's final map, with room for @n descriptors, which the test writes before it calls the protocol's finish(). */
struct final_map *final_map(struct told *t, size_t n);
/* The same, as fw_exit leaves it, with @n free pages, every other one, from 1 MiB; then finish(). */
void finish_with_pages(struct told *t, size_t n);
uint64_t get_le(const uint8_t *at, unsigned int width);
void expect_field(const struct told *t, unsigned int offset, unsigned int width, uint64_t value);

/* ---- descriptors as firmware writes them ---- */

/* UEFI 2.10, 7.2: Type, PhysicalStart, NumberOfPages, Attribute. */
void put_descriptor(uint8_t *at, uint32_t type, uint64_t start, uint64_t pages, uint64_t attribute);

/* ---- random numbers: the seed is printed, and SEED in the environment sets it ---- */

struct dice {
	uint64_t state;
};

struct dice dice_from_seed(const char *test);
/*
 * SHARE=N in the environment: a test that goes through a great many cases tries one in N of them, drawn anew at each
 * case from a fixed seed, so that every value of every loop comes up. Without it all of them, and the first few
 * thousand of each program always.
 */
unsigned long share(void);
bool in_sample(void);
/* How many cases a random test has: CASES in the environment, else @n, or what SHARE leaves of it. */
unsigned long cases_or(unsigned long n);
uint64_t roll64(struct dice *dice);
uint32_t roll(struct dice *dice, uint32_t below); /* 0 to below - 1 */
/* A number of any length in bits: small, large and all-ones ones come up alike. */
uint64_t roll_extreme(struct dice *dice);

#endif
