/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the simulated UEFI share. */
#ifndef BERTH_TESTS_UEFI_LOCAL_H
#define BERTH_TESTS_UEFI_LOCAL_H

#include "uefi.h"

#include <efi.h>
#include <eficonex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICES(X)                                                                                                    \
	X(AllocatePages)                                                                                               \
	X(FreePages)                                                                                                   \
	X(GetMemoryMap)                                                                                                \
	X(AllocatePool)                                                                                                \
	X(FreePool)                                                                                                    \
	X(InstallConfigurationTable)                                                                                   \
	X(GetNextMonotonicCount)                                                                                       \
	X(GetTime)                                                                                                     \
	X(CreateEvent)                                                                                                 \
	X(SetTimer)                                                                                                    \
	X(WaitForEvent)                                                                                                \
	X(CloseEvent)                                                                                                  \
	X(CheckEvent)                                                                                                  \
	X(HandleProtocol)                                                                                              \
	X(LocateHandleBuffer)                                                                                          \
	X(LocateProtocol)                                                                                              \
	X(ExitBootServices)                                                                                            \
	X(ShimVerify)                                                                                                  \
	X(GetCapability)                                                                                               \
	X(GetEventLog)                                                                                                 \
	X(HashLogExtendEvent)                                                                                          \
	X(MapPcrToMrIndex)                                                                                             \
	X(Stall)                                                                                                       \
	X(SetWatchdogTimer)                                                                                            \
	X(GetVariable)                                                                                                 \
	X(SetVariable)                                                                                                 \
	X(ResetSystem)                                                                                                 \
	X(OpenVolume)                                                                                                  \
	X(Open)                                                                                                        \
	X(Close)                                                                                                       \
	X(Read)                                                                                                        \
	X(SetPosition)                                                                                                 \
	X(GetInfo)                                                                                                     \
	X(GetKeyboardLayout)                                                                                           \
	X(SetInfo)                                                                                                     \
	X(Write)                                                                                                       \
	X(Flush)                                                                                                       \
	X(GetRNG)                                                                                                      \
	X(OutputString)                                                                                                \
	X(ClearScreen)                                                                                                 \
	X(QueryMode)                                                                                                   \
	X(SetMode)                                                                                                     \
	X(TestString)                                                                                                  \
	X(SetAttribute)                                                                                                \
	X(SetCursorPosition)                                                                                           \
	X(EnableCursor)                                                                                                \
	X(ReadKeyStrokeEx)                                                                                             \
	X(ReadKeyStroke)                                                                                               \
	X(LoadFile)                                                                                                    \
	X(LoadImage)                                                                                                   \
	X(StartImage)                                                                                                  \
	X(UnloadImage)                                                                                                 \
	X(ConnectController)                                                                                           \
	X(DisconnectController)                                                                                        \
	X(PciRead)                                                                                                     \
	X(ReadBlocks)                                                                                                  \
	X(LocateDevicePath)                                                                                            \
	X(GetMemoryAttributes)                                                                                         \
	X(SetMemoryAttributes)                                                                                         \
	X(ClearMemoryAttributes)                                                                                       \
	X(InstallProtocolInterface)                                                                                    \
	X(UninstallProtocolInterface)

enum uefi_service {
#define X(name) CALL_##name,
	SERVICES(X)
#undef X
	    N_CALLS
};

_Static_assert((int)N_CALLS < UEFI_SERVICES, "UEFI_SERVICES is too few");

bool uefi_is_guid(const EFI_GUID *guid, EFI_GUID wanted);

/* Counts a call; true when it is to go wrong, and then *status is what it answers, unless it lies. */
bool uefi_call(enum uefi_service service, EFI_STATUS *status);
/* After uefi_call: it is to lie in this way. */
bool uefi_lies(enum lie lie);

/* The same for a service that only answers. */
EFI_STATUS uefi_unless_wrong(enum uefi_service service);

void uefi_die(const char *what) __attribute__((noreturn));

/* The root of a volume. What it has stands in sim.file with @prefix before its path. */
EFI_STATUS uefi_open_root(const char *prefix, EFI_FILE_HANDLE *root);

