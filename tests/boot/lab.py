# SPDX-License-Identifier: BSD-2-Clause
"""A bench for boots: makes an ESP, starts QEMU with OVMF on it, reads the serial console and types on it.

Every test boots the real loader in real firmware; what it expects is seen on the console or from inside the booted
kernel, never taken only from what the loader says.
"""
import functools
import hashlib
import os
import re
import shutil
import struct
import subprocess
import threading
import time
import uuid
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORK = os.path.join(ROOT, "build", "test")
ANSI = re.compile(rb"\x1b\[[0-9;=?]*[a-zA-Z]")
KEYS = {"up": b"\x1b[A", "down": b"\x1b[B", "enter": b"\r", "escape": b"\x1b"}
GIB = 1 << 30
MIB = 1 << 20
USABLE = (1, 2, 3, 4, 7)  # UEFI 2.10, table 7.10: loader's, boot services' and free memory is the kernel's after exit


def script(*words):
    """Runs a script of the tree and returns the last line that it prints."""
    out = subprocess.run([os.path.join(ROOT, "scripts", words[0]), *words[1:]], check=True, stdout=subprocess.PIPE,
                         cwd=ROOT, text=True).stdout.strip().splitlines()
    return out[-1] if out else ""


class Failure(Exception):
    """What a test saw instead of what it expected."""


def version():
    """The loader's, and the host command's."""
    with open(os.path.join(ROOT, "base", "version.h")) as file:
        return re.search(r'^#define BERTH_VERSION +"(.*)"$', file.read(), re.M)[1]


def expect(condition, sentence):
    if not condition:
        raise Failure(sentence)


def head(name, mode, size, inode, links):
    """The header of a newc archive's member, the form that Linux unpacks; its data follows, padded to 4 bytes."""
    fields = (inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, len(name) + 1, 0)
    out = b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
    return out + b"\0" * (-len(out) % 4)


def data_archive(name, data):
    """An archive that puts @data at /data/@name."""
    return (head("data", 0o40755, 0, 99, 2) + head("data/" + name, 0o100644, len(data), 100, 1) +
            data + b"\0" * (-len(data) % 4) + head("TRAILER!!!", 0, 0, 0, 1))


def described(name, data):
    """What the guest says about a file: its name, size and MD5."""
    return f"{name} {len(data)} {hashlib.md5(data).hexdigest()}"


# What firmware of each CPU looks for on the disk.
LOADERS = dict(line.split()[:2] for line in subprocess.run([os.path.join(ROOT, "scripts", "machines")], check=True, text=True,
                                                           stdout=subprocess.PIPE).stdout.splitlines())


class Esp:
    """A tree of files that becomes the FAT image of one test."""

    def __init__(self, name):
        self.name = name
        self.path = os.path.join(WORK, name)
        shutil.rmtree(self.path, ignore_errors=True)
        self.tree = os.path.join(self.path, "esp")
        os.makedirs(os.path.join(self.tree, "loader", "entries"))
        self.conf()
        self.use("x86_64")

    def use(self, arch):
        """The CPU of the loader on it, and of the machine that it starts in."""
        shutil.rmtree(os.path.join(self.tree, "EFI"), ignore_errors=True)
        self.arch = arch
        self.put(f"EFI/BOOT/{LOADERS[arch]}", link=os.path.join(ROOT, "build", arch, LOADERS[arch]))

    def put(self, name, data=b"", link=None):
        path = os.path.join(self.tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        if link is not None:
            os.symlink(link, path)
            return
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())

    def entry(self, name, *lines):
        self.put(f"loader/entries/{name}.conf", "\n".join(lines) + "\n")

    def conf(self, *lines):
        """What tests look for on the console is what `log normal` shows; a boot is silent where nobody asks."""
        if not any(line.split()[:1] == ["log"] for line in lines):
            lines = (*lines, "log normal")
        self.put("loader/loader.conf", "\n".join(lines) + "\n")

    def shape(self, *wishes):
        """Starts the loader from the application that bends firmware's services."""
        self.put("EFI/BOOT/BOOTX64.EFI", link=os.path.join(ROOT, "build/x86_64/tests/shape.efi"))
        self.put("berth.efi", link=os.path.join(ROOT, "build/x86_64/BOOTX64.EFI"))
        self.put("shape.txt", "\n".join(wishes) + "\n")

    def image(self):
        out = os.path.join(self.path, "disk.img")
        script("disk", out, self.tree)
        return out


# Debian 12's OVMF, which scripts/run and users of Debian 12 have. Debian 13's starts in half the time, so most boots
# use it.
OLDER_OVMF = ("--ovmf", "/usr/share/OVMF")


@functools.lru_cache(None)
def newer_ovmf():
    return ("--ovmf", script("fetch", "ovmf", "trixie"))


