/* SPDX-License-Identifier: BSD-2-Clause */
#include "bare.h"

static SIMPLE_TEXT_OUTPUT_MODE mode;
static SIMPLE_TEXT_OUTPUT_INTERFACE screen;
static SIMPLE_INPUT_INTERFACE keyboard;
static EFI_SYSTEM_TABLE table;
static EFI_BOOT_SERVICES boot;
static int key_event, timer_event;

struct bare bare;

static EFI_STATUS EFIAPI output_string(SIMPLE_TEXT_OUTPUT_INTERFACE *this, CHAR16 *text)
{
	assert_ptr_equal(this, &screen);
	bare.calls++;
	for (; *text != 0; text++)
		bare.written[bare.units++] = *text;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI test_string(SIMPLE_TEXT_OUTPUT_INTERFACE *this, CHAR16 *text)
{
	assert_ptr_equal(this, &screen);
	assert_true(text[0] >= 0x80 && (text[1] == 0 || text[2] == 0));
	memcpy(bare.tested, text, text[1] == 0 ? 2 * sizeof(*text) : sizeof(bare.tested));
	bare.tests++;
	return text[0] == bare.unknown ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

/* UEFI 2.10, 7.3.7: this firmware has no keyboard with the extended protocol. */
static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **protocol)
{
	(void)handle;
	(void)guid;
	(void)protocol;
	return EFI_UNSUPPORTED;
}

static EFI_STATUS EFIAPI clear_screen(SIMPLE_TEXT_OUTPUT_INTERFACE *this)
{
	assert_ptr_equal(this, &screen);
	bare.clears++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI query_mode(SIMPLE_TEXT_OUTPUT_INTERFACE *this, UINTN number, UINTN *columns, UINTN *rows)
{
	assert_ptr_equal(this, &screen);
	bare.asked_mode = number;
	*columns = bare.columns;
	*rows = bare.rows;
	return bare.query;
}

static const struct answer *answer(void)
{
	size_t i = bare.waits == 0 ? 0 : bare.waits - 1;

	return &bare.answers[i < bare.n ? i : bare.n - 1];
}

static EFI_STATUS EFIAPI wait_for_event(UINTN n, EFI_EVENT *events, UINTN *which)
{
	assert_true(n == 1 || n == 2);
	assert_ptr_equal(events[0], &key_event);
	if (n == 2)
		assert_ptr_equal(events[1], &timer_event);
	if (bare.waits++ > 30000)
		fail_msg("the loader waits without end");
	bare.events_waited_for = n;
	*which = answer()->which;
	return answer()->wait;
}

static EFI_STATUS EFIAPI read_key_stroke(SIMPLE_INPUT_INTERFACE *this, EFI_INPUT_KEY *key)
{
	assert_ptr_equal(this, &keyboard);
	bare.reads++;
	*key = answer()->key;
	return answer()->read;
}

static EFI_STATUS EFIAPI check_event(EFI_EVENT event)
{
	assert_ptr_equal(event, &timer_event);
	bare.checks++;
	return answer()->check;
}

static EFI_STATUS EFIAPI create_event(UINT32 type, EFI_TPL tpl, EFI_EVENT_NOTIFY notify, VOID *context, EFI_EVENT *to)
{
	assert_int_equal(type, EVT_TIMER);
	assert_int_equal(tpl, 0);
	assert_true(notify == NULL && context == NULL);
	if (bare.create != EFI_SUCCESS)
		return bare.create;
	bare.created++;
	*to = &timer_event;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_timer(EFI_EVENT event, EFI_TIMER_DELAY how, UINT64 time)
{
	assert_ptr_equal(event, &timer_event);
	bare.how = how;
	bare.time = time;
	return bare.set;
}

static EFI_STATUS EFIAPI close_event(EFI_EVENT event)
{
	assert_ptr_equal(event, &timer_event);
	bare.closed++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI stall(UINTN microseconds)
{
	bare.stalled += microseconds;
	bare.stalls++;
	return bare.stall;
}

static const struct answer nothing = {.wait = EFI_DEVICE_ERROR};

void given_consoles(void)
{
	memset(&bare, 0, sizeof(bare));
	bare.answers = &nothing;
	bare.n = 1;
	mode = (SIMPLE_TEXT_OUTPUT_MODE){.MaxMode = 5, .Mode = 3};
	screen = (SIMPLE_TEXT_OUTPUT_INTERFACE){.OutputString = output_string,
						.TestString = test_string,
						.ClearScreen = clear_screen,
						.QueryMode = query_mode,
						.Mode = &mode};
	keyboard = (SIMPLE_INPUT_INTERFACE){.ReadKeyStroke = read_key_stroke, .WaitForKey = &key_event};
	boot = (EFI_BOOT_SERVICES){.HandleProtocol = handle_protocol,
				   .WaitForEvent = wait_for_event,
				   .CheckEvent = check_event,
				   .CreateEvent = create_event,
				   .SetTimer = set_timer,
				   .CloseEvent = close_event,
				   .Stall = stall};
	table = (EFI_SYSTEM_TABLE){.ConOut = &screen, .ConIn = &keyboard, .BootServices = &boot};
	efi = (struct efi_state){.system = &table, .boot = &boot};
	console_find_keyboards();
}

void expect_units(const CHAR16 *units, size_t n)
{
	assert_int_equal(bare.units, n);
	assert_memory_equal(bare.written, units, n * sizeof(*units));
}
