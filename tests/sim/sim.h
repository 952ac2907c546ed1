/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A firmware on the host: the second body of loader/firmware.h. It has a memory map, files and services that can be
 * made to fail, lie and fragment; the real loader/boot.c runs in it up to the kernel's entry.
 *
 * Physical memory is an arena of which only claimed pages can be touched: whatever else the loader reads or writes ends
 * the test. One firmware lives at a time; sim_reset() begins another.
 */
#ifndef BERTH_TESTS_SIM_H
#define BERTH_TESTS_SIM_H

#include "../../arch/x86/cpuid.h"
#include "../../loader/boot.h"

/* The services, each of which can be made to fail at any call. */
enum service {
	SERVICE_OPEN,
	SERVICE_READ,
	SERVICE_SURVEY,
	SERVICE_CLAIM,
	SERVICE_TAKE,
	SERVICE_RANDOM,
	SERVICE_VERIFY,
	SERVICE_RECORD, /* where there is one */
	SERVICE_EXIT,
	N_SERVICES
};

struct sim_file {
	const char *path;
	uint64_t size;
	const uint8_t *head; /* the first bytes; what follows is a pattern (sim_byte) */
	size_t head_size;
};

struct vmlinux; /* vmlinux.h */

#define SIM_FILES   1100
#define SIM_ENTRIES 20000

/* What the firmware is like; zeros are an honest one without memory or files. */
struct sim_setup {
	struct sim_file file[SIM_FILES];
	size_t n_files;
	struct fw_volume *volume;   /* that they are on */
	const uint8_t *descriptors; /* as GetMemoryMap would give them */
	size_t descriptors_size, desc_size;
	struct machine machine;
	bool no_entropy, five_levels, la57, no_gib_pages; /* five_levels: now; la57: the CPU has them */
	bool dirty;					  /* memory is full of something else when it is given */
	bool cpu_has_entropy;				  /* RDRAND */
	bool hypervisor;				  /* the CPU is one's */
	bool encrypted;					  /* the CPU has AMD SEV */
	struct cpuid cpuid_15;				  /* what it tells of its clock */
	bool quiet;					  /* loader.conf asks for errors alone */

	const struct arch *arch; /* of another CPU than the one that the tests run on; NULL: of that */
	struct cpu cpu;		 /* and what it finds out about itself */

	/* faults: the k-th call of all, from 1, fails with this status; 0: none does */
	unsigned int fail_call;
	enum status fail_status;
	bool fails_twice; /* and so does the call after it */
	/* lies */
	unsigned int short_read_call; /* the k-th call, if it is a read, gives half */
	uint64_t unreadable_above;    /* reads to higher addresses fail, or arrive as zeros; 0: none */
	bool reads_fail_above, handle_breaks;
	uint64_t disk_speed; /* bytes a second; 0: reads take no time */
	bool no_timer;
	bool reads_wrap, reads_short_above; /* instead of zeros: the low 32 bits of the address count, before it fails
					     * too; half is read */
	const char *lies_about;		    /* this file alone; NULL: all */
	struct range refused[8];	    /* claims in these are refused although the map calls them free */
	size_t n_refused;
	bool gives_nothing;	 /* every claim is refused, whatever the map says */
	const uint8_t *next_map; /* another map, from the second look at memory on */
	size_t next_map_size;
	const char *grows; /* this file has one byte more whenever it is opened again */
	const uint8_t
	    *packed_image; /* of another CPU: what the kernel's file unpacks to; NULL: the file is the image */
	uint64_t packed_size;
	const uint8_t *fixed_tree; /* what firmware makes of a tree of the entry's, of 4 KiB at most; NULL: nothing */
	const char *changes;	   /* this file begins with other bytes, as many as before, from its k-th read on */
	const uint8_t *changed_head;
	unsigned int changes_at;
	bool measures;		       /* it has a TPM */
	const char *untrusted;	       /* this file is not signed, or not a program */
	enum status untrusted_status;  /* and what that is: REFUSED, unless it says otherwise */
	const char *record;	       /* what berth.sums has of the entry (record.h); NULL: nothing */
	const struct vmlinux *vmlinux; /* what the kernel's file unpacks to, when that is entered; NULL: the file is */
	uint64_t pvh_facts_at;	       /* of an ELF kernel: its struct pvh_facts, from its entry; 0: a bzImage */
	/* Of a kernel of another CPU: what must hold when it was entered. */
	void (*check_entered)(const struct entry *entry, const char *scenario);
	bool other_line;	  /* the kernel is told another line than its entry has: the test looks at it itself */
	bool stays_unmapped;	  /* SetVirtualAddressMap is not called on this machine with arm64 */
	bool no_clauses;	  /* of a map or a header so odd that the protocol says nothing of it */
	size_t final_extra;	  /* descriptors by which the map grows until exit */
	const uint8_t *final_map; /* another map than before, at exit */
	size_t final_map_size;
};

