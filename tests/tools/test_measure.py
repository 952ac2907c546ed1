#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""berth measure tells what will be measured of an entry, and the registers behind a log; all sums are made here once more.

Sources: systemd, src/fundamental/tpm2-pcr.h; Linux drivers/firmware/efi/libstub/efi-stub-helper.c; TCG PC Client Platform
Firmware Profile 1.05, 10.2 (the log); DMTF DSP0134 3.7, 6.1 (structures).
"""
import hashlib
import json
import os
import shutil
import struct
import subprocess
import tempfile

from tap import Ran, expect, run_tests


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def wide(text):
    return text.encode("utf-16-le") + b"\0\0"


class Tree:
    """Files of an EFI system partition; removed at the end."""

    def __init__(self, **files):
        self.folder = tempfile.mkdtemp()
        self.esp = os.path.join(self.folder, "esp")
        for name, data in {"EFI/BOOT/none": b"", **files}.items():
            self.put(name, data)

    def put(self, name, data):
        path = os.path.join(self.esp, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def beside(self, name, data):
        return self.put("../" + name, data)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        shutil.rmtree(self.folder)

    def measure(self, *words):
        ran = Ran("measure", "--arch", "x64", "--esp", self.esp, "--json", *words)
        ran.expect(0)
        return json.loads(ran.out)

    def refused(self, said, *words):
        Ran("measure", "--arch", "x64", "--esp", self.esp, *words).expect(2, said)


def bzimage(*changes):
    """The head of a bzImage that Berth knows. Source: Linux Documentation/arch/x86/boot.rst."""
    data = bytearray(0x8000)
    data[0:2] = b"MZ"
    struct.pack_into("<B", data, 0x1f1, 4)
    struct.pack_into("<I", data, 0x1f4, (len(data) - 5 * 512) // 16)
    struct.pack_into("<H", data, 0x1fe, 0xaa55)
    struct.pack_into("<H", data, 0x200, 0x66eb)
    data[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", data, 0x206, 0x20f)
    struct.pack_into("<BB", data, 0x210, 0, 1)
    struct.pack_into("<II", data, 0x22c, 0x7fffffff, 0x200000)
    struct.pack_into("<BBH", data, 0x234, 1, 21, 0x3f)
    struct.pack_into("<I", data, 0x238, 2047)
    struct.pack_into("<Q", data, 0x258, 0x1000000)
    struct.pack_into("<I", data, 0x260, 0x400000)
    for offset, width, value in changes:
        data[offset:offset + width] = value.to_bytes(width, "little")
    return bytes(data)


INITRD, SECOND = os.urandom(1001), os.urandom(77)
CONF = "timeout 3\n"


def linux(**files):
    return Tree(**{"loader/loader.conf": CONF, "vmlinuz": bzimage(), "initrd": INITRD, "second": SECOND, "empty": b"",
                   "loader/entries/one.conf": "title One\nlinux /vmlinuz\ninitrd /initrd\ninitrd /empty\ninitrd /second\n"
                                              "options quiet  grüße\noptions ro\n", **files})


def events(told):
    return [(e["pcr"], e["type"], e.get("tag"), e["what"], e["size"], e["sha256"]) for e in told["events"]]


def own(options):
    text, joined = wide(options), INITRD + b"\0" * 3 + SECOND
    return [(5, 6, 0xf5bc582a, "loader.conf", len(CONF), sha256(CONF.encode())),
            (12, 13, None, "command line", len(text), sha256(text)),
            (9, 6, 0x8f3b22ed, "LOADED_IMAGE::LoadOptions", len(text), sha256(text)),
            (9, 6, 0x8f3b22ec, "Linux initrd", len(joined), sha256(joined))]


def a_kernel_has_all_events():
    """conf, options twice and the joined initrds, in the order in which they are made"""
    with linux() as tree:
        for words in ([], ["one"], ["one.conf"]):
            told = tree.measure(*words)
            expect(events(told) == own("quiet  grüße ro"), f"{told}")
            expect(told["command-line"] == "quiet  grüße ro" and told["authenticode"] is None, f"{told}")


def the_command_line_is_all_of_it():
    """drop-ins, in the order of their names, SMBIOS's options, and the nokaslr that an exact place adds"""
    with linux() as tree:
        tree.put("loader/cmdline.d/20-b.conf", "b=2\n")
        tree.put("loader/cmdline.d/10-a.conf", "# none\na=1\n")
        tree.put("loader/cmdline.d/30-c.txt", "c=3\n")
        tree.put("loader/entries/one.conf", "linux /vmlinuz\nplacement 0x4000000\noptions ro\n")
        dmi = tree.beside("dmi", b"\x0b\x05hh\x01io.systemd.boot.kernel-cmdline-extra=more\0\0")
        told = tree.measure("--smbios", dmi)
        expect(told["command-line"] == "ro a=1 b=2 more nokaslr", told["command-line"])


