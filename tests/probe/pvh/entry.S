/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel that is entered by PVH: keeps every register that the ABI speaks of before anything else is touched, then
 * goes on in 64-bit mode with descriptors, page tables and a stack of its own. Runs at any address, without
 * relocations. make_pvh.py names load + 0 in the note, and load + 0x200 in e_entry, where nobody may enter.
 */
#define rva(symbol) ((symbol) - pvh_entry)

	.section .entry, "awx"
	.code32
	.globl pvh_entry
pvh_entry:
	mov	$1, %esi
	jmp	common

	.org	0x200
	mov	$2, %esi
	jmp	common

	.org	0x300
/* No stack is promised. start_info's magic is one of four bytes, enough for one return address. */
common:
	mov	%esp, %ecx
	mov	(%ebx), %eax
	lea	4(%ebx), %esp
	call	1f
1:	pop	%ebp
	mov	%eax, (%ebx)		/* as it was, for the clause about it */
	sub	$(rva(1b)), %ebp
	mov	%esi, rva(found_entry)(%ebp)
	mov	%ebx, rva(found_ebx)(%ebp)
	lea	rva(stack_end)(%ebp), %esp
	pushfl
	popl	rva(found_eflags)(%ebp)
	cli
	cld
	mov	%cs, rva(found_cs)(%ebp)
	mov	%ds, rva(found_ds)(%ebp)
	mov	%es, rva(found_es)(%ebp)
	str	rva(found_tr)(%ebp)
	mov	%cr0, %eax
	mov	%eax, rva(found_cr0)(%ebp)
	mov	%cr4, %eax
	mov	%eax, rva(found_cr4)(%ebp)
	sgdt	rva(found_gdtr)(%ebp)
	xor	%eax, %eax
	.byte	0x40			/* inc %eax in 32-bit mode, a prefix of nop in 64-bit mode */
	nop
	mov	%eax, rva(found_32)(%ebp)

	/* 512 GiB mapped to themselves in pages of 1 GiB, which the CPUs that run this in QEMU have. */
	lea	rva(own_tables)(%ebp), %edi
	lea	0x1007(%edi), %eax
	mov	%eax, (%edi)
	xor	%ecx, %ecx
2:	mov	%ecx, %eax
	shl	$30, %eax
	or	$0x83, %eax
	mov	%eax, 0x1000(%edi,%ecx,8)
	mov	%ecx, %eax
	shr	$2, %eax
	mov	%eax, 0x1004(%edi,%ecx,8)
	inc	%ecx
	cmp	$512, %ecx
	jb	2b
	mov	%cr4, %eax
	or	$0x20, %eax
	mov	%eax, %cr4
	mov	%edi, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	mov	%eax, rva(found_efer)(%ebp)
	or	$0x100, %eax
	wrmsr
	lea	rva(own_gdt)(%ebp), %eax
	mov	%eax, rva(own_gdtr) + 2(%ebp)
	lgdt	rva(own_gdtr)(%ebp)
	mov	%cr0, %eax
	or	$0x80000000, %eax
	mov	%eax, %cr0
	pushl	$0x08
	lea	rva(3f)(%ebp), %eax
	pushl	%eax
	lret
	.code64
3:	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%esp, %esp
	lea	pvh_entry(%rip), %rdi
	xor	%ebp, %ebp
	call	pvh_main
4:	hlt
	jmp	4b

/* What make_pvh.py writes: facts, and behind them the dynamic section and its relocations. */
	.org	0x800
	.globl pvh_facts
pvh_facts:
	.fill	0x800, 1, 0

	.data
	.balign	16
own_gdt:
	.quad	0, 0x00af9b000000ffff, 0x00cf93000000ffff
own_gdtr:
	.word	23
	.quad	0
	.balign	8
	.globl found_entry, found_32, found_ebx, found_eflags, found_cr0, found_cr4, found_efer
	.globl found_cs, found_ds, found_es, found_tr, found_gdtr
found_entry:	.long 0
found_32:	.long 0
found_ebx:	.long 0
found_eflags:	.long 0
found_cr0:	.long 0
found_cr4:	.long 0
found_efer:	.long 0
found_cs:	.word 0
found_ds:	.word 0
found_es:	.word 0
found_tr:	.word 0
found_gdtr:	.fill 10, 1, 0

	.bss
	.balign	4096
own_tables:
	.fill	8192, 1, 0
stack:
	.fill	32768, 1, 0
stack_end:
	.section .note.GNU-stack, "", @progbits
