#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""berth install, update, remove and status: what they leave on a partition and in firmware's variables.

A folder and a disk image get the same files, byte for byte; whatever ends a command early, what was there boots. The
loaders are small PE files that say in .sdmagic who they are, as bootctl looks for it. Firmware's variables are a folder
of files in the form of efivarfs, and what udev tells of a partition is a file as udev writes it.
"""
import functools
import json
import os
import platform
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import uuid

from tap import BERTH, ROOT, Ran, expect, run_tests
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


# ---- files ----

def an_empty_partition_gets_all_that_is_needed():
    """Loader, removable path, loader.conf, folder and kind of entries, seed, token and boot option; told with its undo line"""
    esp = Esp("empty")
    ran = esp.run("install").expect(0, f"wrote {esp.path}/{OWN}: Berth 0.1, ", f"  undo: rm {esp.path}/{OWN}",
                                    f"made {esp.path}/loader/entries", "set Boot0000")
    expect(esp.has(OWN, NEW) and esp.has(REMOVABLE, NEW), ran.out)
    expect(esp.has(KIND, b"type1\n") and esp.has("loader/entries") and len(read(esp.path, SEED)) == 32, ran.out)
    expect(all(line.startswith("#") for line in read(esp.path, CONF).decode().splitlines()), "loader.conf chooses something")
    expect(esp.variable("Boot0000") == BERTH_OPTION and esp.order() == [0], ran.out)
    token = os.path.join(esp.vars, "LoaderSystemToken-" + LOADER)
    expect(len(esp.variable("LoaderSystemToken", LOADER)) == 32 and os.stat(token).st_mode & 0o077 == 0, "the token")
    lines = ran.out.splitlines()
    expect(all(lines[i + 1].startswith("  undo: ") for i in range(0, len(lines), 2)), ran.out)
    again = esp.run("install").expect(0, "is the same already", "Boot0000 is in the order already")
    expect("undo:" not in again.out, again.out)


def what_is_undone_line_by_line_is_as_before():
    """The undo lines, run by a shell from the last to the first, leave an empty partition and no variables, whatever their names"""
    for name in ("undone", "undone here's"):
        esp = Esp(name)
        path = os.path.dirname(BERTH) + os.pathsep + os.environ["PATH"]
        lines = [line[len("  undo: "):] for line in esp.run("install").expect(0).out.splitlines() if "  undo: " in line]
        all_at_once = [line for line in lines if line.startswith("berth ")]
        alone = [line for line in lines if line not in all_at_once and "Boot0000" not in line]  # whose place in the order has no line
        expect(len(alone) > 8 and len(set(all_at_once)) == 1, "\n".join(lines))
        for line in reversed(alone[2:]):  # the first two are folders, where what the one line needs still is
            subprocess.run(["sh", "-e", "-c", line], check=True, cwd=ROOT)
        left = set(listed(esp.path))
        expect(left == {"EFI", "EFI/berth", MADE}, f"{left}")
        subprocess.run(["sh", "-e", "-c", all_at_once[0]], env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, cwd=ROOT,
                       check=True)
        expect(listed(esp.path) == {} and listed(esp.vars) == {}, f"{listed(esp.path)} {listed(esp.vars)}")


def what_is_there_stays_and_comes_back():
    """Another loader on the removable path is kept; settings, entries and a seed stay; remove leaves all as it was, byte for byte"""
    files = {REMOVABLE: SYSTEMD, CONF: "timeout 9\n", "loader/entries/a.conf": "linux /a\n", SEED: b"s" * 64,
             "EFI/debian/grubx64.efi": b"grub"}
    esp = Esp("kept", files)
    before = listed(esp.path)
    esp.set_order(7, 1)
    esp.set("Boot0000", b"not an option")
    esp.set("LoaderSystemToken", b"t" * 32, LOADER)
    variables = listed(esp.vars)
    esp.run("install").expect(0, f"{KEPT}: systemd-boot 257.4, kept", "in place of systemd-boot 257.4",
                              f"  undo: berth remove --esp-path {esp.path}")
    expect(esp.has(KEPT, SYSTEMD) and esp.has(REMOVABLE, NEW) and esp.has(CONF, b"timeout 9\n"), f"{listed(esp.path).keys()}")
    expect(esp.order() == [7, 1, 2], f"a number that the order names has a place in it: {esp.order()}")
    expect(esp.variable("LoaderSystemToken", LOADER) == b"t" * 32, "the token was replaced")
    esp.run("remove").expect(0, "systemd-boot 257.4, put back")
    expect(listed(esp.path) == before, f"{listed(esp.path).keys()} {before.keys()}")
    expect(listed(esp.vars) == variables, f"{listed(esp.vars)}")


def what_was_changed_since_then_stays():
    """remove leaves a loader.conf that a person has written, and a loader that another program has put there"""
    esp = Esp("changed", {REMOVABLE: SYSTEMD})
    esp.run("install").expect(0)
    write(os.path.join(esp.path, CONF), "timeout 3\n")
    write(os.path.join(esp.path, "loader/entries/own.conf"), "linux /a\n")
    write(os.path.join(esp.path, REMOVABLE), image_of("systemd-boot 258"))
    esp.run("remove").expect(0, f"{CONF} stays", f"{KEPT} stays: another program")
    left = set(listed(esp.path))
    expect(left == {"EFI", "EFI/BOOT", REMOVABLE, "EFI/berth", KEPT, "loader", CONF, "loader/entries",
                    "loader/entries/own.conf"}, f"{left}")
    esp.run("remove").expect(0)
    expect(set(listed(esp.path)) == left, "a second time it took more")


def names_are_those_of_a_fat():
    """Folders and files that are there in other case are used, and no second one is made beside them"""
    esp = Esp("case", {"efi/boot/bootx64.efi": SYSTEMD, "Loader/Loader.conf": "timeout 1\n"})
    before = listed(esp.path)
    esp.run("install").expect(0)
    expect(esp.has("efi/berth/berthx64.efi", NEW) and not esp.has("EFI") and not esp.has("loader"), f"{listed(esp.path).keys()}")
    expect(esp.has("efi/boot/bootx64.efi", NEW) and esp.has("efi/berth/BOOTX64.EFI.kept", SYSTEMD), f"{listed(esp.path).keys()}")
    esp.run("remove").expect(0)
    expect(listed(esp.path) == before, f"{listed(esp.path).keys()}")


def update_replaces_older_loaders_of_berths_alone():
    """update: what is older and Berth's becomes newer, of every CPU; what is not older, or another's, stays, and nothing is made"""
    newer = image_of("Berth 9")
    esp = Esp("update", {OWN: OLD, REMOVABLE: SYSTEMD, "EFI/BOOT/BOOTAA64.EFI": image_of("Berth 0.0.9", 0xaa64),
                         "EFI/berth/berthia32.efi": image_of("Berth 9", 0x14c)})
    esp.run("update").expect(0, "in place of Berth 0.0.1", "in place of Berth 0.0.9", "berthia32.efi is Berth 9, and the one at hand, "
                             "0.1, is not newer")
    expect(esp.has(OWN, NEW) and esp.has(REMOVABLE, SYSTEMD), "x64")
    expect(esp.has("EFI/BOOT/BOOTAA64.EFI", image_of("Berth 0.1", 0xaa64)), "aa64")
    expect(set(listed(esp.path)) == {"EFI", "EFI/BOOT", "EFI/berth", OWN, REMOVABLE, "EFI/BOOT/BOOTAA64.EFI",
                                     "EFI/berth/berthia32.efi"} and listed(esp.vars) == {}, "something was made")
    write(os.path.join(esp.path, OWN), newer)
    expect("wrote" not in esp.run("update").expect(0).out and esp.has(OWN, newer), "an older one was written")
    Esp("update-none").run("update").expect(0, "has no loader of Berth's")


def every_cpu_has_its_names():
    """--arch all installs four loaders under the names that firmware looks for, and remove takes all of them away"""
    esp = Esp("cpus")
    esp.run("install", "--arch", "all").expect(0)
    for file, machine in MACHINES.items():
        data = image_of("Berth 0.1", machine)
        expect(esp.has(f"EFI/BOOT/{file}", data) and esp.has(f"EFI/berth/berth{file[4:-4].lower()}.efi", data), file)
    esp.run("remove").expect(0)
    expect(listed(esp.path) == {}, f"{listed(esp.path).keys()}")
    esp.run("install", "--arch", "x64,aa64").expect(0)
    expect(esp.has("EFI/BOOT/BOOTAA64.EFI") and not esp.has("EFI/BOOT/BOOTIA32.EFI"), "--arch x64,aa64")
    esp.run("install", "--arch", "x64,vax").expect(2, "--arch takes")
    own = {"x86_64": "x64", "aarch64": "aa64"}.get(platform.machine(), platform.machine())
    Ran("install", "--esp-path", tree("cpus-own"), "--loaders", esp.loaders, "--no-variables").expect(0, f"berth{own}.efi: Berth 0.1")
    narrow = subprocess.run(["setarch", "linux32", BERTH, "install", "--esp-path", tree("cpus-32"), "--loaders", esp.loaders,
                             "--no-variables"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    expect(platform.machine() != "x86_64" or "berthia32.efi: Berth 0.1" in narrow.stdout, narrow.stdout)


def the_removable_path_can_be_left_alone():
    """--no-removable writes nothing there"""
    esp = Esp("own", {REMOVABLE: SYSTEMD})
    esp.run("install", "--no-removable").expect(0)
    expect(esp.has(REMOVABLE, SYSTEMD) and esp.has(OWN, NEW) and not esp.has(KEPT), f"{listed(esp.path).keys()}")


# ---- Secure Boot ----

def nothing_unsigned_goes_to_the_removable_path():
    """With Secure Boot on an unsigned loader replaces nothing, and is never first; a signed one is taken where there is one"""
    for files in ({}, {REMOVABLE: SYSTEMD}, {REMOVABLE: image_of("Berth 0.0.1", signed=True), OWN: image_of("Berth 0.0.1", signed=True)}):
        esp = Esp("secure", files)
        esp.set("SecureBoot", b"\1")
        esp.set("SetupMode", b"\0")
        esp.run("install", "--default").expect(1, "as the first boot option it would be refused")
        expect(listed(esp.path).keys() == listed(tree("secure-same", files)).keys(), "something was made")
        esp.run("install").expect(0, "Secure Boot is on", "try: sbsign")
        esp.run("update").expect(0)
        for path, data in files.items():
            expect(esp.has(path, data), f"{path} was replaced")
        expect(esp.has(REMOVABLE) == (REMOVABLE in files) and not esp.has(KEPT), f"{listed(esp.path).keys()}")
        loaders("secure-loaders", signed=True)
        esp.run("install", "--default").expect(0)
        expect(esp.has(REMOVABLE, image_of("Berth 0.1", signed=True)) and esp.has(OWN, read(esp.path, REMOVABLE)), "signed")
        shutil.rmtree(esp.loaders)


def shim_stays():
    """shim on the removable path stays, with Secure Boot on or off, signed or not"""
    for secure in (b"\0", b"\1"):
        esp = Esp("shim", {REMOVABLE: SHIM, "EFI/BOOT/fbx64.efi": b"fallback"})
        esp.set("SecureBoot", secure)
        loaders("shim-loaders", signed=True)
        esp.run("install").expect(0, "stays as it is: it is shim")
        expect(esp.has(REMOVABLE, SHIM) and not esp.has(KEPT) and esp.has(OWN), f"{listed(esp.path).keys()}")
        shutil.rmtree(esp.loaders)


def a_state_that_cannot_be_read_counts_as_on():
    """SecureBoot with an odd value is on; in setup mode it is off"""
    for secure, setup, is_on in ((b"\2", b"\0", True), (b"", b"\0", True), (b"\1", b"\1", False), (b"\1", None, True), (b"\0", b"\0", False)):
        esp = Esp("state")
        esp.set("SecureBoot", secure)
        if setup is not None:
            esp.set("SetupMode", setup)
        esp.run("install").expect(0)
        expect(esp.has(REMOVABLE) != is_on, f"SecureBoot {secure} SetupMode {setup}")


# ---- firmware's options ----

def the_default_option_changes_only_when_asked():
    """A new option takes the lowest free number and goes behind all others; --default puts it first; one that is there is used"""
    esp = Esp("order")
    esp.set_order(5, 0)
    for number in (0, 1, 5):
        esp.set(f"Boot{number:04X}", option("Other", "\\EFI\\other.efi"))
    ran = esp.run("install").expect(0, "Boot0002 behind all others", f"undo: rm {esp.vars}/Boot0002-{GLOBAL}")
    expect(esp.order() == [5, 0, 2] and esp.variable("Boot0002") == BERTH_OPTION, ran.out)
    esp.run("install", "--default").expect(0, "Boot0002 first of all")
    expect(esp.order() == [2, 5, 0] and esp.variable("Boot0003") is None, f"{esp.order()}")
    esp.run("remove").expect(0, "deleted Boot0002")
    expect(esp.order() == [5, 0] and esp.variable("Boot0002") is None and esp.variable("Boot0001") is not None, f"{esp.order()}")


def an_option_of_somebody_elses_is_not_touched():
    """The same file on another partition, another file on this one, or bytes that are no option are not Berth's"""
    others = {0: option("Berth", "\\EFI\\berth\\berthx64.efi", "11111111-2222-4333-8444-555555555555"),
              1: option("Berth", "\\EFI\\berth\\other.efi"), 2: BERTH_OPTION[:40], 3: b""}
    esp = Esp("others")
    for number, value in others.items():
        esp.set(f"Boot{number:04X}", value)
    esp.set("Boot0004", option("by hand", "\\efi\\BERTH\\berthx64.EFI") + b"data")
    esp.set_order(*range(4))
    esp.run("install").expect(0, "Boot0004 behind all others")
    expect(esp.variable("Boot0005") is None and esp.order() == [0, 1, 2, 3, 4], f"{esp.order()}")
    esp.run("remove").expect(0)
    expect(esp.order() == [0, 1, 2, 3] and esp.variable("Boot0004") is None, f"{esp.order()}")
    expect(all(esp.variable(f"Boot{n:04X}") == value for n, value in others.items()), "an option of another's is gone")
    esp.set("BootOrder", b"\0")
    esp.run("install").expect(0, "BootOrder cannot be read")
    expect(esp.variable("BootOrder") == b"\0", "an order that is none was replaced")