/* One read as the loader asked for it. */
struct sim_read {
	uint64_t offset, size;
	bool in_place; /* to physical memory, and not to a buffer of the loader's own */
};

#define SIM_READS 64

/* What came of it. */
struct sim_outcome {
	bool entered;	    /* the kernel was entered: everything below is as it found it */
	enum status status; /* of boot(), when it returned */
	struct fail why;
	unsigned int calls; /* of services, all together */
	unsigned int call_of[N_SERVICES];
	struct sim_read read[SIM_READS]; /* the first ones */
	size_t n_reads;
	unsigned int stand_ins;			    /* for the kernel's EFI stub */
	bool is_linux;				    /* and that of a Linux */
	unsigned int exits, runtime_maps, leavings; /* times that the system to come was told of its entry */
	unsigned int tryings;			    /* that a try was to be counted */
	unsigned int verifications;		    /* that succeeded */
	struct range verified;			    /* where the last of them was */
	unsigned int reads_after;		    /* of that file, since then */
	unsigned int seeds;			    /* how often a seed was to be passed */
	size_t claims_left, files_left, surveys_left, takes_left; /* what the loader did not give back */
	unsigned int takes_at_look; /* memory of the loader's own, held when it looked at the map: in a plan's way */
	unsigned int beeps, port_b, timer;	   /* of a PC's speaker; the last bytes that its timer was told */
	uint64_t table_root, gdt, entry, argument; /* at entry */
	uint64_t copied;			   /* bytes after exit */
	uint64_t trampoline;			   /* by which levels are switched, or long mode left; 0: not */
	bool five_levels;			   /* that code turns them on */
	struct handoff handoff;			   /* of another CPU: what it is entered with */
	const struct situation *situation;	   /* the loader's own view, for what it should have done */
};

extern struct sim_setup sim;
extern struct sim_outcome outcome;

#define SIM_TICKS 2000	   /* of the CPU's counter in a microsecond */
extern uint64_t sim_ticks; /* the counter; it goes on from boot to boot, by itself a little with each read */

/* A new firmware, honest and empty. */
void sim_reset(void);

/* Forgets what came of earlier calls, for a test that calls a part of the loader itself. */
void sim_begin(void);

/* Boots @entry; returns when the loader gives up or the kernel was entered. */
void sim_boot(const struct entry *entry, const struct loader_conf *conf);

/* What boot_foresee() tells of it; on the simulated firmware alone. */
void sim_foresee(const struct entry *entry, const struct loader_conf *conf, unsigned int columns, struct text *out);

/* boot_program_tree(), and its tree copied to @to, of @room bytes, where there is one; everything is given back. */
enum status sim_program_tree(const struct entry *entry, uint8_t *to, size_t room);

/* The bytes at a physical address; NULL where the loader claimed nothing. */
const uint8_t *sim_memory(uint64_t address, uint64_t size);

/* The byte of a file at @offset, behind its head. */
uint8_t sim_byte(const struct sim_file *file, uint64_t offset);

/* No boot has logged anything yet; on the simulated firmware alone. */
void sim_log_begin(void);

/* All that the loader logged in this boot. */
const char *sim_log(void);

/* What is kept of it for the booted system; on the simulated firmware alone. */
const char *sim_kept(void);

/* The lines of sim_log() that a quiet log has as well; on the simulated firmware alone. */
const char *sim_quiet_log(void);

/* The kernel was entered: ends the boot. */
__attribute__((noreturn)) void sim_leave(void);

/* After exit: the memory is the kernel's from now on. */
void sim_hand_over(struct range at);

/* Where the kernel is to run, of the size that it needs. */
struct range sim_window(void);

/* Moves what the list at @list says, as the CPU's own routine does after exit; in check.c. */
void sim_copy_after_exit(uint64_t list);

/* Gives back what a boot that entered the kernel holds. */
void sim_end(void);

#endif
