# SPDX-License-Identifier: BSD-2-Clause
"""Programs that Berth lets firmware start."""
import os

import lab
from boots import REPORT, boots, check_healthy, plain, str16, told
from lab import Guest, Machine, expect

PROGRAM = os.path.join(lab.ROOT, "build/x86_64/tests/chain.efi")


@boots
def program_that_comes_back(esp):
    """A program of `efi` is passed its options and comes back to the menu, with the reason if it failed; then Linux boots"""
    plain(esp, "sort-key z")
    esp.put("tools/chain.efi", link=PROGRAM)
    esp.entry("a", "title A", "sort-key a", "efi /tools/chain.efi", "options -x grüße  \"two words\"")
    esp.entry("b", "title B", "sort-key b", "efi \\tools\\chain.efi", "options !")
    esp.entry("c", "title C", "sort-key c", "efi /EFI/BOOT/BOOTX64.EFI")
    esp.entry("d", "title D", "sort-key d", "efi /nowhere.efi")
    esp.conf("timeout 60")
    with Machine(esp) as machine:
        machine.wait_for("> A")
        machine.press("enter")
        machine.wait_for('chain: passed "-x gr')
        machine.wait_for('  "two words""')
        machine.wait_for("> A")
        machine.wait_for("Enter boot")
        machine.press("down")
        machine.wait_for("> B")
        machine.wait_for("Enter boot")
        machine.press("enter")
        machine.wait_for('chain: passed "!"')
        machine.wait_for("\\tools\\chain.efi came back with an error: aborted")
        machine.wait_for("press any key")
        machine.press("k")
        machine.wait_for("> B")
        machine.wait_for("Enter boot")
        machine.press("down")
        machine.wait_for("> Debian")
        machine.wait_for("Enter boot")
        machine.press("enter")
        guest = Guest(machine.finish())
    check_healthy(guest, REPORT + " nokaslr")
    expect("Boots in" not in guest.text[guest.text.index("chain: passed"):], "there was a countdown after a program")
    entries = b"".join(str16(name) for name in ("a.conf", "b.conf", "debian.conf"))
    expect(told(guest)["LoaderEntries"][1] == entries, f"the entries are {told(guest)['LoaderEntries'][1]}")
