/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A UEFI on the host: system table, boot services and protocols under the real efi/, from efi_main to the kernel's
 * entry. It is a second body of tests/sim/sim.h, so that the same scenarios run in it and the same checks are made.
 *
 * Physical memory is where its addresses say, and only claimed pages of it can be touched. `sim.fail_call` is the call
 * of any service that goes wrong, and uefi_fault how.
 */
#ifndef BERTH_TESTS_UEFI_H
#define BERTH_TESTS_UEFI_H

#include "../sim/sim.h"

/* What a call does instead of its duty; or, without the bits of LIE, the EFI_STATUS that it answers. */
enum lie {
	LIE = 0x40000000,
	LIE_NOTHING, /* EFI_SUCCESS, and what it should have given is zeros or not written at all */
	LIE_TOO_MUCH /* EFI_SUCCESS, and a size or a count that is far too large */
};

/* Of a partition: what of it is there from the start, and then with each further step. */
enum uefi_connected {
	CONNECTED,	     /* its file system */
	CONNECTED_AT_ALL,    /* the partition */
	CONNECTED_NOT,	     /* nothing: it is there when the disk is connected */
	CONNECTED_WRONG,     /* the partition, and it must be disconnected before its file system can be */
	CONNECTED_NEVER,     /* the partition; no driver knows its file system */
	CONNECTED_BY_DRIVER, /* the partition, which is held as before; a driver of the user's knows its file system */
};

/* Where UEFI says that the disk has it: the sixth, block 60 alone, all bytes of its GUID are these. */
#define UEFI_XBOOTLDR_GUID 0x22
#define UEFI_MBR_SIGNATURE 0xd15c516e
/* Before the path of a file on it. */
#define UEFI_XBOOTLDR "1:"

/* Of another disk, whose ESP has these names: */
enum uefi_other {
	OTHER_NONE,
	OTHER_CONNECTED,
	OTHER_DISK,	 /* which must be connected before its partitions are there */
	OTHER_CONTROLLER /* which must be connected before the disk is there, and then they are, too */
};
#define UEFI_OTHER     "2:" /* before the path of a file on it */
#define UEFI_OTHER_TAG "f1a2b3c4"

/* What the loader came from. */
enum uefi_from {
	FROM_DISK,
	FROM_QEMU,     /* its -kernel, which has a volume of its own */
	FROM_FIRMWARE, /* memory of its own */
	FROM_NETWORK,
	FROM_NOWHERE /* there is no handle at all */
};
/* What fetches files: */
enum uefi_network { NETWORK_NONE, NETWORK_CONNECTED, NETWORK_CARD /* which must be connected before that */ };
#define UEFI_NETWORK "4:" /* before the path of the file, \image.efi */
#define UEFI_NO_MODE 0x100
#define UEFI_QEMU    "3:" /* before the path of a file on QEMU's volume */

/* What the loader was started by. */
enum uefi_shim {
	SHIM_NONE,
	SHIM_15, /* whose keys firmware does not know; it is asked by a protocol of its own */
	SHIM_16	 /* which has a LoadImage of its own */
};

