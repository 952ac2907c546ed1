/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sources: TCG EFI Protocol Specification, revision 00.13, 6.4 to 6.6; UEFI 2.10, 38.2, EFI_CC_MEASUREMENT_PROTOCOL, by
 * which a confidential machine measures into registers of its CPU's.
 */
#include "tpm.h"

#include "../arch/arch.h"

#define MOST_LOG 0x400000u /* bytes of firmware's log that are looked at: those of large servers have some 100 KiB */

static EFI_GUID tcg2_guid = {0x607f766c, 0x7455, 0x42be, {0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f}};
static EFI_GUID cc_guid = {0x96751a3d, 0x72f4, 0x41a6, {0xa7, 0x94, 0xed, 0x5d, 0x0e, 0x67, 0xae, 0x6b}};

struct tcg2_capability {
	UINT8 size;
	UINT8 structure_version[2], protocol_version[2]; /* major, minor */
	UINT32 hashes, logs;
	BOOLEAN is_present;
	UINT16 most_command, most_response;
	UINT32 maker;
	/* Not in version 1.0 of the structure. */
	UINT32 n_banks, active_banks;
};

struct tcg2_protocol {
	EFI_STATUS(EFIAPI *GetCapability)(struct tcg2_protocol *this, struct tcg2_capability *capability);
	EFI_STATUS(EFIAPI *GetEventLog)
	(struct tcg2_protocol *this, UINT32 form, EFI_PHYSICAL_ADDRESS *log, EFI_PHYSICAL_ADDRESS *last,
	 BOOLEAN *is_cut);
	EFI_STATUS(EFIAPI *HashLogExtendEvent)
	(struct tcg2_protocol *this, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size, VOID *event);
};

struct cc_protocol {
	VOID *GetCapability, *GetEventLog;
	EFI_STATUS(EFIAPI *HashLogExtendEvent)
	(struct cc_protocol *this, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size, VOID *event);
	EFI_STATUS(EFIAPI *MapPcrToMrIndex)(struct cc_protocol *this, UINT32 pcr, UINT32 *index);
};

static struct {
	bool was_asked;
	struct tcg2_protocol *tcg2; /* NULL: there is no TPM */
	struct cc_protocol *cc;
	uint32_t banks;
	uint32_t measured; /* a bit for each kind that was */
	bool log_is_told;  /* that it is damaged, in whichever form it was asked for first */
} tpm;

static void ask(void)
{
	struct tcg2_capability capability = {.size = sizeof(capability)};
	struct tcg2_protocol *tcg2 = NULL;
	EFI_STATUS status = efi.boot->LocateProtocol(&tcg2_guid, NULL, (void **)&tcg2);

	tpm.was_asked = true;
	if (arch_is_confidential() && EFI_ERROR(efi.boot->LocateProtocol(&cc_guid, NULL, (void **)&tpm.cc)))
		tpm.cc = NULL;
	if (EFI_ERROR(efi_given(status, tcg2)) || EFI_ERROR(tcg2->GetCapability(tcg2, &capability)) ||
	    !capability.is_present)
		return;
	tpm.tcg2 = tcg2;
	if (capability.structure_version[0] == 1 && capability.structure_version[1] < 1)
		tpm.banks = TPM_BANKS_UNKNOWN;
	else
		tpm.banks = capability.active_banks;
}

bool tpm_is_there(uint32_t *banks)
{
	if (!tpm.was_asked)
		ask();
	*banks = tpm.banks;
	return tpm.tcg2 != NULL;
}

bool tpm_measures(void)
{
	uint32_t banks;

	return tpm_is_there(&banks) || tpm.cc != NULL;
}

