/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of shape.efi, which starts a loader in a firmware that misbehaves on demand: see main.c. */
#ifndef BERTH_TESTS_SHAPE_H
#define BERTH_TESTS_SHAPE_H

#include <efi.h>

#include <stdbool.h>
#include <stddef.h>

#include "../../base/mem.h"

#define MAX_RANGES 4096
#define MAX_SWEEPS 16

extern EFI_SYSTEM_TABLE *st;
extern EFI_BOOT_SERVICES *bs;
extern EFI_HANDLE self;

/* What of firmware the loader calls. */
#define SERVICES(X)                                                                                                    \
	X(AllocatePages)                                                                                               \
	X(FreePages)                                                                                                   \
	X(AllocatePool)                                                                                                \
	X(FreePool)                                                                                                    \
	X(GetMemoryMap)                                                                                                \
	X(ExitBootServices)                                                                                            \
	X(HandleProtocol)                                                                                              \
	X(LocateProtocol)                                                                                              \
	X(LocateHandleBuffer)                                                                                          \
	X(CreateEvent)                                                                                                 \
	X(CloseEvent)                                                                                                  \
	X(CheckEvent)                                                                                                  \
	X(WaitForEvent)                                                                                                \
	X(SetTimer)                                                                                                    \
	X(Stall)                                                                                                       \
	X(SetWatchdogTimer)                                                                                            \
	X(InstallConfigurationTable)                                                                                   \
	X(GetVariable)                                                                                                 \
	X(SetVariable)                                                                                                 \
	X(OpenVolume)                                                                                                  \
	X(Open)                                                                                                        \
	X(Close)                                                                                                       \
	X(Read)                                                                                                        \
	X(SetPosition)                                                                                                 \
	X(GetInfo)                                                                                                     \
	X(SetInfo)                                                                                                     \
	X(Flush)                                                                                                       \
	X(GetRNG)                                                                                                      \
	X(OutputString)                                                                                                \
	X(ClearScreen)                                                                                                 \
	X(QueryMode)                                                                                                   \
	X(SetAttribute)                                                                                                \
	X(SetCursorPosition)                                                                                           \
	X(EnableCursor)                                                                                                \
	X(ReadKeyStroke)                                                                                               \
	X(ReadKeyStrokeEx)

enum service {
#define X(name) S_##name,
	SERVICES(X)
#undef X
	    N_SERVICES
};

extern const char *const service_name[N_SERVICES];

enum fault_kind {
	NO_FAULT,
	FAULT_ONCE,   /* the k-th call answers a status */
	FAULT_ALWAYS, /* that one and all after it */
	FAULT_NULL,   /* it answers EFI_SUCCESS and NULL for what it was asked for */
	FAULT_LATE,   /* it takes more than a second */
};

struct fault {
	enum fault_kind kind;
	enum service service;
	unsigned int k;
	EFI_STATUS status;
};

/* All k of all services, or of one; main.c has the words. */
struct sweep {
	struct fault fault;
	bool all;
	bool refuse; /* the last memory map is refused: the loader must come back whatever the fault was */
};

/* What one line of a map wishes; the words are those of `berth plan --memmap`. */
struct told {
	UINT64 start, end, attribute;
	UINT32 type;
	bool by_descriptor; /* the type is one that cannot be allocated: the loader is told of it all the same */
};

struct wish {
	unsigned int exit_fails, claims_fail, fragments;
	bool high_wrong, high_fail, large_fail, small_fail, la57, leaks, code, meter, pass;
	UINT64 ramdisk_at, ramdisk_size;
	CHAR16 option[128];
	UINTN option_size;
	CHAR16 file[64];     /* what to load from the volume */
	UINTN file_size;     /* bytes, 0: \berth.efi */
	CHAR16 map_name[64]; /* file of a memory map */
	unsigned int desc_size;
	bool shuffled, overlapping, keyboard_ready, paths_fail, images_none;
	enum { TPM_REAL, TPM_FAILS, TPM_HALF, TPM_SLOW, TPM_ABSENT } tpm;
	unsigned int exchange_from;
	CHAR16 exchanged[64]; /* the file; empty: none */
	struct fault fault;
	struct sweep sweep[MAX_SWEEPS];
	size_t n_sweeps;
	bool alternate;	 /* each call fails either where a kernel is entered or where the map is refused */
	UINT64 way_back; /* where the stand-in returns to */
	char keys[32];
};

extern struct wish wish;

/* ---- main.c ---- */
EFI_FILE_IO_INTERFACE *volume_of(EFI_HANDLE device);
VOID *read_all(EFI_FILE_HANDLE root, CHAR16 *name, UINTN room, UINTN *size);
EFI_STATUS load(EFI_HANDLE *loader);
EFI_STATUS start(EFI_HANDLE loader);

