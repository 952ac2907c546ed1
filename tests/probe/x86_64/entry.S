/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entries of a bzImage. At load + 0x200, in 64-bit mode: keeps every register that the protocol speaks of before
 * anything else is touched, then goes over to descriptors and a stack of its own. At load + 0, in 32-bit mode: the same,
 * and goes on in 64-bit mode with page tables of its own; in 64-bit mode nobody may enter there, and it says so. At
 * load + 0x500: the EFI handover protocol's. Runs at any address, without relocations.
 */
#define rva(symbol) ((symbol) - probe_entry_32)

	.section .entry, "awx"

/*
 * 32-bit code that means the same in 64-bit mode. boot.rst gives no stack; boot_params' scratch field is one of four
 * bytes, enough for one return address.
 */
	.code32
	.globl probe_entry_32
probe_entry_32:
	xor	%eax, %eax
	.byte	0x40			/* inc %eax in 32-bit mode, a prefix of nop in 64-bit mode */
	nop
	test	%eax, %eax
	jnz	entered_32
	lea	0x1e8(%esi), %esp
	call	1f
1:	pop	%ebp
	add	$(wrong_entry - 1b), %ebp
2:	mov	$0x3fd, %edx
3:	in	%dx, %al
	test	$0x20, %al
	jz	3b
	movb	(%ebp), %al
	test	%al, %al
	jz	4f
	mov	$0x3f8, %edx
	out	%al, %dx
	add	$1, %ebp
	jmp	2b
4:	mov	$0x11, %eax
	mov	$0xf4, %edx
	out	%eax, %dx
5:	hlt
	jmp	5b
wrong_entry:
	.asciz "\r\nnot ok 1 - the kernel has a 64-bit entry, through which it was entered\r\n# by load + 0\r\n1..1\r\n"

	.org	0x200
	.code64
	.globl probe_entry_64
probe_entry_64:
	mov	%rbx, found_rbx(%rip)
	mov	%rdi, found_rdi(%rip)
	mov	%rbp, found_rbp(%rip)
	mov	%rax, found_rax(%rip)
	mov	%rcx, found_rcx(%rip)
	mov	%rdx, found_rdx(%rip)
	mov	%rsi, found_rsi(%rip)
	mov	%rsp, found_rsp(%rip)
	lea	probe_stack_end(%rip), %rsp
	pushfq
	popq	found_rflags(%rip)
	cli
	cld
	mov	%cs, found_cs(%rip)
	mov	%ds, found_ds(%rip)
	mov	%es, found_es(%rip)
	mov	%ss, found_ss(%rip)
	mov	%fs, found_fs(%rip)
	mov	%gs, found_gs(%rip)
	mov	%cr0, %rax
	mov	%rax, found_cr0(%rip)
	mov	%cr3, %rax
	mov	%rax, found_cr3(%rip)
	mov	%cr4, %rax
	mov	%rax, found_cr4(%rip)
	mov	$0xc0000080, %ecx
	rdmsr
	mov	%eax, found_efer(%rip)
	mov	%edx, 4+found_efer(%rip)
	sgdt	found_gdtr(%rip)
	sidt	found_idtr(%rip)

	/* From here on with descriptors of its own: what was handed over is looked at, not relied upon. */
	lea	own_gdt(%rip), %rax
	mov	%rax, 2+own_gdtr(%rip)
	lgdt	own_gdtr(%rip)
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	lea	1f(%rip), %rax
	pushq	$0x08
	pushq	%rax
	lretq
1:
go_on:	lea	probe_entry_32(%rip), %rdi
	xor	%ebp, %ebp
	call	probe_main
2:	hlt
	jmp	2b

/*
 * boot.rst, "EFI Handover Protocol": efi_stub_entry(handle, table, boot_params), for 64-bit firmware at
 * handover_offset + 0x200.
 */
	.org	0x500
probe_handover:
	movl	$2, found_entry(%rip)
	mov	%rdx, %rsi
	jmp	probe_entry_64

/* Offsets that make-probe writes to: see Makefile and make_probe.py. */
	.org	0x600
	.globl probe_facts
probe_facts:
	.fill	0x600, 1, 0

/*
 * 32-bit mode, paging off, no stack promised: ESI leads to boot_params, whose scratch field takes a return address.
 * The tables map 512 GiB to themselves in pages of 1 GiB, which the CPUs that run this in QEMU have.
 */
	.code32
