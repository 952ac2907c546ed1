/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the tests of the simulated firmware stand: a machine drawn in words, booted and counted. */
#ifndef BERTH_TESTS_BENCH_H
#define BERTH_TESTS_BENCH_H

#include "check.h"

#include "../unit/arm64_file.h"
#include "../unit/given.h"

/* A bzImage of 64 KiB that needs 2 MiB. */
#define SMALL_KERNEL .init_size = MIB(2), .syssize = 0x1000, .file_size = 0x1000 * 16 + 40 * 512

/* The files that every machine has: \\vmlinuz, \\one, \\two, and \\empty. */
#define LINUX	"title T\nlinux /vmlinuz\noptions console=ttyS0\n"
#define INITRD	"initrd /one\n"
#define INITRDS "initrd /one\ninitrd /empty\ninitrd /two\n"

struct bench {
	uint8_t raw[GIVEN_ENTRIES * DESC_SIZE]; /* the memory map's descriptors */
	size_t n;
	uint8_t head[IMAGE_HEAD]; /* of the kernel's file */
	struct entry entry;
	struct loader_conf conf;
	char name[160]; /* of the scenario, for failures */
	uint64_t runs, faults, entered, refused;
};

extern struct bench bench;

/* An honest firmware with this memory (given_map's words), entry, loader.conf and kernel. */
void bench_set_up(const char *map, const char *entry, const char *conf, const struct kernel_fields *kernel);

/* The same for arm64: an Image for a CPU with pages of 4 and 64 KiB; \\dtb is a machine's device tree. */
void bench_set_up_arm64(const char *map, const char *entry, const struct arm64_file *kernel);

/* Secure Boot is on, and the kernel's file, whose first bytes these are, is one that can be signed. */
void bench_sign(uint8_t *head);

/* One boot, whose outcome must be a whole handoff or nothing. */
void bench_run(void);

/* The same, and memory stays to be looked at, until sim_end(). */
void bench_run_kept(void);

/* The boot as it is set up; then every call of it fails in turn, in each way. */
void bench_fail_each_call(void);

/* Prints the counts, and fails when there were fewer runs, or hardly any of a kind. */
void bench_expect_runs(uint64_t least);

#endif
