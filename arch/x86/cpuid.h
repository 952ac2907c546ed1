/* SPDX-License-Identifier: BSD-2-Clause */
/* What the instruction CPUID tells, on both x86 CPUs. Source: Intel SDM volume 2, CPUID. */
#ifndef BERTH_X86_CPUID_H
#define BERTH_X86_CPUID_H

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

/* The first subleaf of a leaf; zeros when the CPU does not have the leaf. */
struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/* Leaves, and what is asked of them. */
#define CPUID_VERSION	0x01u
#define ECX_HYPERVISOR	(1u << 31) /* not Intel's: all hypervisors set it */
#define CPUID_FEATURES	0x07u
#define ECX_LA57	(1u << 16)
#define CPUID_TICKS	0x15u
#define CPUID_FREQUENCY 0x16u
#define CPUID_EXTENDED	0x80000001u
#define EDX_GIB_PAGES	(1u << 26)
#define EDX_LONG_MODE	(1u << 29)

/* Ticks of the time-stamp counter a second, by the leaves of these names; 0 when they do not tell. */
uint64_t x86_ticks_per_second(const struct cpuid *ticks, const struct cpuid *frequency);
#endif

#endif
