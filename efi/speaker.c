/* SPDX-License-Identifier: BSD-2-Clause */
#include "speaker.h"

#include "../arch/arch.h"

#define TONE  100000 /* microseconds, as in systemd-boot */
#define PAUSE 400000

bool speaker_beep(size_t n)
{
	if (n > MOST_BEEPS)
		n = MOST_BEEPS;
	for (size_t i = 0; i < n; i++) {
		if (i != 0)
			efi.boot->Stall(PAUSE);
		if (!arch_speaker(true))
			return false;
		efi.boot->Stall(TONE);
		(void)arch_speaker(false);
	}
	return true;
}
