/* SPDX-License-Identifier: BSD-2-Clause */
#include "eventlog.h"

#include "../base/mem.h"

#define SHA1	  20 /* bytes of a sum */
#define SHA256	  32
#define ID_SHA256 0xb /* TPM_ALG_SHA256: TCG Algorithm Registry, table 3 */
#define NO_ACTION 3   /* EV_NO_ACTION: an event that is measured into no register */

/* Takes a number off the front; false, and nothing taken, when it is not all there. */
static bool take(struct bytes *bytes, unsigned int width, uint64_t *out)
{
	if (!bytes_get(*bytes, 0, width, out))
		return false;
	bytes->at += width;
	bytes->size -= width;
	return true;
}

static bool take_bytes(struct bytes *bytes, uint64_t size, struct bytes *out)
{
	if (size > bytes->size)
		return false;
	*out = (struct bytes){bytes->at, (size_t)size};
	bytes->at += size;
	bytes->size -= (size_t)size;
	return true;
}

/* TCG_PCR_EVENT, 10.2.1. */
static bool take_older(struct bytes *rest, struct event *event)
{
	uint64_t pcr, type, size;
	struct bytes sum;

	if (!take(rest, 4, &pcr) || !take(rest, 4, &type) || !take_bytes(rest, SHA1, &sum) || !take(rest, 4, &size) ||
	    !take_bytes(rest, size, &event->data))
		return false;
	event->pcr = (uint32_t)pcr;
	event->type = (uint32_t)type;
	event->sha256 = (struct bytes){NULL, 0};
	return true;
}

/* 10.4.5.1: a signature, 8 bytes of versions, the kinds, and then bytes of the firmware's own. */
static bool read_kinds(struct eventlog *walk, struct bytes head)
{
	uint64_t n, skipped, id, size;
	struct bytes name;

	if (!take_bytes(&head, 16, &name) || memcmp(name.at, "Spec ID Event03", 16) != 0 || !take(&head, 8, &skipped) ||
	    !take(&head, 4, &n) || n == 0 || n > EVENTLOG_KINDS)
		return false;
	for (walk->n_kinds = 0; walk->n_kinds < n; walk->n_kinds++) {
		if (!take(&head, 2, &id) || !take(&head, 2, &size) || (id == ID_SHA256 && size != SHA256))
			return false;
		walk->kind[walk->n_kinds][0] = (uint16_t)id;
		walk->kind[walk->n_kinds][1] = (uint16_t)size;
	}
	return true;
}

bool eventlog_start(struct eventlog *walk, struct bytes log, enum eventlog_form form)
{
	struct event first;

	*walk = (struct eventlog){.rest = log};
	if (form == EVENTLOG_SHA1)
		return true;
	return take_older(&walk->rest, &first) && first.type == NO_ACTION && read_kinds(walk, first.data);
}

static bool take_sum(const struct eventlog *walk, struct bytes *rest, struct event *event)
{
	struct bytes sum;
	uint64_t id;

	if (!take(rest, 2, &id))
		return false;
	for (unsigned int i = 0; i < walk->n_kinds; i++) {
		if (walk->kind[i][0] != id)
			continue;
		if (!take_bytes(rest, walk->kind[i][1], &sum))
			return false;
		if (id == ID_SHA256)
			event->sha256 = sum;
		return true;
	}
	return false;
}

/* TCG_PCR_EVENT2, 10.2.2. */
static bool take_newer(const struct eventlog *walk, struct bytes *rest, struct event *event)
{
	uint64_t pcr, type, n, size;

	event->sha256 = (struct bytes){NULL, 0};
	if (!take(rest, 4, &pcr) || !take(rest, 4, &type) || !take(rest, 4, &n) || n > walk->n_kinds)
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (!take_sum(walk, rest, event))
			return false;
	event->pcr = (uint32_t)pcr;
	event->type = (uint32_t)type;
	return take(rest, 4, &size) && take_bytes(rest, size, &event->data);
}

bool eventlog_next(struct eventlog *walk, struct event *event)
{
	struct bytes rest = walk->rest;

	if (walk->n_kinds == 0 ? !take_older(&rest, event) : !take_newer(walk, &rest, event))
		return false;
	walk->rest = rest;
	return true;
}

bool eventlog_size(struct bytes bytes, size_t last, enum eventlog_form form, size_t *size)
{
	struct eventlog walk;
	struct event event;

	if (!eventlog_start(&walk, bytes, form))
		return false;
	/* The log may have no event but the one that says what sums there are, which is the last then. */
	*size = bytes.size - walk.rest.size;
	if (*size != 0 && last == 0)
		return true;
	while (*size < last && eventlog_next(&walk, &event))
		*size = bytes.size - walk.rest.size;
	if (*size != last || !eventlog_next(&walk, &event))
		return false;
	*size = bytes.size - walk.rest.size;
	return true;
}

size_t eventlog_final_size(const struct eventlog *log, struct bytes table)
{
	struct eventlog walk = *log;
	struct event event;
	uint64_t n;

	if (!bytes_get(table, 8, 8, &n))
		return 0;
	walk.rest = (struct bytes){table.at + EVENTLOG_FINAL_HEADER, table.size - EVENTLOG_FINAL_HEADER};
	for (uint64_t i = 0; i < n && eventlog_next(&walk, &event); i++)
		;
	return table.size - EVENTLOG_FINAL_HEADER - walk.rest.size;
}
