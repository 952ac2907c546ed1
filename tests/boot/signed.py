# SPDX-License-Identifier: BSD-2-Clause
"""Secure Boot is on, with keys of the tests' own: what is signed boots, from the bytes that firmware verified, and nothing
else does, each time with the reason. The booted kernel tells what it was told, and that it has locked itself down.
"""
import hashlib
import os
import shutil
import struct

import keys
import lab
from boots import KERNEL, REPORT, boot, boots, check_healthy, plain
from chain import PROGRAM, unified_image
from lab import OLDER_OVMF, Guest, Machine, expect

BERTH = os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI")


def authenticode(data):
    """The SHA-256 that a signature signs: without the checksum, the place of the signatures, and those themselves.
    Source: Microsoft, Windows Authenticode Portable Executable Signature Format."""
    optional = struct.unpack_from("<I", data, 0x3c)[0] + 24
    checksum, directory = optional + 64, optional + (112 if struct.unpack_from("<H", data, optional)[0] == 0x20b else 96) + 32
    size = struct.unpack_from("<I", data, directory + 4)[0]
    return hashlib.sha256(data[:checksum] + data[checksum + 4:directory] + data[directory + 8:len(data) - size]).digest()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def secured(esp, *lines, **more):
    """Debian's kernel and Berth, signed with the key in db; returns the options of a machine that knows it."""
    plain(esp, *lines, **more)
    esp.put("EFI/BOOT/BOOTX64.EFI", link=keys.sign(BERTH, os.path.join(esp.path, "berth.efi")))
    esp.put("vmlinuz", link=keys.sign(KERNEL["file"], os.path.join(esp.path, "vmlinuz")))
    return "--secboot", "--vars", keys.store(os.path.join(esp.path, "vars.fd"))


def check_secured(guest, kernel="\\vmlinuz"):
    expect(f"verified {kernel}, all of it" in guest.text, "the log does not tell")
    check_locked(guest)


def check_locked(guest):
    expect(guest.param(0x1ec, 1) == 3, f"secure_boot is {guest.param(0x1ec, 1)}")
    expect(any("secureboot: Secure boot enabled" in line or "Secure boot enabled" in line for line in guest.all("dmesg")),
           "the kernel does not know that Secure Boot is on")
    expect(any("Kernel is locked down" in line for line in guest.all("dmesg")), "the kernel has not locked itself down")
    expect("[integrity]" in guest.one("lockdown"), f"it says that it is locked down as {guest.one('lockdown')}")


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
    expect(guest.counters() == (sum(sizes), 0), f"read and copied are {guest.counters()}, the files have {sizes}")


def byte_flipped(path, at):
    data = bytearray(read(path))
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
    esp.put("vmlinuz", read(os.path.join(esp.path, "vmlinuz"))[:-4096])
    refused(esp, options, "\\vmlinuz: firmware does not trust it: ")


@boots(sampled=True)
def secure_boot_refuses_what_is_revoked(esp):
    """Secure Boot: a signed kernel whose checksum is in dbx is refused"""
    options = secured(esp)
    revoked = keys.signature_list(keys.CERT_SHA256, authenticode(read(os.path.join(esp.path, "vmlinuz"))))
    keys.store(options[-1], {("dbx", keys.SECURITY): revoked})
    refused(esp, options, "\\vmlinuz: firmware does not trust it: access denied")


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


def by_shim(esp, suite):
    """
    Debian's shim, which loads Berth. Firmware knows neither Microsoft's key nor Debian's, so shim is signed with the tests'
    own as well; the kernel is as Debian signed it, which shim alone knows.
    """
    options = secured(esp, options=REPORT + " nokaslr berth.dmesg")
    esp.put("EFI/BOOT/grubx64.efi", link=os.path.join(esp.path, "berth.efi"))
    shim = os.path.join(lab.script("fetch", "shim", suite), "shimx64.efi")
    esp.put("EFI/BOOT/BOOTX64.EFI", link=keys.sign(shim, os.path.join(esp.path, "shim.efi")))
    esp.put("vmlinuz", link=KERNEL["file"])
    return options


@boots(sampled=True)
def secure_boot_by_shim_16(esp):
    """Secure Boot, Debian's shim 16 before Berth: Debian's kernel is verified by shim's key, by its own LoadImage, and locks itself down"""
    options = by_shim(esp, "trixie")
    data = os.urandom(43210)
    esp.put("extra.cpio", lab.data_archive("extra", data))
    esp.entry("debian", "title Debian", "linux /vmlinuz", "initrd /initrd.cpio", "initrd /extra.cpio",
              f"options {REPORT} nokaslr berth.dmesg")
    guest = boot(esp, *options)
    check_healthy(guest, REPORT + " nokaslr berth.dmesg")
    check_secured(guest)
    expect(guest.all("file") == [lab.described("extra", data)], f"/data is {guest.all('file')}")


@boots(sampled=True)
def secure_boot_by_shim_15(esp):
    """The same with shim 15.8, which is asked by its own protocol, and would halt the machine if it were not"""
    guest = boot(esp, *by_shim(esp, "bullseye"))
    check_healthy(guest, REPORT + " nokaslr berth.dmesg")
    check_secured(guest)


