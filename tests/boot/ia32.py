# SPDX-License-Identifier: BSD-2-Clause
"""BOOTIA32.EFI in firmware of 32 bits, which OVMF has for the same machine: kernels of either width, and the stand-ins.

A 64-bit kernel enters long mode with tables of Berth's, and calls firmware's services by Linux's mixed mode.
"""
import os

import bits32
import lab
from boots import KERNEL, REPORT, boots
from lab import GIB, MIB, Guest, Machine, expect
from levels import BOTH, given_direct
from plans import expect_same
from probes import boot_probe, given
from pvh import boot_pvh
from pvh import given as given_elf

LOADER = os.path.join(lab.ROOT, "build/ia32/BOOTIA32.EFI")
FIRMWARE = {}


def on_ia32(esp, *options):
    """Firmware of 32 bits starts only BOOTIA32.EFI."""
    if not FIRMWARE:
        FIRMWARE["dir"] = lab.script("fetch", "ovmf-ia32")
    os.unlink(os.path.join(esp.tree, "EFI/BOOT/BOOTX64.EFI"))
    esp.put("EFI/BOOT/BOOTIA32.EFI", link=LOADER)
    return ("--ia32", "--ovmf", FIRMWARE["dir"], *options)


# ---- stand-ins ----


@boots
def ia32_stand_in_of_64_bits(esp):
    """Stand-in, 2.15, 6 GiB: from 32-bit firmware in 64-bit mode, with every clause kept, below 4 GiB"""
    given(esp)
    probe = boot_probe(esp, *on_ia32(esp))
    expect(probe.number("load") < 4 * GIB, f"it lies at {probe.number('load'):#x}")
    expect(not probe.skipped("acpi_rsdp_addr is the firmware's"), "the configuration table was not read")


@boots(sampled=True)
def ia32_stand_in_of_64_bits_without_large_pages(esp):
    """The same with init_size 1 GiB and a screen, a CPU without 1 GiB pages: every clause is kept"""
    given(esp, init_size=GIB, screen="yes")
    boot_probe(esp, *on_ia32(esp, "--vga", "--cpu", "max,pdpe1gb=off"), timeout=300)


@boots
def ia32_stand_in_with_five_levels(esp):
    """A vmlinux that takes five levels, from 32-bit firmware on a CPU that has them: entered with five; no5lvl: four"""
    given_direct(esp, xloadflags=BOTH)
    machine = on_ia32(esp, "--cpu", "max,la57=on")
    expect(boot_probe(esp, *machine).number("load", "cr4") & 0x1000, "it was entered with four")
    given_direct(esp, xloadflags=BOTH, more="no5lvl")
    expect(not boot_probe(esp, *machine).number("load", "cr4") & 0x1000, "it was entered with five")


@boots
def ia32_stand_in_of_32_bits(esp):
    """Stand-in without a 64-bit entry, 6 GiB, and the plan that berth plan makes of its log"""
    given(esp, xloadflags=0, kernel_alignment=16 * MIB, min_alignment=13)
    esp.conf("log debug")
    bits32.boot_32(esp, *on_ia32(esp))
    expect_same(os.path.join(esp.path, "console.log"), "--initrd", os.path.join(esp.tree, "initrd"), "--cmdline",
                esp.told, kernel=os.path.join(esp.tree, "probe"))


@boots
def ia32_stand_in_copied_after_exit(esp):
    """Stand-ins of 32 and of 64 bits that run at 9 MiB alone, which firmware holds: copied there after exit"""
    machine = on_ia32(esp)
    for xloadflags in (0, 3):
        given(esp, xloadflags=xloadflags, relocatable_kernel=0, pref_address=9 * MIB, init_size=6 * MIB, file_size=4 * MIB)
        probe = boot_probe(esp, *machine)
        expect(probe.number("load") == 9 * MIB, f"it lies at {probe.number('load'):#x}")
        expect("berth: after exit copy 0x0 " not in probe.text, "nothing was copied after exit")


@boots
def ia32_elf_by_pvh(esp):
    """An ELF kernel that is ET_DYN, by PVH from 32-bit firmware: every clause is kept"""
    given_elf(esp, movable=1, at=0, align=2 * MIB)
    boot_pvh(esp, *on_ia32(esp))