def variables_can_be_left_alone():
    """--no-variables, --root and a partition that nobody tells of: no variable changes, and the last two say so"""
    esp = Esp("alone")
    Ran("install", "--esp-path", esp.path, "--loaders", esp.loaders, "--arch", "x64", "--no-variables").expect(0)
    Ran("install", "--root", place("nowhere"), "--esp-path", esp.path, "--loaders", esp.loaders, "--arch", "x64").expect(
        0, "variables stay as they are: they are this machine's")
    Ran("install", "--esp-path", esp.path, "--loaders", esp.loaders, "--arch", "x64", "--variables", esp.vars,
        "--udev", place("nowhere")).expect(0, "nothing tells which partition")
    expect(esp.order() is None and esp.variable("Boot0000") is None, f"{listed(esp.vars).keys()}")
    Ran("install", "--esp-path", esp.path, "--variables", esp.vars, "--no-variables").expect(2, "at once")


def a_variable_that_cannot_be_written_is_an_error():
    """When firmware takes no variable the files are there, the status is 2, and the message has the reason"""
    esp = Esp("refused")
    os.symlink("nowhere", os.path.join(esp.vars, "BootOrder-" + GLOBAL))
    esp.run("install").expect(2, f"BootOrder-{GLOBAL}: ")
    expect(esp.has(OWN, NEW) and esp.has(REMOVABLE, NEW), "the files")


