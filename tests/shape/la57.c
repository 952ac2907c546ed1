/* SPDX-License-Identifier: BSD-2-Clause */
/* Turns five-level paging on, as firmware of large servers has it. */
#include "shape.h"

/*
 * Copied to a page below 4 GiB; rdi: that page. LA57 changes only with paging off, so in 32-bit code. At 0xf00: the
 * new top table's address; at 0xf80: a GDT; at 0xf08: where rsp is kept.
 */
__asm__(".pushsection .rodata\n"
	".code64\n"
	"la57_on: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	" pushfq; cli\n"
	" sub $16, %rsp; sgdt (%rsp)\n"
	" mov %ds, %ax; mov %ax, 0xf20(%rdi); mov %cs, %ax; mov %ax, 0xf24(%rdi)\n"
	" mov %rsp, 0xf08(%rdi)\n"
	" mov %rdi, %rbx\n"
	" lgdt 0xf40(%rdi)\n"
	" lea 0xf00(%rbx), %rsp\n"
	" pushq $8; lea (1f - la57_on)(%rbx), %rax; push %rax; lretq\n"
	".code32\n"
	"1: mov $0x18, %eax; mov %eax, %ds; mov %eax, %ss\n"
	" mov %cr0, %eax; and $0x7fffffff, %eax; mov %eax, %cr0\n"
	" mov %cr4, %eax; or $0x1000, %eax; mov %eax, %cr4\n"
	" mov 0xf00(%ebx), %eax; mov %eax, %cr3\n"
	" mov %cr0, %eax; or $0x80000000, %eax; mov %eax, %cr0\n"
	" lea (2f - la57_on)(%ebx), %eax; push $0x10; push %eax; lret\n"
	".code64\n"
	"2: mov %ebx, %ebx; mov 0xf08(%rbx), %rsp\n"
	" lgdt (%rsp); add $16, %rsp\n"
	" movzwl 0xf20(%rbx), %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss\n"
	" movzwl 0xf24(%rbx), %eax; push %rax; lea (3f - la57_on)(%rbx), %rax; push %rax; lretq\n"
	"3: popfq; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"
	"la57_on_end:\n"
	".popsection\n");
extern const UINT8 la57_on[] __asm__("la57_on"), la57_on_end[] __asm__("la57_on_end");

bool turn_la57_on(void)
{
	EFI_PHYSICAL_ADDRESS page = 0xffffffff;
	UINT64 cr3, cr4;
	UINT8 *code;

	if (EFI_ERROR(bs->AllocatePages(AllocateMaxAddress, EfiLoaderCode, 2, &page)))
		return false;
	code = (UINT8 *)(UINTN)page;
	memset(code, 0, 8192);
	memcpy(code, la57_on, (size_t)(la57_on_end - la57_on));
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	*(UINT64 *)(void *)(code + 4096) = (cr3 & ~(UINT64)0xfff) | 3;
	*(UINT64 *)(void *)(code + 0xf00) = page + 4096;
	*(UINT16 *)(void *)(code + 0xf40) = 31;
	*(UINT64 *)(void *)(code + 0xf42) = page + 0xf80;
	*(UINT64 *)(void *)(code + 0xf88) = 0x00cf9b000000ffff;
	*(UINT64 *)(void *)(code + 0xf90) = 0x00af9b000000ffff;
	*(UINT64 *)(void *)(code + 0xf98) = 0x00cf93000000ffff;
	((void (*)(UINT64))(UINTN)page)(page);
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	return (cr4 & 0x1000) != 0;
}
