# SPDX-License-Identifier: BSD-2-Clause
"""What tests of berth install are given: partitions, loaders that say who they are, and firmware's variables.

The loaders are small PE files that say in .sdmagic who they are, as bootctl looks for it. Firmware's variables are a folder
of files in the form of efivarfs, and what udev tells of a partition is a file as udev writes it.
"""
import functools
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid

from tap import BERTH, ROOT, Ran, expect
from test_inspect import pe

sys.path.insert(0, os.path.join(ROOT, "tests", "boot"))
import lab  # noqa: E402


def in_memory():
    """A folder whose files no disk has to wait for, where there is room for them: all that is written is synced."""
    shm = "/dev/shm"
    has_room = os.access(shm, os.W_OK) and os.statvfs(shm).f_bavail * os.statvfs(shm).f_frsize > 256 * lab.MIB
    return shm if has_room else None


FOLDER = tempfile.TemporaryDirectory(dir=in_memory())
GUID = "0a1b2c3d-4e5f-4678-9abc-def012345678"
GLOBAL, LOADER = "8be4df61-93ca-11d2-aa0d-00e098032b8c", "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
MTOOLS = {**os.environ, "MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": "/dev/null", "LC_ALL": "C"}
MACHINES = {"BOOTX64.EFI": 0x8664, "BOOTIA32.EFI": 0x14c, "BOOTAA64.EFI": 0xaa64, "BOOTRISCV64.EFI": 0x5064}
OWN, REMOVABLE, KEPT = "EFI/berth/berthx64.efi", "EFI/BOOT/BOOTX64.EFI", "EFI/berth/BOOTX64.EFI.kept"
CONF, KIND, SEED, MADE = "loader/loader.conf", "loader/entries.srel", "loader/random-seed", "EFI/berth/installed.txt"


def place(name):
    return os.path.join(FOLDER.name, name)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def image_of(who, machine=0x8664, signed=False, size=9000, also=()):
    """A PE file that says who it is; a signed one has a directory of signatures."""
    data = bytearray(pe([(".text", who.encode().ljust(size, b"\xc3"), 0x60000020),
                         (".sdmagic", f"#### LoaderInfo: {who} ####".encode(), 0x40000040), *also], machine))
    if signed:
        at = struct.unpack_from("<I", data, 0x3c)[0] + 24 + 108
        struct.pack_into("<I", data, at, 16)
        struct.pack_into("<II", data, at + 4 + 4 * 8, len(data), 8)
        data += bytes(8)
    return bytes(data)


OLD, NEW, SYSTEMD = image_of("Berth 0.0.1"), image_of("Berth 0.1"), image_of("systemd-boot 257.4")
SHIM = pe([(".sbat", b"sbat,1,SBAT Version,sbat,1,x\nshim,4,UEFI shim,shim,1,x\n", 0x40000040)])


def loaders(name, version="Berth 0.1", signed=False):
    """A folder of loaders of this version for every CPU."""
    for file, machine in MACHINES.items():
        write(os.path.join(place(name), file), image_of(version, machine))
        if signed:
            write(os.path.join(place(name), file + ".signed"), image_of(version, machine, signed=True))
    return place(name)


def tree(name, files=()):
    """An empty folder with these files."""
    shutil.rmtree(place(name), ignore_errors=True)
    os.makedirs(place(name))
    for path, data in dict(files).items():
        write(os.path.join(place(name), path), data)
    return place(name)


def listed(folder):
    """{path: bytes}, folders with None."""
    found = {}
    for at, folders, files in os.walk(folder):
        found |= {os.path.relpath(os.path.join(at, name), folder): None for name in folders}
        found |= {os.path.relpath(os.path.join(at, name), folder): read(at, name) for name in files}
    return found


