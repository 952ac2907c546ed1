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


PE_AT, SECTIONS, HEADERS = 0x40, 0x40 + 24 + 160, 0x400


def program(data, machine=0x8664, subsystem=10):
    """@data with the headers of a PE32+ file of one section written into it. Source: Microsoft PE Format."""
    data = bytearray(data)
    data[0:2] = b"MZ"
    struct.pack_into("<I", data, 0x3c, PE_AT)
    struct.pack_into("<4sHHIIIHH", data, PE_AT, b"PE", machine, 1, 0, 0, 0, 160, 0x206)
    struct.pack_into("<H", data, PE_AT + 24, 0x20b)
    struct.pack_into("<IIH", data, PE_AT + 24 + 60, HEADERS, 0, subsystem)
    struct.pack_into("<I", data, PE_AT + 24 + 108, 6)
    struct.pack_into("<8sIIII", data, SECTIONS, b".text", len(data) - HEADERS, HEADERS, len(data) - HEADERS, HEADERS)
    return bytes(data)


def authenticode(data):
    """Of program()'s: without its checksum, and the place of its signatures, of which there are none."""
    checksum, directory = PE_AT + 24 + 64, PE_AT + 24 + 112 + 32
    return sha256(data[:checksum] + data[checksum + 4:directory] + data[directory + 8:])


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


# ---- files beside an image ----


def archive(inode, folder, mode, *files):
    """As systemd-boot packs them: each file behind its two folders. Sources: Linux Documentation/driver-api/early-userspace/
    buffer-format.rst; systemd, src/boot/cpio.c (one link, links of the trailer, capitals in it alone)."""
    def record(name, kind, size):
        fields = (inode, kind, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
        return head + b"\0" * (-len(head) % 4)
    out = b""
    for number, name, data in files:
        inode = 3 * number + 1
        out += record(".extra", 0o40555, 0)
        inode += 1
        out += record(".extra/" + folder, 0o40000 | mode, 0)
        inode += 1
        out += record(f".extra/{folder}/{name}", 0o100000 | mode & 0o444, len(data)) + data + b"\0" * (-len(data) % 4)
    end = b"070701" + b"0" * 32 + b"00000001" + b"0" * 48 + b"0000000B00000000TRAILER!!!\0"
    return out + end + b"\0" * (-len(end) % 4)


def files_beside_an_image_are_measured_as_archives():
    """`extra`: one archive of each kind, in their order, before the options; an empty file is left out"""
    secret, system, other, configuration = b"secret", os.urandom(1001), os.urandom(7), os.urandom(64)
    with linux(**{"system.efi": program(bytes(0x800)), "a.sysext.raw": system, "b.cred": secret, "c.SysExt.raw": other,
                  "d.confext.raw": configuration, "e.cred": b""}) as tree:
        tree.put("loader/entries/two.conf", "uki /system.efi\noptions x\nextra /a.sysext.raw\nextra /e.cred\nextra /b.cred\n"
                                            "extra /c.SysExt.raw\nextra /d.confext.raw\n")
        wanted = [(12, "Entry credentials initrd", archive(0, "credentials", 0o500, (1, "b.cred", secret))),
                  (13, "Entry system extension initrd", archive(0, "sysext", 0o555, (0, "a.sysext.raw", system),
                                                                (2, "c.SysExt.raw", other))),
                  (12, "Entry configuration extension initrd", archive(0, "confext", 0o555, (3, "d.confext.raw", configuration)))]
        told = tree.measure("two")
        expect(events(told)[1:4] == [(pcr, 13, None, what, len(data), sha256(data)) for pcr, what, data in wanted], f"{told}")
        expect([e[3] for e in events(told)] == ["loader.conf", *(what for _, what, _ in wanted), "command line"], f"{told}")
        os.unlink(os.path.join(tree.esp, "b.cred"))
        tree.refused("\\b.cred: no such file", "two")


# ---- logs ----

NO_ACTION, ACTION, SEPARATOR, VARIABLE, APPLICATION, DRIVER = 3, 0x80000007, 4, 0x80000001, 0x80000003, 0x80000004
EXIT = b"Exit Boot Services Invocation"
FIRMWARE, LAST, OTHER = sha256(b"firmware"), sha256(EXIT), sha256(b"what an earlier boot had")


def event(register, kind, digest, data):
    return (struct.pack("<IIIH", register, kind, 2, 4) + bytes(20) + struct.pack("<H", 0xb) + bytes.fromhex(digest) +
            struct.pack("<I", len(data)) + data)


def log_of(*entries):
    head = b"Spec ID Event03\0" + bytes(8) + struct.pack("<IHHHHB", 2, 4, 20, 0xb, 32, 0)
    return struct.pack("<II", 0, NO_ACTION) + bytes(20) + struct.pack("<I", len(head)) + head + b"".join(entries)


def loaded(digest, *path, register=4, kind=APPLICATION):
    """Firmware's event of a program; its path in one node or more. Sources: UEFI_IMAGE_LOAD_EVENT, 10.2; UEFI 2.10, 10.3.5."""
    nodes = struct.pack("<BBH", 1, 1, 6) + b"\0\7"
    for text in path:
        nodes += struct.pack("<BBH", 4, 4, 4 + len(wide(text))) + wide(text)
    nodes += struct.pack("<BBH", 0x7f, 0xff, 4)
    return event(register, kind, digest, struct.pack("<QQQQ", 0x1000, 0x2000, 0, len(nodes)) + nodes)


def secure_boot(value):
    """UEFI_VARIABLE_DATA, 10.2."""
    return event(7, VARIABLE, FIRMWARE, bytes(16) + struct.pack("<QQ", 10, 1) + "SecureBoot".encode("utf-16-le") + bytes([value]))


def registers(*sums, start=bytes(32)):
    for one in sums:
        start = hashlib.sha256(start + bytes.fromhex(one)).digest()
    return start.hex()


LOADER = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "build/x86_64/BOOTX64.EFI")
KERNEL = program(bzimage())
PATH = "\\EFI\\BOOT\\BOOTX64.EFI"


