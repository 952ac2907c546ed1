# SPDX-License-Identifier: BSD-2-Clause
"""A volume with a thousand entries: the newest boots, the menu has all, and what that takes is told."""
import os
import sys

import lab
from boots import REPORT, boots, check_healthy, plain, str16, told
from lab import Guest, Machine, expect

sys.path.insert(0, os.path.join(lab.ROOT, "tests", "bench"))
import bench  # noqa: E402

MANY = 1000
MOST = 10_000_000_000  # instructions from the loader's entry to the kernel's


def given(esp):
    """One that names the kernel, and older ones."""
    plain(esp, "sort-key debian", f"version {MANY}", name=f"debian-{MANY}")
    for number in range(1, MANY):
        esp.entry(f"debian-{number}", "title Debian", "sort-key debian", f"version {number}", "linux /vmlinuz",
                  "initrd /initrd.cpio", "options console=ttyS0 quiet root=/dev/vda2 nokaslr")


@boots(sampled=True, large=True)
def a_thousand_entries(esp):
    """1,000 entries on one volume: the newest boots, the menu and LoaderEntries have all of them; its instructions are told"""
    given(esp)
    esp.conf("timeout menu-force", "auto-firmware no")
    with Machine(esp) as machine:
        machine.wait_for(f"1 of {MANY}")
        machine.wait_for("Enter boot")
        machine.press("enter")
        guest = Guest(machine.finish())
    check_healthy(guest, REPORT + " nokaslr")
    expect(told(guest)["LoaderEntries"][1] == b"".join(str16(f"debian-{number}.conf") for number in range(MANY, 0, -1)),
           "LoaderEntries has not all of them in order")
    expect(told(guest)["LoaderEntrySelected"][1] == str16(f"debian-{MANY}.conf"), "another one booted")
    esp.put("vmlinuz", bench.marked_kernel())
    esp.put("loader/loader.conf", "")
    found, _ = bench.measure(esp.image(), "meter")
    whole, reads = found["K"] - found["S"], found["R"]
    print(f"# {MANY} entries: {whole:,} instructions from the loader's entry to the kernel's, {reads:,} of them in Read, "
          f"{found['V']:,} in variable services")
    expect(whole < MOST, f"{whole:,} instructions")
