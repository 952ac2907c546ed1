/* SPDX-License-Identifier: BSD-2-Clause */
#include "entry.h"

#include "../base/memparse.h"
#include "../base/range.h"

/* A number as memparse reads them, at *at; false when there is none. */
static bool take_number(struct word *at, uint64_t *out)
{
	size_t length = memparse(at->at, at->length, out);

	at->at += length;
	at->length -= length;
	return length != 0;
}

static bool parse_addresses(struct word value, struct wish *wish)
{
	if (!take_number(&value, &wish->at))
		return false;
	if (value.length == 0) {
		wish->policy = PLACE_EXACT;
		return true;
	}
	if (value.at[0] != '-')
		return false;
	value.at++;
	value.length--;
	wish->policy = PLACE_WITHIN;
	return take_number(&value, &wish->end) && value.length == 0;
}

enum status wish_parse(struct wish *wish, struct word value, struct fail *why)
{
	static const struct {
		const char *word;
		enum placement_policy policy;
	} known[] = {
	    {"high", PLACE_HIGH},
	    {"low", PLACE_LOW},
	    {"preferred", PLACE_PREFERRED},
	    {"random", PLACE_RANDOM},
	};
	struct wish got = {.policy = PLACE_HIGH, .said = true};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (word_is(value, known[i].word)) {
			*wish = (struct wish){.policy = known[i].policy, .said = true};
			return OK;
		}
	if (!parse_addresses(value, &got))
		return fail(why, BAD_INPUT,
			    "placement \"%s\" is not an address\n"
			    "  try: high, low, preferred, random, 0xADDRESS or MIN-MAX",
			    word_shown(value).at);
	if (got.at % EFI_PAGE != 0 || got.end % EFI_PAGE != 0)
		return fail_by(why, BAD_INPUT, C5, "placement %#" PRIx64 " is not a multiple of 4096",
			       got.at % EFI_PAGE != 0 ? got.at : got.end);
	if (got.policy == PLACE_WITHIN && got.end <= got.at)
		return fail_by(why, BAD_INPUT, C5, "placement %#" PRIx64 "-%#" PRIx64 " is an empty window", got.at,
			       got.end);
	*wish = got;
	return OK;
}
