#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""berth sums writes what the loader reads: each part of each entry with its sum, made here once more, in a PE file whose headers
are read here as well, for each CPU; what is not an entry, or cannot be read, is said, and a signature is sbsign's.
"""
import hashlib
import os
import shutil
import struct
import subprocess
import tempfile

from tap import Ran, expect, run_tests

INITRD, SECOND, KERNEL = os.urandom(1001), os.urandom(77), os.urandom(5000)
TREE = b"\xd0\x0d\xfe\xed" + struct.pack(">I", 100) + os.urandom(92)
LINE = "quiet ro"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Tree:
    """Files of an EFI system partition; removed at the end."""

    def __init__(self, **files):
        self.folder = tempfile.mkdtemp()
        self.esp = os.path.join(self.folder, "esp")
        self.out = os.path.join(self.folder, "berth.sums")
        for name, data in {"EFI/BOOT/none": b"", "vmlinuz": KERNEL, "initrd": INITRD, "second": SECOND,
                           "loader/entries/one.conf": f"linux /vmlinuz\ninitrd /initrd\ninitrd /second\noptions {LINE}\n", **files}.items():
            self.put(name, data)

    def put(self, name, data):
        path = os.path.join(self.esp, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())

    def __enter__(self):
        return self

    def __exit__(self, *error):
        shutil.rmtree(self.folder)

    def run(self, *words, arch="x64"):
        return Ran("sums", "--arch", arch, "--esp", self.esp, "-o", self.out, *words)

    def sums(self, *words, arch="x64"):
        self.run("--version", "7", *words, arch=arch).expect(0)
        return sections(self.out)[".sums"].decode()

    def refused(self, said, *words):
        self.run(*words).expect(2, said)


def sections(path):
    """{name: contents}; what firmware and sbsign look at is checked. Source: Microsoft PE Format."""
    with open(path, "rb") as file:
        data = file.read()
    at = struct.unpack_from("<I", data, 0x3c)[0]
    expect(data[:2] == b"MZ" and data[at:at + 4] == b"PE\0\0", "no PE file")
    count, optional, flags = struct.unpack_from("<H", data, at + 6)[0], *struct.unpack_from("<HH", data, at + 20)
    expect(flags & 3 == 2, "it is no program, or has no relocations")
    head = at + 24
    magic = struct.unpack_from("<H", data, head)[0]
    entry, = struct.unpack_from("<I", data, head + 16)
    align, in_file = struct.unpack_from("<II", data, head + 32)
    size, headers = struct.unpack_from("<II", data, head + 56)
    subsystem, characteristics = struct.unpack_from("<HH", data, head + 68)
    expect((align, in_file, subsystem) == (4096, 512, 10), "no application for UEFI")
    expect(characteristics & 0x140 == 0x140, "not NX compatible, or not to be moved")
    directories = head + (92 if magic == 0x10b else 108)
    expect(struct.unpack_from("<I", data, directories)[0] == 16 and head + optional == directories + 4 + 16 * 8, "the directories")
    found, end, last = {}, headers, 0
    for n in range(count):
        row = head + optional + 40 * n
        name, length, address, raw, offset = struct.unpack_from("<8sIIII", data, row)
        flags, = struct.unpack_from("<I", data, row + 36)
        expect(offset == end and raw % in_file == 0 and address % align == 0 and address > last, "sections overlap")
        expect(flags & 0xa0000000 != 0xa0000000, "a section can be written to and run")
        expect((address <= entry < address + length) == (flags & 0x20000000 != 0), "it begins outside of its code")
        end, last = offset + raw, address + length - 1
        found[name.rstrip(b"\0").decode()] = data[offset:offset + length]
    expect(end == len(data) and size == (last // align + 1) * align, "the file, or the image, does not end with its sections")
    relocations = struct.unpack_from("<II", data, directories + 4 + 5 * 8)
    expect(relocations[1] == len(found[".reloc"]) == struct.unpack_from("<I", found[".reloc"], 4)[0], "the relocations")
    return found


def each_part_has_its_sum():
    """Kernel, command line with drop-ins, initrds, tree, overlays and table, in their order; without a name all entries"""
    with Tree(**{"loader/entries/two.conf": "linux /vmlinux\ndevicetree /a.dtb\ndevicetree-overlay /b.dtbo /a.dtb\n",
                 "loader/entries/prog.conf": "efi /EFI/BOOT/none\n", "vmlinux": SECOND, "vmlinux.relocs": INITRD,
                 "a.dtb": TREE + b"more", "b.dtbo": TREE, "loader/cmdline.d/x.conf": "dropped\n"}) as tree:
        one = (f"entry one.conf\nkernel {sha256(KERNEL)}\noptions {sha256((LINE + ' dropped').encode())}\ninitrd {sha256(INITRD)}\n"
               f"initrd {sha256(SECOND)}\n")
        two = (f"entry two.conf\nkernel {sha256(SECOND)}\noptions {sha256(b'dropped')}\ndevicetree {sha256(TREE)}\n"
               f"devicetree-overlay {sha256(TREE)}\ndevicetree-overlay {sha256(TREE)}\nrelocs {sha256(INITRD)}\n")
        head = "berth-sums 1\nversion 7\n"
        both = tree.sums()
        expect(both in (head + one + two, head + two + one), f"it has {both!r}")
        expect(tree.sums("one") == head + one, "one alone")
        expect(tree.sums("two.conf", "one") == head + two + one, "both by name")
        expect(tree.sums("--least", "6", "one") == head + "least 6\n" + one, "least")
        expect(tree.sums("--clear", "one") == head + "clear\n" + one, "clear")


def it_is_a_program_for_each_cpu():
    """Machine and width are the CPU's; .sbat and .sums are there; the code is what returns EFI_UNSUPPORTED"""
    rows = {"x64": (0x8664, 0x20b), "ia32": (0x14c, 0x10b), "aa64": (0xaa64, 0x20b), "riscv64": (0x5064, 0x20b)}
    with Tree() as tree:
        for arch, (machine, magic) in rows.items():
            tree.sums(arch=arch)
            with open(tree.out, "rb") as file:
                data = file.read()
            at = struct.unpack_from("<I", data, 0x3c)[0]
            expect(struct.unpack_from("<H", data, at + 4)[0] == machine, f"{arch}: another machine")
            expect(struct.unpack_from("<H", data, at + 24)[0] == magic, f"{arch}: another width")
            found = sections(tree.out)
            expect(list(found) == [".text", ".sbat", ".sums", ".reloc"], f"{arch}: sections are {list(found)}")
            expect(found[".sbat"].startswith(b"sbat,1,SBAT Version,") and b"\nberth.sums,1," in found[".sbat"], f"{arch}: SBAT")