# ---- where ----

def partitions_are_found_below_a_root():
    """--root and systemd's variables name the folders; --boot-path's partition gets the entries' folder and their kind"""
    root = tree("root", {"usr/x": "", "boot/x": "", "efi/EFI/x": ""})
    env = {"SYSTEMD_ESP_PATH": "/efi", "SYSTEMD_XBOOTLDR_PATH": "/boot"}
    words = ("--root", root, "--loaders", loaders("root-loaders"), "--arch", "x64")
    Ran("install", *words, env=env).expect(0)
    found = set(listed(root))
    expect({"efi/" + OWN, "efi/" + CONF, "boot/" + KIND, "boot/loader/entries"} <= found, f"{found}")
    expect("efi/" + KIND not in found and "efi/loader/entries" not in found and "efi/" + SEED not in found, f"{found}")
    Ran("remove", "--root", root, env=env).expect(0)
    expect(set(listed(root)) == {"usr", "usr/x", "boot", "boot/x", "efi", "efi/EFI", "efi/EFI/x"}, f"{listed(root).keys()}")
    Ran("install", *words).expect(2, "no EFI system partition is mounted")
    Ran("install", *words, "--esp-path", place("nowhere")).expect(2, "not a folder")


def what_is_no_loader_is_refused():
    """A folder without the loader, a file that is none of Berth's, or one for another CPU: status 2, and nothing is done"""
    esp = Esp("bad")
    for data, words in ((None, "no such file"), (b"text", "not a loader of Berth's"), (SYSTEMD, "not a loader of Berth's"),
                        (image_of("Berth 0.1", 0xaa64), "a loader for arm64, not for x86-64"), (NEW[:200], "not a loader")):
        path = os.path.join(esp.loaders, "BOOTX64.EFI")
        os.unlink(path)
        if data is not None:
            write(path, data)
        esp.run("install").expect(2, words)
        expect(listed(esp.path) == {} and listed(esp.vars) == {}, f"{listed(esp.path).keys()}")
        write(path, b"")


