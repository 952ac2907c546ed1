#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What Berth refuses with Secure Boot on, and what it says then: a table, of which each row is tried in real firmware. Many are
tried in one start: an entry that is refused is followed by the next, and behind the last one Debian boots, which shows that
nothing was left behind. Printed by itself (`tests/boot/refusals.py`) the table is docs/refusals.md.
"""
import gzip
import os
import shutil
import struct
import subprocess
from typing import NamedTuple

import arm64
import keys
import lab
import pvh
import riscv64
import shell
import sums
import trees
from boots import KERNEL, REPORT, boots, check_healthy
from chain import PROGRAM, unified_image
from direct import vmlinux
from lab import Guest, Machine, expect
from signed import BERTH, authenticode, byte_flipped, by_shim, check_secured, read, secured
from tpm import Tpm

LINE = REPORT + " nokaslr"
UNTRUSTED = "firmware does not trust it: access denied"
SHIMS = "firmware does not trust it: security violation"
NO_SIGNATURE = "it cannot be signed, and Secure Boot is on"


class Row(NamedTuple):
    """@said: {} stands for the path of its file. @file: makes it of a folder, to work in. @lines: of the entry."""
    what: str
    said: str
    file: object = None
    lines: tuple = ("linux {}",)


# ---- files ----

def pe_at(data):
    return struct.unpack_from("<I", data, 0x3c)[0]


def signatures_at(data):
    """Where in the headers the directory of signatures is. Source: Microsoft PE Format, "Optional Header"."""
    optional = pe_at(data) + 24
    return optional + (112 if struct.unpack_from("<H", data, optional)[0] == 0x20b else 96) + 32


def stripped(path):
    """Without any signature."""
    data = bytearray(read(path))
    at = signatures_at(data)
    start = struct.unpack_from("<I", data, at)[0]
    struct.pack_into("<II", data, at, 0, 0)
    return bytes(data[:start] if start else data)


def signed(folder, data, by="db"):
    """These bytes with a signature behind them."""
    bare = os.path.join(folder, "bare")
    keys.write(bare, data)
    return read(keys.sign(bare, os.path.join(folder, "made"), by))


def kernel(folder, by="db"):
    return signed(folder, stripped(KERNEL["file"]), by)


def flipped(folder, where):
    """A signed kernel with one other bit; @where: of its bytes."""
    data = bytearray(kernel(folder))
    data[where(data)] ^= 1
    return bytes(data)


def with_number(data, at, width, value):
    return data[:at] + value.to_bytes(width, "little") + data[at + width:]


def packed_by(*words):
    return lambda folder: subprocess.run([*words, "-c", "-q"], input=vmlinux(), stdout=subprocess.PIPE, check=True).stdout


def by_pvh(folder):
    """A kernel other than Linux, which is entered by its PVH note."""
    path = os.path.join(folder, "kernel.elf")
    pvh.make_pvh.make(pvh.FLAT, path)
    return read(path)


def table_of(data):
    return pe_at(data) + 24 + struct.unpack_from("<H", data, pe_at(data) + 20)[0]


def unmarked(data):
    """Without NX_COMPAT. Source: Microsoft PE Format, "DLL Characteristics"."""
    at = pe_at(data) + 24 + 70
    return with_number(data, at, 2, struct.unpack_from("<H", data, at)[0] & ~0x100)


def with_writable_code(data):
    """The section .text can be written to as well. Source: Microsoft PE Format, "Section Flags"."""
    at = data.index(b".text\0\0\0", table_of(data)) + 36
    return with_number(data, at, 4, struct.unpack_from("<I", data, at)[0] | 0x80000000)


def older_sbat(folder):
    """Signed, and of a generation that shim's own list has revoked: GRUB's first. Berth's section .sbat is where that stands."""
    data = read(os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI"))
    old = b"berth,1,The Berth developers,berth,"
    expect(data.count(old) == 1, "Berth's own line of SBAT is another")
    new = b"grub,1,Free Software Foundation,gr,"
    expect(len(new) == len(old), "the lines have two lengths")
    return signed(folder, data.replace(old, new))


# ---- the table ----

FIRMWARE = {
    "head": Row("one bit of the first 64 bytes", "{}: " + UNTRUSTED, lambda folder: flipped(folder, lambda data: 0x20)),
    "pe-head": Row("one bit of the PE header: its time", "{}: " + UNTRUSTED, lambda folder: flipped(folder, lambda data: pe_at(data) + 8)),
    "sections": Row("one bit of the section table: a name", "{}: " + UNTRUSTED, lambda folder: flipped(folder, table_of)),
    "setup": Row("one bit of a bzImage's setup code", "{}: " + UNTRUSTED, lambda folder: flipped(folder, lambda data: 0x2000)),
    "payload": Row("one bit of the packed kernel", "{}: " + UNTRUSTED, lambda folder: flipped(folder, lambda data: 3000000)),
    "last": Row("one bit of the last byte before the signature", "{}: " + UNTRUSTED,
                lambda folder: flipped(folder, lambda data: struct.unpack_from("<I", data, signatures_at(data))[0] - 1)),
    "signature": Row("one bit of the signature", "{}: " + UNTRUSTED, lambda folder: flipped(folder, lambda data: len(data) - 100)),
    "unsigned": Row("no signature", "{}: " + UNTRUSTED, lambda folder: stripped(KERNEL["file"])),
    "debians": Row("Debian's signature alone, whose key firmware does not know", "{}: " + UNTRUSTED, lambda folder: read(KERNEL["file"])),
    "foreign": Row("signed by somebody whom nobody knows", "{}: " + UNTRUSTED, lambda folder: kernel(folder, "KEK")),
    "revoked": Row("signed, and its checksum is in dbx", "{}: " + UNTRUSTED, lambda folder: revoked(folder)),
    "revoked-key": Row("signed by a key in db that is in dbx as well", "{}: " + UNTRUSTED, lambda folder: kernel(folder, "foreign")),
    "cut": Row("signed, without its last 4 KiB", "{}: firmware does not trust it: ", lambda folder: kernel(folder)[:-4096]),
    "half": Row("signed, the first half of it", "{}: firmware does not trust it: ", lambda folder: kernel(folder)[:4000000]),
    "longer": Row("signed, with 4 KiB more behind it", "{}: firmware does not trust it: ", lambda folder: kernel(folder) + bytes(4096)),
    "elf": Row("a vmlinux", "{} is an ELF file: " + NO_SIGNATURE, lambda folder: vmlinux()),
    "pvh": Row("an ELF kernel that is entered by PVH", "{} is an ELF file: " + NO_SIGNATURE, by_pvh),
    "pvh-gzip": Row("the same in gzip", "{} is compressed as a whole: " + NO_SIGNATURE, lambda folder: gzip.compress(by_pvh(folder), 1)),
    "gzip": Row("a vmlinux in gzip", "{} is compressed as a whole: " + NO_SIGNATURE, lambda folder: gzip.compress(vmlinux(), 1)),
    "lz4": Row("a vmlinux in LZ4", "{} is compressed as a whole: " + NO_SIGNATURE, packed_by("lz4", "-1")),
    "zstd": Row("a vmlinux in zstd", "{} is compressed as a whole: " + NO_SIGNATURE, packed_by("zstd", "-1")),
    "xz": Row("a vmlinux in xz", "{} is compressed as a whole: " + NO_SIGNATURE, packed_by("xz", "-0")),
    "no-stub": Row("a bzImage without EFI stub", "{} has no EFI stub: " + NO_SIGNATURE,
                   lambda folder: with_number(read(KERNEL["file"]), 0, 2, 0)),
    "image": Row("an arm64 Image without EFI stub", "{} has no EFI stub: " + NO_SIGNATURE,
                 lambda folder: with_number(bytes(65536), 0x38, 4, 0x644d5241)),
    "text": Row("a text", "{} has no EFI stub: " + NO_SIGNATURE, lambda folder: b"no kernel\n" * 500),
    "empty": Row("an empty file", "{}: the file is empty", lambda folder: b""),
    "missing": Row("a file that is not there", "{}: no such file"),
    "no-kernel": Row("signed, and a program that is no kernel", "{}: not a kernel that Berth knows",
                     lambda folder: signed(folder, read(PROGRAM))),
    "other-cpu": Row("signed, and a program for arm64", "{}: firmware does not take it for a program for this CPU: unsupported",
                     lambda folder: signed(folder, with_number(read(PROGRAM), pe_at(read(PROGRAM)) + 4, 2, 0xaa64))),
    "unpacked": Row("`decompress loader`, and one bit of the packed kernel", "{}: " + UNTRUSTED,
                    lambda folder: flipped(folder, lambda data: 3000000), ("linux {}", "decompress loader")),
    "stub": Row("`handoff stub`, and one bit of the packed kernel", "{}: " + UNTRUSTED,
                lambda folder: flipped(folder, lambda data: 3000000), ("linux {}", "handoff stub")),
    "stub-unsigned": Row("`handoff stub` of a kernel without a signature", "{}: " + UNTRUSTED, lambda folder: stripped(KERNEL["file"]),
                         ("linux {}", "handoff stub")),
    "program": Row("`efi` with a program without a signature", "{}: " + UNTRUSTED, lambda folder: read(PROGRAM), ("efi {}",)),
    "program-bit": Row("`efi` with one bit of a signed program", "{}: " + UNTRUSTED, lambda folder: program_flipped(folder), ("efi {}",)),
    "image-bit": Row("`uki` with one bit of a signed program", "{}: " + UNTRUSTED, lambda folder: program_flipped(folder), ("uki {}",)),
    "i386": Row("signed, and a kernel for i386", "{} is a kernel for i386: firmware for x86-64 starts none, and Secure Boot is on",
                lambda folder: signed(folder, stripped(os.path.join(lab.script("fetch", "i386"), "vmlinuz")))),
    "no-initrd": Row("a signed kernel whose initrd is not there", "\\nowhere.img: no such file", kernel, ("linux {}", "initrd /nowhere.img")),
}

SHIM = {
    "bit": Row("one bit of Debian's kernel", "{}: " + SHIMS, lambda folder: byte_flipped(KERNEL["file"], 3000000)),
    "unsigned": Row("no signature", "{}: " + SHIMS, lambda folder: stripped(KERNEL["file"])),
    "foreign": Row("signed by somebody whom nobody knows", "{}: " + SHIMS, lambda folder: kernel(folder, "foreign")),
    "cut": Row("Debian's kernel without its last 4 KiB", "{}: firmware cannot load it: invalid parameter", lambda folder: read(KERNEL["file"])[:-4096]),
    "sbat": Row("signed, of a generation that SBAT has revoked", "{}: " + SHIMS, older_sbat),
    "elf": Row("a vmlinux", "{} is an ELF file: " + NO_SIGNATURE, lambda folder: vmlinux()),
}

# Behind a shim that its variable MokPolicy tells to start nothing that wants memory to be written to and run.
NX = {
    "unmarked": Row("a signed kernel that is not marked NX_COMPAT", "{}: is not marked NX_COMPAT, and shim does not load it: unsupported",
                    lambda folder: signed(folder, unmarked(stripped(KERNEL["file"])))),
    "stub": Row("`handoff stub` of it", "{}: is not marked NX_COMPAT, and shim does not load it: unsupported",
                lambda folder: signed(folder, unmarked(stripped(KERNEL["file"]))), ("linux {}", "handoff stub")),
    "code": Row("a signed kernel whose code can be written to",
                "{}: has a section that can be written to and run, and shim does not load it: unsupported",
                lambda folder: signed(folder, with_writable_code(stripped(KERNEL["file"])))),
}
NX_BY_SHIM_15 = ("unmarked",)  # it is asked about no program, and looks at no section of what it does not load
NO_NX = "Policy requires NX, but image does not support NX"

EDITED = "unless Secure Boot is known to be off, system.efi keeps the command line"
DRIVER = "\\EFI\\berth\\drivers\\evil_x64.efi: " + UNTRUSTED


TREES = "conf: unless Secure Boot is known to be off no device tree of a file is given to what is started: nobody has signed it"
ARM64 = {
    "tree": Row("`devicetree`", "row-tree." + TREES, lambda folder: trees.BASE, ("linux /vmlinuz", "devicetree {}")),
    "overlay": Row("`devicetree-overlay`", "row-overlay." + TREES, lambda folder: trees.WHOLE, ("linux /vmlinuz", "devicetree-overlay {}")),
    "bit": Row("one bit of a signed Image", "{}: " + UNTRUSTED, lambda folder: byte_flipped(os.path.join(folder, "signed/vmlinuz"), 3000000)),
    "gzip": Row("a signed Image in gzip", "{} is compressed as a whole: " + NO_SIGNATURE,
                lambda folder: gzip.compress(read(os.path.join(folder, "signed/vmlinuz")), 1)),
    "zboot": Row("an EFI zboot file without EFI stub", "{} has no EFI stub: " + NO_SIGNATURE,
                 lambda folder: arm64.zboot(read(os.path.join(folder, "signed/vmlinuz")))),
    "x86": Row("a signed kernel for x86-64", "{}: firmware does not take it for a program for this CPU: unsupported", kernel),
}

RISCV = {
    "bit": Row("one bit of an Image that is trusted", "{}: " + UNTRUSTED, lambda folder: byte_flipped(lab.Debian("riscv64").kernel, 3000000)),
    "cut": Row("an Image that is trusted, without its last 4 KiB", "{}: " + UNTRUSTED, lambda folder: read(lab.Debian("riscv64").kernel)[:-4096]),
    "program": Row("`efi` with a program that is not trusted", "{}: " + UNTRUSTED,
                   lambda folder: read(riscv64.KEEPER), ("efi {}",)),
    "gzip": Row("an Image that is trusted, in gzip", "{} is compressed as a whole: " + NO_SIGNATURE,
                lambda folder: gzip.compress(read(lab.Debian("riscv64").kernel), 1)),
    "no-stub": Row("an Image without EFI stub", "{} has no EFI stub: " + NO_SIGNATURE,
                   lambda folder: with_number(read(lab.Debian("riscv64").kernel), 0, 2, 0)),
    "zboot": Row("an EFI zboot file without EFI stub", "{} has no EFI stub: " + NO_SIGNATURE,
                 lambda folder: arm64.zboot(read(lab.Debian("riscv64").kernel))),
    "elf": Row("an ELF file", "{} is an ELF file: " + NO_SIGNATURE, lambda folder: b"\x7fELF" + bytes(65536)),
    "tree": Row("`devicetree`", "row-tree." + TREES, lambda folder: trees.BASE, ("linux /vmlinuz", "devicetree {}")),
    "overlay": Row("`devicetree-overlay`", "row-overlay." + TREES, lambda folder: trees.WHOLE, ("linux /vmlinuz", "devicetree-overlay {}")),
    "x86": Row("a kernel for x86-64 that is trusted", "{}: firmware does not take it for a program for this CPU: unsupported",
               lambda folder: read(KERNEL["file"])),
}

# What is said of a TPM that is no help, with which a boot goes on.
TPMS = {
    "fails": Row("a TPM that fails", "TPM: the command line is not measured into register 12: device error"),
    "half": Row("a TPM that answers success, and does nothing", ""),
    "slow": Row("a TPM that takes a second for each event", ""),
    "absent": Row("a TPM that says that it is not there", ""),
}

# Firmware that misbehaves: the words for shape.efi (tests/shape/main.c), and what becomes of a signed kernel.
SHAPED = {
    "exchange 0 \\vmlinuz": Row("a file system driver that gives other bytes from the first read on", "\\vmlinuz: " + UNTRUSTED),
    "exchange 1 \\vmlinuz": Row("a file system driver that gives other bytes at the second read", "\\vmlinuz: " + UNTRUSTED),
    "images none": Row("a LoadImage that answers success and gives no image",
                       "\\vmlinuz: firmware does not take it for a program for this CPU: unsupported"),
}


def revoked(folder):
    return signed(folder, with_number(stripped(KERNEL["file"]), 0x21, 1, 0x77))


def program_flipped(folder):
    data = bytearray(signed(folder, read(PROGRAM)))
    data[0x420] ^= 1
    return bytes(data)


# ---- boots ----

def put_rows(esp, rows):
    """An entry for each, in their order, before that of Debian."""
    for n, (name, row) in enumerate(rows.items()):
        if row.file is not None:
            esp.put(f"files/{name}", row.file(esp.path))
        esp.entry(f"row-{name}", f"title {name}", f"sort-key a{n:03}", *(line.format(f"/files/{name}") for line in row.lines), "options x")
    esp.conf("timeout 1", f"default row-{next(iter(rows))}.conf")


def said(row, name):
    return row.said.format(f"\\files\\{name}")


def try_rows(esp, rows, options):
    with Machine(esp, *options, memory="2G", timeout=600) as machine:
        guest = Guest(machine.finish())
    for name, row in rows.items():
        at = guest.text.find(f"berth: row-{name}.conf does not boot\n")
        expect(at >= 0, f"{name}: the console does not say that it does not boot")
        reason = guest.text[at:].split("press any key", 1)[0].replace("\n", "")  # a console of 80 columns breaks lines in words
        expect(said(row, name) in reason, f"{name}: not {said(row, name)!r} but {reason!r}")
    expect(guest.text.count("guest: release ") == 1, "another kernel was started")
    return guest


def stores(esp):
    """Firmware's keys: `foreign` is in db and in dbx, and the checksum of one kernel is in dbx."""
    folder = keys.folder()
    dbx = keys.signature_list(keys.CERT_SHA256, authenticode(revoked(esp.path))) + keys.contents(folder, "foreign")
    return {("db", keys.SECURITY): keys.contents(folder, "db") + keys.contents(folder, "foreign"), ("dbx", keys.SECURITY): dbx}


@boots(sampled=True, waits=True)
def refusals_by_firmware(esp):
    """Secure Boot with keys of the tests' own: each row of the table is refused in one start, each with its reason, and then Debian boots"""
    options = secured(esp, "sort-key z", options=LINE)
    keys.store(options[-1], stores(esp))
    put_rows(esp, FIRMWARE)
    esp.put("EFI/berth/drivers/evil_x64.efi", read(PROGRAM))
    guest = try_rows(esp, FIRMWARE, options)
    expect(guest.text.count(DRIVER) == 1, "the driver was not refused")
    check_healthy(guest, LINE)


@boots(sampled=True, waits=True)
def refusals_by_shim(esp):
    """The same behind Debian's shims: shim 16 by its own LoadImage, and shim 15.8 by its protocol"""
    for suite in ("trixie", "bullseye"):
        options = by_shim(esp, suite)
        put_rows(esp, SHIM)
        try_rows(esp, SHIM, options)


@boots(sampled=True, waits=True)
def refusals_by_shim_that_demands_nx(esp):
    """Debian's shims, told by MokPolicy to demand NX: they start Berth; kernels that break it are refused, each with its reason, and then Debian's boots; a Berth without the mark they do not start; and without the demand the kernel without the mark boots"""
    policy = ("MokPolicy", shell.SHIM)
    for suite in ("trixie", "bullseye"):
        options = by_shim(esp, suite)
        keys.store(options[-1], {policy: b"\1"}, attributes={policy: 3})  # non-volatile, and no running system's: mok.c
        esp.entry("debian", "title Debian", "sort-key z", "linux /vmlinuz", "initrd /initrd.cpio", f"options {LINE} berth.dmesg")
        rows = {name: row for name, row in NX.items() if suite == "trixie" or name in NX_BY_SHIM_15}
        put_rows(esp, rows)
        check_secured(try_rows(esp, rows, options))
        berth = os.path.realpath(os.path.join(esp.tree, "EFI/BOOT/grubx64.efi"))
        esp.put("EFI/BOOT/grubx64.efi", signed(esp.path, unmarked(read(BERTH))))
        with Machine(esp, *options, memory="2G") as machine:
            machine.wait_for(NO_NX)
            machine.wait_for("Failed to load image")
            expect("berth:" not in machine.text(), "Berth was started")
        esp.put("EFI/BOOT/grubx64.efi", link=berth)
        for name in rows:
            os.unlink(os.path.join(esp.tree, f"loader/entries/row-{name}.conf"))
        keys.store(options[-1])
        esp.put("vmlinuz", NX["unmarked"].file(esp.path))
        esp.conf()
        with Machine(esp, *options, memory="2G") as machine:
            check_secured(Guest(machine.finish()))


@boots(sampled=True)
def refusals_end_where_shim_is_told_not_to_check(esp):
    """Debian's shim 16 with MokSBState 1, as its user has set it there: a kernel that nobody has signed boots, and Linux is told that Secure Boot is off; set by a running system it counts for nothing"""
    state = ("MokSBState", shell.SHIM)
    for attributes in (3, 7):
        options = by_shim(esp, "trixie")
        keys.store(options[-1], {state: b"\1"}, attributes={state: attributes})
        esp.put("vmlinuz", stripped(KERNEL["file"]))
        with Machine(esp, *options, memory="2G") as machine:
            if attributes == 7:
                machine.wait_for("\\vmlinuz: firmware does not trust it: ")
                machine.wait_for("press any key")
                continue
            guest = Guest(machine.finish())
        check_healthy(guest, LINE + " berth.dmesg")
        expect(guest.param(0x1ec, 1) == 2, f"secure_boot is {guest.param(0x1ec, 1)}")
        expect("[none]" in guest.one("lockdown"), f"it is locked down as {guest.one('lockdown')}")


@boots(sampled=True, waits=True)
def refusals_on_arm64(esp):
    """The same in AAVMF: device trees and overlays of an entry, kernels that are changed, packed or another CPU's; then Debian boots"""
    options = arm64.secured(esp)
    put_rows(esp, ARM64)
    try_rows(esp, ARM64, options)


@boots(sampled=True, waits=True)
def refusals_on_riscv64(esp):
    """The same in EDK2 for RISC-V, in which tests/keeper verifies: each row is refused, then Debian boots from the bytes that were verified"""
    line = "console=ttyS0 quiet berth.guest=report berth.dmesg panic=-1"
    options = riscv64.secured(esp, "sort-key z", options=line)
    esp.put("trusted/1", link=KERNEL["file"])
    put_rows(esp, RISCV)
    guest = try_rows(esp, RISCV, options)
    expect(guest.one("cmdline") == line, f"/proc/cmdline is {guest.one('cmdline')!r}")
    expect(guest.all("file") == [esp.told], f"of the second initrd came {guest.all('file')}, not {esp.told}")
    expect("verified \\vmlinuz, all of it" in guest.text, "the log does not tell")
    expect(any("secureboot: Secure boot enabled" in said for said in guest.all("dmesg")), "the kernel does not know that Secure Boot is on")
    expect(any("Kernel is locked down" in said for said in guest.all("dmesg")), "the kernel has not locked itself down")


def shaped(esp, wish):
    """Shape.efi, signed, before Berth; returns the options of the machine."""
    options = secured(esp, options=LINE + " berth.dmesg")
    esp.shape(wish)
    for name in ("EFI/BOOT/BOOTX64.EFI", "berth.efi"):
        esp.put(name, link=keys.sign(os.path.join(esp.tree, name), os.path.join(esp.path, "shaped", os.path.basename(name))))
    return options


@boots(sampled=True)
def refusals_of_what_is_exchanged_while_it_is_read(esp):
    """A driver that gives other bytes at the first or the second read, and a LoadImage that gives no image: refused; when all was read, other bytes change nothing: the kernel is the one that was verified"""
    for wish, row in SHAPED.items():
        with Machine(esp, *shaped(esp, wish), memory="2G") as machine:
            machine.wait_for(row.said)
            machine.wait_for("press any key")
            expect("Linux version" not in machine.text() and "guest: " not in machine.text(), f"{wish}: it was started all the same")
    with Machine(esp, *shaped(esp, "exchange 2 \\vmlinuz"), memory="2G") as machine:
        guest = Guest(machine.finish())
    check_healthy(guest, LINE + " berth.dmesg")
    check_secured(guest)


@boots(sampled=True)
def refusals_are_none_of_a_disk_that_reads_wrongly(esp):
    """Secure Boot, and a disk driver that gives other bytes above 4 GiB: noticed at the first piece, and what is read through a buffer below verifies and boots [C7]"""
    with Machine(esp, *shaped(esp, "high-reads wrong"), memory="6G") as machine:
        guest = Guest(machine.finish())
    check_healthy(guest, LINE + " berth.dmesg")
    check_secured(guest)
    expect("[C7]" in guest.text, "the log does not tell of the disk")
    kernel, initrd = (os.path.getsize(os.path.join(esp.tree, name)) for name in ("vmlinuz", "initrd.cpio"))
    expect(guest.counters() == (kernel + initrd, kernel + initrd - 1024), f"read and copied are {guest.counters()}, of {kernel} and {initrd}")


@boots(sampled=True)
def refusals_are_none_of_a_tpm(esp):
    """Secure Boot, and a TPM that fails, does nothing, is slow, or says that it is not there: verified, and started all the same"""
    for word, row in TPMS.items():
        options = shaped(esp, "tpm " + word)
        with Tpm(esp.path) as tpm, Machine(esp, *options, memory="2G", more=tpm.options) as machine:
            guest = Guest(machine.finish())
        shutil.rmtree(tpm.state)
        check_healthy(guest, LINE + " berth.dmesg")
        check_secured(guest)
        expect(row.said in guest.text, f"{word}: not {row.said!r}")
        measured = any(words.split()[0] == "12" and int(words.split()[1], 16) != 0 for words in guest.all("pcr"))
        expect(measured == (word == "slow"), f"{word}: register 12 {'has' if measured else 'has not'} been measured into")


@boots(sampled=True, waits=True)
def refusals_to_edit_an_images_line(esp):
    """Secure Boot: the command line in a signed unified kernel image is not edited in the menu, and the reason is said"""
    options = secured(esp, options=LINE)
    image = unified_image([(".osrel", b"ID=system\nPRETTY_NAME=System\n"), (".cmdline", b"quiet"), (".linux", read(KERNEL["file"]))])
    esp.put("EFI/Linux/system.efi", signed(esp.path, image))
    esp.conf("timeout menu-force", "default system.efi", "auto-firmware no")
    with Machine(esp, *options, memory="2G") as machine:
        machine.wait_for("Enter boot")
        machine.press("e")
        machine.wait_for(EDITED)


# ---- docs/refusals.md ----

def print_rows(title, rows):
    print(f"\n## {title}\n\n| what | what is said |\n|---|---|")
    for what, words in rows.values():
        mark = "``" if "`" in words else "`"
        print(f"| {what} | {mark}{words.rstrip(' :')}{mark} |")


def main():
    print("# What is refused with Secure Boot on\n\n"
          "Each row is tried in real firmware; the words stand on the console, behind `berth:`, and the next entry boots. Made by\n"
          "`tests/boot/refusals.py`, whose table this is; `scripts/check` compares. What simulated firmware does wrong besides, at\n"
          "every call, is in `tests/sim/test_verify.c`, `tests/sim/test_bound.c`, `tests/uefi/test_verify.c`, `test_sums.c` and\n"
          "`test_measure.c`: success without an image, a file that is exchanged between two reads, a TPM that fails.")
    shown = {name: (row.what, said(row, name).replace(f"\\files\\{name}", "FILE")) for name, row in FIRMWARE.items()}
    shown["driver"] = ("a driver without a signature", DRIVER.replace("\\EFI\\berth\\drivers\\evil_x64.efi", "FILE"))
    shown["edited"] = ("editing the command line in a signed unified kernel image", EDITED)
    print_rows("By firmware with keys of its own", shown)
    print_rows("Behind Debian's shim 16.1, and 15.8", {name: (row.what, said(row, name).replace(f"\\files\\{name}", "FILE"))
                                                   for name, row in SHIM.items()})
    print_rows("By shim, told by SBAT of a later generation", {
        "berth": ("Berth of generation 1, where shim demands 2: said by shim", shell.REVOKED["berth"][1]),
        "sums": ("a berth.sums of generation 1, where shim demands 2", shell.REVOKED["sums"][1])})
    print_rows("By shim, told by MokPolicy to demand NX", {
        **{name: (row.what, said(row, name).replace(f"\\files\\{name}", "FILE")) for name, row in NX.items()},
        "berth": ("Berth without the mark NX_COMPAT: said by shim", NO_NX)})
    print_rows("On arm64", {name: (row.what, said(row, name).replace(f"\\files\\{name}", "FILE")) for name, row in ARM64.items()})
    print_rows("On riscv64", {name: (row.what, said(row, name).replace(f"\\files\\{name}", "FILE")) for name, row in RISCV.items()})
    print("\nNo firmware of Debian's for riscv64 verifies. These are tried in EDK2 2025.02 whose variables say that Secure Boot is on,\n"
          "with an application of the tests where EDK2 has its verification (`tests/keeper/main.c`): a file is trusted when it is,\n"
          "byte for byte, one that it was given.")
    print_rows("In firmware that misbehaves", {name: (row.what, row.said.replace("\\vmlinuz", "FILE")) for name, row in SHAPED.items()})
    print_rows("Not refused: the kernel is verified and started", {name: (row.what, row.said or "nothing") for name, row in TPMS.items()})
    print_rows("With `berth.sums`", {name: (row.what, row.said) for name, row in sums.REFUSED.items()})


if __name__ == "__main__":
    main()