extern struct uefi_setup {
	enum uefi_from from;
	bool paths_fail; /* an image is found in memory alone, as with AMI's CD-ROMs */
	bool no_system;	 /* the first disk's partition is no system partition */
	uint64_t fault;
	bool for_ever;	    /* every call of that service goes wrong from then on */
	unsigned int pools; /* there is no memory for the so many-th AllocatePool, or for it and all later; 0: is */
	const char *option; /* the load option, 8-bit text; NULL: none */
	unsigned int exit_fails; /* so many calls of ExitBootServices answer that the map has changed */
	size_t columns, rows;	 /* of the console; 0: 100 and 31 */
	size_t rows_later;	 /* from the first key on: a terminal's window was made smaller; 0: it was not */
	bool no_keyboard, no_screen, no_console, no_variables;
	bool no_positions; /* the cursor stays where it is, whatever it is told */
	bool ascii_only;   /* the console has characters for nothing else */
	bool one_mode;	   /* the console has no other than the one that it is in */
	bool extended;	   /* the keyboard has the extended protocol, with the state of Ctrl and Alt */
	bool maps_nothing; /* SetVirtualAddressMap answers that it is not supported, which changes nothing */
	bool presses;	   /* somebody presses Q from the start; else only when told to press a key */
	bool nobody;	   /* nobody does, whatever the loader says */
	/*
	 * Pressed one after the other, before that: \r is Enter, \033 is Esc, and what stands behind a | only when the
	 * loader waits for a key; a . is a wait whose time passes without one. ~ is a modifier alone, which only the
	 * extended protocol has.
	 */
	const char *keys;
	bool keyboard_breaks;		      /* when the last of them was pressed */
	bool stays_on;			      /* ResetSystem does nothing */
	bool write_protected, read_only_file; /* the volume; each file on it */
	bool writes_short;		      /* a write ends one byte early */
	bool disk_stays;		      /* files keep the names that an earlier boot gave them */
	uint8_t secure_boot, setup_mode;      /* the variables; 0xff: there is none */
	unsigned int custom_mode;	      /* the variable; UEFI_NO_MODE: there is none */
	bool untrusted;			      /* the kernel is signed by somebody whom nobody knows */
	bool sums_untrusted;		      /* and so is berth.sums */
	bool untrusted_handle;		      /* and that is told with a handle, and EFI_SECURITY_VIOLATION */
	enum uefi_shim shim;
	bool shim_hooks;		    /* shim 16 has put its own LoadImage in the place of firmware's */
	uint8_t mok_state, mok_attributes;  /* shim's MokSBState; attributes of 0: there is none */
	bool no_origin;			    /* no device paths tell where the loader came from */
	const char *variable_fails;	    /* this one cannot be read */
	const char *variable_is_long;	    /* this one has two bytes */
	const uint8_t *layout;		    /* the keyboard's; NULL: there is no database of layouts */
	const uint8_t *smbios_3, *smbios_2; /* entry points; NULL: there is none */
	const uint8_t *esrt;		    /* the table of what can be updated; NULL: there is none */
	unsigned int map_overstated;   /* the k-th map is said to have one descriptor more than there was room for */
	size_t most_variable;	       /* bytes of a log that firmware has room for; 0: any */
	uint64_t too_large;	       /* what it answers to more; 0: EFI_OUT_OF_RESOURCES */
	size_t log_before;	       /* bytes of a log file that is there already; 0: none */
	bool has_initrd;	       /* firmware offers one to a kernel's EFI stub */
	bool keeps_code;	       /* it lets pages be made read-only, or such that nothing runs there */
	bool keeps_all;		       /* and has done so with the loader's before it starts */
	bool keeps_partly;	       /* or with the first page of each section */
	bool accepts;		       /* it has a protocol that accepts memory, as in confidential machines */
	bool fixes_trees, tree_breaks; /* it has a protocol that completes device trees; and that leaves none */
	bool is_apples;		       /* firmware says that it is */
	const uint16_t *vendor;	       /* or that this has made it; NULL: a name */
	bool no_vendor;		       /* or nobody */
	uint8_t mbr;		       /* the own disk has one, where firmware gives XBOOTLDR this number; 0: a GPT */
	bool bitlocker;		       /* partitions are encrypted by it */
	bool no_medium;		       /* in the drive that has these */
	const uint8_t *tpm; /* what its TPM's GetCapability writes, by its first byte's size; NULL: there is none */
	bool cpu_measures;  /* a confidential machine has registers for that */
	bool log_is_older, no_final,
	    log_is_full;	 /* of its log: SHA-1 alone; there is no table of final events; no room */
	bool log_is_both;	 /* it answers the same in each form that it is asked for */
	const uint8_t *log;	 /* what is there instead of it, whose last event begins at: */
	size_t log_last;	 /* SIZE_MAX: firmware says that there is none yet */
	const uint8_t *own_path; /* of the device that the loader came from; NULL: of a partition */
	enum uefi_network network;
	const char *url;	     /* of the one file that it fetches */
	bool url_is_disk;	     /* and that is an image of a disk */
	uint64_t indications;	     /* OsIndicationsSupported; 0: there is no such variable */
	const struct gpt_disk *disk; /* that the loader's own partition is on; NULL: firmware has no such handle */
	const void *media;	     /* what EFI_BLOCK_IO_MEDIA says of it; NULL: the truth */
	enum uefi_other other;
	bool other_mbr;		       /* that disk has an MBR, whose signature is the tag */
	uint32_t other_class;	       /* of its controller: PCI's three bytes; 0: NVMe */
	enum uefi_connected connected; /* how far firmware has come with its XBOOTLDR partition */
	const uint8_t *seed_table;     /* an earlier loader's, in a pool of firmware's; NULL: there is none */
	size_t seed_table_size;
	struct uefi_secret {
		uint8_t at[16];
	} secret[8]; /* which nothing that is given back, and nothing of the loader's, may hold at exit */
	size_t n_secrets;
	/* Where what was loaded lies; NULL: that is not told. For another CPU firmware starts it not. */
	const uint8_t *image;
	size_t image_size;
	bool other_cpu;
	/* A program that was started: what it does, unless NULL, and how it comes back. */
	void (*program)(void *image);
	uint64_t program_returns;
	const char *program_says; /* by Exit; NULL: nothing */
	/* What is in a folder of drivers is one, and comes back so. */
	bool no_driver;
	uint64_t driver_returns;
} uefi;

