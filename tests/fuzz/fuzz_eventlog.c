/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware's log of any bytes: every event and its sum lie in the log, one behind the other; a size that is told ends
 * where an event does, the last of those before it; and final events take no more than there are bytes.
 */
#include "fuzz.h"

#include "../../config/measure.h"

static bool lies_in(struct bytes inner, struct bytes outer)
{
	return inner.size == 0 || (inner.at >= outer.at && inner.at + inner.size <= outer.at + outer.size);
}

/* Where events begin, from which one the size must follow. */
static void check_size(struct bytes log, enum eventlog_form form, size_t at, size_t end)
{
	size_t size = 0;

	REQUIRE(eventlog_size(log, at, form, &size) && size == end);
	REQUIRE(!eventlog_size(log, at + 1, form, &size));
}

static void check(struct bytes log, enum eventlog_form form, struct bytes table)
{
	struct eventlog walk, start;
	struct event event;
	size_t n = 0;

	if (!eventlog_start(&walk, log, form))
		return;
	REQUIRE(lies_in(walk.rest, log) && walk.n_kinds <= EVENTLOG_KINDS);
	REQUIRE((form == EVENTLOG_ANY) == (walk.n_kinds != 0));
	start = walk;
	while (n++ < 100) {
		size_t at = log.size - walk.rest.size;

		if (!eventlog_next(&walk, &event))
			break;
		REQUIRE(lies_in(event.data, log) && lies_in(event.sha256, log));
		REQUIRE(event.sha256.size == 0 || event.sha256.size == 32);
		REQUIRE(log.size - walk.rest.size >= at + 16 + event.data.size);
		check_size(log, form, at, log.size - walk.rest.size);
	}
	for (enum measured what = 0; what < N_MEASURED; what++)
		(void)measured_last(&start, what, table);
	REQUIRE(eventlog_final_size(&start, table) <= table.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size}, table;
	size_t cut = (size_t)take_number(&input, 2);

	cut = cut < input.size ? cut : input.size;
	table = (struct bytes){input.at + cut, input.size - cut};
	check((struct bytes){input.at, cut}, EVENTLOG_ANY, table);
	check((struct bytes){input.at, cut}, EVENTLOG_SHA1, table);
	return 0;
}
