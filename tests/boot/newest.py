# SPDX-License-Identifier: BSD-2-Clause
"""Boots of Debian's newest kernels, and of what people start besides their kernel: all of them only in the full run.

Kernels since Debian 13 die now and then in QEMU 7.2's emulation, whichever loader started them, unless instructions are
counted (-icount); so theirs are.
"""
import os

import boots
import lab
from lab import GIB, MIB, Guest, Machine, expect

COUNTED = {"timeout": 900, "memory": "6G"}


def newest(esp, cpu, arch, console, *lines):
    files = lab.Debian(cpu, "sid")
    esp.use(arch)
    esp.put("vmlinuz", link=files.kernel)
    esp.put("initrd.cpio", link=files.initrd)
    esp.options = f"console={console} quiet berth.guest=report panic=-1"
    esp.entry("debian", "title Debian", "linux /vmlinuz", "initrd /initrd.cpio", f"options {esp.options}", *lines)
    with open(os.path.join(files.folder, "release"), encoding="utf-8") as file:
        esp.release = file.read().strip()


def boot_newest(esp, *options):
    with Machine(esp, "--icount", *options, **COUNTED) as machine:
        guest = Guest(machine.finish())
    expect(guest.one("release") == esp.release, f"{guest.one('release')} runs, and {esp.release} is Debian's newest")
    expect(guest.one("cmdline") == esp.options, f"/proc/cmdline is {guest.one('cmdline')!r}")
    expect(int(guest.one("efivars")) > 0, "no EFI variable is visible")
    return guest


@boots.boots(sampled=True)
def newest_x86_by_its_own_decompressor(esp):
    """x86-64, Debian's newest kernel: its own decompressor unpacks it, above 4 GiB"""
    newest(esp, "amd64", "x86_64", "ttyS0 nokaslr")
    guest = boot_newest(esp)
    boots.check_kernel_at(guest, 4 * GIB)


@boots.boots(sampled=True)
def newest_x86_unpacked_by_berth(esp):
    """x86-64, Debian's newest kernel: Berth unpacks it, above 4 GiB, and enters it"""
    newest(esp, "amd64", "x86_64", "ttyS0 nokaslr", "decompress loader")
    guest = boot_newest(esp)
    boots.check_kernel_at(guest, 4 * GIB)
    expect("berth: unpacked " in guest.text, "the loader says nothing of unpacking")


@boots.boots(sampled=True)
def newest_x86_moved_by_berth(esp):
    """x86-64, Debian's newest kernel: Berth unpacks it and applies its relocations at random addresses"""
    newest(esp, "amd64", "x86_64", "ttyS0", "decompress loader")
    boot_newest(esp)


@boots.boots(sampled=True)
def newest_arm64(esp):
    """arm64, Debian's newest kernel: it runs where it was placed"""
    newest(esp, "arm64", "aarch64", "ttyAMA0")
    guest = boot_newest(esp)
    placed = guest.placed("kernel")[0]
    expect(placed <= guest.kernel_at() < placed + 2 * MIB, f"it runs at {guest.kernel_at():#x}, placed at {placed:#x}")


@boots.boots(sampled=True)
def newest_riscv64(esp):
    """RISC-V, Debian's newest kernel: it runs where it was placed"""
    newest(esp, "riscv64", "riscv64", "ttyS0")
    with Machine(esp, timeout=600) as machine:
        guest = Guest(machine.finish())
    expect(guest.one("release") == esp.release, f"{guest.one('release')} runs, not {esp.release}")
    placed = guest.placed("kernel")[0]
    expect(placed <= guest.kernel_at() < placed + 2 * MIB, f"it runs at {guest.kernel_at():#x}, placed at {placed:#x}")


def memtest(esp, name):
    esp.put("memtest", link=os.path.join(lab.script("fetch", "memtest"), name))
    esp.entry("memtest", "title Memtest86+", "linux /memtest", "options console=ttyS0,115200")
    with Machine(esp, memory="1G") as machine:
        machine.wait_for("place kernel 0x100000 ")
        machine.wait_for("Memtest86+", "Memtest86")
        machine.wait_for("Pass", "Test")


@boots.boots(sampled=True)
def memtest_as_bin(esp):
    """Memtest86+ as .bin, whose last paragraph the file has in part, draws its screen on the serial console"""
    memtest(esp, "memtest.bin")


@boots.boots(sampled=True)
def memtest_as_efi(esp):
    """Memtest86+ as .efi, which is a bzImage too, draws its screen on the serial console"""
    memtest(esp, "memtest.efi")


@boots.boots(sampled=True)
def installer_asks_for_a_language(esp):
    """Debian's installer, kernel and initrd of the network boot, comes up to its first dialog on the serial console"""
    folder = lab.script("fetch", "installer")
    esp.put("vmlinuz", link=os.path.join(folder, "vmlinuz"))
    esp.put("initrd.gz", link=os.path.join(folder, "initrd.gz"))
    esp.entry("installer", "title Debian installer", "linux /vmlinuz", "initrd /initrd.gz",
              "options console=ttyS0 quiet TERM=vt102 ---")
    with Machine(esp, memory="2G", timeout=600) as machine:
        machine.wait_for("Select a language", "Choose the language")
