/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPU of a simulated boot, under either floor of the simulation: what arch/<cpu>/ asks of registers, and its entry.
 */
#include "../unit/given.h"
#include "sim.h"

/* ---- the CPU: the linker puts these in the place of arch/x86_64/enter.S's ---- */

void __wrap_x86_cpuid(uint32_t leaf, struct cpuid *registers);
uint64_t __wrap_x86_read_cr4(void);
uint32_t __wrap_x86_random(uint64_t *number);
uint64_t __wrap_arch_ticks(void);
uint32_t __wrap_x86_port_in(uint32_t port);
void __wrap_x86_port_out(uint32_t port, uint32_t value);
bool __real_arch_speaker(bool sounds);
bool __wrap_arch_speaker(bool sounds);
__attribute__((noreturn)) void __wrap_x86_enter(uint64_t gdt, uint64_t root, uint64_t entry, uint64_t argument,
						uint64_t copies, uint64_t stack_top);
__attribute__((noreturn)) void __wrap_x86_enter_by_trampoline(uint64_t gdt, uint64_t root, uint64_t trampoline,
							      uint64_t copies);

/* Intel SDM volume 2, CPUID. Every bit that is not asked for says the contrary of what it would say where it is asked.
 */
void __wrap_x86_cpuid(uint32_t leaf, struct cpuid *registers)
{
	bool la57 = (leaf == 0x07) == sim.la57, gib_pages = (leaf == 0x80000001) != sim.no_gib_pages;

	*registers = (struct cpuid){.ecx = la57 ? 1u << 16 : ~(1u << 16), .edx = gib_pages ? 1u << 26 : ~(1u << 26)};
	if (leaf == 0x01)
		registers->ecx = sim.hypervisor ? 1u << 31 : ~(1u << 31);
	if (leaf == 0x8000001f)
		registers->eax = sim.encrypted ? 1u << 1 : ~(1u << 1);
	if (leaf == 0x15)
		*registers = sim.cpuid_15;
	if (leaf == 0x16)
		*registers = (struct cpuid){.eax = 0xabcd0000};
}

uint32_t __wrap_x86_random(uint64_t *number)
{
	if (!sim.cpu_has_entropy)
		return 0;
	*number = UINT64_C(0x123456789abcdef0);
	return 1;
}

/* No test may hang on how fast its host is, or for how long it has been up. */
uint64_t sim_ticks = UINT64_C(3600) * SIM_TICKS * 1000000;

uint64_t __wrap_arch_ticks(void)
{
	return sim_ticks += 50;
}

/* A PC's ports of timer and speaker; beeps are counted when the speaker falls silent. */
uint32_t __wrap_x86_port_in(uint32_t port)
{
	if (port != 0x61)
		fail_msg("port %#x is read", port);
	return outcome.port_b;
}

void __wrap_x86_port_out(uint32_t port, uint32_t value)
{
	bool was_heard = (outcome.port_b & 3) == 3;

	if (port != 0x61 && port != 0x42 && port != 0x43)
		fail_msg("port %#x is written", port);
	if (port != 0x61)
		outcome.timer = outcome.timer << 8 | (value & 0xff);
	else
		outcome.port_b = value;
	outcome.beeps += was_heard && (outcome.port_b & 3) == 0;
}

bool __wrap_arch_speaker(bool sounds)
{
	return sim.arch == NULL ? __real_arch_speaker(sounds) : false;
}

uint64_t __wrap_x86_read_cr4(void)
{
	return sim.five_levels ? 1u << 12 : ~(UINT64_C(1) << 12);
}

void __wrap_x86_enter(uint64_t gdt, uint64_t root, uint64_t entry, uint64_t argument, uint64_t copies,
		      uint64_t stack_top)
{
	if (sim_memory(stack_top - 64, 64) == NULL)
		fail_msg("the stack after exit lies outside of what was claimed");
	sim_copy_after_exit(copies);
	outcome.gdt = gdt;
	outcome.table_root = root;
	outcome.entry = entry;
	outcome.argument = argument;
	outcome.entered = true;
	sim_leave();
}

void __wrap_x86_enter_by_trampoline(uint64_t gdt, uint64_t root, uint64_t trampoline, uint64_t copies)
{
	const uint8_t *page = sim_memory(trampoline, EFI_PAGE);

	if (page == NULL)
		fail_msg("the trampoline lies outside of what was claimed");
	outcome.trampoline = trampoline;
	(void)root; /* the trampoline loads its own: the words at its end (arch/x86_64/enter.h) */
	outcome.five_levels = (page[0xfe0] & 1) != 0;
	__wrap_x86_enter(gdt, load_le(page + 0xfe0, 8) & ~UINT64_C(1), load_le(page + 0xfe8, 8),
			 load_le(page + 0xff0, 8) | load_le(page + 0xff8, 8), copies, trampoline + 0xfe0);
}

/* ---- another CPU than the one that the tests run on ---- */

const struct arch *__real_arch_here(void);
const struct arch *__wrap_arch_here(void);
void __real_arch_cpu(struct cpu *cpu);
void __wrap_arch_cpu(struct cpu *cpu);
__attribute__((noreturn)) void __real_arch_enter(const struct handoff *handoff);
__attribute__((noreturn)) void __wrap_arch_enter(const struct handoff *handoff);

const struct arch *__wrap_arch_here(void)
{
	return sim.arch != NULL ? sim.arch : __real_arch_here();
}

void __wrap_arch_cpu(struct cpu *cpu)
{
	if (sim.arch != NULL)
		*cpu = sim.cpu;
	else
		__real_arch_cpu(cpu);
}

void __wrap_arch_enter(const struct handoff *handoff)
{
	if (sim.arch == NULL)
		__real_arch_enter(handoff);
	if (sim.arch == &arch_ia32)
		__wrap_x86_enter_by_trampoline(handoff->gdt, 0, handoff->trampoline, handoff->copies.address);
	sim_copy_after_exit(handoff->copies.address);
	outcome.handoff = *handoff;
	outcome.entered = true;
	sim_leave();
}
