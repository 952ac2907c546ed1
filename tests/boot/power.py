# SPDX-License-Identifier: BSD-2-Clause
"""Power that fails while the loader writes: each write to the disk is recorded, and the disk is looked at as it was before
each of them. That is every disk that a power cut could leave, where a write of one sector is whole or not there.

A boot writes three things: a try into an entry's name, the random seed, and the log.
"""
import os
import re
import struct
import subprocess

import lab
from boots import KERNEL, REPORT, boot, boots, check_healthy
from lab import Guest, Machine, expect

SECTOR = 512
BOOTED = 10  # states, and the one without the counted entry
MTOOLS = {**os.environ, "MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C"}


def recorded(esp, image):
    """Boots it, and returns the writes that it made, in their order: (byte, data)."""
    log, empty = os.path.join(esp.path, "writes.log"), os.path.join(esp.path, "empty.img")
    for path, size in ((log, 64 * lab.MIB), (empty, lab.MIB)):
        with open(path, "wb") as file:
            file.truncate(size)
    disk = ("-blockdev", f"driver=file,node-name=image,filename={image}", "-blockdev", f"driver=file,node-name=log,filename={log}",
            "-blockdev", "driver=blklogwrites,node-name=logged,file.driver=raw,file.file=image,log.driver=raw,log.file=log",
            "-device", "virtio-blk-pci,drive=logged")
    with Machine(esp, image=empty, more=disk) as machine:
        guest = Guest(machine.finish())
    os.unlink(empty)
    return guest, list(writes_in(log))


def writes_in(path):
    """Source: Linux, Documentation/admin-guide/device-mapper/log-writes.rst, and drivers/md/dm-log-writes.c."""
    with open(path, "rb") as file:
        magic, _, count, unit = struct.unpack("<QQQI", file.read(28))
        expect(magic == 0x6a736677736872, "QEMU has not written its log of writes")
        at = unit
        for _ in range(count):
            file.seek(at)
            sector, sectors, flags, _ = struct.unpack("<QQQQ", file.read(32))
            file.seek(at + unit)
            expect(flags & 4 == 0, "the loader discards sectors")
            if sectors:
                yield sector * unit, file.read(sectors * unit)
            at += unit + sectors * unit


def single(writes):
    """Sector by sector: of a write of several the first ones may be there."""
    return [(at + part, data[part:part + SECTOR]) for at, data in writes for part in range(0, len(data), SECTOR)]


def files_of(esp, image):
    """{path in small letters: bytes} of all that can be read."""
    out = os.path.join(esp.path, "read")
    subprocess.run(["rm", "-rf", out], check=True)
    os.mkdir(out)
    subprocess.run(["mcopy", "-s", "-n", "-Q", "-i", image, "::/", out], env=MTOOLS, check=False, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                found[os.path.relpath(os.path.join(folder, name), out).lower()] = file.read()
    return found


# With one more try the long name takes one more slot of its folder (FAT has 13 characters in each), which is not free where
# it stands: it moves to the folder's end, and so to another sector.
COUNTED = ("loader/entries/early1+3.conf", "loader/entries/early1+2-1.conf")
SEED, LOG = "loader/random-seed", "loader/berth.log"


# What fsck.fat(8) may find: clusters that no file has yet, or no more, and the two FATs, of which the first counts.
HARMLESS = re.compile(r"fsck\.fat |FATs differ but appear to be intact|  Using first FAT|Reclaimed \d+ unused clusters? |"
                      r"Free cluster summary wrong |  Auto-correcting|Leaving filesystem unchanged|\S+: \d+ files, |$")


def look_at(esp, image, before):
    """(what is wrong with a disk, in words; the names that the counted entry has; all files)"""
    now, wrong = files_of(esp, image), []
    for name, data in before.items():
        if name not in (*COUNTED, SEED, LOG) and now.get(name) != data:
            wrong.append(f"{name} is {'another' if name in now else 'gone'}")
    names = [name for name in now if name.startswith("loader/entries/early")]
    if len(names) > 1 or any(name not in COUNTED or now[name] != before[COUNTED[0]] for name in names):
        wrong.append(f"the counted entry is {names}")
    if len(now.get(SEED, b"")) != len(before[SEED]):
        wrong.append(f"the random seed has {len(now.get(SEED, b''))} bytes")
    checked = subprocess.run(["/sbin/fsck.fat", "-n", image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    wrong += [line for line in checked.stdout.splitlines() if not HARMLESS.match(line)]
    return wrong, names, now


def given(esp):
    """The disk before the boot."""
    esp.put("vmlinuz", link=KERNEL["file"])
    esp.put("initrd.cpio", link=KERNEL["initrd"])
    esp.put("loader/random-seed", bytes(range(256)) * 2)
    for name in ("early1+3", *(f"other-{n:02}" for n in range(40))):
        esp.entry(name, f"title The {name}", "linux /vmlinuz", "initrd /initrd.cpio",
                  f"options {REPORT} nokaslr entry={name[:8].rstrip('+3')}")
    esp.conf("log-file yes", "default early*")
    return esp.image()


def check_written(before, after):
    expect(after[SEED] != before[SEED] and after[SEED][32:] == bytes(480), "the random seed is not new")
    expect(b"place kernel" in after.get(LOG, b""), "the log is not in its file")


@boots(sampled=True, large=True)
def power_fails_at_every_write(esp):
    """A try, the random seed and the log are written: a power cut between two writes costs at most the counted entry, the rest boots"""
    image = given(esp)
    before, state = files_of(esp, image), os.path.join(esp.path, "state.img")
    subprocess.run(["cp", "--sparse=always", image, state], check=True)
    guest, writes = recorded(esp, image)
    check_healthy(guest, REPORT + " nokaslr entry=early1")
    writes = single(writes)
    expect(len(writes) > 15, f"only {len(writes)} sectors were written")
    lost = 0
    for number, (at, data) in enumerate((*writes, (None, None))):
        wrong, names, now = look_at(esp, state, before)
        expect(not wrong, f"after {number} of {len(writes)} sectors: " + "; ".join(wrong))
        lost += not names
        if not names or number * BOOTED // len(writes) > (number - 1) * BOOTED // len(writes):
            entry = "early1" if names else "other-39"
            check_healthy(boot(esp, image=state), REPORT + " nokaslr entry=" + entry)
        if at is not None:
            with open(state, "r+b") as file:
                file.seek(at)
                file.write(data)
    # EDK2's FAT driver takes a name away before it writes the new one, and the two are in different sectors here.
    expect(lost == 1 and names == [COUNTED[1]], f"the counted entry was gone in {lost} of the states")
    check_written(before, now)
    os.unlink(state)
