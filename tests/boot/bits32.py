# SPDX-License-Identifier: BSD-2-Clause
"""Kernels without a 64-bit entry, by the 32-bit boot protocol: stand-ins of versions from 2.05 on, Debian's for i386.

The stand-ins are those of probes.py; entered at load + 0 they check other clauses of the CPU's state.
"""
import os

import lab
from boots import REPORT, boots
from lab import GIB, MIB, Guest, Machine, expect
from plans import expect_same
from probes import boot_probe, given

LEAST_OF_32_BITS = 31  # clauses of the 32-bit entry alone
REACH = 512 * MIB
I386 = {}


def boot_32(esp, *options, **more):
    """Boots a stand-in and looks at what only the 32-bit entry has."""
    probe = boot_probe(esp, *options, **more)
    own = [words for _, words in probe.clauses.values() if words.startswith("32-bit entry: ")]
    expect(len(own) >= LEAST_OF_32_BITS, f"{len(own)} clauses of the 32-bit entry were checked")
    return probe


@boots
def i386_stand_in_with_6g(esp):
    """Stand-in without a 64-bit entry, 2.15, 6 GiB: by the 32-bit entry with every clause kept, below 512 MiB"""
    given(esp, xloadflags=0, kernel_alignment=16 * MIB, min_alignment=13)
    probe = boot_32(esp)
    expect(256 * MIB < probe.number("load") < REACH, f"it lies at {probe.number('load'):#x}")
    expect(probe.number("alignment") == 16 * MIB, f"it is told {probe.number('alignment'):#x}")
    expect(probe.number("initrd") < 2 * GIB, f"the initrd lies at {probe.number('initrd'):#x}")


@boots
def i386_stand_in_from_five_levels(esp):
    """Stand-in without a 64-bit entry, from firmware with 5-level paging on, 1,000 descriptors: every clause is kept"""
    given(esp, xloadflags=0, kernel_alignment=MIB, min_alignment=12, initrd_addr_max=0x37ffffff)
    esp.shape("la57", "fragments 500")
    probe = boot_32(esp, "--cpu", "max,la57=on")
    expect("shape: five-level paging is on" in probe.text, "the test could not turn it on")
    expect(not probe.skipped("more entries follow in one SETUP_E820_EXT"), "e820 had room in the zero page")


@boots(sampled=True)
def i386_stand_in_that_cannot_move(esp):
    """Stand-in without a 64-bit entry, not relocatable, pref_address 0x40000000, a screen: there, every clause kept"""
    given(esp, xloadflags=0, relocatable_kernel=0, pref_address=GIB, screen="yes")
    probe = boot_32(esp, "--vga")
    expect(probe.number("load") == GIB, f"it lies at {probe.number('load'):#x}")


@boots
def i386_stand_in_copied_after_exit(esp):
    """Stand-in without a 64-bit entry that runs at 9 MiB alone, which firmware holds: copied there after exit"""
    given(esp, xloadflags=0, relocatable_kernel=0, pref_address=9 * MIB, init_size=6 * MIB, file_size=4 * MIB)
    probe = boot_32(esp)
    expect(probe.number("load") == 9 * MIB, f"it lies at {probe.number('load'):#x}")
    expect("berth: after exit copy 0x0 " not in probe.text, "nothing was copied after exit")


@boots(sampled=True)
def i386_stand_in_with_less_alignment(esp):
    """Stand-in without a 64-bit entry that wants 256 MiB of alignment and takes 8 KiB: the next lower one, told so"""
    given(esp, xloadflags=0, kernel_alignment=256 * MIB, min_alignment=13, init_size=300 * MIB)
    probe = boot_32(esp, memory="2G")
    expect(probe.number("alignment") < 256 * MIB, f"it is told {probe.number('alignment'):#x}")
    expect(probe.number("load") % probe.number("alignment") == 0, f"it lies at {probe.number('load'):#x}")


def old(esp, version, **fields):
    """One version; the host's plan for it is the same to the byte."""
    given(esp, version=version, **fields)
    esp.conf("log debug")
    probe = boot_32(esp)
    expect_same(os.path.join(esp.path, "console.log"), "--initrd", os.path.join(esp.tree, "initrd"), "--cmdline",
                esp.told, kernel=os.path.join(esp.tree, "probe"))
    expect(("estimate" in probe.text) == (version < 0x20a), "the log calls the window an estimate, or not")
    return probe


@boots(sampled=True)
def versions_2_05_to_2_09(esp):
    """Stand-ins of 2.05 to 2.09, whose windows are estimates: every clause is kept, and none is told of setup_data"""
    for version in range(0x205, 0x20a):
        probe = old(esp, version, cmdline_size=1023)
        expect(probe.number("load") < REACH, f"{version:x} lies at {probe.number('load'):#x}")
        skipped = probe.skipped("a seed has entropy")
        expect(skipped == (version < 0x209), f"{version:x}: a seed was passed, or not")