def a_dry_run_tells_the_same_and_does_nothing():
    """--dry-run tells the steps of the run behind it, in its words and order, and changes nothing; --json tells them too"""
    esp = Esp("dry", {REMOVABLE: SYSTEMD})
    for command in ("install", "remove"):
        before = listed(esp.path), listed(esp.vars)
        dry = esp.run(command, "--dry-run").expect(0, "nothing was changed").out
        answer = json.loads(esp.run(command, "--dry-run", "--json").expect(0).out)
        expect((listed(esp.path), listed(esp.vars)) == before, "it changed something")
        done = esp.run(command).expect(0).out
        for did, would in (("made", "make"), ("wrote", "write"), ("removed", "remove"), ("set", "set"), ("deleted", "delete")):
            dry = "\n".join(line.replace(f"would {would} ", f"{did} ", 1) for line in dry.split("\n"))
        expect(dry == done + "nothing was changed (--dry-run)\n", f"{dry}\n{done}")
        expect([step["undo"] for step in answer["steps"]] == [line[8:] for line in done.splitlines() if "  undo: " in line], answer)
        expect(answer["dry_run"] and answer["steps"][-1]["action"] in ("set-variable", "remove-folder"), answer)


def wrong_commands_are_status_2():
    """Options that there are not, that another command has, that have no value, or that exclude each other"""
    esp = Esp("wrong")
    esp.run("install", "--what").expect(2, "no option --what")
    esp.run("remove", "--default").expect(2, "no option --default")
    esp.run("status", "--dry-run").expect(2, "no option --dry-run")
    esp.run("install", "--loaders").expect(2, "needs a value")
    Ran("install", "--image", "a", "--esp-path", "b").expect(2, "--image goes with none")
    Ran("install", "--image", place("none.img"), "--loaders", esp.loaders).expect(2, "none.img: No such file")


