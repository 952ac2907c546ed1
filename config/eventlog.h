/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware's log of what was measured into a TPM. Pure: nothing in a log is believed before it lies in its bytes.
 *
 * Source: TCG PC Client Platform Firmware Profile 1.05, 10.2 (TCG_PCR_EVENT, TCG_PCR_EVENT2, and the first event of a
 * log, TCG_EfiSpecIDEvent); TCG EFI Protocol Specification, revision 00.13, 6.5 (which log, where) and 7 (the table of
 * final events).
 */
#ifndef BERTH_EVENTLOG_H
#define BERTH_EVENTLOG_H

#include "../base/bytes.h"

#define EVENT_TAGGED 6u	  /* EV_EVENT_TAG */
#define EVENT_IPL    0xdu /* EV_IPL */

#define EVENTLOG_KINDS 16u /* of sums in an event: TCG has numbers for fewer */

/* The two forms of a log: with SHA-1 alone, and with any sums. The numbers are those of EFI_TCG2_EVENT_LOG_FORMAT. */
enum eventlog_form { EVENTLOG_SHA1 = 1, EVENTLOG_ANY = 2 };

/* A walk through a log. It can be copied. */
struct eventlog {
	struct bytes rest;
	unsigned int n_kinds; /* of sums, in the newer form; each with its number and its size in bytes */
	uint16_t kind[EVENTLOG_KINDS][2];
};

struct event {
	uint32_t pcr, type;
	struct bytes sha256; /* the sum of that kind; none: .size 0 */
	struct bytes data;   /* that describe it */
};

/* False when it is no log of this form; in the newer one the first event says what sums there are, and is taken. */
bool eventlog_start(struct eventlog *walk, struct bytes log, enum eventlog_form form);

/* The next event; false behind the last, and where one is cut off or has sums that the log does not tell of. */
bool eventlog_next(struct eventlog *walk, struct event *event);

/*
 * How many bytes a log has whose last event begins at @last, of which firmware tells no more than that. @bytes: from
 * the log's start on, as many as may be looked at. False when the events before do not lead there, or it is too long.
 */
bool eventlog_size(struct bytes bytes, size_t last, enum eventlog_form form, size_t *size);

/*
 * The table in which firmware notes again what is measured once somebody has asked for its log: how many bytes its
 * events have, up to the first that is none. @log: tells of the sums; @table: as many bytes as may be looked at.
 */
#define EVENTLOG_FINAL_HEADER 16 /* the version, and how many events there are */
size_t eventlog_final_size(const struct eventlog *log, struct bytes table);

#endif