class Booted(Tree):
    """A tree that Berth boots from; .loader is Berth's sum, which the_hash_of_a_program_is_its_signatures compares."""

    def __init__(self, **files):
        with open(LOADER, "rb") as file:
            super().__init__(**{"loader/loader.conf": CONF, "vmlinuz": KERNEL, "EFI/BOOT/BOOTX64.EFI": file.read(),
                                "loader/entries/one.conf": "linux /vmlinuz\noptions ro\n", **files})
        self.put("loader/entries/itself.conf", "uki /EFI/BOOT/BOOTX64.EFI\n")
        self.loader = self.measure("itself")["authenticode"]
        os.unlink(os.path.join(self.esp, "loader/entries/itself.conf"))

    def foresee(self, *entries, name="one", words=()):
        """{register: value or None}, and {register: why it is None}."""
        told = self.measure("--log", self.beside("log", log_of(*entries)), *words, name)
        expect([n for n, value in told["registers"].items() if value is None] == list(told["unknown"]), f"{told['unknown']}")
        return told["registers"], told["unknown"]


def the_registers_follow_a_log():
    """what firmware measured stays; from Berth's start on all is this entry's, whatever the boot of the log started"""
    text, conf, kernel = sha256(wide("ro")), sha256(CONF.encode()), authenticode(KERNEL)
    with Booted(initrd=INITRD) as tree:
        tree.put("loader/entries/one.conf", "linux /vmlinuz\ninitrd /initrd\noptions ro\n")
        before = (event(0, 8, FIRMWARE, b"F"), event(4, ACTION, FIRMWARE, b"Calling EFI Application from Boot Option"),
                  event(5, SEPARATOR, FIRMWARE, bytes(4)), event(9, 0xd, FIRMWARE, b"before"), loaded(tree.loader, PATH))
        end = event(5, ACTION, LAST, EXIT)
        # Without anything of the loader's; of a kernel, behind one that failed; and of an image with systemd's stub.
        for later in ((), (event(5, 6, OTHER, struct.pack("<II", 0xf5bc582a, 0)), loaded(OTHER, "\\failed"),
                           loaded(OTHER, "\\other"), event(12, 0xd, OTHER, b"x\0"), event(12, 0xd, OTHER, b"x\0"),
                           event(9, 6, OTHER, struct.pack("<II", 0x8f3b22ec, 0))),
                      (event(13, 0xd, OTHER, wide("Entry system extension initrd")), loaded(OTHER, "\\EFI\\Linux\\x.efi"),
                       event(11, 0xd, OTHER, wide(".linux")), event(15, 0xd, OTHER, b"x"))):
            found, unknown = tree.foresee(*before, *later, end)
            expect(unknown == {}, f"{unknown}")
            for number, sums in {0: (FIRMWARE,), 4: (FIRMWARE, tree.loader, kernel), 5: (FIRMWARE, conf, LAST),
                                 9: (FIRMWARE, text, sha256(INITRD)), 12: (text,), 11: (), 13: (), 15: (), 23: ()}.items():
                expect(found[str(number)] == registers(*sums), f"PCR {number} is {found[str(number)]}")
            expect(found["17"] == "ff" * 32, f"{found}")


