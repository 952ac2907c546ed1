/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: Intel 82371 (PIIX4) datasheet, 4.2.2 (timer 8254) and 4.2.5.1 (port B); the tone is systemd-boot's. */
#include "speaker.h"

#define TIMER_2	      0x42
#define TIMER_CONTROL 0x43
#define SQUARE_WAVE   0xb6 /* timer 2, both bytes of its count, mode 3 */
#define TIMER_RATE    1193182u
#define TONE	      500u /* Hz */
#define PORT_B	      0x61
#define SPEAKER	      3u /* the timer runs, and is heard */

void x86_speaker(bool sounds)
{
	uint32_t now;

	if (sounds) {
		x86_port_out(TIMER_CONTROL, SQUARE_WAVE);
		x86_port_out(TIMER_2, TIMER_RATE / TONE & 0xff);
		x86_port_out(TIMER_2, TIMER_RATE / TONE >> 8);
	}
	now = x86_port_in(PORT_B);
	x86_port_out(PORT_B, sounds ? now | SPEAKER : now & ~SPEAKER);
}