# ---- images ----

def disk(name, files=(), mib=8, *more):
    """A disk image whose one partition, an ESP, has these files."""
    out, part = place(name), place(name + ".part")
    small_fat(part, files, mib)
    lab.partitioned(out, (lab.TYPE_ESP, GUID, part), *more)
    return out


def small_fat(part, files=(), mib=8):
    with open(part, "wb") as file:
        file.truncate(mib << 20)
    subprocess.run(["mformat", "-i", part, "-N", "00000000", "::"], check=True, env=MTOOLS)
    folders = {os.path.dirname(path) for path in dict(files)}
    for folder in sorted({"/".join(folder.split("/")[:n]) for folder in folders for n in range(1, folder.count("/") + 2)} - {""}):
        subprocess.run(["mmd", "-i", part, "::" + folder], check=True, env=MTOOLS)
    for path, data in dict(files).items():
        subprocess.run(["mcopy", "-i", part, "-", "::" + path], check=True, env=MTOOLS,
                       input=data if isinstance(data, bytes) else data.encode())


def in_image(image, at=lab.MIB):
    """As listed(), of the partition that begins at byte @at."""
    out = tempfile.mkdtemp(dir=FOLDER.name)
    subprocess.run(["mcopy", "-s", "-n", "-i", f"{image}@@{at}", "::*", out], check=False, env=MTOOLS,
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    found = listed(out)
    shutil.rmtree(out)
    return found


def on_image(command, image, *words, **more):
    if command in ("install", "update"):
        words = ("--loaders", loaders("image-loaders"), *words)
    if command == "install" and "--arch" not in words:
        words = ("--arch", "x64", *words)
    return Ran(command, "--image", image, *words, **more)


def an_image_gets_the_same_files_as_a_folder():
    """install, update and remove leave the same tree in an image and in a folder; the rest of the image, and its mode, stay"""
    for files in ({}, {REMOVABLE: SYSTEMD, CONF: "timeout 9\n"}, {REMOVABLE: OLD, OWN: OLD}):
        image = disk("same.img", files)
        os.chmod(image, 0o640)
        folder = tree("same", files)
        before = read(image)[:lab.MIB]
        for command in ("install", "update", "install", "remove"):
            words = ("--arch", "all") if command == "install" else ()
            on_image(command, image, *words).expect(0)
            more = ("--loaders", loaders("image-loaders")) if command in ("install", "update") else ()
            Ran(command, "--root", "/", "--esp-path", folder, *more, *words).expect(0)
            expect(in_image(image) == listed(folder), f"{command}: {in_image(image).keys()} {listed(folder).keys()}")
        expect(read(image)[:lab.MIB] == before and os.stat(image).st_mode & 0o777 == 0o640, "the table or the mode changed")
        expect(not os.path.exists(image + ".berth-new"), "a copy stayed")
        if OWN not in files:
            expect(in_image(image) == listed(tree("same-before", files)), f"{in_image(image).keys()}")


def an_image_may_have_an_xbootldr_partition_or_no_table():
    """Entries' folder and kind go to XBOOTLDR where the image has one; an image that is a FAT by itself is the partition"""
    boot = place("boot.part")
    small_fat(boot)
    image = disk("two.img", {}, 8, (lab.TYPE_XBOOTLDR, "11111111-2222-4333-8444-555555555555", boot))
    variables = tree("two-vars")
    on_image("install", image, "--variables", variables).expect(0)
    esp, other = in_image(image), in_image(image, 9 * lab.MIB)
    expect(OWN in esp and CONF in esp and KIND not in esp, f"{esp.keys()}")
    expect(set(other) == {"loader", "loader/entries", KIND}, f"{other.keys()}")
    expect("Boot0000-" + GLOBAL in os.listdir(variables), "no boot option")
    on_image("remove", image, "--variables", variables).expect(0)
    expect(in_image(image) == {} and in_image(image, 9 * lab.MIB) == {} and os.listdir(variables) == [], "remove")
    plain = place("plain.img")
    small_fat(plain)
    on_image("install", plain, "--variables", variables).expect(0, "no boot option: nothing tells which partition")
    expect(OWN in in_image(plain, 0), "no table")


def an_image_that_is_none_or_in_use_stays():
    """A file without a partition, a folder, and an image that a running machine holds a lock of: status 2, and not a byte changes"""
    write(place("noise.img"), os.urandom(1 << 20))
    on_image("install", place("noise.img")).expect(2, "has no EFI system partition")
    on_image("install", FOLDER.name).expect(2, "not a file")
    write(place("broken.part"), bytes(1 << 20))
    lab.partitioned(place("broken.img"), (lab.TYPE_ESP, GUID, place("broken.part")))
    on_image("install", place("broken.img")).expect(2, "mdir: ")
    image = disk("locked.img")
    before = read(image)
    held = subprocess.Popen([sys.executable, "-c", "import fcntl, os, sys\nf = open(sys.argv[1], 'r+b')\n"
                             "fcntl.fcntl(f, 37, __import__('struct').pack('hhqqi4x', fcntl.F_RDLCK, 0, 100, 1, 0))\n"
                             "print(flush=True)\nsys.stdin.read()", image], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    held.stdout.readline()
    try:
        on_image("install", image).expect(2, "is in use")
        on_image("status", image).expect(1)
    finally:
        held.stdin.close()
        held.wait()
    expect(read(image) == before, "it changed")
    on_image("install", image).expect(0)


def an_image_is_the_old_or_the_new_one_whenever_it_ends():
    """Killed at each command of mtools, the image is the old one to the byte; the next run does all of it"""
    image, saved = disk("cut.img", {REMOVABLE: SYSTEMD, OWN: OLD}), place("cut.saved")
    counted = tree("counted", {"n": "0"})
    for command in ("mcopy", "mdel", "mmd", "mmove", "mrd"):
        # Counts itself, and ends the command above it in the middle of what it does.
        write(os.path.join(counted, command), "#!/bin/sh\n"
              f"n=$(($(cat {counted}/n) + 1)); echo $n >{counted}/n\n"
              f"[ $n -eq $STOP ] && {{ head -c 99 >/dev/null; kill -9 $PPID; exit 1; }}\nexec /usr/bin/{command} \"$@\"\n")
        os.chmod(os.path.join(counted, command), 0o755)
    wanted = None
    for command in ("install", "update", "remove"):
        shutil.copyfile(image, saved)
        before = read(saved)
        for stop in range(1, 100):
            write(os.path.join(counted, "n"), "0")
            ran = on_image(command, image, env={"PATH": counted + os.pathsep + os.environ["PATH"], "STOP": str(stop)})
            if ran.status != -signal.SIGKILL:
                ran.expect(0)
                break
            expect(read(image) == before, f"{command}, stopped at {stop}: the image changed")
        wanted = in_image(image)
        expect(stop > 5 and not os.path.exists(image + ".berth-new"), f"{command} ended after {stop} commands")
        if command == "update":
            write(image, read(disk("cut-older.img", {REMOVABLE: OLD, OWN: OLD})))
    expect(wanted is not None and OWN not in wanted, f"{wanted.keys()}")


# ---- power ----

CUT_STATUS = 99  # as tests/tools/power_cut.c has it


@functools.lru_cache(None)
def cutter():
    """The library that ends a command at one of its changes."""
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", place("cut.so"), os.path.join(ROOT, "tests/tools/power_cut.c"), "-ldl"],
                   check=True)
    return place("cut.so")


def without_chance(files):
    """Random bytes by their number."""
    return {name: len(data) if name in (SEED, "LoaderSystemToken-" + LOADER) else data for name, data in files.items()}


def cut_at(esp, command, n):
    """Whether the command came to its end with power for @n changes. A variable is written as a whole, or not at all."""
    before = listed(esp.vars)
    done = subprocess.run([BERTH, command, "--esp-path", esp.path, "--variables", esp.vars, "--udev", esp.udev,
                           *(["--loaders", esp.loaders] if command != "remove" else []),
                           *(["--arch", "x64"] if command == "install" else [])], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, "LD_PRELOAD": cutter(), "CUT_AFTER": str(n), "ASAN_OPTIONS": "verify_asan_link_order=0"},
                          check=False)
    expect(done.returncode in (0, CUT_STATUS), f"status {done.returncode}: {done.stdout} {done.stderr}")
    whole = {f"Boot0001-{GLOBAL}": len(BERTH_OPTION), f"BootOrder-{GLOBAL}": None, f"LoaderSystemToken-{LOADER}": 32}
    for name, data in listed(esp.vars).items():
        size = whole.get(name, len(data) - 4)
        if len(data) <= 4 or (size is not None and len(data) != 4 + size) or len(data) % 2:
            os.unlink(os.path.join(esp.vars, name))
            if name in before:
                write(os.path.join(esp.vars, name), before[name])
    return done.returncode == 0


