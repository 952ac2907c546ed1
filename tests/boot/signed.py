# SPDX-License-Identifier: BSD-2-Clause
"""Secure Boot is on, with keys of the tests' own: what is signed boots, from the bytes that firmware verified, and nothing
else does, each time with the reason. The booted kernel tells what it was told, and that it has locked itself down.
"""
import os

import keys
import lab
from boots import KERNEL, REPORT, boot, boots, check_healthy, plain
from lab import Machine, expect

BERTH = os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI")


def secured(esp, *lines, **more):
    """Debian's kernel and Berth, signed with the key in db; returns the options of a machine that knows it."""
    plain(esp, *lines, **more)
    esp.put("EFI/BOOT/BOOTX64.EFI", link=keys.sign(BERTH, os.path.join(esp.path, "berth.efi")))
    esp.put("vmlinuz", link=keys.sign(KERNEL["file"], os.path.join(esp.path, "vmlinuz")))
    return "--secboot", "--vars", keys.store(os.path.join(esp.path, "vars.fd"))


def check_secured(guest):
    expect(guest.param(0x1ec, 1) == 3, f"secure_boot is {guest.param(0x1ec, 1)}")
    expect("verified \\vmlinuz, all of it" in guest.text, "the log does not tell")
    expect(any("secureboot: Secure boot enabled" in line or "Secure boot enabled" in line for line in guest.all("dmesg")),
           "the kernel does not know that Secure Boot is on")
    expect(any("Kernel is locked down" in line for line in guest.all("dmesg")), "the kernel has not locked itself down")


def refused(esp, options, words):
    with Machine(esp, *options) as machine:
        machine.wait_for(words)
        machine.wait_for("press any key")
        text = machine.text()
    expect("Linux version" not in text and "guest: " not in text, "it was started all the same")


@boots
def secure_boot_verifies_and_places(esp):
    """Secure Boot: a signed kernel lies above 4 GiB, from the bytes that were verified; each byte is read once, the initrd arrives whole, and the kernel locks itself down"""
    data = os.urandom(123457)
    options = secured(esp, "initrd \\extra.cpio", options=REPORT + " nokaslr berth.dmesg")
    esp.put("extra.cpio", lab.data_archive("extra", data))
    guest = boot(esp, *options)
    check_healthy(guest, REPORT + " nokaslr berth.dmesg")
    check_secured(guest)
    expect(guest.all("file") == [lab.described("extra", data)], f"/data is {guest.all('file')}")
    expect(guest.placed("kernel")[0] >= 4 * lab.GIB, "the kernel does not lie above 4 GiB")
    sizes = [os.path.getsize(os.path.join(esp.tree, n)) for n in ("vmlinuz", "initrd.cpio", "extra.cpio")]
    expect(guest.counters()[0] == sum(sizes), f"read and copied are {guest.counters()}, the files have {sizes}")


def byte_flipped(path, at):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    data[at] ^= 1
    return bytes(data)


@boots
def secure_boot_refuses_one_byte(esp):
    """Secure Boot: one bit of a signed kernel is another: refused"""
    options = secured(esp)
    esp.put("vmlinuz", byte_flipped(os.path.join(esp.path, "vmlinuz"), 3000000))
    refused(esp, options, "\\vmlinuz: firmware does not trust it: access denied")


@boots
def secure_boot_refuses_a_foreign_signer(esp):
    """Secure Boot: a kernel whose signer firmware does not know is refused, and Debian's own signature does not help"""
    options = secured(esp)
    esp.put("vmlinuz", link=keys.sign(KERNEL["file"], os.path.join(esp.path, "foreign"), "foreign"))
    refused(esp, options, "\\vmlinuz: firmware does not trust it: access denied")


@boots
def secure_boot_refuses_what_cannot_be_signed(esp):
    """Secure Boot: the vmlinux of the signed kernel, by itself, is refused by its name"""
    options = secured(esp)
    esp.put("vmlinuz", b"\x7fELF" + os.urandom(100000))
    refused(esp, options, "\\vmlinuz is an ELF file: it cannot be signed, and Secure Boot is on")


@boots(sampled=True)
def secure_boot_refuses_a_cut_file(esp):
    """Secure Boot: a signed kernel without its last 4 KiB is refused"""
    options = secured(esp)
    with open(os.path.join(esp.path, "vmlinuz"), "rb") as file:
        data = file.read()
    esp.put("vmlinuz", data[:-4096])
    refused(esp, options, "\\vmlinuz: firmware does not trust it: ")


@boots(sampled=True)
def secure_boot_unpacks_what_was_verified(esp):
    """Secure Boot, `decompress loader`: what is inside a signed bzImage is unpacked from the verified bytes and entered"""
    options = secured(esp, "decompress loader", options=REPORT + " nokaslr berth.dmesg")
    guest = boot(esp, *options)
    check_healthy(guest, REPORT + " nokaslr berth.dmesg")
    check_secured(guest)
    expect("unpacked \\vmlinuz" in guest.text, "it was not unpacked")
    sizes = [os.path.getsize(os.path.join(esp.tree, n)) for n in ("vmlinuz", "initrd.cpio")]
    expect(guest.counters() == (sum(sizes), 0), f"read and copied are {guest.counters()}, the files have {sizes}")
