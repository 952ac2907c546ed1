/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the loader again and again, each time with the next call of firmware failing. Whatever fails, it must enter
 * the kernel with every clause of the protocol kept, or give its reason and return with all given back.
 *
 * In half of the sweeps the last memory map is refused as well, so that every fault that a boot survives is followed by
 * the whole way back.
 */
#include "shape.h"

static struct {
	unsigned int faults, entered, refused, bad;
} sum;

static EFI_HANDLE loader;
static enum ending ending;
static bool refuse;
static UINT64 pages_before;

bool sweep_refuses(void)
{
	return refuse;
}

void leave_loader(enum ending how)
{
	ending = how;
	real.Exit(loader, EFI_ABORTED, 0, NULL);
	for (;;)
		;
}

static void tell_fault(const struct fault *fault)
{
	tell_start();
	tell(service_name[fault->service]);
	tell(" ");
	tell_number(fault->k);
	tell(": ");
}

static void is_bad(const struct fault *fault, const char *what)
{
	sum.bad++;
	tell_fault(fault);
	tell("BAD: ");
	tell(what);
	tell_end();
}

static void check_entered(const struct fault *fault)
{
	sum.entered++;
	if (!came_back_well())
		is_bad(fault, "the kernel was not handed what it was promised");
	if (refuse)
		is_bad(fault, "the loader left without the last memory map");
	if (still_taken(OPEN_FILE) > 1) /* the volume itself stays open */
		is_bad(fault, "a file was left open");
	if (calls_forbidden() != 0)
		is_bad(fault, "another service was called after ExitBootServices");
}

static void check_returned(const struct fault *fault)
{
	char reason[128];

	sum.refused++;
	console_reason(reason, sizeof(reason));
	/* Where its entry or loader.conf cannot be read, the loader offers what it finds by itself, and the menu is
	 * left. */
	if (reason[0] == '\0' && fault->service != S_OutputString && !console_said("the keyboard does not answer") &&
	    !console_said("Enter boot"))
		is_bad(fault, "it came back without a reason");
	if (still_taken(PAGES) + still_taken(POOL) + still_taken(EVENT) + still_taken(OPEN_FILE) != 0) {
		is_bad(fault, "something was left");
		ledger_tell();
	}
	if (!refuse) {
		tell_fault(fault);
		tell(reason);
		tell_end();
	}
}

/* One start of the loader; the fault of kind NO_FAULT only counts its calls. */
static void run(const struct fault *fault)
{
	faults_start(fault);
	console_start();
	forget_variables(); /* or the loader would write fewer than when its calls were counted */
	ending = RETURNED;
	if (EFI_ERROR(load(&loader))) {
		is_bad(fault, "firmware does not load the loader");
		return;
	}
	(void)start(loader);
	switch (ending) {
	case ENDED_BY_ENTRY:
		check_entered(fault);
		break;
	case RETURNED:
		check_returned(fault);
		break;
	case ENDED_BY_RESET:
		sum.refused++;
		if (fault->service != S_ExitBootServices && fault->service != S_GetMemoryMap)
			is_bad(fault, "the machine was reset");
		break;
	case ENDED_BY_HANG:
		sum.refused++;
		if ((fault->service == S_ReadKeyStroke || fault->service == S_ReadKeyStrokeEx) &&
		    fault->status == EFI_NOT_READY)
			break; /* it waits for a key, and none comes: nobody types */
		is_bad(fault, "the loader does not come to an end");
		break;
	}
	ledger_release();
	if (loader_pages() != pages_before) {
		is_bad(fault, "pages were left");
		pages_before = loader_pages();
	}
}

static bool is_meant(const struct sweep *sweep, enum service service)
{
	if (sweep->fault.kind == FAULT_NULL && service != S_HandleProtocol && service != S_LocateProtocol &&
	    service != S_OpenVolume && service != S_Open)
		return false;
	return sweep->all || sweep->fault.service == service;
}

static void sweep_one(const struct sweep *sweep)
{
	static const char *const kind[] = {"", "once ", "always ", "null ", "late "};
	struct fault fault = sweep->fault;
	unsigned int calls[N_SERVICES], turn = sweep->refuse;

	refuse = sweep->refuse;
	run(&(struct fault){.kind = NO_FAULT});
	for (unsigned int s = 0; s < N_SERVICES; s++)
		calls[s] = is_meant(sweep, s) ? faults_called(s) : 0;
	memset(&sum, 0, sizeof(sum));
	for (fault.service = 0; fault.service < N_SERVICES; fault.service++)
		for (fault.k = 1; fault.k <= calls[fault.service]; fault.k++) {
			if (wish.alternate && turn++ % 2 != 0)
				continue;
			sum.faults++;
			run(&fault);
			/* How much the log has to tell depends on where firmware's own memory lies this time. */
			if (faults_met() == 0 && fault.service != S_OutputString)
				is_bad(&fault, "the call was not made again");
		}
	tell_start();
	tell("sweep ");
	tell(kind[fault.kind]);
	tell_hex(fault.status & 0xffff);
	tell(refuse ? " refuse" : " enter");
	tell(": faults ");
	tell_number(sum.faults);
	tell(" entered ");
	tell_number(sum.entered);
	tell(" refused ");
	tell_number(sum.refused);
	tell(" bad ");
	tell_number(sum.bad);
	tell_end();
}

void sweep_all(void)
{
	if (!make_way_back()) {
		say("shape: no page for the way back");
		return;
	}
	pages_before = loader_pages();
	for (size_t i = 0; i < wish.n_sweeps; i++)
		sweep_one(&wish.sweep[i]);
	say("shape: swept");
}