class Esp:
    """A folder that a partition with a GUID is mounted in, as udev tells it; and a folder of variables."""

    def __init__(self, name, files=(), kind=lab.TYPE_ESP):
        self.path, self.vars, self.udev = tree(name, files), tree(name + "-vars"), tree(name + "-udev")
        device = os.stat(self.path).st_dev
        write(os.path.join(self.udev, f"b{os.major(device)}:{os.minor(device)}"),
              f"S:disk/by-partuuid/{GUID}\nE:ID_PART_ENTRY_SCHEME=gpt\nE:ID_PART_ENTRY_UUID={GUID}\n"
              f"E:ID_PART_ENTRY_TYPE={kind}\nE:ID_PART_ENTRY_NUMBER=2\nE:ID_PART_ENTRY_OFFSET=4096\n"
              "E:ID_PART_ENTRY_SIZE=262144\n")
        self.loaders = loaders(name + "-loaders")

    def run(self, command, *words, **more):
        where = ["--esp-path", self.path, "--variables", self.vars, "--udev", self.udev]
        if command in ("install", "update"):
            where += ["--loaders", self.loaders, *(["--arch", "x64"] if command == "install" and "--arch" not in words else [])]
        return Ran(command, *where, *words, **more)

    def variable(self, name, guid=GLOBAL):
        """The value; None when there is none. What was written has the attributes of all that stay."""
        path = os.path.join(self.vars, f"{name}-{guid}")
        if not os.path.exists(path):
            return None
        data = read(path)
        expect(data[:4] == b"\7\0\0\0", f"{name} has the attributes {data[:4].hex()}")
        return data[4:]

    def set(self, name, value, guid=GLOBAL):
        write(os.path.join(self.vars, f"{name}-{guid}"), b"\7\0\0\0" + value)

    def order(self):
        value = self.variable("BootOrder")
        return None if value is None else list(struct.unpack(f"<{len(value) // 2}H", value))

    def set_order(self, *numbers):
        self.set("BootOrder", struct.pack(f"<{len(numbers)}H", *numbers))

    def has(self, path, data=None):
        full = os.path.join(self.path, path)
        return os.path.exists(full) and (data is None or read(full) == data)


def option(description, path, guid=GUID):
    """EFI_LOAD_OPTION, written from the specification: UEFI 2.10, 3.1.3, 10.3.5.1 and 10.3.5.4."""
    wide = (path + "\0").encode("utf-16-le")
    nodes = struct.pack("<BBHIQQ16sBB", 4, 1, 42, 2, 4096, 262144, uuid.UUID(guid).bytes_le, 2, 2)
    nodes += struct.pack("<BBH", 4, 4, 4 + len(wide)) + wide + b"\x7f\xff\4\0"
    return struct.pack("<IH", 1, len(nodes)) + (description + "\0").encode("utf-16-le") + nodes


BERTH_OPTION = option("Berth", "\\EFI\\berth\\berthx64.efi")


# ---- what ends a command early ----

CUT_STATUS = 99  # as tests/tools/power_cut.c has it


@functools.lru_cache(None)
def cutter():
    """The library that ends a command at one of its changes."""
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", place("cut.so"), os.path.join(ROOT, "tests/tools/power_cut.c"), "-ldl"],
                   check=True)
    return place("cut.so")


def cut_off(n, *words):
    """Whether berth with these words came to its end with power for @n changes."""
    done = subprocess.run([BERTH, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, cwd=ROOT,
                          env={**os.environ, "LD_PRELOAD": cutter(), "CUT_AFTER": str(n), "ASAN_OPTIONS": "verify_asan_link_order=0"})
    expect(done.returncode in (0, CUT_STATUS), f"status {done.returncode}: {done.stdout} {done.stderr}")
    return done.returncode == 0


@functools.lru_cache(None)
def counted_mtools():
    """Commands of mtools that count themselves, and one of them ends the command above it in the middle of what it does."""
    folder = tree("counted")
    for command in ("mcopy", "mdel", "mmd", "mmove", "mrd"):
        write(os.path.join(folder, command), "#!/bin/sh\n"
              f"n=$(($(cat {folder}/n) + 1)); echo $n >{folder}/n\n"
              f"[ $n -eq $STOP ] && {{ head -c 99 >/dev/null; kill -9 $PPID; exit 1; }}\nexec /usr/bin/{command} \"$@\"\n")
        os.chmod(os.path.join(folder, command), 0o755)
    return folder


def killed_at(n):
    """The environment in which berth is killed at the @n-th command of mtools, from 1."""
    write(os.path.join(counted_mtools(), "n"), "0")
    return {"PATH": counted_mtools() + os.pathsep + os.environ["PATH"], "STOP": str(n)}
