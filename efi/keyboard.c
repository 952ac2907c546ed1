/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys in. The extended protocol tells Ctrl and Alt (UEFI 2.10, 12.3); where firmware has none, the plain one serves.
 * Some firmware delivers keys only by the extended protocol of another handle than the console's: that is used as
 * well, as systemd-boot does.
 */
#include "efi_local.h"

#include <eficonex.h>

#define SECOND	      10000000u	    /* UEFI 2.10, 7.1, SetTimer: units of 100 ns */
#define A_MOMENT      (SECOND / 10) /* between the characters of one key that a terminal sends */
#define FOR_EVER      UINT64_MAX
#define MOST_WAKE_UPS 10000u
#define MOST_ERRORS   16
#define EXTENDED      2 /* keyboards with that protocol that are listened to */

static EFI_GUID extended_guid = EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL_GUID;

static struct {
	EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *extended[EXTENDED];
	unsigned int n;
	bool known;	     /* they have been looked for */
	bool has_next;	     /* a key was read that belongs to no sequence */
	unsigned int broken; /* waits one after the other that it woke up from without end */
	struct raw_key {
		EFI_INPUT_KEY key;
		UINT32 shift;
	} next;
} keyboard;

static void add_extended(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *found)
{
	/* Some firmware has a protocol whose event is invalid. */
	if (found == NULL || (keyboard.n != 0 && keyboard.extended[0] == found) ||
	    efi.boot->CheckEvent(found->WaitForKeyEx) == EFI_INVALID_PARAMETER)
		return;
	keyboard.extended[keyboard.n++] = found;
}

void console_find_keyboards(void)
{
	keyboard.n = keyboard.broken = 0;
	keyboard.known = false;
}

static void find_extended(void)
{
	EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *found = NULL;

	if (keyboard.known)
		return;
	keyboard.known = true;
	if (!EFI_ERROR(efi.boot->HandleProtocol(efi.system->ConsoleInHandle, &extended_guid, (void **)&found)))
		add_extended(found);
	found = NULL;
	if (keyboard.n != 0 && !EFI_ERROR(efi.boot->LocateProtocol(&extended_guid, NULL, (void **)&found)))
		add_extended(found);
}

/* How many events there are, one for each keyboard; at least the plain protocol's, if there is that. */
static UINTN events_of(EFI_EVENT events[EXTENDED + 2])
{
	UINTN n = 0;

	for (; n < keyboard.n; n++)
		events[n] = keyboard.extended[n]->WaitForKeyEx;
	if (n == 0 && efi.system->ConIn != NULL)
		events[n++] = efi.system->ConIn->WaitForKey;
	return n;
}

static EFI_STATUS read_key(UINTN which, struct raw_key *raw)
{
	EFI_KEY_DATA data = {{0, 0}, {0, 0}};
	EFI_STATUS status;

	*raw = (struct raw_key){{0, 0}, 0};
	if (keyboard.n == 0)
		return efi.system->ConIn->ReadKeyStroke(efi.system->ConIn, &raw->key);
	status = keyboard.extended[which]->ReadKeyStrokeEx(keyboard.extended[which], &data);
	*raw = (struct raw_key){data.Key, data.KeyState.KeyShiftState};
	return status;
}

enum wait { WAIT_KEY, WAIT_TIME, WAIT_BROKEN };

/*
 * The first @keyboards events are those of keyboards; the timer's may stand behind them. A wake-up without a key
 * happens (a modifier pressed alone): wait again. A keyboard that answers only errors, or wakes up without end, counts
 * as none, and must not hide the timer behind it; the next time it is believed half as long, so that a countdown of
 * minutes is not minutes of asking.
 */
static enum wait wait_once(UINTN keyboards, UINTN count, EFI_EVENT *events, struct raw_key *raw)
{
	unsigned int most = keyboard.broken < 14 ? MOST_WAKE_UPS >> keyboard.broken : 1u, wake_ups = 0, errors = 0;