def what_cannot_be_bound_is_said():
    """An entry that is not there, has no kernel, is broken, or whose files are not there; a tree that is none; bad numbers"""
    with Tree(**{"loader/entries/prog.conf": "efi /EFI/BOOT/none\n", "loader/entries/gone.conf": "linux /gone\n",
                 "loader/entries/lacks.conf": "linux /vmlinuz\ninitrd /gone\n", "loader/entries/text.conf": "linux /vmlinuz\ndevicetree /initrd\n",
                 "loader/entries/short.conf": "linux /vmlinuz\ndevicetree-overlay /short\n", "short": TREE[:99],
                 "loader/entries/up.conf": "linux /vmlinuz\ninitrd /a/../b\n", "loader/entries/none.conf": "title none\n",
                 "loader/entries/long.conf": "linux /vmlinuz\noptions " + "x" * 60000 + "\n",
                 "loader/cmdline.d/long.conf": "x" * 9000 + "\n"}) as tree:
        version = ("--version", "7")
        tree.refused("no entry nowhere", *version, "nowhere")
        tree.refused("prog.conf: has no kernel", *version, "prog")
        tree.refused("gone: no such file in", *version, "gone")
        tree.refused("gone: no such file in", *version, "lacks")
        tree.refused("initrd: not a device tree, or not all of one", *version, "text")
        tree.refused("short: not a device tree, or not all of one", *version, "short")
        tree.refused("/a/../b", *version, "up")
        tree.refused("none.conf", *version, "none")
        tree.refused("long.conf", *version, "long")
        tree.refused("`version` and a number, 1 or more", "--version", "0", "one")
        tree.refused("`version` and a number, 1 or more", "--version", "seven", "one")
        tree.refused("not above the version", *version, "--least", "8", "one")
        tree.refused("this entry has a record already", *version, "one", "one.conf")