@boots(sampled=True)
def secure_boot_shim_refuses_one_byte(esp):
    """Shim 16 and shim 15.8 each refuse Debian's kernel with one other bit"""
    for suite in ("trixie", "bullseye"):
        options = by_shim(esp, suite)
        esp.put("vmlinuz", byte_flipped(KERNEL["file"], 3000000))
        refused(esp, options, "\\vmlinuz: firmware does not trust it: security violation")


@boots(sampled=True)
def secure_boot_in_strict_firmware(esp):
    """Secure Boot in the firmware that faults on writable code: verified, placed, and locked down as elsewhere"""
    options = secured(esp, options=REPORT + " nokaslr berth.dmesg")
    guest = boot(esp, "--strictnx", *options[1:])
    check_healthy(guest, REPORT + " nokaslr berth.dmesg")
    check_secured(guest)


def sign_by_snakeoil(esp, debians, *names):
    """Debian's EDK2 comes with variables for tests, and with the key for them, whose word to open it all the world knows."""
    own = os.path.join(esp.path, "snakeoil")
    keys.openssl("rsa", "-in", debians + ".key", "-passin", "pass:snakeoil", "-out", own + ".key")
    shutil.copyfile(debians + ".pem", own + ".crt")
    for name in names:
        esp.put(name, link=keys.sign(os.path.realpath(os.path.join(esp.tree, name)), os.path.join(own + "-signed", os.path.basename(name)), own))


def by_snakeoil(esp):
    sign_by_snakeoil(esp, "/usr/share/ovmf/PkKek-1-snakeoil", "EFI/BOOT/BOOTX64.EFI", "vmlinuz")
    return *OLDER_OVMF, "--secboot", "--vars", "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd"


@boots(sampled=True)
def secure_boot_with_debians_snakeoil_keys(esp):
    """Secure Boot, the variables that Debian's OVMF has for tests: signed by their key Berth and the kernel boot, and a kernel that the tests' own key has signed is refused before it"""
    data = os.urandom(54321)
    plain(esp, "sort-key z", "initrd \\extra.cpio", options=REPORT + " nokaslr berth.dmesg")
    esp.put("extra.cpio", lab.data_archive("extra", data))
    options = by_snakeoil(esp)
    esp.put("own", link=keys.sign(KERNEL["file"], os.path.join(esp.path, "own")))
    esp.entry("own", "title own", "sort-key a", "linux /own", "options x")
    esp.conf("timeout 1", "default own.conf")
    guest = boot(esp, *options, timeout=300)
    expect("\\own: firmware does not trust it: access denied" in guest.text, "the tests' own key was taken")
    check_healthy(guest, REPORT + " nokaslr berth.dmesg")
    check_secured(guest)
    expect(guest.all("file") == [lab.described("extra", data)], f"/data is {guest.all('file')}")


def signed_at(esp, name, path):
    esp.put(name, link=keys.sign(path, os.path.join(esp.path, "signed", os.path.basename(name))))


@boots(sampled=True, waits=True)
def secure_boot_starts_what_is_signed(esp):
    """Secure Boot: a signed driver is loaded, a signed program comes back to the menu, Debian's signed kernel boots by its stub, and a signed unified image by itself; both lock themselves down"""
    line = REPORT + " nokaslr berth.dmesg"
    options = secured(esp, "sort-key z", "handoff stub", options=line)
    signed_at(esp, "EFI/berth/drivers/ext4_x64.efi", os.path.join(lab.script("fetch", "drivers"), "ext4_x64.efi"))
    signed_at(esp, "tools/chain.efi", PROGRAM)
    esp.entry("a", "title A", "sort-key a", "efi /tools/chain.efi", "options word")
    keys.write(os.path.join(esp.path, "bare"), unified_image([
        (".osrel", b"ID=system\nPRETTY_NAME=System\n"), (".cmdline", (line + " unified").encode()), (".uname", b"6.1"),
        (".initrd", read(KERNEL["initrd"])), (".linux", read(KERNEL["file"]))]))
    signed_at(esp, "EFI/Linux/system.efi", os.path.join(esp.path, "bare"))
    esp.conf("timeout 60", "log debug")
    with Machine(esp, *options) as machine:
        machine.wait_for("driver \\EFI\\berth\\drivers\\ext4_x64.efi")
        machine.wait_for("> * A")
        machine.press("enter")
        machine.wait_for('chain: passed "word"')
        machine.wait_for("Enter boot")
        for title in ("System", "Debian"):
            machine.press("down")
            machine.wait_for(">   " + title)
        machine.press("enter")
        guest = Guest(machine.finish())
    expect("does not trust" not in guest.text, "something was refused")
    expect(guest.one("cmdline") == line, f"/proc/cmdline is {guest.one('cmdline')!r}")
    check_locked(guest)
    esp.conf("default system.efi")
    guest = boot(esp, *options)
    expect(guest.one("cmdline") == line + " unified", f"/proc/cmdline is {guest.one('cmdline')!r}")
    check_locked(guest)