@boots(sampled=True)
def versions_2_10_to_2_13(esp):
    """Stand-ins of 2.10 to 2.13 without a 64-bit entry: every clause is kept"""
    for version in range(0x20a, 0x20e):
        old(esp, version, xloadflags=0)


@boots
def version_2_05_that_cannot_move(esp):
    """Stand-in of 2.05 that is not relocatable: at 1 MiB, with every clause kept"""
    probe = old(esp, 0x205, relocatable_kernel=0, file_size=MIB)
    expect(probe.number("load") == MIB, f"it lies at {probe.number('load'):#x}")


@boots
def versions_before_2_05(esp):
    """A stand-in of 2.04, and one that is a zImage, are refused by name"""
    given(esp, version=0x204)
    with Machine(esp) as machine:
        machine.wait_for("boot protocol 2.04; Berth knows 2.05 and later")
        machine.wait_for("press any key")
    given(esp, xloadflags=0, loadflags=0)
    with Machine(esp) as machine:
        machine.wait_for("loadflags has no LOADED_HIGH")
        machine.wait_for("press any key")


# ---- Debian's kernel for i386 ----


def debian(esp, *lines, options=REPORT + " nokaslr"):
    if not I386:
        I386["dir"] = lab.script("fetch", "i386")
        I386["initrd"] = os.path.join(lab.WORK, "initramfs-i386.cpio")
        lab.script("initramfs", I386["initrd"], I386["dir"])
    esp.put("vmlinuz", link=os.path.join(I386["dir"], "vmlinuz"))
    esp.put("initrd.cpio", link=I386["initrd"])
    esp.entry("i386", "title Debian for i386", "linux /vmlinuz", "initrd /initrd.cpio", f"options {options}", *lines)


def boot_debian(esp, *options, cmdline=REPORT + " nokaslr", **more):
    """From 64-bit firmware: EFI's tables are read, for which the kernel wants EL64, and no service is called."""
    with Machine(esp, *options, **more) as machine:
        guest = Guest(machine.finish())
    expect(guest.one("cmdline") == cmdline, f"/proc/cmdline is {guest.one('cmdline')!r}")
    complaints = [c for c in guest.all("complaint") if "32/64-bit mismatch" not in c]
    expect(not complaints, "the kernel complained: " + "; ".join(complaints))
    expect(guest.one("release").endswith("-686"), f"it is {guest.one('release')}")
    expect(guest.param(0x1c0, 4) == 0x34364c45, "efi_info has no EL64")
    expect(guest.param(0x070, 8) != 0, "acpi_rsdp_addr is 0")
    expect(any("ACPI: RSDP 0x" in line for line in guest.all("dmesg")), "ACPI was not found")
    expect(any("efi: EFI v2" in line for line in guest.all("dmesg")), "the EFI system table was not read")
    return guest


@boots
def i386_debian_with_6g(esp):
    """Debian 12's kernel for i386, 6 GiB: it runs where it was put, below 512 MiB, knows ACPI and EFI's tables"""
    options = REPORT + " berth.dmesg nokaslr"
    debian(esp, options=options)
    guest = boot_debian(esp, cmdline=options)
    placed = guest.placed("kernel")
    expect(guest.kernel_at() == placed[0] and 256 * MIB < placed[0] < REACH, f"it runs at {guest.kernel_at():#x}")
    expect(placed[2] == 16 * MIB, f"it was aligned to {placed[2]:#x}")


@boots(sampled=True)
def i386_debian_with_kaslr(esp):
    """The same with KASLR, 1 GiB: Berth puts it low, so that it has all of 512 MiB to choose from"""
    options = REPORT + " berth.dmesg"
    debian(esp, options=options)
    guest = boot_debian(esp, cmdline=options, memory="1G")
    expect(guest.placed("kernel")[0] < 64 * MIB, f"Berth put it to {guest.placed('kernel')[0]:#x}")
    expect(guest.kernel_at() < REACH, f"it runs at {guest.kernel_at():#x}")


@boots(sampled=True)
def i386_debian_at_an_exact_address(esp):
    """The same, placement 0x5002000, which is no more than min_alignment: there, and nokaslr is added"""
    debian(esp, "placement 0x5002000", options=REPORT + " berth.dmesg")
    guest = boot_debian(esp, cmdline=REPORT + " berth.dmesg nokaslr", memory="512M")
    expect(guest.kernel_at() == guest.placed("kernel")[0] == 0x5002000, f"it runs at {guest.kernel_at():#x}")


@boots(sampled=True)
def i386_debian_is_not_unpacked_by_the_loader(esp):
    """The same with `decompress loader`: refused, with the way out"""
    debian(esp, "decompress loader")
    with Machine(esp) as machine:
        machine.wait_for("the kernel has no 64-bit entry")
        machine.wait_for("press any key")
