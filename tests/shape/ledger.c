/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader took of firmware and has not given back: nothing, when it returned. */
#include "shape.h"

#define MAX_ITEMS 1024

static struct {
	enum taken kind;
	UINT64 at, size;
} item[MAX_ITEMS];
static size_t n_items;

static const char *const kind_name[] = {"pages", "pool", "event", "file"};

void took(enum taken kind, UINT64 at, UINT64 size)
{
	if (n_items < MAX_ITEMS) {
		item[n_items].kind = kind;
		item[n_items].at = at;
		item[n_items++].size = size;
	}
}

void gave_back(enum taken kind, UINT64 at)
{
	for (size_t i = 0; i < n_items; i++)
		if (item[i].kind == kind && item[i].at == at) {
			item[i] = item[--n_items];
			return;
		}
	tell_start();
	tell("the loader gave back ");
	tell(kind_name[kind]);
	tell(" that it did not have, at ");
	tell_hex(at);
	tell_end();
}

bool has_taken(enum taken kind, UINT64 address)
{
	for (size_t i = 0; i < n_items; i++)
		if (item[i].kind == kind && address >= item[i].at &&
		    address - item[i].at < item[i].size * (kind == PAGES ? 4096 : 1))
			return true;
	return false;
}

unsigned int still_taken(enum taken kind)
{
	unsigned int n = 0;

	for (size_t i = 0; i < n_items; i++)
		n += item[i].kind == kind;
	return n;
}

void ledger_tell(void)
{
	for (size_t i = 0; i < n_items; i++) {
		tell_start();
		tell("left: ");
		tell(kind_name[item[i].kind]);
		tell(" at ");
		tell_hex(item[i].at);
		tell(" size ");
		tell_hex(item[i].size);
		tell_end();
	}
}

void ledger_release(void)
{
	while (n_items > 0) {
		n_items--;
		switch (item[n_items].kind) {
		case PAGES:
			bs->FreePages(item[n_items].at, item[n_items].size);
			break;
		case POOL:
			bs->FreePool((VOID *)(UINTN)item[n_items].at);
			break;
		case EVENT:
			bs->CloseEvent((EFI_EVENT)(UINTN)item[n_items].at);
			break;
		case OPEN_FILE:
			close_file(item[n_items].at);
			break;
		}
	}
}
