/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel_head.h"

#include <string.h>

static void put(uint8_t *at, unsigned int width, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

void kernel_head(const struct kernel_fields *fields, uint8_t head[IMAGE_HEAD])
{
	memset(head, 0, IMAGE_HEAD);
	put(head + 0x1f1, 1, fields->setup_sects);
	put(head + 0x1f4, 4, fields->syssize);
	put(head + 0x1fe, 2, fields->boot_flag);
	put(head + 0x200, 1, 0xeb);
	put(head + 0x201, 1, fields->jump);
	put(head + 0x202, 4, fields->magic);
	put(head + 0x206, 2, fields->version);
	put(head + 0x211, 1, 1);
	put(head + 0x214, 4, 0x100000);
	put(head + 0x22c, 4, fields->initrd_addr_max);
	put(head + 0x230, 4, fields->kernel_alignment);
	put(head + 0x234, 1, fields->relocatable_kernel);
	put(head + 0x235, 1, fields->min_alignment);
	put(head + 0x236, 2, fields->xloadflags);
	put(head + 0x238, 4, fields->cmdline_size);
	put(head + 0x250, 8, fields->setup_data);
	put(head + 0x258, 8, fields->pref_address);
	put(head + 0x260, 4, fields->init_size);
}
