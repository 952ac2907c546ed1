/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the stand-in kernel back to firmware. In a sweep ExitBootServices only pretends: firmware is all there still,
 * and when the kernel has checked what it was handed, it jumps to the page that is made here. From there firmware's own
 * Exit ends the loader's image as if it had asked for it.
 */
#include "shape.h"

#define ALL_KEPT 0x10

struct __attribute__((packed)) table_register {
	UINT16 limit;
	UINT64 base;
};

/* At 0xf00 of the page; the assembly below knows the offsets. */
struct kept {
	UINT64 cr3, cr4, rsp, function;
	UINT64 cs, ss;
	struct table_register gdt, idt;
};

static bool well;

/* rdi: what the stand-in found. Runs under the kernel's page tables, which map this page where it is. */
__asm__(".pushsection .rodata\n"
	"back_code: cli; cld\n"
	" lea back_code(%rip), %rbx\n"
	" mov 0xf00(%rbx), %rax; mov 0xf08(%rbx), %rcx\n"
	" mov %rax, %cr3; mov %rcx, %cr4\n"
	" mov 0xf10(%rbx), %rsp\n"
	" lgdt 0xf30(%rbx); lidt 0xf3a(%rbx)\n"
	" mov 0xf28(%rbx), %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss; mov %eax, %fs; mov %eax, %gs\n"
	" pushq 0xf20(%rbx); lea 1f(%rip), %rax; push %rax; lretq\n"
	"1: jmp *0xf18(%rbx)\n"
	"back_code_end:\n"
	".popsection\n");
extern const UINT8 back_code[] __asm__("back_code"), back_code_end[] __asm__("back_code_end");

bool make_way_back(void)
{
	EFI_PHYSICAL_ADDRESS at = wish.way_back;

	if (EFI_ERROR(bs->AllocatePages(AllocateAddress, EfiBootServicesCode, 1, &at)))
		return false;
	memcpy((VOID *)(UINTN)at, back_code, (size_t)(back_code_end - back_code));
	return true;
}

static void came_back(UINT64 found)
{
	well = found == ALL_KEPT;
	__asm__ volatile("sti");
	leave_loader(ENDED_BY_ENTRY);
}

/* The frames of the loader above this one are of no use any more: Exit leaves them all. */
EFI_STATUS pretend_to_exit(void)
{
	struct kept *kept = (struct kept *)(UINTN)(wish.way_back + 0xf00);
	UINT64 stack = (UINTN)__builtin_frame_address(0);

	well = false;
	__asm__ volatile("mov %%cr3, %0" : "=r"(kept->cr3));
	__asm__ volatile("mov %%cr4, %0" : "=r"(kept->cr4));
	__asm__ volatile("mov %%cs, %0" : "=r"(kept->cs));
	__asm__ volatile("mov %%ss, %0" : "=r"(kept->ss));
	__asm__ volatile("sgdt %0" : "=m"(kept->gdt));
	__asm__ volatile("sidt %0" : "=m"(kept->idt));
	kept->rsp = ((stack - 4096) & ~(UINT64)15) - 8; /* as after a call */
	kept->function = (UINTN)came_back;
	return EFI_SUCCESS;
}

bool came_back_well(void)
{
	return well;
}
