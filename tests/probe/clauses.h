/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The promises that x86 Linux's 64-bit boot protocol makes to a kernel, as clauses that can be checked at its first
 * instruction. An independent reading of the specification: nothing here comes from the loader, so that both can be
 * held against each other.
 * Source: Linux Documentation/arch/x86/boot.rst and zero-page.rst; arch/x86/include/uapi/asm/bootparam.h; UEFI 2.10.
 *
 * Pure, without state of its own: the stand-in kernel (tests/probe/x86_64) calls it on a CPU, a simulated firmware
 * with an arena for memory.
 */
#ifndef BERTH_TESTS_CLAUSES_H
#define BERTH_TESTS_CLAUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLAUSE_FILE_HEAD 1024 /* bytes of its file that a kernel brings along */

/* By which entry; other entries promise other things, and what they do not promise does not apply. */
enum entered { ENTERED_64, ENTERED_32, ENTERED_BY_HANDOVER };

/* What a kernel finds when it is entered. */
struct found {
	enum entered entered;
	uint64_t load; /* where the protected-mode part's first byte lies: the entry's address less 0x200 */
	uint64_t rbx, rsi, rdi, rbp, rsp, rflags, cr0, cr3, cr4, efer;
	uint64_t gdt_base, idt_base;
	uint16_t gdt_limit, idt_limit;
	uint16_t cs, ds, es, ss, fs, gs;

	const uint8_t *file; /* the first CLAUSE_FILE_HEAD bytes of its own file, as they were before any loader */
	/* Part of the protected-mode part that nobody has written to: from load + at, with this Adler-32; size 0: none.
	 */
	struct {
		uint64_t at, size;
		uint32_t sum;
	} payload;
	uint32_t setup_type_max; /* of the image's kernel_info; 0: it has none */

	/*
	 * A command line may tell what only a test knows: `probe.ramdisk=SIZE,SUM` (hexadecimal; SUM is its Adler-32)
	 * and `probe.screen=yes|no`. Clauses about these do not apply without.
	 */

	/* size bytes from a physical address, readable; NULL when one of them is not. */
	const uint8_t *(*memory)(void *context, uint64_t physical, uint64_t size);
	void *context;
};

enum verdict { CLAUSE_BROKEN, CLAUSE_KEPT, CLAUSE_DOES_NOT_APPLY };

struct finding {
	enum verdict verdict;
	const char *what; /* broken: what was seen and wanted; does not apply: why; may be NULL */
	uint64_t seen, wanted;
};

/* What is handed to a kernel and must still be the same after it has used all of its window. */
enum handed {
	HANDED_BOOT_PARAMS,
	HANDED_COMMAND_LINE,
	HANDED_INITRD,
	HANDED_SETUP_DATA,
	HANDED_EFI_MAP,
	HANDED_SYSTEM_TABLE,
	HANDED_GDT,
	HANDED_PAGE_TABLES,
	N_HANDED,
};

struct clause_report {
	/*
	 * Called once for every clause, with numbers from 1 upwards. The number, the sentence and the source of a
	 * clause are the same in every run; those of the 32-bit entry alone come last, and only for it.
	 */
	void (*say)(void *context, unsigned int number, const char *sentence, const char *source,
		    const struct finding *finding);
	void *context;

	/* Kept by the clauses; to be zero at first. */
	unsigned int number, broken, not_applied;
	bool window_is_clear; /* nothing that was handed over lies in the window: it may be written to */
	uint64_t print[N_HANDED];
	uint64_t window_start, window_end; /* all that the kernel may write to: init_size from its run-time start on */
};

/* Before anything is written: all clauses but the last; takes fingerprints. Returns how many are broken so far. */
unsigned int clauses_check(const struct found *found, struct clause_report *report);

/*
 * After the window was written over: that nothing handed over has changed. @scribbled: what a caller that wrote read
 * back was what it had written. Returns how many clauses are broken in all.
 */
unsigned int clauses_check_unchanged(const struct found *found, struct clause_report *report, bool scribbled);

/* The checksum of RFC 1950, 8.2, started with 1, which zlib's adler32() computes. */
uint32_t clause_adler32(uint32_t sum, const uint8_t *bytes, uint64_t size);

/* Where the kernel will be at run time, which is where its window begins; boot.rst, init_size. */
uint64_t clause_runtime_start(const struct found *found);

#endif
