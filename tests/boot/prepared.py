# SPDX-License-Identifier: BSD-2-Clause
"""Kernels that `berth prepare` has made of Debian's: entered at once, with KASLR as their own decompressor would do it."""
import os
import struct
import subprocess

import lab
from boots import KERNEL, REPORT, boots
from direct import boot, check_entered_directly, check_linked, check_random, check_two_differ, debian
from faults import leave_nothing, try_bad_entries
from lab import GIB, MIB, Guest, Machine, expect
from newest import COUNTED

BERTH = os.path.join(lab.ROOT, "build/host/berth")


def prepared(esp, kernel, form="vmlinux"):
    """The bytes of what is made of the file @kernel; and that the command takes it for that."""
    out = os.path.join(esp.path, "prepared-" + form)
    subprocess.run([BERTH, "prepare", kernel, "-o", out, "--format", form], check=True, stdout=subprocess.PIPE)
    subprocess.run([BERTH, "inspect", "--against", kernel, out], check=True, stdout=subprocess.PIPE)
    with open(out, "rb") as file:
        return file.read()


@boots
def prepared_at_random(esp):
    """Debian 12, prepared: random physical and virtual addresses, as the log says; all of the file is read, once"""
    kernel = prepared(esp, KERNEL["file"])
    seen = []
    for _ in range(2):
        guest = boot(esp, kernel=kernel)
        check_entered_directly(guest, None)
        seen.append(check_random(guest))
        read, copied = guest.counters()
        whole = len(kernel) + os.path.getsize(KERNEL["initrd"])
        expect(whole - 16384 <= read <= whole + 1024 and copied == 0, f"read {read} copied {copied}, not {whole} and 0")
    check_two_differ(*seen)


@boots(sampled=True)
def prepared_as_linked(esp):
    """Debian 12, prepared, nokaslr: above 4 GiB, at the addresses that it was linked for"""
    guest = boot(esp, kernel=prepared(esp, KERNEL["file"]), options=REPORT + " nokaslr")
    check_entered_directly(guest, None)
    check_linked(guest)
    expect(guest.kernel_at() >= 4 * GIB, f"the kernel runs at {guest.kernel_at():#x}")


@boots(sampled=True)
def prepared_in_lz4_and_zstd(esp):
    """Debian 12, prepared and packed again by LZ4 and by zstd: random addresses, as the log says"""
    for form, name in (("lz4", "LZ4 (legacy)"), ("zstd", "zstd")):
        guest = boot(esp, kernel=prepared(esp, KERNEL["file"], form))
        check_entered_directly(guest, name)
        check_random(guest)


@boots(sampled=True)
def prepared_with_five_levels(esp):
    """Debian 12, prepared, from firmware in 5-level paging: entered so, as the header of its bzImage says that it may be"""
    esp.shape("la57")
    guest = boot(esp, kernel=prepared(esp, KERNEL["file"]), machine=("--cpu", "max,la57=on"))
    expect("shape: five-level paging is on" in guest.text, "the test could not turn it on")
    check_random(guest)


@boots(sampled=True)
def prepared_debian_13(esp):
    """Debian 13, prepared: random addresses, as the log says"""
    guest = boot(esp, kernel=prepared(esp, debian(13)["file"]), release=13)
    check_entered_directly(guest, None)
    check_random(guest)


def changed(esp, at, value):
    """The prepared kernel with the 4 bytes at @at, from its end, of the relocation table replaced."""
    data = bytearray(prepared(esp, KERNEL["file"]))
    struct.pack_into("<I", data, len(data) + at, value)
    return bytes(data)


def table_of_another(esp):
    """With the last of its relocations naming the field that the one before it names."""
    data = prepared(esp, KERNEL["file"])
    return data[:-4] + data[-8:-4]


def bad(esp):
    kernel = KERNEL["file"]
    return {
        # as boots.BAD
        "another-table": (["linux /table"], {"table": lambda: table_of_another(esp)},
                          [r"\table: its relocation table is not this kernel's", "rule E2"]),
        "no-field": (["linux /field"], {"field": lambda: changed(esp, -4, 0xfffff000)}, ["lies outside of the image", "rule E2"]),
        "cut": (["linux /cut"], {"cut": lambda: prepared(esp, kernel)[:-4096]}, [r"\cut: it was prepared with", "copy the file again"]),
        "cut-lz4": (["linux /cut.lz4"], {"cut.lz4": lambda: prepared(esp, kernel, "lz4")[:-4096]}, [r"\cut.lz4 is broken: LZ4"]),
    }


@boots(sampled=True)
def prepared_bad_kernels_then_a_good_one(esp):
    """Prepared kernels that were cut, or with another table: each tells its reason; then a good entry boots"""
    try_bad_entries(esp, bad(esp), "6G")


@boots(sampled=True)
def prepared_bad_kernels_leave_nothing(esp):
    """After each of them no page and no open file of the loader's own is left"""
    leave_nothing(esp, bad(esp))


def flat(esp, arch, console, suite="trixie", cpu=None, form="vmlinux"):
    files = lab.Debian(cpu, suite)
    esp.use(arch)
    esp.put("kernel", prepared(esp, files.kernel, form))
    esp.put("initrd.cpio", link=files.initrd)
    options = f"console={console} quiet berth.guest=report panic=-1"
    esp.entry("debian", "title Debian", "linux /kernel", "initrd /initrd.cpio", f"options {options}")
    with open(os.path.join(files.folder, "release"), encoding="utf-8") as file:
        release = file.read().strip()
    with Machine(esp, timeout=600, **({} if arch == "riscv64" else {"memory": "6G"})) as machine:
        guest = Guest(machine.finish())
    expect(guest.one("release") == release, f"{guest.one('release')} runs, not {release}")
    placed = guest.placed("kernel")[0]
    expect(placed <= guest.kernel_at() < placed + 2 * MIB, f"it runs at {guest.kernel_at():#x}, placed at {placed:#x}")


@boots(sampled=True)
def prepared_arm64(esp):
    """arm64, Debian 13's kernel prepared: the Image with its record behind it runs where it was placed"""
    flat(esp, "aarch64", "ttyAMA0", cpu="arm64")


@boots(sampled=True)
def prepared_arm64_in_lz4(esp):
    """arm64, the same packed by LZ4"""
    flat(esp, "aarch64", "ttyAMA0", cpu="arm64", form="lz4")


@boots(sampled=True)
def prepared_riscv64(esp):
    """RISC-V, Debian 13's kernel prepared: it runs where it was placed"""
    flat(esp, "riscv64", "ttyS0", cpu="riscv64")


@boots(sampled=True)
def prepared_newest(esp):
    """x86-64, Debian's newest kernel prepared: it comes up, at random addresses, not packed and in LZ4"""
    files = lab.Debian("amd64", "sid")
    for form in ("vmlinux", "lz4"):
        esp.put("kernel", prepared(esp, files.kernel, form))
        esp.put("initrd.cpio", link=files.initrd)
        esp.entry("debian", "title Debian", "linux /kernel", "initrd /initrd.cpio", f"options {REPORT}")
        esp.conf("log debug")
        with Machine(esp, "--icount", **COUNTED) as machine:
            guest = Guest(machine.finish())
        with open(os.path.join(files.folder, "release"), encoding="utf-8") as file:
            expect(guest.one("release") == file.read().strip(), f"{guest.one('release')} runs")
        check_random(guest)
