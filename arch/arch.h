/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every CPU offers the loader. The C of this folder writes bytes that a CPU reads, and runs on any host; only
 * the assembly reads or writes system registers.
 */
#ifndef BERTH_ARCH_H
#define BERTH_ARCH_H

#include "../base/machine.h"
#include "../protocol/handoff.h"

/* What arch_cpu finds out about the running CPU. */
struct cpu {
	bool gib_pages;	       /* x86: 1 GiB blocks in page tables */
	bool five_levels;      /* x86: runs in 5-level paging now */
	bool has_la57;	       /* x86: could do so, whatever firmware chose */
	bool lacks_long_mode;  /* x86: cannot run a 64-bit kernel, as on some machines with 32-bit firmware */
	uint32_t page_sizes;   /* arm64: the sum of all supported page sizes, in bytes */
	unsigned int pa_range; /* arm64: ID_AA64MMFR0_EL1.PARange */
	bool el2_alone;	       /* arm64: at EL2, and its registers do not have EL1's form (HCR_EL2.E2H) */
};

/* How a kernel is entered: what its image says of that, and what policy decided. */
struct entrance {
	const char *name;     /* of the kernel, for messages */
	bool in_32_bits;      /* x86: with paging off; else in 64-bit mode */
	bool argument_in_ebx; /* x86: else in ESI or RSI */
	bool five_levels;     /* x86: in 5-level paging */
	uint32_t page_size;   /* of the pages that it was built for; 0: it does not say */
};

/* A CPU that the loader is built for. Pure: the host has all of them, a loader only its own. */
struct arch {
	const char *name;	    /* as people say it: "x86-64" */
	const char *bls;	    /* in the Boot Loader Specification's key `architecture` */
	enum elf_machine enters[2]; /* kernels of these, firmware's own CPU first; 0: none */
	bool tree_tells_levels;	    /* of page tables: a device tree does, and not the CPU */
	unsigned int firmware_bits; /* of firmware's addresses, where they are not 64 */

	/* The first address that firmware, and so the loader, cannot reach in the CPU's current mode; NULL: none. */
	struct bound (*reach)(const struct cpu *cpu);

	/*
	 * Narrows where the handoff block may lie, by what this CPU must do in it (rule X8). BAD_INPUT when the CPU
	 * cannot run the image (rule A2).
	 */
	enum status (*demand)(const struct cpu *cpu, const struct entrance *how, struct request *handoff,
			      struct fail *why);

	/*
	 * Carves page tables, descriptor tables and code out of handoff->block and fills them; with block.at == NULL it
	 * only measures. Maps identically all memory in @map, which holds every part of the plan.
	 */
	void (*prepare)(const struct cpu *cpu, const struct entrance *how, const struct memmap *map,
			struct handoff *handoff);
};

extern const struct arch arch_x86_64, arch_ia32, arch_aarch64, arch_riscv64;

/* Kernels of @machine can be entered: it is the CPU's own, or one that it can turn into. */
static inline bool arch_enters(const struct arch *arch, enum elf_machine machine)
{
	return arch->enters[0] == machine || arch->enters[1] == machine;
}

/* ---- the CPU that this build is for, and runs on ---- */

const struct arch *arch_here(void);

void arch_cpu(struct cpu *cpu);

/* A counter of the CPU that runs at a fixed rate. */
uint64_t arch_ticks(void);

/* That rate; 0 when the CPU does not tell it. */
uint64_t arch_ticks_per_second(void);

/* The machine is a hypervisor's, as x86 CPUs tell; on other CPUs false. Its counter may count from any moment. */
bool arch_is_virtual(void);

/* The machine is a virtual one whose memory is kept from its host, by AMD SEV or Intel TDX. */
bool arch_is_confidential(void);

/* A number from the CPU's own source of entropy; false, and nothing written, when it has none. */
bool arch_random(uint64_t *number);

/* A tone from the machine's speaker, until it is silenced; false where machines with this CPU have none. */
bool arch_speaker(bool sounds);

/* After ExitBootServices: enters the kernel. */
__attribute__((noreturn)) void arch_enter(const struct handoff *handoff);

#endif
