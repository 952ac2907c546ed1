# SPDX-License-Identifier: BSD-2-Clause
"""Stand-in kernels (tests/probe) that check, when entered, every clause of the protocol that can be checked there.

Each test makes a bzImage with another header, boots it by the real loader in real firmware, and demands that every
clause was kept, and what the stand-in found: where it lies, its command line, its initrd.
"""
import os
import random
import re
import sys
import zlib

import lab
from boots import boots
from lab import GIB, MIB, Machine, expect

sys.path.insert(0, os.path.join(lab.ROOT, "tests", "probe"))
import make_probe  # noqa: E402

FLAT = os.path.join(lab.ROOT, "build/x86_64/probe/x86_64.bin")
INITRD = random.Random(7).randbytes(3 * MIB + 12345)
EXIT = ("-device", "isa-debug-exit,iobase=0xf4,iosize=4")
LEAST_CLAUSES = 120  # a probe that ends early is not a success
TOTAL = [0]  # clauses that were kept, in all boots


class Probe:
    """What the stand-in said."""

    def __init__(self, text, status, least=LEAST_CLAUSES):
        self.text = text
        self.clauses = {int(n): (ok == "ok", words) for ok, n, words in
                        re.findall(r"^(ok|not ok) (\d+) - (.*)$", text, re.M)}
        self.facts = dict(re.findall(r"^# (load|initrd|alignment|cmdline) (.*)$", text, re.M))
        broken = re.findall(r"^not ok .*\n#.*$", text, re.M)
        expect(not broken, "the loader broke clauses:\n" + "\n".join(broken))
        expect(status == 33, f"QEMU ended with {status}; the console with:\n" + "\n".join(text.splitlines()[-20:]))
        plan = re.findall(r"^1\.\.(\d+)$", text, re.M)
        expect(plan == [str(len(self.clauses))] and int(plan[0]) >= least,
               f"{len(self.clauses)} clauses were checked, the plan says {plan}")
        TOTAL[0] += sum("# SKIP" not in words for _, words in self.clauses.values())

    def number(self, fact, word=None):
        words = self.facts[fact].split()
        return int(words[words.index(word) + 1] if word else words[0], 16)

    def skipped(self, sentence):
        return [words for _, words in self.clauses.values() if words.startswith(sentence) and "# SKIP" in words] != []


def given(esp, *lines, initrd=INITRD, screen="no", more="grüße=“ja”", **fields):
    """An entry that boots a stand-in with these header fields; @lines are added to the entry, @more to its options."""
    make_probe.make(FLAT, os.path.join(esp.tree, "probe"), **{"file_size": 5 * MIB, **fields})
    told = f"probe.ramdisk={len(initrd):x},{zlib.adler32(initrd):x}" if initrd else "probe.ramdisk=0"
    esp.put("initrd", initrd)
    options = " ".join((told, *([f"probe.screen={screen}"] if screen else []), more, "nokaslr"))
    esp.entry("probe", "linux /probe", f"options {options}", *(["initrd /initrd"] if initrd else []), *lines)
    esp.told = options


def boot_probe(esp, *options, **more):
    with Machine(esp, *options, more=EXIT, **more) as machine:
        text = machine.finish()
        probe = Probe(text, machine.process.returncode)
    expect(probe.facts["cmdline"] == esp.told, f"the command line is {probe.facts['cmdline']!r}")
    return probe


@boots
def probe_with_6g(esp):
    """Stand-in, 2.15, 6 GiB: every clause is kept, above 4 GiB, and the command line arrives to the letter"""
    given(esp)
    probe = boot_probe(esp)
    expect(probe.number("load") >= 4 * GIB, f"it lies at {probe.number('load'):#x}")


@boots
def probe_with_1g_and_a_screen(esp):
    """Stand-in, 2.15, 1 GiB, a screen: every clause is kept below 4 GiB, and the screen is told"""
    given(esp, screen="yes")
    probe = boot_probe(esp, "--vga", memory="1G")
    expect(probe.number("load") < GIB, f"it lies at {probe.number('load'):#x}")


@boots
def probe_without_the_4g_flag(esp):
    """Stand-in without XLF_CAN_BE_LOADED_ABOVE_4G, initrd_addr_max 0x37ffffff, 6 GiB: everything lies below its limit"""
    given(esp, xloadflags=1, initrd_addr_max=0x37ffffff)
    probe = boot_probe(esp)
    expect(probe.number("load") < 4 * GIB, f"it lies at {probe.number('load'):#x}")
    expect(not probe.skipped("the initrd ends by initrd_addr_max"), "the limit was not checked")


@boots
def probe_2_12_with_the_shortest_header(esp):
    """Stand-in, 2.12, whose header ends with init_size, and setup_sects is 0: every clause is kept"""
    given(esp, version=0x20c, header_end=0x264, setup_sects=0)
    boot_probe(esp)


@boots(sampled=True)
def probe_2_14_without_initrd(esp):
    """Stand-in, 2.14, which is 2.13, without an initrd, placement low: none is told of"""
    given(esp, "placement low", initrd=b"", version=0x20e)
    probe = boot_probe(esp)
    expect(16 * MIB <= probe.number("load") < 64 * MIB, f"it lies at {probe.number('load'):#x}")
    expect(probe.number("initrd") == probe.number("initrd", "size") == 0, f"initrd {probe.facts['initrd']}")