def every_cut(given, command, before, after):
    """Ends @command at each of its changes: how many there are. @before and @after: what boots from the removable path."""
    esp = given()
    esp.run(command).expect(0)
    wanted, n, done = (without_chance(listed(esp.path)), without_chance(listed(esp.vars))), 0, False
    while not done:
        esp = given()
        done = cut_at(esp, command, n)
        there = listed(esp.path).get(REMOVABLE)
        expect(there in (before, after), f"{command}, cut at {n}: {there and there[:80]} boots")
        expect(listed(esp.path).get(OWN) in (None, OLD, NEW), f"{command}, cut at {n}: half a loader in {OWN}")
        expect(all(number == 0 or esp.variable(f"Boot{number:04X}") == BERTH_OPTION and esp.has(OWN) for number in esp.order()),
               f"{command}, cut at {n}: the order {esp.order()} names what is not there")
        esp.run(command).expect(0)
        found = without_chance(listed(esp.path)), without_chance(listed(esp.vars))
        expect(found == wanted, f"{command}, cut at {n} and run again: {found} is not {wanted}")
        n += 1
    return n


def given_systemd_boot():
    esp = Esp("power", {REMOVABLE: SYSTEMD, CONF: "timeout 5\n"})
    esp.set("Boot0000", option("systemd-boot", "\\EFI\\systemd\\systemd-bootx64.efi"))
    esp.set_order(0)
    return esp


