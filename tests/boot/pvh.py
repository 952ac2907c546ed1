# SPDX-License-Identifier: BSD-2-Clause
"""Kernels other than Linux: stand-ins (tests/probe/pvh) that check every clause of PVH's ABI when they are entered.

Each test makes an ELF file with another header and other notes and boots it by the real loader in real firmware; the
last ones are refused, by the sentence that says why.
"""
import os
import random
import re
import sys
import zlib

import lab
from boots import boots
from lab import GIB, MIB, Machine, expect
from probes import EXIT, Probe

sys.path.insert(0, os.path.join(lab.ROOT, "tests", "probe"))
import make_pvh  # noqa: E402

FLAT = os.path.join(lab.ROOT, "build/x86_64/probe/pvh.bin")
INITRD = random.Random(8).randbytes(MIB + 4321)
LEAST_CLAUSES = 60


def given(esp, *lines, initrd=INITRD, **fields):
    make_pvh.make(FLAT, os.path.join(esp.tree, "kernel.elf"), **fields)
    told = f"probe.ramdisk={len(initrd):x},{zlib.adler32(initrd):x}" if initrd else "probe.ramdisk=0,0"
    esp.put("initrd", initrd)
    esp.told = told + " grüße=“ja” last"
    esp.entry("pvh", "linux /kernel.elf", f"options {esp.told}", *(["initrd /initrd"] if initrd else []), *lines)


def boot_pvh(esp, *options, **more):
    with Machine(esp, *options, more=EXIT, **more) as machine:
        text = machine.finish()
        probe = Probe(text, machine.process.returncode, LEAST_CLAUSES)
    expect(probe.facts["cmdline"] == esp.told, f"the command line is {probe.facts['cmdline']!r}")
    return probe


def placed(probe):
    return int(re.search(r"^berth: place kernel (0x[0-9a-f]+) ", probe.text, re.M).group(1), 16)


@boots
def pvh_where_it_is_linked(esp):
    """An ELF kernel linked at 64 MiB, 6 GiB: entered there by PVH, with every clause kept"""
    given(esp)
    probe = boot_pvh(esp)
    expect(probe.number("load") == placed(probe) == 64 * MIB, f"it lies at {probe.number('load'):#x}")
    expect(not probe.skipped("the initrd arrived whole"), "the initrd was not checked")


@boots
def pvh_where_boot_services_were(esp):
    """An ELF kernel linked at 16 MiB, where OVMF's boot services are until exit: copied there, with every clause kept"""
    given(esp, at=16 * MIB, payload=3 * MIB)
    probe = boot_pvh(esp)
    expect(probe.number("load") == placed(probe) == 16 * MIB, f"it lies at {probe.number('load'):#x}")
    expect(re.search(r"^berth: after exit copy 0x[1-9a-f]", probe.text, re.M), "nothing was copied")


@boots
def pvh_moved_by_its_note(esp):
    """An ELF kernel linked at 64 MiB whose note lets it move within 256 MiB to 512 MiB: there, aligned to 16 MiB"""
    given(esp, has_limits=1, limit_align=16 * MIB, limit_min=256 * MIB, limit_last=512 * MIB - 1)
    load = boot_pvh(esp, memory="1G").number("load")
    expect(256 * MIB <= load < 512 * MIB and load % (16 * MIB) == 0, f"it lies at {load:#x}")


@boots
def pvh_relocated(esp):
    """An ELF kernel that is ET_DYN, 6 GiB: as high as it may lie below 4 GiB, with its relocations applied"""
    given(esp, movable=1, at=0, align=2 * MIB)
    probe = boot_pvh(esp)
    expect(GIB < probe.number("load") < 4 * GIB, f"it lies at {probe.number('load'):#x}")
    expect(not probe.skipped("its relocations are applied"), "they were not checked")


@boots(sampled=True)
def pvh_of_32_bits(esp):
    """An ELF kernel for i386, ET_DYN, without an initrd, at an exact place: there, with its relocations applied"""
    given(esp, "placement 0x8000000", movable=1, at=MIB, bits=32, initrd=b"")
    probe = boot_pvh(esp, memory="1G")
    expect(probe.number("load") == 128 * MIB, f"it lies at {probe.number('load'):#x}")
    expect("nokaslr" not in probe.facts["cmdline"], "a word for Linux was added to its command line")


@boots(sampled=True)
def pvh_from_five_levels(esp):
    """An ELF kernel, from firmware with 5-level paging on, 1,000 descriptors: every clause is kept"""
    given(esp, payload=5 * MIB)
    esp.shape("la57", "fragments 500")
    probe = boot_pvh(esp, "--cpu", "max,la57=on")
    expect("shape: five-level paging is on" in probe.text, "the test could not turn it on")


REFUSED = {
    "no note": ({"has_note": 0}, "has no PVH note"),
    "arm64": ({"machine": 183}, "a kernel for arm64, and this loader is one for x86-64"),
    "note cut short": ({"owner_size": 400}, "runs past its end"),
    "entry outside": ({"entry": 0x10000000}, "PHYS32_ENTRY: 0x14000000 lies in no segment"),
    "held": ({"at": 0x100000, "payload": 64 * MIB}, "cannot lie at 0x100000"),
    "limits": ({"has_limits": 1, "limit_align": 3 * MIB}, "is not a power of two"),
}


@boots(waits=True)
def elf_files_that_are_refused(esp):
    """ELF files without a note, for another CPU, cut short, with an entry outside: each is refused by name"""
    for number, (name, (fields, _)) in enumerate(REFUSED.items()):
        make_pvh.make(FLAT, os.path.join(esp.tree, f"k{number}"), **fields)
        esp.entry(f"k{number}", f"title {name}", f"sort-key k{number}", f"linux /k{number}")
    esp.conf("timeout 60", "default k0")
    with Machine(esp) as machine:
        machine.wait_for("Enter")
        for _, sentence in REFUSED.values():
            machine.press("enter")
            machine.wait_for(sentence)
            machine.wait_for("press any key")
            machine.press(" ")
            machine.wait_for("Enter")
            machine.press("down")