@boots
def probe_with_a_long_header_and_less_alignment(esp):
    """Stand-in with a header up to 0x281, 16 MiB of alignment wished for and 2 had, 1,000 descriptors: all clauses"""
    given(esp, header_end=0x281, kernel_alignment=16 * MIB, init_size=484 * MIB)
    esp.shape("fragments 500")
    probe = boot_probe(esp, memory="1G")
    expect(2 * MIB <= probe.number("alignment") < 16 * MIB, f"it is told {probe.number('alignment'):#x}")
    expect(not probe.skipped("more entries follow in one SETUP_E820_EXT"), "e820 had room in the zero page")


@boots(sampled=True)
def probe_where_it_prefers(esp):
    """Stand-in with pref_address 256 MiB, placement preferred: it lies there; and of 5.5, which knows no seed"""
    given(esp, "placement preferred", pref_address=256 * MIB, setup_type_max=0x80000006)
    probe = boot_probe(esp)
    expect(probe.number("load") == 256 * MIB, f"it lies at {probe.number('load'):#x}")


@boots
def probe_with_2_gib_of_window(esp):
    """Stand-in with init_size 2 GiB, a CPU without 1 GiB pages: all of the window is mapped, and is its own"""
    given(esp, init_size=2 * GIB)
    boot_probe(esp, "--cpu", "max,pdpe1gb=off", timeout=300)


@boots(sampled=True)
def probe_of_256_mib(esp):
    """Stand-in of 256 MiB: all of it arrives"""
    given(esp, file_size=256 * MIB, init_size=288 * MIB)
    probe = boot_probe(esp, timeout=300)
    expect(not probe.skipped("the protected-mode part arrived whole"), "its checksum was not checked")


@boots(sampled=True)
def probe_at_an_exact_address(esp):
    """Stand-in, placement 0x140000000: there, with every clause kept"""
    given(esp, "placement 0x140000000")
    probe = boot_probe(esp)
    expect(probe.number("load") == 0x140000000, f"it lies at {probe.number('load'):#x}")


@boots
def probe_that_cannot_move(esp):
    """Stand-in that is not relocatable, pref_address 0x40000000: it is loaded where it runs"""
    given(esp, relocatable_kernel=0, pref_address=GIB)
    probe = boot_probe(esp)
    expect(probe.number("load") == GIB, f"it lies at {probe.number('load'):#x}")


@boots
def probe_where_boot_services_were(esp):
    """Stand-in that is not relocatable, pref_address 16 MiB, where OVMF's boot services are: copied there after exit"""
    given(esp, relocatable_kernel=0, pref_address=16 * MIB)
    probe = boot_probe(esp)
    expect(probe.number("load") == 16 * MIB, f"it lies at {probe.number('load'):#x}")
    copied = re.search(r"berth: after exit copy (0x[0-9a-f]+) bytes, tables (0x[0-9a-f]+) bytes", probe.text)
    expect(copied and int(copied[1], 16) >= 4 * MIB, "nothing was copied: was the memory free?")


@boots
def probe_copied_on_a_small_machine(esp):
    """The same with 128 MiB and a window that is nearly all of it: copied out of what is left"""
    given(esp, relocatable_kernel=0, pref_address=16 * MIB, init_size=64 * MIB)
    probe = boot_probe(esp, memory="128M")
    expect(probe.number("load") == 16 * MIB, f"it lies at {probe.number('load'):#x}")
    expect("berth: copy kernel 0x" in probe.text, "nothing was copied")


@boots
def probe_with_five_levels(esp):
    """Stand-in that takes five levels, from firmware that has them on: entered so"""
    given(esp)
    esp.shape("la57")
    probe = boot_probe(esp, "--cpu", "max,la57=on")
    expect(probe.number("load", "cr4") & 0x1000, "it was entered with four")


@boots
def probe_without_five_levels(esp):
    """Stand-in that takes no five levels, from firmware that has them on: entered with four"""
    given(esp, xloadflags=3)
    esp.shape("la57")
    probe = boot_probe(esp, "--cpu", "max,la57=on")
    expect("shape: five-level paging is on" in probe.text, "the test could not turn it on")
    expect(not probe.number("load", "cr4") & 0x1000, "it was entered with five")


# ---- more of the same, in `scripts/test --all` ----

MORE = {
    "2.12": {"version": 0x20c}, "2.13": {"version": 0x20d},
    "payload beyond init_size": {"file_size": 40 * MIB, "init_size": 32 * MIB},
    "window of 1 MiB": {"init_size": MIB, "file_size": 0},
    "32 MiB of alignment": {"kernel_alignment": 32 * MIB},
    "1 GiB of alignment": {"kernel_alignment": GIB},
    "min_alignment 0": {"min_alignment": 0},
    "kernel_alignment 4 KiB": {"kernel_alignment": 4096, "min_alignment": 12},
    "longest setup": {"setup_sects": 63},
    "pref_address 0": {"pref_address": 0},
    "pref_address above 4 GiB": {"pref_address": 5 * GIB},
    "init_size with an odd byte": {"init_size": 32 * MIB + 1},
    "cmdline_size 255": {"cmdline_size": 255},
}


@boots(large=True, sampled=True)
def more_probes(esp):
    """Stand-ins with other headers, low and high: every clause is kept"""
    for name, fields in MORE.items():
        for placement in ("high", "low"):
            given(esp, "placement " + placement, **fields)
            try:
                boot_probe(esp)
            except lab.Failure as failure:
                raise lab.Failure(f"{name}, {placement}: {failure}") from None