def given_older_berth():
    """Made once, and copied."""
    if not os.path.exists(place("older")):
        esp = given_systemd_boot()
        loaders("power-loaders", "Berth 0.0.1")
        esp.run("install").expect(0)
        shutil.copytree(esp.path, place("older"))
        shutil.copytree(esp.vars, place("older-vars"))
    esp = given_systemd_boot()
    for name, to in (("older", esp.path), ("older-vars", esp.vars)):
        shutil.rmtree(to)
        shutil.copytree(place(name), to)
    return esp


def what_was_there_or_what_is_new_boots_whenever_power_fails():
    """Ended at each change that it makes, a command leaves a whole loader and an order that names it; once more, and all is done"""
    expect(every_cut(given_systemd_boot, "install", SYSTEMD, NEW) > 25, "install changes less than it must")
    expect(every_cut(given_older_berth, "update", OLD, NEW) > 5, "update changes less than it must")
    expect(every_cut(given_older_berth, "remove", OLD, SYSTEMD) > 10, "remove changes less than it must")


# ---- room ----

def a_full_partition_is_refused_before_anything():
    """Too little room on a partition in an image: status 1, both numbers, and the image is the same to the byte"""
    for free, fits in ((100 << 10, False), (2 << 20, True)):
        image = disk("full.img", {REMOVABLE: SYSTEMD})
        left = int(lab_free(image)) - free
        write(place("filler"), bytes(left))
        subprocess.run(["mcopy", "-i", f"{image}@@{lab.MIB}", place("filler"), "::filler"], check=True, env=MTOOLS)
        before = read(image)
        ran = on_image("install", image)
        if fits:
            ran.expect(0)
        else:
            ran.expect(1, "are free, and up to", "remove old kernels", "nothing was changed")
            expect(read(image) == before, "it changed")