/* 6.5: the addresses of the log, and of its last event, without a size. */
static bool read_log(enum eventlog_form form, struct bytes *bytes)
{
	EFI_PHYSICAL_ADDRESS log = 0, last = 0;
	BOOLEAN is_cut = FALSE;
	size_t size = 0;
	EFI_STATUS status = tpm.tcg2->GetEventLog(tpm.tcg2, form, &log, &last, &is_cut);

	if (EFI_ERROR(status) || log == 0 || log > UINTPTR_MAX - MOST_LOG)
		return false;
	bytes->at = (const uint8_t *)(uintptr_t)log;
	/* A last event before the log is as far away as any. */
	if (last != 0 && (last - log >= MOST_LOG ||
			  !eventlog_size((struct bytes){bytes->at, MOST_LOG}, (size_t)(last - log), form, &size))) {
		if (!tpm.log_is_told)
			fw_log(LOG_NORMAL, "TPM: firmware's log of what was measured is damaged: the system gets none");
		tpm.log_is_told = true;
		return false;
	}
	bytes->size = size;
	return true;
}

bool tpm_log(struct bytes *bytes, enum eventlog_form *form)
{
	*form = EVENTLOG_ANY;
	if (tpm.tcg2 == NULL)
		return false;
	if (read_log(*form, bytes))
		return true;
	*form = EVENTLOG_SHA1;
	return read_log(*form, bytes);
}

/* Measured again, it would look like two to whoever reads the registers. */
static bool is_measured(enum measured what, struct bytes bytes)
{
	enum eventlog_form form;
	struct eventlog walk;
	struct bytes log;

	return (tpm.measured >> what & 1) != 0 && tpm_log(&log, &form) && form == EVENTLOG_ANY &&
	       eventlog_start(&walk, log, form) && measured_last(&walk, what, bytes);
}

static bool say(const char *by, enum measured what, EFI_STATUS status)
{
	const struct measured_as *as = measured_as(what);
	const char *words = as->words[0] == '\0' ? "the command line" : as->words;

	/* 6.6.2: measured, but the log has no room for the event. */
	if (status == EFI_VOLUME_FULL)
		fw_log(LOG_NORMAL, "%s: firmware's log has no room for what was measured of %s", by, words);
	else if (EFI_ERROR(status))
		fw_log(LOG_NORMAL, "%s: %s is not measured into register %u: %s", by, words, (unsigned int)as->pcr,
		       efi_status_words(status));
	else
		fw_log(LOG_DEBUG, "%s: %s is measured into register %u", by, words, (unsigned int)as->pcr);
	return !EFI_ERROR(status) || status == EFI_VOLUME_FULL;
}

/* systemd, src/boot/measure.c: what describes itself goes into both, so that none can be without it. */
static bool measure_cc(enum measured what, struct bytes bytes, uint8_t *event)
{
	UINT32 index = 0;
	EFI_STATUS status;

	if (tpm.cc == NULL || measured_as(what)->type != EVENT_IPL)
		return false;
	status = tpm.cc->MapPcrToMrIndex(tpm.cc, measured_as(what)->pcr, &index);
	if (!EFI_ERROR(status)) {
		event_set_register(event, index);
		status = tpm.cc->HashLogExtendEvent(tpm.cc, 0, (uintptr_t)bytes.at, bytes.size, event);
	}
	return say("CPU", what, status);
}

static bool measure(enum measured what, struct bytes bytes)
{
	uint8_t *event = efi_alloc(event_size(what, bytes.size));
	bool is_in_tpm = false, is_in_cpu;

	if (event == NULL)
		return say("TPM", what, EFI_OUT_OF_RESOURCES);
	event_compose(what, bytes, event);
	if (tpm.tcg2 != NULL)
		is_in_tpm =
		    say("TPM", what, tpm.tcg2->HashLogExtendEvent(tpm.tcg2, 0, (uintptr_t)bytes.at, bytes.size, event));
	is_in_cpu = measure_cc(what, bytes, event);
	efi_free(event);
	return is_in_tpm || is_in_cpu;
}

bool tpm_measure(enum measured what, struct bytes bytes)
{
	if (!tpm_measures())
		return false;
	/* There may be two structures that are alike. */
	if (what < MEASURED_SMBIOS_1 && is_measured(what, bytes))
		return true;
	tpm.measured |= UINT32_C(1) << what;
	return measure(what, bytes);
}
