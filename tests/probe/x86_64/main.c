/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stand-in for the kernel: checks at its entry that the loader kept every clause of the protocol, says so as TAP on
 * the first serial port, writes over its whole window, checks again, and ends QEMU with a status (33: all kept).
 */
#include "../clauses.h"
#include "../tell.h"

#define PAGE 4096

/* What make_probe.py writes into the image; entry.S keeps the room. */
struct facts {
	uint8_t head[CLAUSE_FILE_HEAD];
	uint64_t payload_at, payload_size;
	uint32_t payload_sum, setup_type_max;
};

extern const struct facts probe_facts;
extern uint64_t probe_recovery, found_rbx, found_rdi, found_rbp, found_rsi, found_rsp, found_rflags, found_cr0,
    found_cr3, found_cr4, found_efer;
extern uint32_t found_entry;
extern uint16_t found_cs, found_ds, found_es, found_ss, found_fs, found_gs;
extern uint8_t found_gdtr[10], found_idtr[10], probe_faults[], probe_end[];
bool probe_byte_can_be_read(uint64_t address);
void probe_main(uint64_t load);
void probe_fault(uint64_t vector, uint64_t error, uint64_t rip, uint64_t address);

/* Where the stand-in was told to return to instead of ending QEMU; 0: nowhere. It says less then. */
static uint64_t way_back;

__attribute__((noreturn)) static void end(uint32_t status)
{
	if (way_back != 0)
		((void (*)(uint64_t))way_back)(status);
	end_machine(status);
}

static void say_clause(void *context, unsigned int number, const char *sentence, const char *source,
		       const struct finding *finding)
{
	if (way_back == 0 || finding->verdict == CLAUSE_BROKEN)
		tell_clause(context, number, sentence, source, finding);
}

void probe_fault(uint64_t vector, uint64_t error, uint64_t rip, uint64_t address)
{
	say("\nBail out! exception ");
	say_number(vector, 10);
	say_hex(" error ", error);
	say_hex(" at ", rip);
	say_hex(" address ", address);
	say("\n");
	end(SOME_BROKEN);
}

/* ---- memory ---- */

struct gate {
	uint16_t low, selector, flags, middle;
	uint32_t high, zero;
};

static void catch_faults(void)
{
	static struct gate idt[32];
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} idtr = {sizeof(idt) - 1, (uint64_t)idt};

	for (unsigned int i = 0; i < 32; i++) {
		uint64_t at = (uint64_t)(probe_faults + 16 * i);

		idt[i] = (struct gate){(uint16_t)at, 0x08, 0x8e00, (uint16_t)(at >> 16), (uint32_t)(at >> 32), 0};
	}
	__asm__ volatile("lidt %0" : : "m"(idtr));
}

/* The CPU's own opinion, and no walk of ours: a byte of every page is read, and a fault is an answer. */
static const uint8_t *memory(void *context, uint64_t at, uint64_t size)
{
	(void)context;
	if (size == 0 || at + size - 1 < at)
		return NULL;
	for (uint64_t page = at & ~(uint64_t)(PAGE - 1); page <= at + size - 1; page += PAGE) {
		if (!probe_byte_can_be_read(page < at ? at : page))
			return NULL;
		if (page + PAGE < page)
			break;
	}
	return (const uint8_t *)at;
}

/* Writes over [start, end); other words everywhere, so that no two places are one. */
static bool scribble(uint64_t start, uint64_t end)
{
	volatile uint64_t *word = (volatile uint64_t *)((start + 7) & ~UINT64_C(7));
	volatile uint64_t *last = (volatile uint64_t *)(end & ~UINT64_C(7)), *at;

	for (at = word; at < last; at++)
		*at = (uint64_t)at ^ UINT64_C(0x5ca1ab1e5ca1ab1e);
	for (at = word; at < last; at++)
		if (*at != ((uint64_t)at ^ UINT64_C(0x5ca1ab1e5ca1ab1e)))
			return false;
	return true;
}

/* All of the window but this image, which may lie in it. */
static bool use_window(uint64_t load, const struct clause_report *report)
{
	uint64_t start = report->window_start, end = report->window_end, own_end = (uint64_t)probe_end;

	if (start < load && !scribble(start, end < load ? end : load))
		return false;
	return end <= own_end || scribble(start > own_end ? start : own_end, end);
}

/* ---- facts ---- */

static uint64_t get(const uint8_t *from, unsigned int width)
{
	uint64_t value = 0;

	while (width > 0)
		value = value << 8 | from[--width];
	return value;
}

