/* SPDX-License-Identifier: BSD-2-Clause */
/* A TPM that is there for the loader in words alone. Source: TCG EFI Protocol Specification, revision 00.13, 6.4
 * to 6.6. */
#include "shape.h"

#define SLOW 1000000 /* microseconds for each event */

struct capability {
	UINT8 size, versions[4];
	UINT32 hashes, logs;
	BOOLEAN is_present;
};

struct tcg2 {
	EFI_STATUS(EFIAPI *GetCapability)(struct tcg2 *this, struct capability *capability);
	EFI_STATUS(EFIAPI *GetEventLog)
	(struct tcg2 *this, UINT32 form, EFI_PHYSICAL_ADDRESS *log, EFI_PHYSICAL_ADDRESS *last, BOOLEAN *is_cut);
	EFI_STATUS(EFIAPI *HashLogExtendEvent)
	(struct tcg2 *this, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size, VOID *event);
};

static EFI_GUID tcg2_guid = {0x607f766c, 0x7455, 0x42be, {0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f}};
static struct tcg2 *real_tpm;

static EFI_STATUS EFIAPI bent_capability(struct tcg2 *this, struct capability *capability)
{
	(void)this;
	EFI_STATUS status = real_tpm->GetCapability(real_tpm, capability);

	if (wish.tpm == TPM_ABSENT)
		capability->is_present = FALSE;
	return status;
}

static EFI_STATUS EFIAPI bent_log(struct tcg2 *this, UINT32 form, EFI_PHYSICAL_ADDRESS *log, EFI_PHYSICAL_ADDRESS *last,
				  BOOLEAN *is_cut)
{
	(void)this;
	if (wish.tpm == TPM_FAILS)
		return EFI_DEVICE_ERROR;
	if (wish.tpm != TPM_HALF)
		return real_tpm->GetEventLog(real_tpm, form, log, last, is_cut);
	*log = *last = 0;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI bent_event(struct tcg2 *this, UINT64 flags, EFI_PHYSICAL_ADDRESS data, UINT64 size,
				    VOID *event)
{
	(void)this;
	if (wish.tpm == TPM_FAILS)
		return EFI_DEVICE_ERROR;
	if (wish.tpm == TPM_HALF)
		return EFI_SUCCESS;
	if (wish.tpm == TPM_SLOW)
		real.Stall(SLOW);
	return real_tpm->HashLogExtendEvent(real_tpm, flags, data, size, event);
}

void bend_tpm(EFI_GUID *guid, VOID **protocol)
{
	static struct tcg2 bent = {bent_capability, bent_log, bent_event};

	if (wish.tpm == TPM_REAL || memcmp(guid, &tcg2_guid, sizeof(tcg2_guid)) != 0)
		return;
	real_tpm = *protocol;
	*protocol = &bent;
}

void read_tpm_wish(const char *line)
{
	static const char *const word[] = {
	    [TPM_FAILS] = "fails", [TPM_HALF] = "half", [TPM_SLOW] = "slow", [TPM_ABSENT] = "absent"};

	for (unsigned int i = TPM_FAILS; i <= TPM_ABSENT; i++)
		if (is_word(&line, word[i]))
			wish.tpm = i;
}
