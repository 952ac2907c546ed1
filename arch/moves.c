/* SPDX-License-Identifier: BSD-2-Clause */
#include "moves.h"

#include "../base/bytes.h"

#define ENTRY_SIZE 24 /* from, to and size */

void moves_write(const struct moves *moves, size_t room, struct handoff *handoff)
{
	handoff->copies = block_take(&handoff->block, (room + 1) * ENTRY_SIZE, 8);
	for (size_t i = 0; i < moves->n && handoff->copies.at != NULL; i++) {
		uint8_t *at = handoff->copies.at + i * ENTRY_SIZE;

		store_le(at, 8, moves->move[i].from);
		store_le(at + 8, 8, moves->move[i].to);
		store_le(at + 16, 8, moves->move[i].size);
	}
}