def bytes_that_are_no_text_are_measured_as_they_are():
    """a byte that is not of UTF-8 becomes half a pair of UTF-16"""
    with linux() as tree:
        tree.put("loader/entries/one.conf", b"linux /vmlinuz\noptions a\xff\n")
        told = tree.measure()
        expect(told["events"][1]["sha256"] == sha256(b"a\0\xff\xdc\0\0"), f"{told}")


def programs_have_what_they_are_passed():
    """`efi`: loader.conf and the options; nothing when there are none"""
    with linux() as tree:
        tree.put("tool.efi", b"MZ")
        tree.put("loader/entries/two.conf", "efi /tool.efi\noptions -x\n")
        tree.put("loader/entries/three.conf", "efi /tool.efi\n")
        expect([e[0] for e in events(tree.measure("two"))] == [5, 12], "two")
        expect(tree.measure("two")["events"][1]["sha256"] == sha256(wide("-x")), "two's options")
        expect([e[0] for e in events(tree.measure("three"))] == [5], "three")


SYSTEM = b"\x01\x1bhh" + bytes(range(0x40, 0x54)) + b"\x06zz" + b"maker\0\0"
BOARD, OEM = b"\x02\x05hhx\0\0", b"\x0b\x05hh\x01one\0\0"


def structures_are_measured_without_the_wake_up():
    """--smbios: types 1, 2 and 11 into PCR 1, and of the first the byte at 0x18 as 0"""
    with linux() as tree:
        dmi = tree.beside("dmi", b"\0\x06hhxx\0\0" + SYSTEM + BOARD + OEM + OEM + b"\x7f\x04hh\0\0" + OEM)
        told = tree.measure("--smbios", dmi)
        asleep = SYSTEM[:0x18] + b"\0" + SYSTEM[0x19:]
        expect(events(told)[:4] == [(1, 6, 0xd5cb7cbc, "smbios:type1", len(SYSTEM), sha256(asleep)),
                                    (1, 6, 0xe0d47bc8, "smbios:type2", len(BOARD), sha256(BOARD)),
                                    (1, 6, 0xc0b3bd23, "smbios:type11", len(OEM), sha256(OEM)),
                                    (1, 6, 0xc0b3bd23, "smbios:type11", len(OEM), sha256(OEM))], f"{told}")


# ---- logs ----

NO_ACTION, ACTION, SEPARATOR = 3, 0x80000007, 4
EXIT = b"Exit Boot Services Invocation"


def event(register, kind, digest, data):
    return (struct.pack("<IIIH", register, kind, 2, 4) + bytes(20) + struct.pack("<H", 0xb) + bytes.fromhex(digest) +
            struct.pack("<I", len(data)) + data)


def log_of(*entries):
    head = b"Spec ID Event03\0" + bytes(8) + struct.pack("<IHHHHB", 2, 4, 20, 0xb, 32, 0)
    return struct.pack("<II", 0, NO_ACTION) + bytes(20) + struct.pack("<I", len(head)) + head + b"".join(entries)


def registers(*sums, start=bytes(32)):
    for one in sums:
        start = hashlib.sha256(start + bytes.fromhex(one)).digest()
    return start.hex()


