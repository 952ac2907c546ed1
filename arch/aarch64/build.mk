# SPDX-License-Identifier: BSD-2-Clause
#
# Strictly aligned: with the MMU off memory is a device to the CPU, and a misaligned access to one faults.
CROSS := aarch64-linux-gnu-
GNUEFI_ARCH := aarch64
GNUEFI ?= $(CACHE)/gnu-efi-arm64/efi
ARCH_CFLAGS := -mgeneral-regs-only -mstrict-align -mbranch-protection=none
PROTOCOLS := flat tree arm64
