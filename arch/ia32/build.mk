# SPDX-License-Identifier: BSD-2-Clause
GNUEFI_ARCH := ia32
# Data is aligned as the ABI asks, not to 32 bytes: there are hundreds of small tables.
ARCH_CFLAGS := -malign-data=abi -m32 -march=i686 -mno-mmx -mno-sse -mgeneral-regs-only -malign-double -fcf-protection=none
ARCH_LDFLAGS := -m elf_i386
ARCH_ALSO := arch/x86
PROTOCOLS := elf x86
