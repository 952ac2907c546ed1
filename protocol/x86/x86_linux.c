/* SPDX-License-Identifier: BSD-2-Clause */
#include "x86_linux.h"

#include "../command_line.h"
#include "boot_params.h"

/*
 * compressed/misc.c, extract_kernel: "too large" above 46 bits, whatever the paging mode. The kernel proper
 * (arch/x86/kernel/head64.c, __startup_64) stops above MAX_PHYSMEM_BITS: 52 with five levels (sparsemem.h).
 */
static uint64_t image_reach(const struct image *image, const struct cargo *cargo)
{
	return image->keeps_levels && cargo->five_levels ? TIB(4096) : TIB(64);
}

static void demand_kernel(const struct image *image, const struct cargo *cargo, struct request *kernel)
{
	const struct bzimage *k = &x86_of(image)->setup;

	request_init(kernel, PART_KERNEL, k->window_size);
	at_most(&kernel->max, image_reach(image, cargo), X5);
	kernel->align = (struct bound){k->kernel_alignment, X1};
	kernel->least_align = (struct bound){k->least_alignment, X1};
	if (!k->relocatable) {
		/* It moves itself to pref_address, whatever that is aligned to. */
		kernel->exact = (struct bound){k->pref_address, X3};
		kernel->align = kernel->least_align = (struct bound){EFI_PAGE, X3};
		return;
	}
	at_least(&kernel->min, k->pref_address, X2);
	/*
	 * A 32-bit kernel runs where it is loaded, in the memory that it maps for itself: not much over 880 MiB, less
	 * on machines with many CPUs or with vmalloc= (arch/x86/mm/init_32.c). Before 2.12 a header does not tell the
	 * kernel's width.
	 */
	if (!bzimage_has_entry_64(k))
		at_most(&kernel->max, MIB(512), X11);
}

enum status x86_linux_demand(const struct image *image, const struct cargo *cargo, const struct findings *found,
			     struct request request[N_PARTS], struct fail *why)
{
	const struct bzimage *k = &x86_of(image)->setup;

	(void)found;
	TRY(command_line_check_length(cargo->command_line, k->cmdline_size, image->name, "cmdline_size", why));
	demand_kernel(image, cargo, &request[PART_KERNEL]);
	request_init(&request[PART_INITRD], PART_INITRD, cargo->initrd_size);
	request_init(&request[PART_HANDOFF], PART_HANDOFF, 0); /* sized when all of it is known */
	if (!bzimage_can_load_above_4g(k)) {
		at_most(&request[PART_KERNEL].max, GIB(4), X4);
		at_most(&request[PART_HANDOFF].max, GIB(4), X4);
		at_most(&request[PART_INITRD].max, (uint64_t)k->initrd_addr_max + 1, X6);
	}
	/* boot.rst gives boot_params and the initrd 64-bit addresses; 2^46 is what every paging mode of Linux reaches.
	 */
	at_most(&request[PART_INITRD].max, TIB(64), X5);
	at_most(&request[PART_HANDOFF].max, TIB(64), X5);
	return OK;
}

void x86_linux_describe(const struct image *image, const struct cargo *cargo, const struct plan *plan,
			const struct machine *machine, const struct findings *found, struct handoff *handoff)
{
	boot_params_describe(&x86_of(image)->setup, cargo, plan, machine, found, handoff);
	handoff->entry = plan->part[PART_KERNEL].at.start + image->entry_at;
	handoff->argument = handoff->boot_params.address;
}