def a_loader_that_was_updated_has_its_new_sum():
    """the log names Berth by its path, whose file has another sum by now; its path may be in pieces, and in other letters"""
    with Booted() as tree:
        for path in ([PATH], ["\\efi\\boot", "bootx64.efi"]):
            found, unknown = tree.foresee(loaded(OTHER, *path))
            expect(unknown == {} and found["4"] == registers(tree.loader, authenticode(KERNEL)), f"{found} {unknown}")


def a_loader_that_shim_started_is_known_by_its_sum():
    """shim names itself where it means what it starts: Berth is what has its sum, in shim's folder"""
    with Booted(**{"EFI/debian/shimx64.efi": b"MZ"}) as tree:
        shutil.move(os.path.join(tree.esp, "EFI/BOOT/BOOTX64.EFI"), os.path.join(tree.esp, "EFI/debian/grubx64.efi"))
        log = (loaded(OTHER, "\\EFI\\debian\\shimx64.efi"), loaded(tree.loader, "\\EFI\\debian\\shimx64.efi"),
               event(14, 0xd, FIRMWARE, b"MokList"))
        found, unknown = tree.foresee(*log)
        expect(unknown == {} and found["4"] == registers(OTHER, tree.loader, authenticode(KERNEL)), f"{found} {unknown}")


def a_log_of_another_loader_leaves_registers_unknown():
    """2, 4, and 8 to 15, which loaders and their drivers have; firmware's are told"""
    with Booted() as tree:
        log = (event(0, 8, FIRMWARE, b"F"), loaded(OTHER, "\\EFI\\debian\\grubx64.efi"), event(8, 0xd, OTHER, b"grub_cmd"))
        found, unknown = tree.foresee(*log)
        expect(list(unknown) == ["2", "4", *map(str, range(8, 16))], f"{unknown}")
        expect("no start of a Berth" in unknown["4"] and found["0"] == registers(FIRMWARE), f"{found} {unknown}")
        Ran("measure", "--arch", "x64", "--esp", tree.esp, "--log", tree.beside("log", log_of(*log)), "one").expect(
            0, "PCR  4  not known: the log tells of no start", f"PCR  0  {registers(FIRMWARE)}")


def what_measures_itself_leaves_registers_unknown():
    """a unified kernel image, a program, a kernel by its stub, and a kernel for another CPU that firmware may not load"""
    with Booted(**{"tool.efi": program(bytes(0x800)), "odd": program(bzimage((0x236, 2, 0)), machine=0x14c)}) as tree:
        for name, lines, wanted in (("two", "uki /tool.efi", ["4", *map(str, range(8, 16))]),
                                    ("three", "efi /tool.efi", ["4", "5", *map(str, range(8, 16))]),
                                    ("four", "linux /vmlinuz\nhandoff stub", ["9"]),
                                    ("five", "linux /odd", ["4"])):
            tree.put(f"loader/entries/{name}.conf", lines + "\n")
            expect(list(tree.foresee(loaded(tree.loader, PATH), name=name)[1]) == wanted, name)
        # As the log has it, firmware did.
        odd = authenticode(program(bzimage((0x236, 2, 0)), machine=0x14c))
        found, unknown = tree.foresee(loaded(tree.loader, PATH), loaded(odd, "\\odd"), name="five")
        expect(unknown == {} and found["4"] == registers(tree.loader, odd), f"{found} {unknown}")


def a_kernel_that_is_no_program_is_in_no_register():
    """a bzImage without headers of a PE file: PCR 4 ends with Berth"""
    with Booted(vmlinuz=bzimage()) as tree:
        found, unknown = tree.foresee(loaded(tree.loader, PATH))
        expect(unknown == {} and found["4"] == registers(tree.loader), f"{found} {unknown}")


