# SPDX-License-Identifier: BSD-2-Clause
"""Entries on other volumes than the loader's own, on disks with a GPT that real firmware takes apart."""
import os
import shutil

import lab
from boots import REPORT, boot, boots, check_healthy, plain, str16, told
from lab import MIB, expect

ESP, OTHER = "0a1b2c3d-4e5f-4678-9abc-def012345678", "13243546-5768-4798-8a9b-acbdcedfe0f1"


def volume(esp, name):
    """Another tree of files, without a loader."""
    other = lab.Esp(f"{esp.name}-{name}")
    shutil.rmtree(os.path.join(other.tree, "EFI"))
    return other


def image_of(tree):
    """Its FAT image, under a name that a disk does not get."""
    path = tree.image()
    os.rename(path, path + ".part")
    return path + ".part"


def disk_of(esp, *partitions):
    disk = os.path.join(esp.path, "gpt.img")
    lab.partitioned(disk, *partitions)
    for _, _, image in partitions:
        os.unlink(image)
    return disk


@boots
def entry_of_xbootldr(esp):
    """An entry of the XBOOTLDR partition beside an empty ESP: kernel and initrd come from there, and it is counted there"""
    other = volume(esp, "xbootldr")
    plain(other, name="counted+3")
    first = image_of(esp)
    disk = disk_of(esp, (lab.TYPE_ESP, ESP, first), (lab.TYPE_ROOT, lab.TYPE_ROOT, write_noise(esp)),
                   (lab.TYPE_XBOOTLDR, OTHER, image_of(other)))
    guest = boot(esp, "--write", image=disk)
    names = lab.names_in_image(disk, "/loader/entries", at=starts(disk)[2])
    os.unlink(disk)
    check_healthy(guest, REPORT + " nokaslr")
    expect(names == ["counted+2-1.conf"], f"the entries' files are {names}")
    variables = told(guest)
    expect(variables["LoaderBootCountPath"][1] == str16(r"\loader\entries\counted+2-1.conf"), variables["LoaderBootCountPath"])
    expect(variables["LoaderDevicePartUUID"][1] == str16(ESP.upper()), variables["LoaderDevicePartUUID"])
    expect(variables["LoaderEntrySelected"][1] == str16("counted.conf"), variables["LoaderEntrySelected"])


def write_noise(esp):
    """A partition that no firmware has a driver for."""
    path = os.path.join(esp.path, "noise.img")
    with open(path, "wb") as file:
        file.write(os.urandom(MIB))
    return path


def starts(disk):
    """Where its partitions begin, in bytes."""
    with open(disk, "rb") as file:
        file.seek(1024)
        table = file.read(128 * 128)
    return [int.from_bytes(table[at + 32:at + 40], "little") * 512 for at in range(0, len(table), 128) if any(table[at:at + 16])]
