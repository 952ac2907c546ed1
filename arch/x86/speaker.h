/* SPDX-License-Identifier: BSD-2-Clause */
/* The speaker that a PC has by its timer, on both x86 CPUs. */
#ifndef BERTH_X86_SPEAKER_H
#define BERTH_X86_SPEAKER_H

#include <stdbool.h>
#include <stdint.h>

/* The routines in enter.S: one byte from and to a port. */
uint32_t x86_port_in(uint32_t port);
void x86_port_out(uint32_t port, uint32_t value);

/* A tone of 500 Hz, until it is silenced. */
void x86_speaker(bool sounds);

#endif
