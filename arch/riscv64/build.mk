# SPDX-License-Identifier: BSD-2-Clause
#
# Without linker relaxation, which would leave addresses relative to a register that is never set.
CROSS := riscv64-linux-gnu-
GNUEFI_ARCH := riscv64
GNUEFI ?= $(CACHE)/gnu-efi-riscv64/efi
ARCH_CFLAGS := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mno-relax -mstrict-align
ARCH_LDFLAGS := -m elf64lriscv
PROTOCOLS := flat tree riscv
