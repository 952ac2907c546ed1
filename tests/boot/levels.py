# SPDX-License-Identifier: BSD-2-Clause
"""Rule X8: 4 or 5 levels of page tables, from firmware that has either, as the kernel and its command line have it.

No firmware at hand runs with 5 levels; tests/shape turns them on before the loader starts. The stand-in kernel looks at
CR4 and walks the tables; Debian's says whether it runs with them.
"""
import os
import sys
import zlib

import lab
from boots import REPORT, boot, boots, plain
from lab import expect
from probes import FLAT, boot_probe, given

sys.path.insert(0, os.path.join(lab.ROOT, "tests", "probe"))
import make_direct  # noqa: E402

CPU = ("--cpu", "max,la57=on")
BOTH = 0x63  # KERNEL_64, CAN_BE_LOADED_ABOVE_4G, 5LEVEL, 5LEVEL_ENABLED
INITRD = b"initrd " * 99999


def given_direct(esp, more="grüße", **fields):
    """An entry that has Berth unpack and enter the stand-in."""
    make_direct.make(FLAT, os.path.join(esp.tree, "probe"), **fields)
    esp.put("initrd", INITRD)
    esp.told = f"probe.ramdisk={len(INITRD):x},{zlib.adler32(INITRD):x} probe.screen=no {more} nokaslr"
    esp.entry("probe", "linux /probe", "initrd /initrd", "decompress loader", f"options {esp.told}")


def levels(esp, *options):
    return 5 if boot_probe(esp, *(options or CPU)).number("load", "cr4") & 0x1000 else 4


@boots
def levels_five_turned_on(esp):
    """A vmlinux that takes five levels, on a CPU that has them, from firmware with four: entered with five"""
    given_direct(esp, xloadflags=BOTH)
    expect(levels(esp) == 5, "it was entered with four")


@boots(sampled=True)
def levels_five_turned_on_with_a_large_map(esp):
    """The same with 1,000 descriptors, without 1 GiB pages"""
    given_direct(esp, xloadflags=BOTH)
    esp.shape("fragments 500")
    expect(levels(esp, "--cpu", "max,la57=on,pdpe1gb=off") == 5, "it was entered with four")


@boots
def levels_five_kept(esp):
    """A vmlinux that takes five levels, from firmware with five: entered with five"""
    given_direct(esp, xloadflags=BOTH)
    esp.shape("la57")
    expect(levels(esp) == 5, "it was entered with four")


@boots(sampled=True)
def levels_four_by_no5lvl(esp):
    """no5lvl: a vmlinux and a bzImage that take five levels are entered with four, whatever firmware has"""
    given_direct(esp, xloadflags=BOTH, more="no5lvl")
    expect(levels(esp) == 4, "the vmlinux was entered with five, from four")
    esp.shape("la57")
    expect(levels(esp) == 4, "the vmlinux was entered with five, from five")
    given(esp, xloadflags=BOTH, more="no5lvl")
    expect(levels(esp) == 4, "the bzImage was entered with five, from five")


@boots
def levels_four_without_the_kernels_consent(esp):
    """A vmlinux built without CONFIG_X86_5LEVEL, or on a CPU without LA57: entered with four"""
    given_direct(esp, xloadflags=0x23)
    expect(levels(esp) == 4, "it was entered with five, from four")
    esp.shape("la57")
    expect(levels(esp) == 4, "it was entered with five, from five")
    given_direct(esp, xloadflags=BOTH)
    esp.put("EFI/BOOT/BOOTX64.EFI", link=os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI"))
    expect(levels(esp, "--cpu", "max,la57=off") == 4, "it was entered with five on a CPU without them")


@boots
def levels_four_left_to_a_bzimage(esp):
    """A bzImage that takes five levels, from firmware with four: entered with four, for it switches by itself"""
    given(esp, xloadflags=BOTH)
    expect(levels(esp) == 4, "it was entered with five")


def debian(esp, *lines, options, shape=False):
    plain(esp, *lines, options=options)
    if shape:
        esp.shape("la57")
    guest = boot(esp, *CPU)
    expect(guest.one("cmdline") == options and guest.one("runtime") == "ok", "its command line, or EFI's services")
    return guest.one("levels")


@boots(sampled=True)
def levels_of_debian(esp):
    """Debian's kernel runs with five levels by its decompressor and by Berth, and with four by no5lvl, by either"""
    for lines in ((), ("decompress loader",)):
        for word, expected in (("quiet", "5"), ("no5lvl", "4")):
            seen = debian(esp, *lines, options=f"{REPORT} nokaslr {word}")
            expect(seen == expected, f"{lines} {word}: it runs with {seen}")


@boots(sampled=True)
def levels_of_debian_from_five(esp):
    """The same from firmware with five levels, entered by Berth"""
    for word, expected in (("quiet", "5"), ("no5lvl", "4")):
        seen = debian(esp, "decompress loader", options=f"{REPORT} {word}", shape=True)
        expect(seen == expected, f"{word}: it runs with {seen}")