class Machine:
    """A running QEMU; .text() is the console's text, without escape sequences. @image: already made, and kept."""

    def __init__(self, esp, *options, memory="6G", timeout=150, more=(), image=None):
        self.log = os.path.join(esp.path, "console.log")
        self.deadline = time.monotonic() + timeout
        if esp.arch == "x86_64" and "--ovmf" not in options:
            options = (*newer_ovmf(), *options)
        words = [os.path.join(ROOT, "scripts", "qemu"), "--arch", esp.arch, "--memory", memory, "--timeout", str(timeout), *options,
                 image or esp.image(), "--", *more]
        self.keeps_image = image is not None
        self.raw = bytearray()
        self.seen = 0
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        cwd=ROOT, bufsize=0)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        with open(self.log, "wb") as log:
            while True:
                piece = self.process.stdout.read(4096)
                if not piece:
                    return
                self.raw += piece
                log.write(piece)
                log.flush()

    def text(self):
        return ANSI.sub(b"", bytes(self.raw)).decode("utf-8", "replace").replace("\r", "")

    def wait_for(self, *any_of):
        """Waits until one of these texts is on the console behind the one waited for before, and returns it."""
        while True:
            ended = not self.reader.is_alive()
            text = self.text()
            found = [(text.find(words, self.seen), words) for words in any_of if words in text[self.seen:]]
            if found:
                at, words = min(found)
                self.seen = at + len(words)
                return words
            if ended or time.monotonic() > self.deadline:
                raise Failure(f"the console never said {' or '.join(any_of)!r}; it ended with:\n" + self.tail())
            time.sleep(0.05)

    def rest_of_line(self):
        """What follows, on its line, the words that were waited for last."""
        start = self.seen
        self.wait_for("\n")
        return self.text()[start:self.seen - 1]

    def tail(self, lines=25):
        return "\n".join("    " + line for line in self.text().splitlines()[-lines:])

    def press(self, key):
        time.sleep(0.3)
        self.process.stdin.write(KEYS.get(key, key.encode()))
        self.process.stdin.flush()

    def finish(self):
        """Waits for the machine to power off and returns all of its text."""
        try:
            self.process.wait(timeout=max(1, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.stop()
            raise Failure("the machine did not power off; its console ended with:\n" + self.tail()) from None
        self.reader.join(5)
        return self.text()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()
        disk = os.path.join(os.path.dirname(self.log), "disk.img")
        if os.path.exists(disk) and not self.keeps_image:
            os.unlink(disk)


class Guest:
    """What the booted system said about itself, and what the loader had said before."""

    def __init__(self, text):
        self.text = text
        self.lines = [line for line in text.splitlines() if line.startswith("guest: ")]
        if "guest: done" not in self.lines:
            raise Failure("the guest did not get to its end; the console ended with:\n" +
                          "\n".join("    " + line for line in text.splitlines()[-25:]))

    def all(self, key):
        start = f"guest: {key} "
        return [line[len(start):] for line in self.lines if line.startswith(start)]

    def one(self, key):
        found = self.all(key)
        expect(len(found) == 1, f"the guest said {key!r} {len(found)} times")
        return found[0]

    def kernel_at(self):
        return int(self.one("kernel").split("-")[0], 16)

    def placed(self, part):
        """(address, size, align, rule) of the loader's line for @part; None when there is none."""
        found = re.findall(rf"^berth: place {part} (0x[0-9a-f]+) size (0x[0-9a-f]+) align (0x[0-9a-f]+) rule (\w+)$",
                           self.text, re.M)
        expect(len(found) <= 1, f"the loader placed {part} {len(found)} times")
        return tuple([*(int(n, 16) for n in found[0][:3]), found[0][3]]) if found else None

    def counters(self):
        found = re.findall(r"^berth: read (\d+) copied (\d+) bytes$", self.text, re.M)
        expect(len(found) == 1, "the loader's last line, with its counters, is not there once")
        return int(found[0][0]), int(found[0][1])

    def boot_params(self):
        return bytes.fromhex(self.one("boot_params"))

    def param(self, offset, width):
        return int.from_bytes(self.boot_params()[offset:offset + width], "little")


class Debian:
    """A suite's kernel, Debian 13's if none is named, for another CPU, and an initramfs with a busybox of that CPU."""

    def __init__(self, cpu, suite="trixie"):
        self.folder = script("fetch", "kernel", suite, cpu)
        self.kernel = os.path.join(self.folder, "vmlinuz")
        self.initrd = os.path.join(WORK, f"initramfs-{cpu}.cpio" if suite == "trixie" else f"initramfs-{suite}-{cpu}.cpio")
        os.makedirs(WORK, exist_ok=True)
        script("initramfs", self.initrd, self.folder, os.path.join(script("fetch", "busybox", cpu), "busybox"))


def lost_memory(guest):
    """What firmware's map, in the debug log, gives to the kernel, and /proc/iomem does not have as RAM: page by page."""
    ram = [tuple(int(n, 16) for n in line.split()) for line in guest.all("ram")]
    lost = []
    for start, end, kind in re.findall(r"^berth: memory (0x[0-9a-f]+)-(0x[0-9a-f]+) type (\d+) ", guest.text, re.M):
        at, end = int(start, 16), int(end, 16)
        while int(kind) in USABLE and at < end:
            inside = [last + 1 for first, last in ram if first <= at <= last]
            if not inside:
                lost.append(f"{at:#x} of {start}-{end:#x}")
                break
            at = max(inside)
    return lost


def names_in_image(image, folder, at=0):
    """The files of a folder of a FAT image that is not in use and begins at byte @at."""
    listed = subprocess.run(["mdir", "-b", "-i", f"{image}@@{at}", "::" + folder], check=True, stdout=subprocess.PIPE, text=True,
                            env={**os.environ, "MTOOLS_SKIP_CHECK": "1"}).stdout
    return sorted(os.path.basename(line) for line in listed.split("\n") if line)


def bytes_in_image(image, name):
    """A file of an image that is not in use."""
    return subprocess.run(["mcopy", "-i", image, "::" + name, "-"], check=True, stdout=subprocess.PIPE,
                          env={**os.environ, "MTOOLS_SKIP_CHECK": "1"}).stdout


def put_into_image(image, name, text):
    """Replaces a file of an image that is not in use."""
    subprocess.run(["mcopy", "-o", "-i", image, "-", "::" + name], input=text.encode(), check=True,
                   env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})


TYPE_ESP, TYPE_ROOT = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"  # types of partitions
TYPE_XBOOTLDR = "bc13c2ff-59e6-4262-a352-b275fd6f7172"


def partitioned(out, *partitions):
    """A disk with a GPT of these: (type, GUID, image). Sources: UEFI 2.10, 5.3.2 and 5.3.3; UAPI.2 for a root's type."""
    entries, first = b"", 2048
    with open(out, "wb"):
        pass
    for kind, guid, image in partitions:
        sectors = (os.path.getsize(image) + (1 << 20) - 1 >> 20) * 2048
        entries += uuid.UUID(kind).bytes_le + uuid.UUID(guid).bytes_le + struct.pack("<QQQ", first, first + sectors - 1, 0)
        entries += b"\0" * 72
        subprocess.run(["dd", f"if={image}", f"of={out}", "bs=1M", f"seek={first // 2048}", "conv=sparse,notrunc",
                        "status=none"], check=True)
        first += sectors
    entries = entries.ljust(128 * 128, b"\0")
    last, disk = first + 33, uuid.UUID(int=1)

    def header(own, other, at):
        fields = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, own, other, 34, last - 33, disk.bytes_le,
                             at, 128, 128, zlib.crc32(entries))
        return fields[:16] + struct.pack("<I", zlib.crc32(fields)) + fields[20:]

    with open(out, "r+b") as file:
        file.truncate((last + 1) * 512)
        file.seek(446)
        file.write(b"\0\0\2\0\xee\xff\xff\xff" + struct.pack("<II", 1, min(last, 0xffffffff)) + b"\0" * 48 + b"\x55\xaa")
        for at, data in ((1, header(1, last, 2)), (2, entries), (last - 32, entries), (last, header(last, 1, last - 32))):
            file.seek(at * 512)
            file.write(data)