/* devices.c: disks, and the volumes on their partitions. */
void uefi_devices_set_up(EFI_BOOT_SERVICES *services);
extern EFI_HANDLE uefi_own_device;
EFI_HANDLE uefi_from_device(void);	   /* what the loader came from */
extern const uint8_t *const uefi_own_guid; /* of its partition */
/* NULL when that handle is no device, or does not have this protocol. */
void *uefi_device_protocol(EFI_HANDLE handle, const EFI_GUID *guid);
/* The nearest device on this path that has a protocol, and how many bytes of the path are its own; NULL: none. */
EFI_HANDLE uefi_nearest(const EFI_GUID *guid, const uint8_t *path, size_t *size);
/* Those that have a protocol, or all (NULL), in a pool; uefi_lists: the protocols that it knows. */
EFI_STATUS uefi_devices_with(const EFI_GUID *guid, UINTN *n, EFI_HANDLE **to);
bool uefi_lists(const EFI_GUID *guid);
/* What the files of that volume have before their path. */
const char *uefi_prefix(EFI_HANDLE volume);
void uefi_files_reset(void);
size_t uefi_files_open(void);
size_t uefi_volumes_open(void); /* of those */
bool uefi_files_dirty(void);	/* something was written that is not on the disk yet */

/* tables.c */
void uefi_tables_set_up(EFI_SYSTEM_TABLE *table, EFI_BOOT_SERVICES *boot, EFI_RUNTIME_SERVICES *runtime);
bool uefi_is_installed(const void *table);
void uefi_table_freed(const void *pool); /* when it is a table */

/* A secret of uefi.secret's is in these bytes. */
bool uefi_tells(const void *at, size_t size);
void uefi_look_for_secrets(void);
extern const uint8_t *uefi_entered_from; /* the frame of the function that entered the loader */

/* Of the memory map: its key, and how often it was read in this boot. */
extern struct uefi_map {
	UINTN key;
	unsigned int looks;
} uefi_map;

void uefi_memory_reserve(void);
void uefi_memory_open(uint64_t page); /* firmware's own, which the loader may read */
/* @pool is the loader's to give back by FreePool. */
void uefi_keep_pool(void *pool);
void uefi_memory_set_up(EFI_BOOT_SERVICES *services);
void uefi_memory_left(struct sim_outcome *out);
void uefi_memory_end(void);

/* variables.c. What does not stay over a reset is gone at the start of a boot. */
void uefi_variables_set_up(EFI_RUNTIME_SERVICES *services);
void uefi_variables_reset(void);

/* images.c */
void uefi_images_set_up(EFI_BOOT_SERVICES *services);
EFI_LOADED_IMAGE *uefi_image_of(EFI_HANDLE handle); /* NULL: it is no image */
size_t uefi_images_loaded(void);		    /* and protocols installed */

/* What an image finds on the handle with this device path; NULL when there is no such handle, or not that protocol. */
void *uefi_find(const uint8_t *path, size_t size, EFI_GUID guid);

/* The file of that path on that volume; NULL when there is none. */
const struct sim_file *uefi_file_named(const char *prefix, const CHAR16 *path);

void uefi_console_set_up(EFI_SYSTEM_TABLE *table);
EFI_EVENT uefi_key_event(void);
EFI_EVENT uefi_extended_event(void);
EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *uefi_extended(void); /* NULL: there is none */

/* network.c: the card's protocol; its path of these bytes, and an end, to which a URL is added when that was fetched */
VOID *uefi_load_file(void);
const uint8_t *uefi_network_path(const uint8_t *path, size_t size);

/* shim.c: */
extern bool uefi_shim_stays; /* it was asked to, for when a program is started */
void uefi_shim_reset(void);
void uefi_shim_sees_start(void);
bool uefi_is_shims(const EFI_GUID *guid, VOID **protocol); /* its protocol, NULL: it has none */
VOID *uefi_shim_loader(void);				   /* images.c: of shim 16 */
bool uefi_is_shims_vendor(const EFI_GUID *guid);
bool uefi_must_verify(void); /* Secure Boot is on, and shim's user has not switched it off */
/* Whether all of @file is at @bytes, and is trusted, which is noted. */
bool uefi_verify(const struct sim_file *file, const uint8_t *bytes, UINTN size);
extern const struct sim_file *uefi_verified; /* the last that was; NULL: none */
void uefi_check_verified(void);		     /* when a kernel was entered */

/* attributes.c: the pages of the loader's own image, and what may be done with them. */
VOID *uefi_own_image(void);
bool uefi_is_for_attributes(const EFI_GUID *guid);
VOID *uefi_attributes(void); /* NULL: firmware does not let them be changed */
void uefi_attributes_reset(void);
void uefi_attributes_left(bool entered); /* looks at them */

/* tpm.c: */
bool uefi_is_tpms(const EFI_GUID *guid);
VOID *uefi_tpm(const EFI_GUID *guid); /* NULL: there is none */
void uefi_tpm_reset(void);
const void *uefi_final_events(void);
bool uefi_key_ready(void);
bool uefi_key_awaited(void); /* the loader waits for one; false: the time that it waits passes without */

#endif
