# SPDX-License-Identifier: BSD-2-Clause
"""Keys on the loader's volume become those of a machine that has none, and from then on it starts what they sign alone."""
import os

import keys
import lab
from boots import KERNEL, REPORT, boots, check_healthy, plain
from lab import Guest, Machine, expect
from signed import check_secured

LINE = REPORT + " nokaslr berth.dmesg"
SECURE = ("--secboot", "--resets")


def with_keys(esp, name, without=()):
    """An unsigned kernel behind a loader that is signed with the key in db; the folder of keys @name lacks those of @without."""
    plain(esp)
    path = os.path.join(esp.tree, "EFI/BOOT/BOOTX64.EFI")
    os.unlink(path)
    keys.sign(os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI"), path)
    for variable in keys.VENDOR:
        if variable not in without:
            esp.put(f"loader/keys/{name}/{variable}.auth", link=os.path.join(keys.folder(), variable + ".auth"))


@boots
def keys_are_enrolled_unasked(esp):
    """Without a word in loader.conf (if-safe), on a virtual machine without keys: those of the folder auto are enrolled, and after a reset Secure Boot is on: the kernel is refused, and one that is signed boots locked down"""
    with_keys(esp, "auto")
    data = os.urandom(65432)
    esp.put("extra.cpio", lab.data_archive("extra", data))
    esp.put("signed", link=keys.sign(KERNEL["file"], os.path.join(esp.path, "signed")))
    esp.entry("a-signed", "title signed", "linux /signed", "initrd /initrd.cpio", "initrd /extra.cpio", f"options {LINE}")
    esp.conf()
    with Machine(esp, *SECURE, timeout=300) as machine:
        machine.wait_for("the keys of \\loader\\keys\\auto are enrolled: Secure Boot is on when the machine starts again")
        machine.wait_for("debian.conf does not boot")
        machine.wait_for("\\vmlinuz: firmware does not trust it: access denied")
        guest = Guest(machine.finish())
    expect(guest.text.count("are enrolled") == 1, "keys were enrolled twice")
    check_healthy(guest, LINE)
    check_secured(guest, "\\signed")
    expect(guest.all("file") == [lab.described("extra", data)], f"/data is {guest.all('file')}")


@boots(sampled=True)
def keys_are_enrolled_from_the_menu(esp):
    """secure-boot-enroll manual: keys are entries, and a PK without a signature is taken; the machine is switched off when loader.conf says so"""
    with_keys(esp, "mine", without=("dbx", "PK"))
    esp.put("loader/keys/mine/PK.auth", keys.authenticated(keys.folder(), "PK", keys.contents(keys.folder(), "PK"), signer=""))
    esp.conf("timeout menu-force", "auto-firmware no", "secure-boot-enroll manual", "secure-boot-enroll-action shutdown")
    with Machine(esp, *SECURE) as machine:
        machine.wait_for("Enroll Secure Boot keys: mine")
        machine.wait_for("Enter boot")
        machine.press("down")
        machine.wait_for(">   Enroll Secure Boot keys: mine")
        machine.press("enter")
        machine.wait_for("the keys of \\loader\\keys\\mine are enrolled")
        expect("does not boot" not in machine.finish(), "something was booted")


@boots(sampled=True)
def keys_that_firmware_does_not_take(esp):
    """if-safe in a virtual machine, and a PK that another key has signed: what is enrolled is said, and Debian boots without Secure Boot"""
    with_keys(esp, "auto", without=("PK",))
    esp.put("loader/keys/auto/PK.auth", keys.authenticated(keys.folder(), "PK", keys.contents(keys.folder(), "PK"), "foreign"))
    with Machine(esp, *SECURE) as machine:
        guest = Guest(machine.finish())
    expect("berth: firmware does not take PK.auth for its variable PK: " in guest.text, "the reason is not there")
    expect("  db is enrolled\n  dbx is enrolled\n  KEK is enrolled\n  PK is not, so Secure Boot stays off" in guest.text, "nor the state")
    check_healthy(guest, REPORT + " nokaslr")
