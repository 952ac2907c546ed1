/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel and the CPU are handed, and the facts of the machine that go into it.
 * All of it lies in one block (PART_HANDOFF), so that it is easy to place, to own, and to keep apart from the kernel.
 */
#ifndef BERTH_HANDOFF_H
#define BERTH_HANDOFF_H

#include "../base/bytes.h"
#include "../base/block.h"
#include "../plan/memmap.h"
#include "../plan/request.h"

/* A linear framebuffer as the graphics output protocol describes it; width 0: there is none. */
struct screen {
	uint32_t width, height, line_bytes; /* line_bytes: from one line to the next */
	uint64_t base;
	struct channel {
		uint8_t size, position; /* bits */
	} red, green, blue, reserved;
};

/* Linux include/linux/efi.h, enum efi_secureboot_mode. */
enum secure_boot { SECURE_BOOT_UNSET, SECURE_BOOT_UNKNOWN, SECURE_BOOT_DISABLED, SECURE_BOOT_ENABLED };

#define KASLR_SEED_SIZE 8  /* bytes of /chosen's kaslr-seed */
#define SEED_SIZE	32 /* bytes of entropy for the kernel; what libstub passes (EFI_RANDOM_SEED_SIZE) */

#define MAX_RESERVED 64 /* ranges; boards have up to some 30 */

/* What firmware says about the machine. */
struct machine {
	uint64_t system_table; /* EFI_SYSTEM_TABLE */
	bool efi_32_bits;      /* whose pointers have 32 bits */
	uint64_t rsdp;	       /* ACPI's root pointer, 0: none */
	struct bytes tree;     /* firmware's device tree, with the length that it claims; at == NULL: none */
	enum secure_boot secure_boot;
	struct screen screen;
	bool has_hart; /* RISC-V: firmware has RISCV_EFI_BOOT_PROTOCOL, which tells the number of */
	uint64_t hart; /* the hart that runs the loader, and will enter the kernel */
};

/* What was found out about it beside that: by looking at its memory, by the device tree, by asking for entropy. */
struct findings {
	/* by the survey, and the command line */
	uint64_t ram_start;    /* the lowest address of memory */
	uint64_t resident_end; /* end of what is reserved at the start of memory (SBI firmware); 0: nothing */
	uint64_t mem_end; /* end of the amount that mem= names, for kernels that mean that by it (rule C9); 0: none */
	size_t map_room;  /* descriptors that the final memory map may have */
	size_t map_desc_size; /* bytes of one, as firmware says before exit */

	/* by the device tree; the hart by firmware where that tells it */
	bool has_hart;
	uint64_t hart;
	unsigned int levels;		     /* of page tables that every hart has: 3 to 5; 0: unknown */
	struct range reserved[MAX_RESERVED]; /* by /reserved-memory */
	size_t n_reserved;

	/* by firmware's source of entropy, or the CPU's */
	uint8_t seed[SEED_SIZE + KASLR_SEED_SIZE]; /* the first for the kernel's pool, the others for its own place */
	bool has_seed;
};

/* Firmware's last memory map: raw, in the block, where the kernel goes on reading it. */
struct final_map {
	uint8_t *descriptors;
	uint64_t address; /* of descriptors */
	size_t room;	  /* bytes */
	size_t size, desc_size;
	uint32_t desc_version;
	uint8_t
	    *runtime; /* room for as many descriptors again: those that SetVirtualAddressMap is given; may be NULL */
};

struct handoff {
	struct block block;

	/* protocol/: what the kernel reads */
	struct piece boot_params, command_line, e820_extra, seed;
	struct piece start_info, memory_table; /* of PVH */
	struct piece tree;		       /* a device tree */
	int tree_error;			       /* of libfdt, when it was written; 0: none */
	size_t e820_extra_room;		       /* entries */
	struct final_map final;
	struct memory *sorted; /* room for the final map, sorted */
	size_t sorted_room;    /* entries */

	struct range written[3 + MAX_COPIES]; /* what the loader wrote, for a CPU that is entered with its caches off */
	size_t n_written;
	bool copies_after_exit;
	struct piece copies; /* what is moved after exit, as arch/moves.h writes it (rule C6) */

	/* protocol/: where the kernel is entered, and with which argument; on RISC-V by which hart */
	uint64_t entry, argument, hart;

	/* arch/: what the CPU is entered with */
	uint64_t table_root, gdt;
	uint64_t tcr;	      /* arm64: how table_root is walked */
	uint64_t tables_size; /* bytes of page tables */
	uint64_t stack_top;   /* for what runs between exit and entry, when firmware's stack may be overwritten */
	uint64_t trampoline;  /* 0: the kernel is entered in 64-bit mode, with the levels of paging that firmware has */
};

/* A text with its NUL, in the block. */
struct piece handoff_take_text(struct handoff *handoff, const char *text);

/* Room for a map of found->map_room descriptors, raw and sorted. */
void handoff_take_map(struct handoff *handoff, const struct findings *found);

/* The same, raw, with room for the part that firmware is told again. */
void handoff_take_runtime_map(struct handoff *handoff, const struct findings *found);

/*
 * After ExitBootServices: @final, sorted. It runs where nothing can fail: the size of a descriptor was checked before
 * and the room counted; if firmware changes its mind in between, what fits is there.
 */
struct memmap handoff_sort_map(const struct handoff *handoff, const struct final_map *final);

#endif