extern struct uefi_report {
	unsigned int watchdog_off; /* times that the watchdog was switched off, and before what call at first */
	unsigned int watchdog_off_at;
	uint64_t timers;     /* what they were set to, all together, in 100 ns */
	uint64_t stalled;    /* microseconds, all together */
	unsigned int clears; /* of the screen */
	bool cursor_hidden;
	size_t cursor_at_enter;		/* its column when Enter was pressed at last */
	size_t attribute, mode;		/* of the console */
	size_t longest;			/* units of the longest string that was written */
	bool reset;			/* after a failed exit the loader has started the machine anew */
	bool rebooted;			/* it has done so while boot services were there, and asked in the right way */
	unsigned int resets, reset_how; /* asked for before exit, and EFI_RESET_TYPE */
	uint64_t indications;		/* OsIndications */
	unsigned int boot_next;		/* BootNext, and one more; 0: none */
	unsigned int custom_mode;	/* of firmware that has one */
	char enrolled[80];    /* variables that got keys, each with how many bytes: "db 60 PK 60 "; and modes between */
	unsigned int service; /* the index of the one that went wrong */
	unsigned int pools;   /* calls of AllocatePool */
	unsigned int writes, removals; /* of variables, tried */
	unsigned int renames;	       /* of files, made */
	unsigned int blocks;	       /* that were read of disks */
	unsigned int other_volumes;    /* times that it was opened */
	unsigned int connects;	       /* of a handle */
	unsigned int loads, starts;    /* of images */
	unsigned int loads_from_memory;
	unsigned int drivers;	    /* that were started, and stay */
	uint64_t watchdog;	    /* seconds that it is set to */
	uint64_t watchdog_at_start; /* when the last program was started */
	unsigned int log_writes;    /* of the variable BerthLog, tried */
	size_t log_size;	    /* of the log file; and what is in it */
	char log_file[20000];
	bool passed;		   /* that program has load options: */
	unsigned int seed_tables;  /* installed */
	const uint8_t *seed_table; /* the last of them, and what it held then */
	uint8_t seed_bytes[36];
	unsigned int tree_tables;	 /* installed, or taken away */
	unsigned int writes_to_disk;	 /* to files, made */
	bool made_file, earlier_cleared; /* a file; an earlier loader's seed, which is given back */
	char options[1024], program[256];
	char console[1 << 16];
} uefi_report;

/* What was measured, in the order in which it was, and its events' own bytes. */
struct uefi_measured {
	uint32_t pcr, type;
	bool by_cpu; /* into a register of the CPU's */
	uint8_t sum[32];
	size_t size, data_size;
	uint8_t data[256];
};
extern struct uefi_measurements {
	size_t n;
	struct uefi_measured at[32];
	uint8_t pcr[24][32];
	unsigned int logs, asked; /* times that the log was asked for; that a TPM was looked for */
} uefi_measured;
/* The log that the system finds, and the table of reserved memory; NULL: none. */
const void *uefi_log(void);
const void *uefi_reservations(void);

/* The device tree that firmware has for what it starts; NULL: none. */
const void *uefi_tree(void);

/* A variable of the Boot Loader Interface. */
struct uefi_variable {
	char name[40];
	uint32_t attributes;
	size_t size;
	uint8_t value[16384];
};

/* It, or NULL when there is none; and puts one there, which stays over a reset, before a boot. */
const struct uefi_variable *uefi_variable(const char *name);
void uefi_variable_put(const char *name, const void *value, size_t size);
void uefi_variable_put_text(const char *name, const char *text); /* in UTF-16, with its NUL */
/* The same with these attributes. */
void uefi_variable_put_as(const char *name, const void *value, size_t size, uint32_t attributes);
/* What is in it is this string, in ASCII, with one NUL. */
bool uefi_variable_says(const char *name, const char *text);

#define UEFI_COUNT    UINT64_C(0x1122334455667788) /* what GetNextMonotonicCount answers */
#define UEFI_TIME     0x70 /* the first byte of what GetTime answers; each next one is one more */
#define UEFI_SERVICES 72
const char *uefi_service_name(unsigned int service);

#endif