def a_wrong_command_is_told():
    """What is missing, contradicts itself or is unknown; folders that are none"""
    with Tree() as tree:
        Ran("sums", "--esp", tree.esp, "-o", tree.out).expect(2, "-o FILE and --version NUMBER are needed")
        Ran("sums", "--esp", tree.esp, "--version", "7").expect(2, "-o FILE and --version NUMBER are needed")
        tree.refused("--clear and --least do not go together", "--version", "7", "--clear", "--least", "1")
        tree.refused("no option --frob", "--version", "7", "--frob")
        tree.refused("--sign needs a key and a certificate", "--version", "7", "--sign", "key")
        tree.refused("--version needs a value", "--version")
        tree.refused("--arch takes x64, ia32, aa64 or riscv64", "--version", "7", "--arch", "vax")
        tree.refused("nowhere: not a folder", "--version", "7", "--esp", "/nowhere")
        tree.refused("nowhere: not a folder", "--version", "7", "--xbootldr", "/nowhere")
        Ran("sums", "--arch", "x64", "--esp", tree.esp, "-o", "/nowhere/sums", "--version", "7", "one").expect(2, "/nowhere/sums")


def there_is_room_for_64_kib():
    """What the loader would not read is not written"""
    with Tree(**{f"loader/entries/{'x' * 150}{n}.conf": "linux /vmlinuz\n" for n in range(220)}) as tree:
        tree.refused("the loader reads at most 65536", "--version", "7")


def xbootldrs_entries_have_records_as_well():
    """Their files are looked for on their own partition"""
    with Tree() as tree, Tree(**{"loader/entries/one.conf": "linux /other\n", "other": SECOND}) as other:
        os.unlink(os.path.join(tree.esp, "loader/entries/one.conf"))
        expect(f"kernel {sha256(SECOND)}\n" in tree.sums("--xbootldr", other.esp, "one"), "its kernel")


def it_is_signed_by_sbsign():
    """With the key and certificate that are named; what sbsign says is passed on"""
    with Tree() as tree:
        key, cert = os.path.join(tree.folder, "key"), os.path.join(tree.folder, "crt")
        subprocess.run(["openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "9", "-subj", "/CN=x",
                        "-keyout", key, "-out", cert], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        tree.run("--version", "7", "--sign", key, cert, "one").expect(0)
        subprocess.run(["sbverify", "--cert", cert, tree.out], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        tree.refused("sbsign failed; ", "--version", "7", "--sign", "/nowhere", cert, "one")
        path = os.environ["PATH"]
        os.environ["PATH"] = "/nowhere"
        try:
            tree.refused("sbsign cannot be run; ", "--version", "7", "--sign", key, cert, "one")
        finally:
            os.environ["PATH"] = path


def what_was_there_stays_until_all_of_the_new_one_is():
    """A machine that demands a berth.sums starts nothing by half of one, or by one that nobody has signed"""
    with Tree() as tree:
        before = tree.sums()

        def stays(said, *words):
            tree.refused(said, *words)
            expect(sections(tree.out)[".sums"].decode() == before, f"after {said}: another one")
            expect(sorted(os.listdir(tree.folder)) == ["berth.sums", "esp"], f"after {said}: {os.listdir(tree.folder)}")

        stays("sbsign failed; ", "--version", "8", "--sign", "/nowhere", "/nowhere")
        os.symlink("/dev/full", tree.out + ".new")
        stays("not all of it could be written", "--version", "8")
        stays("`version` and a number", "--version", "0")
        expect("version 9\n" in tree.sums("--version", "9"), "the new one")


if __name__ == "__main__":
    run_tests([each_part_has_its_sum, it_is_a_program_for_each_cpu, what_cannot_be_bound_is_said, a_wrong_command_is_told,
               there_is_room_for_64_kib, xbootldrs_entries_have_records_as_well, it_is_signed_by_sbsign,
               what_was_there_stays_until_all_of_the_new_one_is])
