/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that are the simulated firmware share. */
#ifndef BERTH_TESTS_SIM_LOCAL_H
#define BERTH_TESTS_SIM_LOCAL_H

#include "sim.h"

#include "../../loader/files.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE (UINT64_C(1) << 44) /* 16 TiB of addresses, of which a test touches a few MiB */
#define CLAIMS	   128
#define TAKES	   32
#define DIRT	   (UINT64_C(1) << 16) /* bytes of a claim that are full of something else */

struct fw_file {
	const struct sim_file *file;
	bool broken;
};

extern struct sim_state {
	uint8_t *arena;
	struct range claim[CLAIMS];
	size_t n_claims;
	struct fw_file *handle[SIM_FILES * 4];
	size_t n_handles;
	uint64_t milliseconds, timer_ends; /* of the clock; 0: no timer is set */
	uint32_t opened;		   /* a bit for each file that was */
	jmp_buf left;			   /* where the kernel's entry leads */
	struct boot boot;
	unsigned int surveys, looks, takes, reads_of_changing;
	const struct sim_file *verified;
	struct {
		uint8_t *at;
		uint64_t size;
	} taken[TAKES];
} fw;

/* The loader did what no firmware would survive: ends the test program. */
__attribute__((noreturn)) void sim_die(const char *what);

/* Counts a call; true when it is the one that is to fail. */
bool sim_fails(enum service service);
enum status sim_injected(struct fail *why);

#endif