	while (wake_ups++ < most && errors < MOST_ERRORS) {
		UINTN which = 0;
		EFI_STATUS status = efi.boot->WaitForEvent(count, events, &which);

		if (!EFI_ERROR(status) && which == keyboards)
			return WAIT_TIME;
		if (EFI_ERROR(status) || which > keyboards) {
			errors++;
			continue;
		}
		status = read_key(which, raw);
		if (!EFI_ERROR(status) && (raw->key.ScanCode != 0 || raw->key.UnicodeChar != 0))
			return WAIT_KEY;
		errors += EFI_ERROR(status) && status != EFI_NOT_READY;
		if (count > keyboards && efi.boot->CheckEvent(events[keyboards]) == EFI_SUCCESS)
			return WAIT_TIME;
	}
	return WAIT_BROKEN;
}

static enum wait wait_for(UINTN keyboards, UINTN count, EFI_EVENT *events, struct raw_key *raw)
{
	enum wait wait = wait_once(keyboards, count, events, raw);

	keyboard.broken = wait == WAIT_BROKEN ? keyboard.broken + 1 : 0;
	return wait;
}

/* @time: in units of SetTimer's. */
static enum wait wait_raw(uint64_t time, struct raw_key *raw)
{
	EFI_EVENT events[EXTENDED + 2];
	UINTN n = events_of(events);
	enum wait wait;

	if (keyboard.has_next) {
		*raw = keyboard.next;
		keyboard.has_next = false;
		return WAIT_KEY;
	}
	if (n == 0)
		return WAIT_BROKEN;
	if (time == FOR_EVER)
		return wait_for(n, n, events, raw);
	if (EFI_ERROR(efi.boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[n])))
		return WAIT_BROKEN;
	wait = WAIT_BROKEN;
	if (!EFI_ERROR(efi.boot->SetTimer(events[n], TimerRelative, time)))
		wait = wait_for(n, n + 1, events, raw);
	efi.boot->CloseEvent(events[n]);
	return wait;
}

/* What a terminal sends behind Esc at once is a key that firmware does not know. */
static void take_sequence(struct key_press *press)
{
	uint32_t characters[SEQUENCE_MOST + 1];
	struct raw_key raw;
	size_t n = 0;

	while (n <= SEQUENCE_MOST && wait_raw(A_MOMENT, &raw) == WAIT_KEY) {
		enum sequence sequence;

		if (raw.key.ScanCode != 0) {
			keyboard.next = raw;
			keyboard.has_next = true;
			return;
		}
		characters[n++] = raw.key.UnicodeChar;
		sequence = key_sequence(characters, n, press);
		if (sequence == SEQUENCE_KEY)
			return;
		press->key = KEY_OTHER; /* until it is complete, and when it never is */
		if (sequence == SEQUENCE_NONE)
			return;
	}
}

/* One second at a time: more than 4294 seconds do not fit into 32 bits as microseconds. */
void console_pause(uint32_t seconds)
{
	while (seconds-- > 0 && !EFI_ERROR(efi.boot->Stall(1000000)))
		;
}

bool console_key(uint32_t seconds, struct key_press *press)
{
	bool is_endless = seconds == UINT32_MAX;
	struct raw_key raw;
	enum wait wait;

	find_extended();
	*press = (struct key_press){KEY_GONE, 0, false, false};
	wait = wait_raw(is_endless ? FOR_EVER : (uint64_t)seconds * SECOND, &raw);
	if (wait == WAIT_KEY) {
		*press = key_from_firmware(raw.key.ScanCode, raw.key.UnicodeChar, raw.shift);
		if (press->key == KEY_ESCAPE)
			take_sequence(press);
	}
	if (wait == WAIT_BROKEN && is_endless)
		console_write("\nberth: the keyboard does not answer\n");
	if (wait == WAIT_BROKEN && !is_endless)
		console_pause(seconds);
	/* Where no key can be pressed, an endless wait ends. */
	return wait == WAIT_KEY || (wait == WAIT_BROKEN && is_endless);
}

/* What a key that firmware does not know has behind its Esc must not count as keys: "B" would restart the machine. */
bool console_key_pressed(struct key_press *press)
{
	EFI_INPUT_KEY pressed = keyboard.next.key;

	if (!keyboard.has_next &&
	    (efi.system->ConIn == NULL || EFI_ERROR(efi.system->ConIn->ReadKeyStroke(efi.system->ConIn, &pressed))))
		return false;
	keyboard.has_next = false;
	*press = key_from_firmware(pressed.ScanCode, pressed.UnicodeChar, 0);
	find_extended();
	if (press->key == KEY_ESCAPE)
		take_sequence(press);
	return true;
}
