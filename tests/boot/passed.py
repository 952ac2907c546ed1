# SPDX-License-Identifier: BSD-2-Clause
"""What the machine hands through the loader to Linux: a random seed, and strings in SMBIOS. Seen on the disk, and inside."""
import os
import re

import boots
import lab
from boots import REPORT, boot, plain
from lab import expect
from tpm import Tpm

SEED = "loader/random-seed"
LOUD = REPORT.replace(" quiet", "")  # Linux's own log is on the console


@boots.boots
def a_random_seed_each_boot(esp):
    """Linux finds a seed in firmware's table, and the file on the disk has another one after each boot"""
    old = bytes(range(32))  # as long as that of `bootctl random-seed`
    plain(esp, options=LOUD + " nokaslr")
    esp.put(SEED, old)
    esp.conf("log debug")
    image = esp.image()
    contents = [old]
    for _ in range(2):
        guest = boot(esp, "--write", image=image)
        expect("berth: random seed: \\loader\\random-seed is renewed" in guest.text, "the loader does not tell of a seed")
        table = re.search(r"efi: .*\bRNG=0x([0-9a-f]+)", guest.text)
        expect(table, "Linux has found no table with a seed")
        contents.append(lab.bytes_in_image(image, "/" + SEED))
    os.unlink(image)
    expect([len(content) for content in contents] == [32, 32, 32] and len(set(contents)) == 3,
           f"the file has held {[content.hex() for content in contents]}")


# EDK2 has it where it has a TPM, and without system management mode it lets nobody write it (MorLock's TcgMorLockDxe.c).
MEMORY_OVERWRITE = "MemoryOverwriteRequestControl"


@boots.boots(sampled=True)
def memory_is_cleared_after_a_reset(esp):
    """Firmware that has MemoryOverwriteRequestControl is asked to clear memory after a reset, as by the kernel's stub"""
    plain(esp)
    with Tpm(esp.path) as tpm:
        found = boots.told(boot(esp, "--secboot", more=tpm.options))
    expect(found.get(MEMORY_OVERWRITE) == (7, b"\1"), f"the variable is {found.get(MEMORY_OVERWRITE)}")


@boots.boots
def strings_of_the_machines(esp):
    """Strings of QEMU's in SMBIOS add an entry and options, and tell how long the menu stands and what is logged [type 11]"""
    plain(esp, options=REPORT + " nokaslr entry=disk")
    esp.put("loader/loader.conf", "default extra*\ntimeout 9\n")
    entry = os.path.join(esp.path, "entry.txt")
    with open(entry, "w", encoding="utf-8") as file:
        file.write("io.systemd.boot.entries-extra:extra.conf=title Extra\nlinux /vmlinuz\ninitrd /initrd.cpio\n"
                   f"options {REPORT} nokaslr entry=extra\n")
    guest = boot(esp, more=("-smbios", f"type=11,path={entry}", "-smbios",
                            "type=11,value=io.systemd.boot.kernel-cmdline-extra=added=1 more", "-smbios",
                            "type=11,value=io.systemd.boot.timeout=2", "-smbios", "type=11,value=io.systemd.boot.loglevel=debug"))
    boots.check_healthy(guest, REPORT + " nokaslr entry=extra added=1 more")
    expect("Boots in 2 s" in guest.text and "Boots in 3 s" not in guest.text, "the menu did not stand for two seconds")
    expect("berth: Berth 0.1 runs at " in guest.text, "the loader's log is not that of debug")
    found = boots.told(guest)
    expect(found["LoaderEntrySelected"][1] == boots.str16("extra.conf"), found["LoaderEntrySelected"])
    expect(found["LoaderEntries"][1].startswith(boots.str16("extra.conf") + boots.str16("debian.conf")), found["LoaderEntries"])
