/* SPDX-License-Identifier: BSD-2-Clause */
#include "measure.h"
#include "smbios.h"

#include "../base/mem.h"
#include "../codecs/sha256.h"

#define HEADER	    18 /* bytes of EFI_TCG2_EVENT in front of what describes the event: */
#define HEADER_SIZE 14 /* those of the header in it, without the size of all; */
#define VERSION	    1
#define REGISTER_AT 10
#define TAG	    8 /* in front of the words of a tagged event: its tag, and how many bytes they have */

const struct measured_as *measured_as(enum measured what)
{
	static const struct measured_as as[N_MEASURED] = {
	    [MEASURED_CONF] = {5, EVENT_TAGGED, true, "loader.conf", 0xf5bc582a},
	    [MEASURED_TEXT] = {12, EVENT_IPL, true, "", 0},
	    [MEASURED_OPTIONS] = {9, EVENT_TAGGED, false, "LOADED_IMAGE::LoadOptions", 0x8f3b22ed},
	    [MEASURED_INITRD] = {9, EVENT_TAGGED, false, "Linux initrd", 0x8f3b22ec},
	    [MEASURED_SMBIOS_1] = {1, EVENT_TAGGED, true, "smbios:type1", 0xd5cb7cbc},
	    [MEASURED_SMBIOS_2] = {1, EVENT_TAGGED, true, "smbios:type2", 0xe0d47bc8},
	    [MEASURED_SMBIOS_11] = {1, EVENT_TAGGED, true, "smbios:type11", 0xc0b3bd23},
	    [MEASURED_CREDENTIALS] = {12, EVENT_IPL, true, "Entry credentials initrd", 0},
	    [MEASURED_SYSEXTS] = {13, EVENT_IPL, true, "Entry system extension initrd", 0},
	    [MEASURED_CONFEXTS] = {12, EVENT_IPL, true, "Entry configuration extension initrd", 0},
	};

	return &as[what];
}

/* With the NUL. */
static size_t words_size(const struct measured_as *as)
{
	size_t length = 0;

	while (as->words[length] != '\0')
		length++;
	return (length + 1) * (as->wide ? 2 : 1);
}

size_t event_size(enum measured what, size_t size)
{
	const struct measured_as *as = measured_as(what);

	return HEADER + (as->words[0] == '\0' ? size : (as->tag != 0 ? TAG : 0) + words_size(as));
}

static void write_words(const struct measured_as *as, uint8_t *to)
{
	for (size_t i = 0; as->words[i] != '\0'; i++)
		to[i * (as->wide ? 2 : 1)] = (uint8_t)as->words[i];
}

void event_compose(enum measured what, struct bytes bytes, uint8_t *event)
{
	const struct measured_as *as = measured_as(what);
	size_t size = event_size(what, bytes.size);

	memset(event, 0, size);
	store_le(event, 4, size);
	store_le(event + 4, 4, HEADER_SIZE);
	store_le(event + 8, 2, VERSION);
	event_set_register(event, as->pcr);
	store_le(event + 14, 4, as->type);
	if (as->words[0] == '\0') {
		memcpy(event + HEADER, bytes.at, bytes.size);
		return;
	}
	if (as->tag != 0) {
		store_le(event + HEADER, 4, as->tag);
		store_le(event + HEADER + 4, 4, words_size(as));
	}
	write_words(as, event + HEADER + (as->tag != 0 ? TAG : 0));
}

void event_set_register(uint8_t *event, uint32_t number)
{
	store_le(event + REGISTER_AT, 4, number);
}

bool measured_structure(struct bytes structure, enum measured *what)
{
	static const enum measured as[] = {
	    [SMBIOS_SYSTEM] = MEASURED_SMBIOS_1, [SMBIOS_BOARD] = MEASURED_SMBIOS_2, [SMBIOS_OEM] = MEASURED_SMBIOS_11};

	if (structure.at[0] > SMBIOS_OEM || as[structure.at[0]] == 0)
		return false;
	*what = as[structure.at[0]];
	return true;
}

static bool has_words(struct bytes data, const struct measured_as *as)
{
	uint8_t words[2 * sizeof(as->words)] = {0};

	write_words(as, words);
	return data.size == words_size(as) && memcmp(data.at, words, data.size) == 0;
}

/* Another's description is in this register too, and is no text that was passed. */
static bool is_described(struct bytes data, uint8_t pcr)
{
	for (enum measured what = MEASURED_CREDENTIALS; what < N_MEASURED; what++)
		if (measured_as(what)->pcr == pcr && has_words(data, measured_as(what)))
			return true;
	return false;
}

bool event_is(const struct event *event, enum measured what)
{
	const struct measured_as *as = measured_as(what);
	uint64_t tag = 0;

	if (event->pcr != as->pcr || event->type != as->type)
		return false;
	if (as->tag != 0)
		return bytes_get(event->data, 0, 4, &tag) && tag == as->tag;
	return as->words[0] != '\0' ? has_words(event->data, as) : !is_described(event->data, as->pcr);
}

bool measured_last(const struct eventlog *log, enum measured what, struct bytes bytes)
{
	struct eventlog walk = *log;
	struct bytes last = {NULL, 0};
	uint8_t wanted[SHA256_SIZE];
	struct event event;

	while (eventlog_next(&walk, &event))
		if (event_is(&event, what))
			last = event.sha256;
	if (last.size == 0)
		return false;
	sha256_of(bytes, wanted);
	return memcmp(wanted, last.at, SHA256_SIZE) == 0;
}