def drivers_are_known_when_the_log_has_the_same():
    """in PCR 2, in the order of the log; another one, or one less, and its register is not known"""
    one, two = program(bytes(0x800), subsystem=11), program(bytes(0x900), subsystem=12)
    with Booted(**{"EFI/berth/drivers/a_x64.efi": one, "EFI/systemd/drivers/b_x64.efi": two,
                   "EFI/berth/drivers/c_aa64.efi": program(bytes(0xa00), subsystem=11)}) as tree:
        def driver(data, folder="berth"):
            return loaded(authenticode(data), f"\\EFI\\{folder}\\drivers\\any.efi", register=2, kind=DRIVER)

        start, kernel = loaded(tree.loader, PATH), authenticode(KERNEL)
        found, unknown = tree.foresee(event(2, 8, FIRMWARE, b"ROM"), start, driver(two, "systemd"), driver(one))
        expect(unknown == {} and found["4"] == registers(tree.loader, kernel), f"{found} {unknown}")
        expect(found["2"] == registers(FIRMWARE, authenticode(two), authenticode(one)), f"PCR 2 is {found['2']}")
        expect(list(tree.foresee(start, driver(one))[1]) == ["2"], "one less in the log")
        expect(list(tree.foresee(start, driver(one), driver(two), driver(KERNEL))[1]) == ["2"], "one more in the log")
        # One before the start is firmware's own doing.
        expect(list(tree.foresee(driver(two), start, driver(one))[1]) == ["2"], "one before Berth")
        application = program(bytes(0xb00))
        tree.put("EFI/berth/drivers/d_x64.efi", application)
        expect(list(tree.foresee(start, driver(one), driver(two))[1]) == ["4"], "no driver")
        found, unknown = tree.foresee(start, loaded(authenticode(application), "\\EFI\\berth\\drivers\\d_x64.efi"), driver(one),
                                      driver(two), loaded(OTHER, "\\vmlinuz"))
        expect(unknown == {} and found["4"] == registers(tree.loader, authenticode(application), kernel), f"{found} {unknown}")


def records_are_measured_with_secure_boot():
    """berth.sums: in PCR 4 where Secure Boot is on and the log has it; a kernel that it names where the log has that"""
    with Booted() as tree:
        sums, kernel = os.path.join(tree.esp, "loader/berth.sums"), authenticode(KERNEL)
        start, on, off = loaded(tree.loader, PATH), secure_boot(1), secure_boot(0)
        Ran("sums", "--arch", "x64", "--esp", tree.esp, "-o", sums, "--version", "1").expect(0)
        own = next(p["authenticode"] for p in tree.measure("one")["programs"] if p["secure-boot-only"])
        expect(own != kernel, "the file of records has the kernel's sum")
        expect(tree.foresee(off, start)[0]["4"] == registers(tree.loader, kernel), "Secure Boot is off")
        for state in ((), (on,)):
            expect("berth.sums" in tree.foresee(*state, start)[1]["4"], "the log has no records")
            expect("by itself" in tree.foresee(*state, start, loaded(own, "\\loader\\berth.sums"))[1]["4"], "another kernel")
        found, unknown = tree.foresee(on, start, loaded(own, "\\loader\\berth.sums"), loaded(kernel, "\\vmlinuz"))
        expect(unknown == {} and found["4"] == registers(tree.loader, own, kernel), f"{found} {unknown}")
        tree.put("loader/entries/other.conf", "linux /vmlinuz\n")
        found, unknown = tree.foresee(on, start, loaded(own, "\\loader\\berth.sums"), name="other")
        expect(unknown == {} and found["4"] == registers(tree.loader, own, kernel), "an entry without a record")


def structures_of_a_log_stay_unless_they_are_given():
    """without --smbios PCR 1 is the log's; with it what the machine has no more is gone as well"""
    other = sha256(b"type 2")
    with Booted() as tree:
        log = (event(1, 8, FIRMWARE, b""), loaded(tree.loader, PATH), event(1, 6, other, struct.pack("<II", 0xe0d47bc8, 0)),
               event(1, 6, other, struct.pack("<II", 0xc0b3bd23, 0)))
        dmi = tree.beside("dmi", BOARD)
        expect(tree.foresee(*log)[0]["1"] == registers(FIRMWARE, other, other), "the log's")
        expect(tree.foresee(*log, words=("--smbios", dmi))[0]["1"] == registers(FIRMWARE, sha256(BOARD)), "given")


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
    with linux() as tree, open(LOADER, "rb") as file:
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
               programs_have_what_they_are_passed, structures_are_measured_without_the_wake_up,
               files_beside_an_image_are_measured_as_archives, the_registers_follow_a_log,
               a_loader_that_was_updated_has_its_new_sum, a_loader_that_shim_started_is_known_by_its_sum,
               a_log_of_another_loader_leaves_registers_unknown, what_measures_itself_leaves_registers_unknown,
               a_kernel_that_is_no_program_is_in_no_register, drivers_are_known_when_the_log_has_the_same,
               records_are_measured_with_secure_boot, structures_of_a_log_stay_unless_they_are_given,
               the_locality_is_in_register_0, what_is_wrong_is_said, the_hash_of_a_program_is_its_signatures])
