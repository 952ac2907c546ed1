/* SPDX-License-Identifier: BSD-2-Clause */
#include "placing.h"

#include "staging.h"

#include "../plan/explain.h"

static bool give_up_mem(struct situation *p)
{
	if (p->image.protocol->mem != MEM_IS_LAST_AMOUNT || p->found.mem_end == 0 || p->is_beyond_mem)
		return false;
	for (size_t i = PART_KERNEL; i <= PART_HANDOFF; i++)
		p->request[i].max = p->beyond_mem[i];
	p->is_beyond_mem = true;
	return true;
}

enum status placing_make(struct situation *p, const struct plan_trace *trace, struct fail *why)
{
	struct plan_failure failure;
	enum status status;

	p->moves.n = 0;
	if (p->copies_after_exit) { /* planned before, and a place was refused */
		p->copies_after_exit = false;
		TRY(situation_measure(p, why));
	}
	status = plan_make(p->request, &p->survey.free, &p->plan, &failure, trace);
	if (status == NO_PLACE && give_up_mem(p))
		status = plan_make(p->request, &p->survey.free, &p->plan, &failure, trace);
	if (status == NO_PLACE && staging_can_help(p, &failure))
		return staging_plan(p, trace, why);
	if (status != OK)
		return explain_failure(status, p->request, &p->survey.free, &p->survey.map, &failure, why);
	if (p->plan.part[PART_KERNEL].at.end <= GIB(4) && p->plan.part[PART_INITRD].at.end <= GIB(4))
		p->plan.part[PART_BOUNCE] = (struct placement){.align = 0};
	return OK;
}