entered_32:
	mov	%ebp, %edx
	mov	%esp, %ecx
	mov	0x1e4(%esi), %eax
	lea	0x1e8(%esi), %esp
	call	1f
1:	pop	%ebp
	mov	%eax, 0x1e4(%esi)	/* as it was, for the clause about it */
	sub	$(rva(1b)), %ebp
	mov	%esi, rva(found_rsi)(%ebp)
	mov	%edx, rva(found_rbp)(%ebp)
	mov	%ecx, rva(found_rsp)(%ebp)
	mov	%edi, rva(found_rdi)(%ebp)
	mov	%ebx, rva(found_rbx)(%ebp)
	lea	rva(probe_stack_end)(%ebp), %esp
	pushfl
	popl	rva(found_rflags)(%ebp)
	cli
	cld
	mov	%cs, rva(found_cs)(%ebp)
	mov	%ds, rva(found_ds)(%ebp)
	mov	%es, rva(found_es)(%ebp)
	mov	%ss, rva(found_ss)(%ebp)
	mov	%cr0, %eax
	mov	%eax, rva(found_cr0)(%ebp)
	mov	%cr4, %eax
	mov	%eax, rva(found_cr4)(%ebp)
	sgdt	rva(found_gdtr)(%ebp)
	sidt	rva(found_idtr)(%ebp)
	movl	$1, rva(found_entry)(%ebp)

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
	mov	%edi, rva(found_cr3)(%ebp)
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
	jmp	go_on

	.text
/* bool probe_byte_can_be_read(uint64_t address): a fault goes on at its end. */
	.globl probe_byte_can_be_read
probe_byte_can_be_read:
	lea	1f(%rip), %rax
	mov	%rax, probe_recovery(%rip)
	xor	%eax, %eax
	movb	(%rdi), %dl
	mov	$1, %eax
1:	movq	$0, probe_recovery(%rip)
	ret

/* One stub for each exception, 16 bytes apart; all get to the stack: error code, vector. */
	.balign	16
	.globl probe_faults
probe_faults:
	vector = 0
	.rept	32
	.balign	16
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
	pushq	$0
	.endif
	pushq	$vector
	jmp	fault
	vector = vector + 1
	.endr

fault:
	cmpq	$0, probe_recovery(%rip)
	je	1f
	push	%rax
	mov	probe_recovery(%rip), %rax
	mov	%rax, 24(%rsp)		/* over rax, vector, error code: the address to return to */
	pop	%rax
	add	$16, %rsp
	iretq
1:	mov	(%rsp), %rdi
	mov	8(%rsp), %rsi
	mov	16(%rsp), %rdx
	mov	%cr2, %rcx
	and	$-16, %rsp
	call	probe_fault
2:	hlt
	jmp	2b

	.data
	.balign	16
own_gdt:
	.quad	0, 0x00af9b000000ffff, 0x00cf93000000ffff
own_gdtr:
	.word	23
	.quad	0
	.balign	8
	.globl probe_recovery, found_rsi, found_rsp, found_rflags, found_cr0, found_cr3, found_cr4, found_efer
	.globl found_rbx, found_rdi, found_rbp, found_entry
	.globl found_cs, found_ds, found_es, found_ss, found_fs, found_gs, found_gdtr, found_idtr
probe_recovery:	.quad 0
found_rax:	.quad 0
found_rcx:	.quad 0
found_rdx:	.quad 0
found_rbx:	.quad 0
found_rdi:	.quad 0
found_rbp:	.quad 0
found_rsi:	.quad 0
found_rsp:	.quad 0
found_rflags:	.quad 0
found_cr0:	.quad 0
found_cr3:	.quad 0
found_cr4:	.quad 0
found_efer:	.quad 0
found_entry:	.long 0
found_cs:	.word 0
found_ds:	.word 0
found_es:	.word 0
found_ss:	.word 0
found_fs:	.word 0
found_gs:	.word 0
found_gdtr:	.fill 10, 1, 0
found_idtr:	.fill 10, 1, 0

	.bss
	.balign	4096
own_tables:
	.fill	8192, 1, 0
probe_stack:
	.fill	32768, 1, 0
probe_stack_end:
	.section .note.GNU-stack, "", @progbits