def variable_store(empty, out, variables, attributes=None):
    """
    A copy of OVMF's empty variable store with these in it, which stay over a reset: {(name, vendor's GUID): bytes}.
    @attributes: of those that have others than most.
    Sources: EDK2, MdeModulePkg/Include/Guid/VariableFormat.h; PI 1.7, volume 3, 3.2.1 (the volume's header).
    """
    with open(empty, "rb") as file:
        store = bytearray(file.read())
    at = int.from_bytes(store[0x30:0x32], "little") + 28  # the header of the volume, and that of the store in it
    expect(store[at:at + 4] == b"\xff" * 4, f"{empty} has variables already")
    for (name, vendor), value in variables.items():
        wide = name.encode("utf-16-le") + b"\0\0"
        head = struct.pack("<HBBIQ16xIII", 0x55aa, 0x3f, 0, (attributes or {}).get((name, vendor), 7), 0, 0, len(wide), len(value))
        head += uuid.UUID(vendor).bytes_le
        record = head + wide + value
        store[at:at + len(record)] = record
        at += (len(record) + 3) // 4 * 4
    with open(out, "wb") as file:
        file.write(store)


def kernel_reads(path):
    """Bytes of a bzImage that the loader has to read: the first 1024, and all behind the setup sectors."""
    with open(path, "rb") as file:
        head = file.read(1024)
    return len(head) + os.path.getsize(path) - (head[0x1f1] + 1) * 512


def patched(path, changes):
    """The bytes of a kernel with fields changed; @changes: (offset, width, value)."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    for offset, width, value in changes:
        data[offset:offset + width] = value.to_bytes(width, "little")
    return bytes(data)
