/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TPM of the simulated machine: it keeps registers of SHA-256 and a log, of which firmware tells as the TCG EFI
 * Protocol Specification, revision 00.13, 6.4 to 6.6 and 7, has it; and a confidential CPU's, by UEFI 2.10, 38.2.
 */
#include "local.h"

#include "../../codecs/sha256.h"
#include "../unit/given.h"

#define LOG_ROOM 8192

struct uefi_measurements uefi_measured;

/* The first event says that there are sums of SHA-1 and of SHA-256; the second is firmware's own. */
static const uint8_t first_event[] = {
    0,	 0, 0, 0, 3, 0,	 0, 0, 0, 0,   0,   0,	 0,   0,   0,	0,   0,	  0,   0,   0,	 0,   0,   0,
    0,	 0, 0, 0, 0, 37, 0, 0, 0, 'S', 'p', 'e', 'c', ' ', 'I', 'D', ' ', 'E', 'v', 'e', 'n', 't', '0',
    '3', 0, 0, 0, 0, 0,	 0, 2, 0, 2,   2,   0,	 0,   0,   4,	0,   20,  0,   0xb, 0,	 32,  0,   0};

static struct {
	uint8_t log[LOG_ROOM], final[LOG_ROOM];
	size_t size, last, final_size;
	bool was_asked;
} tpm;

static const EFI_GUID tcg2_guid = {0x607f766c, 0x7455, 0x42be, {0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f}};
static const EFI_GUID cc_guid = {0x96751a3d, 0x72f4, 0x41a6, {0xa7, 0x94, 0xed, 0x5d, 0x0e, 0x67, 0xae, 0x6b}};

/* 6.4: as much as the caller has room for, and how much that is. */
static EFI_STATUS EFIAPI get_capability(VOID *this, UINT8 *capability)
{
	UINT8 room = capability[0];
	EFI_STATUS status;

	(void)this;
	if (uefi_call(CALL_GetCapability, &status)) {
		if (uefi_lies(LIE_TOO_MUCH))
			memset(capability, 0xff, room);
		return status;
	}
	memcpy(capability, uefi.tpm, room < uefi.tpm[0] ? room : uefi.tpm[0]);
	return EFI_SUCCESS;
}

static size_t put_event(uint8_t *at, const struct uefi_measured *m)
{
	store_le(at, 4, m->pcr);
	store_le(at + 4, 4, m->type);
	if (uefi.log_is_older) {
		memset(at + 8, 0x5a, 20);
		store_le(at + 28, 4, m->data_size);
		memcpy(at + 32, m->data, m->data_size);
		return 32 + m->data_size;
	}
	store_le(at + 8, 4, 2);
	store_le(at + 12, 2, 4);
	memset(at + 14, 0x5a, 20);
	store_le(at + 34, 2, 0xb);
	memcpy(at + 36, m->sum, 32);
	store_le(at + 68, 4, m->data_size);
	memcpy(at + 72, m->data, m->data_size);
	return 72 + m->data_size;
}

/* Behind the first, each event is in the log; and among the final ones when somebody has asked for that. */
static void add_to_log(const struct uefi_measured *m)
{
	if (tpm.size + 400 > LOG_ROOM || tpm.final_size + 400 > LOG_ROOM)
		uefi_die("more is measured than the log has room for");
	tpm.last = tpm.size;
	tpm.size += put_event(tpm.log + tpm.size, m);
	if (!tpm.was_asked)
		return;
	tpm.final_size += put_event(tpm.final + 16 + tpm.final_size, m);
	store_le(tpm.final + 8, 8, load_le(tpm.final + 8, 8) + 1);
}

static EFI_STATUS EFIAPI get_log(VOID *this, UINT32 form, EFI_PHYSICAL_ADDRESS *log, EFI_PHYSICAL_ADDRESS *last,
				 BOOLEAN *is_cut)
{
	EFI_STATUS status;

	(void)this;
	uefi_measured.logs++;
	if (uefi_call(CALL_GetEventLog, &status)) {
		if (uefi_lies(LIE_TOO_MUCH))
			*log = (uintptr_t)tpm.log, *last = UINT64_MAX;
		return status;
	}
	if (form != (uefi.log_is_older ? 1 : 2) && !uefi.log_is_both)
		return EFI_INVALID_PARAMETER;
	*is_cut = FALSE;
	tpm.was_asked = true;
	*log = (uintptr_t)(uefi.log != NULL ? uefi.log : tpm.log);
	*last = *log + (uefi.log != NULL ? uefi.log_last : tpm.last);
	if (uefi.log_last == SIZE_MAX)
		*last = 0;
	return EFI_SUCCESS;
}

