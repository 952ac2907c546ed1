/* SPDX-License-Identifier: BSD-2-Clause */
/* What a simulated boot is expected to end in. */
#ifndef BERTH_TESTS_SIM_EXPECT_H
#define BERTH_TESTS_SIM_EXPECT_H

/* Runs the boot that is set up: the kernel is entered, and the log says @words. */
void expect_through(const char *words);

/* The same with a kernel of sim.vmlinux: the log tells of a move to other virtual addresses just when one is due. */
void expect_the_kernel(void);

/* Runs it: no kernel is entered, and the reason says @words. */
void expect_refusal(const char *words);

#endif
