/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kernel's EFI stub does with firmware before the kernel runs, for kernels that Berth enters without it.
 * docs/stub-duties.md has the whole list, and who does the rest.
 *
 * Source: Linux drivers/firmware/efi/libstub/tpm.c, efi-stub-helper.c and efi-stub.c; include/linux/efi.h.
 */
#include "measure.h"

#include "../arch/arch.h"
#include "../base/mem.h"

/* LINUX_EFI_TPM_EVENT_LOG_GUID, LINUX_EFI_TPM_FINAL_LOG_GUID and LINUX_EFI_MEMRESERVE_TABLE_GUID. */
static EFI_GUID log_guid = {0xb7799cb0, 0xeca2, 0x4943, {0x96, 0x67, 0x1f, 0xae, 0x07, 0xb7, 0x47, 0xfa}};
static EFI_GUID final_guid = {0x1e2ed096, 0x30e2, 0x4254, {0xbd, 0x89, 0x86, 0x3b, 0xbe, 0xf8, 0x23, 0x25}};
static EFI_GUID reserve_guid = {0x888eb0c6, 0x8ede, 0x4ff5, {0xa8, 0xf0, 0x9a, 0xee, 0x5c, 0xb9, 0x77, 0xc2}};
/* TCG Platform Reset Attack Mitigation Specification 1.10, 4. */
static EFI_GUID overwrite_guid = {0xe20939be, 0x32d4, 0x41be, {0xa1, 0x50, 0x89, 0x7f, 0x85, 0xd4, 0x98, 0x29}};

#define LOG_HEADER 9 /* struct linux_efi_tpm_eventlog: the size, that of final events, and the form in one byte */
#define MOST_FINAL 0x40000u /* bytes of the final events that are looked at */
#define RESERVE	   16	    /* struct linux_efi_memreserve, with room for nothing */

/* As systemd-boot and the stub do it: the text itself, then what the stub was passed, and the initrd when it has it. */
static void measure(const char *command_line, struct range initrd)
{
	size_t length = 0, units = 0;
	CHAR16 *text;

	while (command_line[length] != '\0')
		length++;
	text = efi_alloc((length + 1) * sizeof(CHAR16));
	if (text == NULL) {
		fw_log(LOG_NORMAL, "TPM: no memory to measure the command line");
	} else if (length != 0) {
		(void)utf16_from_any(text, length + 1, command_line); /* no byte becomes more than a unit */
		while (text[units++] != 0)
			;
		measure_passed(text, units * sizeof(CHAR16));
		(void)tpm_measure(MEASURED_OPTIONS, (struct bytes){(const uint8_t *)text, units * sizeof(CHAR16)});
	}
	efi_free(text);
	if (!range_is_empty(initrd))
		(void)tpm_measure(MEASURED_INITRD,
				  (struct bytes){fw_memory_at(initrd.start), (size_t)range_size(initrd)});
}

/*
 * What firmware has noted twice: in the log, and among the final events, where the kernel finds what is measured from
 * here on. It leaves out as many bytes of them as stand in the log.
 */
static size_t noted_twice(struct bytes log, enum eventlog_form form)
{
	const uint8_t *final = efi_table(&final_guid);
	struct eventlog walk;

	if (final == NULL || form != EVENTLOG_ANY || !eventlog_start(&walk, log, form))
		return 0;
	return eventlog_final_size(&walk, (struct bytes){final, MOST_FINAL});
}

/* UEFI 2.10, 7.2.4: the system finds what it is told in a table in memory that it gives back when it has read it. */
static void hand_over_log(void)
{
	static uint8_t *before; /* of an entry that did not start */
	enum eventlog_form form;
	uint8_t *table;
	struct bytes log;
	EFI_STATUS status;

	if (!tpm_log(&log, &form))
		return;
	status = efi_alloc_table(LOG_HEADER + log.size, (void **)&table);
	if (!EFI_ERROR(status)) {
		store_le(table, 4, log.size);
		store_le(table + 4, 4, noted_twice(log, form));
		table[8] = (uint8_t)form;
		memcpy(table + LOG_HEADER, log.at, log.size);
		status = efi_install_table(&log_guid, table);
		efi_free(EFI_ERROR(status) ? table : before);
		before = EFI_ERROR(status) ? before : table;
	}
	if (EFI_ERROR(status))
		fw_log(LOG_NORMAL, "TPM: the system gets no log of what was measured: %s", efi_status_words(status));
}

/*
 * Asks firmware to clear memory when the machine starts again. A system that has cleared what is secret takes that back
 * (TCG PC Client Platform Reset Attack Mitigation Specification 1.10, 4).
 */
static void have_memory_cleared(void)
{
	CHAR16 *name = L"MemoryOverwriteRequestControl";
	const UINT32 attributes =
	    EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;
	UINT8 value = 0;
	UINTN size = sizeof(value);
	EFI_STATUS status = efi.system->RuntimeServices->GetVariable(name, &overwrite_guid, NULL, &size, &value);

	if (EFI_ERROR(status) || (size == 1 && (value & 1) != 0))
		return;
	value = 1;
	status = efi.system->RuntimeServices->SetVariable(name, &overwrite_guid, attributes, 1, &value);
	if (EFI_ERROR(status))
		fw_log(LOG_NORMAL, "firmware is not to be had to clear memory after a reset: %s",
		       efi_status_words(status));
}

/* Empty: a later kernel, by kexec, finds there what its predecessor adds, such as tables of an interrupt controller. */
static void leave_reservations(void)
{
	void *table;
	EFI_STATUS status;

	if (!(arch_enters(arch_here(), ELF_AARCH64) || arch_enters(arch_here(), ELF_RISCV)) ||
	    efi_table(&reserve_guid) != NULL)
		return;
	status = efi_alloc_table(RESERVE, &table);
	if (!EFI_ERROR(status)) {
		memset(table, 0, RESERVE);
		status = efi_install_table(&reserve_guid, table);
		if (EFI_ERROR(status))
			efi_free(table);
	}
	if (EFI_ERROR(status))
		fw_log(LOG_NORMAL, "no table of reserved memory for kexec: %s", efi_status_words(status));
}

void fw_stand_in(const char *command_line, struct range initrd, bool is_linux)
{
	if (tpm_measures()) {
		measure(command_line, initrd);
		hand_over_log();
	}
	if (!is_linux) /* another system may not know that it has to take that back */
		return;
	have_memory_cleared();
	leave_reservations();
}
