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

#define CPUID_TDX	0x21u	    /* Intel TDX module specification: its name in EBX, EDX, ECX */
#define CPUID_ENCRYPTED 0x8000001fu /* AMD APM volume 3, E.4.17 */
#define EAX_SEV		(1u << 1)
/* Hyper-V's, Hypervisor Top Level Functional Specification, 2.4: its name in EBX, ECX, EDX; what keeps a guest apart.
 */
#define CPUID_HYPER_V		0x40000000u
#define CPUID_HYPER_V_FEATURES	0x40000003u
#define EBX_ISOLATION		(1u << 22)
#define CPUID_HYPER_V_ISOLATION 0x4000000cu

/* A virtual machine whose memory is kept from its host, by what @leaf tells of these. */
bool x86_is_confidential(struct cpuid (*leaf)(uint32_t number));

/* Ticks of the time-stamp counter a second, by the leaves of these names; 0 when they do not tell. */
uint64_t x86_ticks_per_second(const struct cpuid *ticks, const struct cpuid *frequency);
#endif

#endif