/* ---- tell.c ---- */
void say(const char *text);
void say_number(const char *text, UINT64 n);
void tell_start(void); /* a line in pieces: tell_start, tell... , tell_end */
void tell(const char *text);
void tell_number(UINT64 n);
void tell_hex(UINT64 n);
void tell_end(void);

/* ---- script.c ---- */
void read_wishes(EFI_FILE_HANDLE root);
bool is_word(const char **at, const char *word);
UINT64 number(const char **at, unsigned int base);

/* ---- meter.c ---- */
UINT64 now(void);
/* A mark on port 0xe9: a letter and eight bytes; each costs one instruction under -icount. */
void mark(char letter, UINT64 value);
void read_pass(EFI_FILE_HANDLE root);
extern UINT64 disk_bytes; /* that were read from the disk in memory */
EFI_HANDLE make_ramdisk(void);

/* ---- la57.c ---- */
bool turn_la57_on(void);

/* ---- code.c ---- */
UINT64 writable_code(UINT64 start, UINT64 end); /* pages of these that can be written to and run */

/* ---- memory.c ---- */
void make_fragments(unsigned int n);
UINT64 loader_pages(void); /* what firmware counts as a loader's */

/* ---- told.c: the memory map that the loader is told ---- */
bool make_map(EFI_FILE_HANDLE root);
EFI_STATUS told_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key, UINTN *desc_size, UINT32 *version);

/* ---- faults.c ---- */
enum answer { REAL, FAILS, NULLS };

/* Counts a call of the loader's and tells what it is to answer: for FAILS, *status. */
enum answer fault(enum service service, EFI_STATUS *status);
void faults_start(const struct fault *fault); /* counts from zero; NULL: nothing fails */
unsigned int faults_called(enum service service);
unsigned int faults_met(void);	    /* how often the fault was answered */
unsigned int calls_forbidden(void); /* after the first ExitBootServices only it and GetMemoryMap may follow */

/* ---- ledger.c: what the loader took and has not given back ---- */
enum taken { PAGES, POOL, EVENT, OPEN_FILE };
void took(enum taken kind, UINT64 at, UINT64 size);
void gave_back(enum taken kind, UINT64 at);
bool has_taken(enum taken kind, UINT64 address);
unsigned int still_taken(enum taken kind);
void ledger_tell(void); /* a line for each */
void ledger_release(void);

/* ---- console.c: in a sweep nobody reads and types; the text is kept, and keys come from the script ---- */
void bend_console(void);
void unbend_console(void);
void console_start(void); /* forgets text and keys */
void timer_is_set(bool set);
EFI_STATUS key_comes(UINTN events, UINTN *which);
void bend_random(EFI_GUID *guid, VOID *protocol);
void bend_extended(EFI_GUID *guid, VOID *protocol);
bool console_said(const char *text);
void console_reason(char *out, size_t room); /* what the loader gave as the reason before it waited for a key */

/* ---- tpm.c: before the loader asks it for anything ---- */
void bend_tpm(EFI_GUID *guid, VOID **protocol); /* another one for the loader; firmware keeps its own */
void read_tpm_wish(const char *line);

/* ---- sweep.c: the loader is started again and again, each time with the next call failing ---- */
enum ending { RETURNED, ENDED_BY_RESET, ENDED_BY_ENTRY, ENDED_BY_HANG };
void sweep_all(void);
bool sweep_refuses(void);
void leave_loader(enum ending how) __attribute__((noreturn));

/* ---- back.c: from the stand-in kernel back to firmware, which never left ---- */
bool make_way_back(void);
EFI_STATUS pretend_to_exit(void);
bool came_back_well(void); /* the stand-in found every clause kept */

/* ---- services.c: a service that the loader calls is counted and may fail; others' calls pass ---- */
extern EFI_BOOT_SERVICES real; /* the services as they were */
void bend(EFI_FILE_IO_INTERFACE *volume);
void unbend(EFI_FILE_IO_INTERFACE *volume);
void watch(EFI_LOADED_IMAGE *loader); /* whose calls are meant from here on */
void tell_code(const char *when);     /* of its image, if that is wished */
bool by_loader(const void *caller);
void forget_variables(void); /* those of the Boot Loader Interface, as a reset forgets them */
extern bool exiting;	     /* the loader has called ExitBootServices */
extern UINT64 read_ticks;    /* spent in Read since the loader started */
#define CALLER __builtin_return_address(0)

/* ---- files.c ---- */
extern unsigned int open_files, opened_files;
void bend_volume(EFI_FILE_IO_INTERFACE *volume);
void unbend_volume(EFI_FILE_IO_INTERFACE *volume);
void close_file(UINT64 handle);

#endif
