# SPDX-License-Identifier: BSD-2-Clause
#
# No red zone, because firmware's interrupts run on the same stack.
GNUEFI_ARCH := x86_64
# Data is aligned as the ABI asks, not to 32 bytes: there are hundreds of small tables.
ARCH_CFLAGS := -malign-data=abi -mno-red-zone -mno-mmx -mno-sse -mgeneral-regs-only -maccumulate-outgoing-args \
	-fcf-protection=none -DGNU_EFI_USE_MS_ABI
ARCH_ALSO := arch/x86
PROTOCOLS := elf x86