@boots
def ia32_cpu_without_long_mode(esp):
    """A 64-bit kernel on a CPU without long mode is refused by name"""
    given(esp)
    machine = on_ia32(esp, "--cpu", "max,lm=off")
    with Machine(esp, *machine) as running:
        running.wait_for("a 64-bit kernel, but this CPU has no 64-bit mode")
        running.wait_for("press any key")


# ---- Debian's kernels ----


def boot_debian(esp, cmdline, *options, **more):
    with Machine(esp, *options, **more) as running:
        guest = Guest(running.finish())
    expect(guest.one("cmdline") == cmdline, f"/proc/cmdline is {guest.one('cmdline')!r}")
    expect(not guest.all("complaint"), "the kernel complained: " + "; ".join(guest.all("complaint")))
    expect(guest.param(0x1c0, 4) == 0x32334c45, "efi_info has no EL32")
    expect(guest.param(0x070, 8) != 0, "acpi_rsdp_addr is 0")
    expect(guest.kernel_at() == guest.placed("kernel")[0] < 4 * GIB, f"it runs at {guest.kernel_at():#x}")
    return guest


@boots
def ia32_debian_of_64_bits(esp):
    """Debian's 64-bit kernel from 32-bit firmware, 6 GiB, two CPUs: all memory is there, and the other CPU starts"""
    # EFI variables are for the next test: Linux's mixed mode gives firmware no buffer above 4 GiB.
    options = REPORT + " nokaslr berth.readonly"
    esp.put("vmlinuz", link=KERNEL["file"])
    esp.put("initrd.cpio", link=KERNEL["initrd"])
    esp.entry("debian", "title Debian", "linux /vmlinuz", "initrd /initrd.cpio", f"options {options}")
    guest = boot_debian(esp, options, *on_ia32(esp), more=("-smp", "2"))
    expect(guest.one("cpus") == "2", f"{guest.one('cpus')} CPUs came up")
    expect(int(guest.one("memory").split()[0]) > 5 << 20, f"it has {guest.one('memory')}")


@boots(sampled=True)
def ia32_debian_of_64_bits_direct(esp):
    """The same entered without its decompressor, 2 GiB: EFI variables can be read by mixed mode"""
    # Not written: deleting one, which Linux's efivarfs does by writing no data, hits a BUG of its mixed mode.
    options = REPORT + " nokaslr berth.readonly"
    esp.put("vmlinuz", link=KERNEL["file"])
    esp.put("initrd.cpio", link=KERNEL["initrd"])
    esp.entry("debian", "title Debian", "linux /vmlinuz", "initrd /initrd.cpio", "decompress loader", f"options {options}")
    guest = boot_debian(esp, options, *on_ia32(esp), memory="2G")
    expect("berth: unpacked " in guest.text, "it was not unpacked by the loader")
    expect(int(guest.one("efivars")) > 0 and guest.one("efivar-read") == "ok", "EFI variables cannot be read")


@boots(sampled=True)
def ia32_debian_of_64_bits_by_its_stub(esp):
    """`handoff stub`: 32-bit firmware does not start a 64-bit kernel, which is entered where it is for that; its initrd is there"""
    options = REPORT + " nokaslr berth.readonly"
    esp.put("vmlinuz", link=KERNEL["file"])
    esp.put("initrd.cpio", link=KERNEL["initrd"])
    esp.entry("debian", "title Debian", "linux /vmlinuz", "initrd /initrd.cpio", "handoff stub", f"options {options}")
    with Machine(esp, *on_ia32(esp), memory="2G") as running:
        guest = Guest(running.finish())
    expect(guest.one("cmdline") == options, f"/proc/cmdline is {guest.one('cmdline')!r}")
    expect(guest.param(0x1c0, 4) == 0x32334c45, "efi_info has no EL32")
    expect("berth: start \\vmlinuz\n" in guest.text and guest.placed("kernel") is None, "it was not started as a program")


@boots
def ia32_debian_of_32_bits(esp):
    """Debian's kernel for i386 from 32-bit firmware, on a CPU without long mode: runtime services work"""
    bits32.debian(esp)
    guest = boot_debian(esp, REPORT + " nokaslr", *on_ia32(esp, "--cpu", "max,lm=off"), memory="2G")
    expect(guest.one("release").endswith("-686"), f"it is {guest.one('release')}")
    expect(guest.one("efivar-read") == guest.one("runtime") == "ok", "runtime services do not work")
