/* SPDX-License-Identifier: BSD-2-Clause */
/* Which call of which service is to fail, and how; all of the loader's calls are counted here. */
#include "shape.h"

#define LATE	   1100000 /* microseconds: more than the second after which the loader shows its progress */
#define MANY_CALLS 50000   /* a boot has hundreds: a loader that calls more often is in a loop */

const char *const service_name[N_SERVICES] = {
#define X(name) #name,
    SERVICES(X)
#undef X
};

static struct fault now_wished;
static unsigned int called[N_SERVICES], all_calls, met, forbidden;

void faults_start(const struct fault *wished)
{
	now_wished = wished == NULL ? (struct fault){.kind = NO_FAULT} : *wished;
	memset(called, 0, sizeof(called));
	all_calls = met = forbidden = 0;
}

unsigned int faults_called(enum service service)
{
	return called[service];
}

unsigned int faults_met(void)
{
	return met;
}

unsigned int calls_forbidden(void)
{
	return forbidden;
}

static void count(enum service service)
{
	called[service]++;
	if (exiting && service != S_ExitBootServices && service != S_GetMemoryMap) {
		forbidden++;
		mark('F', service);
	}
	if (wish.n_sweeps != 0 && ++all_calls == MANY_CALLS)
		leave_loader(ENDED_BY_HANG);
}

enum answer fault(enum service service, EFI_STATUS *status)
{
	unsigned int k = now_wished.k;

	count(service);
	if (now_wished.kind == NO_FAULT || now_wished.service != service || called[service] < k ||
	    (called[service] > k && now_wished.kind != FAULT_ALWAYS))
		return REAL;
	met++;
	*status = now_wished.status;
	switch (now_wished.kind) {
	case FAULT_NULL:
		return NULLS;
	case FAULT_LATE:
		real.Stall(LATE);
		return REAL;
	default:
		return FAILS;
	}
}
