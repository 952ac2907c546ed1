/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seam: all that the loader asks of firmware. efi/firmware.c and its neighbours are the body in firmware.
 * Linked, not passed: no table of pointers stands between a call and its callee.
 *
 * Every function that fails has written why in full, and has released what it took itself.
 */
#ifndef BERTH_FIRMWARE_H
#define BERTH_FIRMWARE_H

#include "../base/journal.h"
#include "../config/entry.h"
#include "../protocol/handoff.h"
#include "../policy/situation.h"

/* ---- files; paths are absolute with backslashes ---- */

struct fw_volume; /* a volume that has some; NULL: the one that the loader came from */
struct fw_file;	  /* an open file */

/* NOT_FOUND when there is none, IO_ERROR otherwise; a folder is BAD_INPUT. */
enum status fw_open(struct fw_volume *volume, const char *path, struct fw_file **file, uint64_t *size,
		    struct fail *why) MUST_CHECK;
void fw_close(struct fw_file *file);

/*
 * Reads @size bytes at @offset to @to in one call of firmware; *got is less only at the end of the file.
 * After an error the handle may be broken (some firmware never reads from it again): close and open the file anew.
 */
enum status fw_read(struct fw_file *file, uint64_t offset, void *to, size_t size, size_t *got,
		    struct fail *why) MUST_CHECK;

/* ---- Secure Boot ---- */

/* Whether to have a kernel verified although it need not be: a TPM measures it by that, or an older shim demands it. */
bool fw_measures(void);

/*
 * Has firmware verify a program for UEFI: the @size bytes at @bytes, all of the file @path. Shim does it, with its own
 * keys as well, where the loader was started by it. A TPM measures what was verified, or any program while Secure Boot
 * is off; so each file is verified once an attempt. @bytes stay as they are, and nothing of the program runs or stays.
 *
 * OK: they are a program for this CPU, and trusted where Secure Boot is on. REFUSED: they are not trusted. BAD_INPUT:
 * they are no program for this CPU, or too many. IO_ERROR: firmware does not tell, or contradicts itself.
 */
enum status fw_verify(struct fw_volume *volume, const char *path, void *bytes, uint64_t size,
		      struct fail *why) MUST_CHECK;

/*
 * What berth.sums, verified by firmware, has of @entry (config/sums.h); the words stay. Where nothing has to be
 * verified there is none. *record absent, and OK: there is none, and none is needed.
 * REFUSED: there is none, and this machine starts nothing without one; or it demands a berth.sums that is not there,
 * is not trusted, or is too old.
 */
enum status fw_record(const struct entry *entry, struct word *record, struct fail *why) MUST_CHECK;

/* ---- memory ---- */

/* The memory map and its free runs, in memory that fw_forget gives back. */
enum status fw_survey(struct survey *survey, struct fail *why) MUST_CHECK;
void fw_forget(struct survey *survey);

/* Takes exactly these pages. TAKEN when firmware does not give them, whatever its map said. */
enum status fw_claim(struct range at, struct fail *why) MUST_CHECK;
void fw_release(struct range at);

/* Whole pages wherever firmware likes, aligned to 4096, for what is not handed over; NULL when there are none. */
void *fw_take(uint64_t size);
void fw_give(void *at, uint64_t size);

/* A pointer to physical memory: the same number in firmware, a place in an arena in tests. */
void *fw_memory_at(uint64_t address);

/* ---- the machine ---- */

/* All of it. */
void fw_machine(struct machine *machine);

/* Fills @size bytes with the firmware's entropy; false when it has none. */
bool fw_random(void *to, size_t size);

/*
 * Lets firmware add what only it knows, such as its own memory and the boot hart, to a device tree that is not its own.
 * The tree is well-formed, and may grow to @room bytes. False when firmware adds nothing.
 */
bool fw_fix_tree(void *tree, uint64_t room);

/* ---- messages and time ---- */

/*
 * One line, "berth: " before it. The screen shows it when @level is at or below what loader.conf asks for. Every line
 * is kept for the booted system, except those of fw_show(), because everybody may read what is kept there, and debug
 * lines that the screen does not show, because they could take all the room.
 */
__attribute__((format(printf, 2, 3))) void fw_log(enum log_level level, const char *format, ...); /* KEPT_SAID */
__attribute__((format(printf, 2, 3))) void fw_show(enum log_level level, const char *format, ...);
__attribute__((format(printf, 2, 3))) void fw_keep(enum kept kept, const char *format, ...);
bool fw_log_wants(enum log_level level);

/* There is another plan, or another memory map: kept lines about the last one are removed. */
void fw_keep_anew(void);

/* A file that takes long: shows the progress, on one line that is overwritten. @of 0: the file is done. */
void fw_progress(const char *name, uint64_t done, uint64_t of);

/*
 * A clock that each machine has, whatever its CPU tells of its rate: firmware's timer (UEFI 2.10, 7.1.7, SetTimer),
 * which is over 1/@nth of a second after it was started. 0 gives it back. False when firmware has none to give.
 */
bool fw_timer_start(unsigned int nth);
bool fw_timer_is_over(void);

/* Microseconds on a clock that started before the loader; 0 when the machine's clock is not known. */
uint64_t fw_microseconds(void);

/* ---- boot counting ---- */

/*
 * The files of @entry are there and none has been read: counts the try, for from here on the machine may hang. Never
 * fails: where a try cannot be written down, the entry boots all the same.
 */
void fw_trying(const struct entry *entry);

/* ---- the random seed ---- */

/*
 * A Linux is about to start: renews the seed in the file on the loader's volume, and leaves one for the system in a
 * table of firmware's, in memory that must be on the memory map. Never fails: without a seed the system boots all the
 * same.
 */
void fw_pass_seed(void);

/* ---- what a kernel's EFI stub would have done ---- */

/*
 * All is ready for a kernel that is entered without its EFI stub: does with firmware what that would have done for it,
 * measuring what the kernel is told, and the initrd where it lies, into a TPM among it. @initrd: empty, none. What
 * Linux alone knows to take back or to read, @is_linux alone gets. It may take memory. Never fails: a TPM that does is
 * told in the log.
 */
void fw_stand_in(const char *command_line, struct range initrd, bool is_linux);

/* ---- leaving ---- */

/* All is ready, and @entry will be started: tells the system that is about to run so. Its failures stay its own. */
void fw_leaving(const struct entry *entry);

/*
 * Ends boot services, with as many tries as firmware needs, and leaves its last memory map in @final.
 * Fails only before its first try; after that it succeeds, or resets the machine.
 */
enum status fw_exit(struct final_map *final, struct fail *why) MUST_CHECK;

/*
 * After fw_exit: records in @final for the kernel that firmware's runtime services keep their addresses, and tells
 * firmware so where a machine needs it. If firmware refuses the call, they keep them all the same.
 */
void fw_map_runtime(struct final_map *final);

#endif
