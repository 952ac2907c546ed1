# SPDX-License-Identifier: BSD-2-Clause
#
# No red zone, because firmware's interrupts run on the same stack.
GNUEFI_ARCH := x86_64
ARCH_CFLAGS := -mno-red-zone -mno-mmx -mno-sse -mgeneral-regs-only -maccumulate-outgoing-args -fcf-protection=none \
	-DGNU_EFI_USE_MS_ABI
ARCH_ALSO := arch/x86
PROTOCOLS := elf x86
