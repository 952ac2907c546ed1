/* SPDX-License-Identifier: BSD-2-Clause */
#include "cpuid.h"

#define MHZ 1000000

/*
 * 15H: the crystal's frequency in ECX, and the counter's ratio to it, EBX / EAX. CPUs that do not tell the crystal's
 * have the processor's base frequency in 16H, in MHz, which is the counter's (SDM volume 3, 18.18.3 and 18.7.3).
 */
uint64_t x86_ticks_per_second(const struct cpuid *ticks, const struct cpuid *frequency)
{
	if (ticks->eax == 0 || ticks->ebx == 0)
		return 0;
	if (ticks->ecx == 0)
		return (uint64_t)(frequency->eax & 0xffff) * MHZ;
	return (uint64_t)ticks->ecx * ticks->ebx / ticks->eax;
}