static void sum_of(const void *at, size_t size, uint8_t out[32])
{
	struct sha256 sum;

	sha256_start(&sum);
	sha256_add(&sum, (struct bytes){at, size});
	sha256_end(&sum, out);
}

/* 6.6.1: EFI_TCG2_EVENT, of which nothing but the register differs from EFI_CC_EVENT. */
static struct uefi_measured *note(UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size, const UINT8 *event)
{
	struct uefi_measured *m = &uefi_measured.at[uefi_measured.n++];
	size_t all = load_le(event, 4);

	if (flags != 0 || all < 18 || load_le(event + 4, 4) != 14 || load_le(event + 8, 2) != 1 ||
	    all - 18 > sizeof(m->data) || uefi_measured.n == COUNT_OF(uefi_measured.at))
		uefi_die("an event that is none");
	*m = (struct uefi_measured){.pcr = (uint32_t)load_le(event + 10, 4), .type = (uint32_t)load_le(event + 14, 4)};
	m->size = size;
	m->data_size = all - 18;
	memcpy(m->data, event + 18, all - 18);
	sum_of((const void *)(uintptr_t)data, size, m->sum);
	return m;
}

static EFI_STATUS EFIAPI extend(VOID *this, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size, VOID *event)
{
	const struct uefi_measured *m;
	uint8_t both[64];
	EFI_STATUS status;

	(void)this;
	if (uefi_call(CALL_HashLogExtendEvent, &status))
		return status;
	m = note(flags, data, size, event);
	if (m->pcr >= COUNT_OF(uefi_measured.pcr))
		return EFI_INVALID_PARAMETER;
	memcpy(both, uefi_measured.pcr[m->pcr], 32);
	memcpy(both + 32, m->sum, 32);
	sum_of(both, 64, uefi_measured.pcr[m->pcr]);
	if (uefi.log_is_full)
		return EFI_VOLUME_FULL;
	add_to_log(m);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI extend_cpu(VOID *this, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size, VOID *event)
{
	EFI_STATUS status;

	(void)this;
	if (uefi_call(CALL_HashLogExtendEvent, &status))
		return status;
	note(flags, data, size, event)->by_cpu = true;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI map_register(VOID *this, UINT32 pcr, UINT32 *index)
{
	EFI_STATUS status;

	(void)this;
	if (uefi_call(CALL_MapPcrToMrIndex, &status))
		return status;
	*index = pcr + 100;
	return EFI_SUCCESS;
}

static struct {
	EFI_STATUS(EFIAPI *get)(VOID *this, UINT8 *capability);
	EFI_STATUS(EFIAPI *log)
	(VOID *this, UINT32 form, EFI_PHYSICAL_ADDRESS *log, EFI_PHYSICAL_ADDRESS *last, BOOLEAN *is_cut);
	EFI_STATUS(EFIAPI *extend)
	(VOID *this, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size, VOID *event);
} tcg2 = {get_capability, get_log, extend};

static struct {
	VOID *capability, *log;
	EFI_STATUS(EFIAPI *extend)
	(VOID *this, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size, VOID *event);
	EFI_STATUS(EFIAPI *map)(VOID *this, UINT32 pcr, UINT32 *index);
} cpu = {NULL, NULL, extend_cpu, map_register};

bool uefi_is_tpms(const EFI_GUID *guid)
{
	return uefi_is_guid(guid, tcg2_guid) || uefi_is_guid(guid, cc_guid);
}

VOID *uefi_tpm(const EFI_GUID *guid)
{
	if (uefi_is_guid(guid, cc_guid)) {
		if (!sim.encrypted)
			uefi_die("a register of the CPU's is looked for where there is none");
		return uefi.cpu_measures ? &cpu : NULL;
	}
	uefi_measured.asked++;
	return uefi.tpm == NULL ? NULL : &tcg2;
}

const void *uefi_final_events(void)
{
	return uefi.tpm == NULL || uefi.no_final ? NULL : tpm.final;
}

/* Firmware's own event is there before the loader runs. */
void uefi_tpm_reset(void)
{
	memset(&uefi_measured, 0, sizeof(uefi_measured));
	memset(&tpm, 0, sizeof(tpm));
	tpm.final[0] = 1;
	if (!uefi.log_is_older) {
		memcpy(tpm.log, first_event, sizeof(first_event));
		tpm.size = sizeof(first_event);
	}
	add_to_log(&(struct uefi_measured){.pcr = 0, .type = 8, .data_size = 2, .data = {'F', 0}});
}