def lab_free(image):
    out = subprocess.run(["mdir", "-i", f"{image}@@{lab.MIB}", "::"], check=True, env=MTOOLS, stdout=subprocess.PIPE, text=True).stdout
    return out.strip().splitlines()[-1].replace("bytes free", "").replace(" ", "")


def a_folder_that_fills_up_keeps_what_it_has():
    """A file that cannot be written whole is not put in place: with a limit on sizes the old loader stays, and no rest of the new"""
    esp = Esp("limit", {REMOVABLE: SYSTEMD, OWN: OLD})
    script = f"ulimit -f 8; trap '' XFSZ; exec {BERTH} install --esp-path {esp.path} --loaders {esp.loaders} --arch x64 --no-variables"
    done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    expect(done.returncode == 2 and "File too large" in done.stderr, f"{done.returncode} {done.stderr}")
    expect(esp.has(REMOVABLE, SYSTEMD) and esp.has(OWN, OLD), f"{listed(esp.path).keys()}")
    expect(not [name for name in listed(esp.path) if name.endswith(".new")], f"{listed(esp.path).keys()}")


# ---- status ----

def status_tells_what_is_installed():
    """Loaders and their versions, entries, Secure Boot, the order of options, and what this boot's loader has told; 1: not installed"""
    esp = Esp("status", {REMOVABLE: SYSTEMD, "loader/entries/a.conf": "linux /a\n", "EFI/Linux/b.efi": b"", "loader/entries/README": ""})
    esp.run("status").expect(1, "none of Berth's", "systemd-boot 257.4", "1 in \\loader\\entries, 1 in \\EFI\\Linux")
    esp.run("install").expect(0)
    esp.set("SecureBoot", b"\0")
    esp.set("BootCurrent", b"\0\0")
    esp.set("Boot0007", option("De\tbian", "\\EFI\\debian\\shimx64.efi"))
    esp.set_order(0, 7, 9)
    for name, text in (("LoaderInfo", "Berth 0.1"), ("LoaderImageIdentifier", "\\EFI\\berth\\berthx64.efi"), ("LoaderEntrySelected", "a.conf")):
        esp.set(name, (text + "\0").encode("utf-16-le"), LOADER)
    esp.run("status").expect(0, GUID, f"{esp.path}/{OWN}: Berth 0.1", f"{KEPT}: systemd-boot 257.4, kept", "Secure Boot  off",
                             "started by   Boot0000 Berth, from this partition", "boot order   Boot0000 Berth, from this partition",
                             "Boot0007 De?bian", "this boot    Berth 0.1", "a.conf", "random seed  there")
    answer = json.loads(esp.run("status", "--json").expect(0).out)
    expect(answer["installed"] and answer["esp"]["uuid"] == GUID and answer["boot_current"] == 0, answer)
    expect([(loader["role"], loader["product"]) for loader in answer["loaders"]] == [
        ("own", "Berth"), ("removable", "Berth"), ("kept", "systemd-boot")], answer)
    expect([o["number"] for o in answer["boot_order"]] == [0, 7, 9] and answer["boot_order"][0]["from_this_partition"], answer)
    expect(answer["secure_boot"] == "off" and answer["loader_entry"] == "a.conf" and answer["system_token"], answer)


if __name__ == "__main__":
    with FOLDER:
        run_tests([an_empty_partition_gets_all_that_is_needed, what_is_undone_line_by_line_is_as_before,
                   what_is_there_stays_and_comes_back, what_was_changed_since_then_stays, names_are_those_of_a_fat,
                   update_replaces_older_loaders_of_berths_alone, every_cpu_has_its_names, the_removable_path_can_be_left_alone,
                   nothing_unsigned_goes_to_the_removable_path, shim_stays, a_state_that_cannot_be_read_counts_as_on,
                   the_default_option_changes_only_when_asked, an_option_of_somebody_elses_is_not_touched,
                   variables_can_be_left_alone, a_variable_that_cannot_be_written_is_an_error, partitions_are_found_below_a_root,
                   what_is_no_loader_is_refused, a_dry_run_tells_the_same_and_does_nothing, wrong_commands_are_status_2,
                   an_image_gets_the_same_files_as_a_folder, an_image_may_have_an_xbootldr_partition_or_no_table,
                   an_image_that_is_none_or_in_use_stays, an_image_is_the_old_or_the_new_one_whenever_it_ends,
                   what_was_there_or_what_is_new_boots_whenever_power_fails,
                   a_full_partition_is_refused_before_anything, a_folder_that_fills_up_keeps_what_it_has,
                   status_tells_what_is_installed])