def the_registers_follow_a_log():
    """firmware's events stay, the loader's own are those of the entry; loader.conf comes before the end of boot services"""
    first, last, other = sha256(b"firmware"), sha256(EXIT), sha256(b"what an earlier boot had")
    tag = struct.pack("<II", 0x8f3b22ec, 0)
    with linux() as tree:
        text, initrd = sha256(wide("quiet  grüße ro")), sha256(INITRD + b"\0" * 3 + SECOND)
        conf = sha256(CONF.encode())
        firmwares = (event(0, 8, first, b"F"), event(5, SEPARATOR, first, b"\0\0\0\0"), event(9, 0xd, first, b"firmware's"))
        end = event(5, ACTION, last, EXIT)
        # Without any of the loader's own; and with those of another boot, the options even twice.
        for own_events in ((), (event(5, 6, other, struct.pack("<II", 0xf5bc582a, 0)), event(12, 0xd, other, b"x\0"),
                                event(12, 0xd, other, b"x\0"), event(9, 6, other, tag))):
            log = tree.beside("log", log_of(*firmwares, *own_events, end))
            found = tree.measure("--log", log)["registers"]
            expect(found["0"] == registers(first) and found["4"] == "00" * 32, f"{found}")
            expect(found["5"] == registers(first, conf, last), f"PCR 5 is {found['5']}")
            expect(found["12"] == registers(text), f"PCR 12 is {found['12']}")
            wanted = (first, initrd, text) if own_events else (first, text, initrd)
            expect(found["9"] == registers(*wanted), f"PCR 9 is {found['9']}")
            expect(found["17"] == "ff" * 32 and found["23"] == "00" * 32, f"{found}")


def structures_of_a_log_stay_unless_they_are_given():
    """without --smbios PCR 1 is the log's"""
    first, other = sha256(b"firmware"), sha256(b"type 2")
    with linux() as tree:
        log = tree.beside("log", log_of(event(1, 8, first, b""), event(1, 6, other, struct.pack("<II", 0xe0d47bc8, 0))))
        dmi = tree.beside("dmi", BOARD)
        expect(tree.measure("--log", log)["registers"]["1"] == registers(first, other), "the log's")
        expect(tree.measure("--log", log, "--smbios", dmi)["registers"]["1"] == registers(first, sha256(BOARD)), "given")


def the_locality_is_in_register_0():
    """an event without action tells from which locality the TPM was started"""
    with linux() as tree:
        log = tree.beside("log", log_of(event(0, NO_ACTION, "00" * 32, b"StartupLocality\0\3"), event(0, 8, sha256(b"f"), b"")))
        expect(tree.measure("--log", log)["registers"]["0"] == registers(sha256(b"f"), start=bytes(31) + b"\3"), "PCR 0")


def what_is_wrong_is_said():
    """no such entry or file, a log that is none, is cut off or has other registers"""
    with linux() as tree:
        tree.refused("no entry two", "two")
        tree.refused("no option --none", "--none")
        tree.refused("--log needs a value", "--log")
        tree.refused("no log of a TPM 2.0", "--log", tree.beside("log", b"x" * 100))
        whole = log_of(event(0, 8, sha256(b"f"), b"data"))
        tree.refused("bytes before its end", "--log", tree.beside("log", whole[:-1]))
        tree.refused("register 24", "--log", tree.beside("log", log_of(event(24, 8, sha256(b"f"), b""))))
        os.unlink(os.path.join(tree.esp, "second"))
        tree.refused("\\second: no such file")
        os.unlink(os.path.join(tree.esp, "vmlinuz"))
        tree.refused("\\vmlinuz: no such file", "one")


def the_hash_of_a_program_is_its_signatures():
    """sbsign's signature holds the hash that is told, of the file with it and without"""
    loader = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "build/x86_64/BOOTX64.EFI")
    with linux() as tree, open(loader, "rb") as file:
        plain, signed = tree.put("plain.efi", file.read()), os.path.join(tree.esp, "signed.efi")
        key, certificate = tree.beside("key", b""), tree.beside("certificate", b"")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-keyout", key, "-out",
                        certificate], check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["sbsign", "--key", key, "--cert", certificate, "--output", signed, plain], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in ("plain", "signed"):
            tree.put(f"loader/entries/{name}.conf", f"uki /{name}.efi\n")
        found = tree.measure("signed")["authenticode"]
        with open(signed, "rb") as file:
            expect(bytes.fromhex(found) in file.read(), f"{found} is not in the signature")
        expect(tree.measure("plain")["authenticode"] == found, "the file without a signature has another hash")


if __name__ == "__main__":
    run_tests([a_kernel_has_all_events, the_command_line_is_all_of_it, bytes_that_are_no_text_are_measured_as_they_are,
               programs_have_what_they_are_passed, structures_are_measured_without_the_wake_up, the_registers_follow_a_log,
               structures_of_a_log_stay_unless_they_are_given, the_locality_is_in_register_0, what_is_wrong_is_said,
               the_hash_of_a_program_is_its_signatures])
