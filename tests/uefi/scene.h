/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of whole boots have in common: files on the volume, a boot, and what the loader says. */
#ifndef BERTH_TESTS_SCENE_H
#define BERTH_TESTS_SCENE_H

#include "uefi.h"

/* Another file on the volume; what it points to must stay there until the boot is over. */
void scene_put(const char *path, const uint8_t *bytes, size_t size);
void scene_put_text(const char *path, const char *text);

/* Boots until the loader returns, or the kernel is entered, and checks what then must hold. @name: for messages. */
void scene_run(const char *name);

/*
 * Boots what @given sets up once as it is, and then once for each of its calls, or a sample of them, with that call
 * going wrong in each way of @fault. @went_well looks at each boot and says whether it did what is wanted; that, and
 * how many did not, is counted.
 */
struct scene_sweep {
	unsigned int calls, well, not_well;
};
struct scene_sweep scene_sweep(const uint64_t *fault, size_t n_faults, void (*given)(void),
			       bool (*went_well)(unsigned int call, uint64_t fault));

/* The same; a kernel for x86 is entered, and this is its command line, all of it. */
void scene_expect_told(const char *wanted);

/* The call that went wrong in the last boot was one of this service. */
bool scene_failed_in(const char *service);

/*
 * In how many boots of what @given sets up these words are said, when each call in turn answers EFI_DEVICE_ERROR, or
 * there is no memory for each pool in turn. Of those each must enter the kernel all the same.
 */
unsigned int scene_said_at_failing_calls(void (*given)(void), const char *words);
unsigned int scene_said_without_memory(void (*given)(void), const char *words);

/* How often these words stand on the console; and fails when it is another number. */
unsigned int scene_said(const char *words);
void scene_expect(const char *words, unsigned int n);

/* LoaderEntries: ids in the order of the menu, with a blank behind each. */
void scene_ids(char *out, size_t room);

#endif