static void say_facts(const struct found *f, const struct clause_report *report)
{
	const uint8_t *bp = memory(NULL, f->rsi, PAGE), *line;

	say_hex("# load ", f->load);
	say_hex(" runs ", clause_runtime_start(f));
	say_hex(" boot_params ", f->rsi);
	say_hex(" rsp ", f->rsp);
	say_hex(" cr3 ", f->cr3);
	say_hex(" cr4 ", f->cr4);
	say_hex(" gdt ", f->gdt_base);
	say("\n");
	if (bp == NULL)
		return;
	say_hex("# initrd ", get(bp + 0x218, 4) | get(bp + 0x0c0, 4) << 32);
	say_hex(" size ", get(bp + 0x21c, 4) | get(bp + 0x0c4, 4) << 32);
	say_hex(" sum ", report->print[HANDED_INITRD]);
	say_hex("\n# alignment ", get(bp + 0x230, 4));
	say_hex(" e820 ", bp[0x1e8]);
	say("\n# cmdline ");
	line = memory(NULL, get(bp + 0x228, 4) | get(bp + 0x0c8, 4) << 32, 1);
	for (uint64_t i = 0; line != NULL && i < 4096 && memory(NULL, (uint64_t)line + i, 1) && line[i] != '\0'; i++)
		say_char((char)line[i]);
	say("\n");
}

static uint64_t hex(const uint8_t *at)
{
	uint64_t n = 0;

	for (; (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f'); at++)
		n = n << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	return n;
}

/* `probe.back=ADDR` on the command line; firmware that only pretended to leave has code there. */
static uint64_t find_way_back(const struct found *f)
{
	static const char word[] = "probe.back=";
	const uint8_t *bp = memory(NULL, f->rsi, PAGE);
	const uint8_t *line = bp == NULL ? NULL : memory(NULL, get(bp + 0x228, 4) | get(bp + 0x0c8, 4) << 32, 1);
	size_t matched = 0;

	for (uint64_t i = 0; line != NULL && i < 4096 && memory(NULL, (uint64_t)line + i, 1) && line[i] != '\0'; i++) {
		matched = line[i] == (uint8_t)word[matched] ? matched + 1 : line[i] == 'p';
		if (matched == sizeof(word) - 1)
			return hex(line + i + 1);
	}
	return 0;
}

void probe_main(uint64_t load)
{
	struct clause_report report = {.say = say_clause};
	struct found found = {
	    .entered = (enum entered)found_entry,
	    .load = load,
	    .rbx = found_rbx,
	    .rdi = found_rdi,
	    .rbp = found_rbp,
	    .rsi = found_rsi,
	    .rsp = found_rsp,
	    .rflags = found_rflags,
	    .cr0 = found_cr0,
	    .cr3 = found_cr3,
	    .cr4 = found_cr4,
	    .efer = found_efer,
	    .gdt_base = get(found_gdtr + 2, 8),
	    .gdt_limit = (uint16_t)get(found_gdtr, 2),
	    .idt_base = get(found_idtr + 2, 8),
	    .idt_limit = (uint16_t)get(found_idtr, 2),
	    .cs = found_cs,
	    .ds = found_ds,
	    .es = found_es,
	    .ss = found_ss,
	    .fs = found_fs,
	    .gs = found_gs,
	    .file = probe_facts.head,
	    .payload = {probe_facts.payload_at, probe_facts.payload_size, probe_facts.payload_sum},
	    .setup_type_max = probe_facts.setup_type_max,
	    .memory = memory,
	};
	static const char start[][80] = {
	    [ENTERED_64] = "\nTAP version 13\n",
	    [ENTERED_32] = "\nTAP version 13\n# entered by the 32-bit entry, at load + 0\n",
	    [ENTERED_BY_HANDOVER] = "\nTAP version 13\n# entered by the EFI handover protocol\n",
	};
	bool scribbled;

	catch_faults();
	way_back = find_way_back(&found);
	if (way_back == 0)
		say(start[found.entered]);
	clauses_check(&found, &report);
	if (way_back == 0)
		say_facts(&found, &report);
	scribbled = report.window_is_clear && use_window(load, &report);
	clauses_check_unchanged(&found, &report, scribbled);
	if (way_back != 0)
		end(report.broken == 0 ? ALL_KEPT : SOME_BROKEN);
	tell_end(&report);
	end(report.broken == 0 ? ALL_KEPT : SOME_BROKEN);
}
