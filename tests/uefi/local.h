/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the simulated UEFI share. */
#ifndef BERTH_TESTS_UEFI_LOCAL_H
#define BERTH_TESTS_UEFI_LOCAL_H

#include "uefi.h"

#include <efi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICES(X)                                                                                                    \
	X(AllocatePages)                                                                                               \
	X(FreePages)                                                                                                   \
	X(GetMemoryMap)                                                                                                \
	X(AllocatePool)                                                                                                \
	X(FreePool)                                                                                                    \
	X(CreateEvent)                                                                                                 \
	X(SetTimer)                                                                                                    \
	X(WaitForEvent)                                                                                                \
	X(CloseEvent)                                                                                                  \
	X(CheckEvent)                                                                                                  \
	X(HandleProtocol)                                                                                              \
	X(LocateHandleBuffer)                                                                                          \
	X(LocateProtocol)                                                                                              \
	X(ExitBootServices)                                                                                            \
	X(Stall)                                                                                                       \
	X(SetWatchdogTimer)                                                                                            \
	X(GetVariable)                                                                                                 \
	X(OpenVolume)                                                                                                  \
	X(Open)                                                                                                        \
	X(Close)                                                                                                       \
	X(Read)                                                                                                        \
	X(SetPosition)                                                                                                 \
	X(GetInfo)                                                                                                     \
	X(GetRNG)                                                                                                      \
	X(OutputString)                                                                                                \
	X(ClearScreen)                                                                                                 \
	X(QueryMode)                                                                                                   \
	X(ReadKeyStroke)

enum uefi_service {
#define X(name) CALL_##name,
	SERVICES(X)
#undef X
	    N_CALLS
};

_Static_assert((int)N_CALLS <= UEFI_SERVICES, "UEFI_SERVICES is too few");

/* Counts a call; true when it is to go wrong, and then *status is what it answers, unless it lies. */
bool uefi_call(enum uefi_service service, EFI_STATUS *status);
/* After uefi_call: it is to lie in this way. */
bool uefi_lies(enum lie lie);

void uefi_die(const char *what) __attribute__((noreturn));

EFI_STATUS EFIAPI uefi_open_volume(EFI_FILE_IO_INTERFACE *this, EFI_FILE_HANDLE *root);
void uefi_files_reset(void);
size_t uefi_files_open(void);

void uefi_console_set_up(EFI_SYSTEM_TABLE *table);
EFI_EVENT uefi_key_event(void);
bool uefi_key_ready(void);

#endif
