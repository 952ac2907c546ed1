#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""berth inspect knows every kind of file, shows each field as the specification has it, and survives any bytes.

The samples are built here from the specifications; real files are compared with what other tools read.
"""
import gzip
import json
import lzma
import os
import random
import re
import struct
import subprocess
import tempfile

from tap import ROOT, Ran, expect, run_tests

FOLDER = tempfile.TemporaryDirectory()


def written(name, data):
    path = os.path.join(FOLDER.name, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def told(path):
    return json.loads(Ran("inspect", "--json", path).expect(0).out)


def fields(answer):
    return {f["name"]: f for f in answer["fields"]}


def bzimage(version=0x20f, jump=0x6a, size=0x9000, **changes):
    head = bytearray(size)
    values = {"setup_sects": (0x1f1, "<B", 3), "syssize": (0x1f4, "<I", (size - 2048) // 16),
              "boot_flag": (0x1fe, "<H", 0xaa55), "jump": (0x200, "<BB", None), "magic": (0x202, "<4s", b"HdrS"),
              "version": (0x206, "<H", version), "loadflags": (0x211, "<B", 0x81),
              "initrd_addr_max": (0x22c, "<I", 0x7fffffff), "kernel_alignment": (0x230, "<I", 0x200000),
              "relocatable_kernel": (0x234, "<B", 1), "min_alignment": (0x235, "<B", 21),
              "xloadflags": (0x236, "<H", 0x63), "cmdline_size": (0x238, "<I", 2047),
              "pref_address": (0x258, "<Q", 0x1000000), "init_size": (0x260, "<I", 0x1234000)}
    for name, (offset, form, value) in values.items():
        if name == "jump":
            struct.pack_into(form, head, offset, 0xeb, jump)
        else:
            struct.pack_into(form, head, offset, changes.get(name, value))
    return bytes(head)


def pe(sections, machine=0x8664, subsystem=10):
    """A PE32+ file; @sections: (name, data, flags)."""
    head = bytearray(0x400)
    struct.pack_into("<2s", head, 0, b"MZ")
    struct.pack_into("<I", head, 0x3c, 0x80)
    struct.pack_into("<4sHHIIIHH", head, 0x80, b"PE\0\0", machine, len(sections), 0, 0, 0, 240, 0x206)
    struct.pack_into("<H", head, 0x98, 0x20b)
    struct.pack_into("<I", head, 0x98 + 16, 0x1000)
    struct.pack_into("<II", head, 0x98 + 32, 4096, 512)
    struct.pack_into("<HH", head, 0x98 + 68, subsystem, 0x160)
    body, at = b"", len(head)
    for n, (name, data, flags) in enumerate(sections):
        struct.pack_into("<8sIIIIIIHHI", head, 0x188 + 40 * n, name.encode(), len(data), 0x1000 * (n + 1),
                         len(data) + -len(data) % 512, at, 0, 0, 0, 0, flags)
        body += data + bytes(-len(data) % 512)
        at = len(head) + len(body)
    return bytes(head) + body


def arm64(image_size=0x1e60000, flags=0xa):
    return struct.pack("<IIQQQQQQ4sI", 0x91005a4d, 0x1400000, 0, image_size, flags, 0, 0, 0, b"ARM\x64", 0) + bytes(64)


def riscv():
    return struct.pack("<IIQQQIIQ8s4sI", 0x5a4d, 0x106f, 0x200000, 0x1e66000, 0, 2, 0, 0, b"RISCV\0\0\0", b"RSC\x05", 0) + \
        bytes(64)


def zboot():
    payload = gzip.compress(b"kernel" * 100)
    head = bytearray(512)
    struct.pack_into("<2sH4sII", head, 0, b"MZ", 0, b"zimg", 512, len(payload))
    head[0x18:0x1c] = b"gzip"
    return bytes(head) + payload


UKI = (("." + "osrel", b'ID=debian\nPRETTY_NAME="Debian \x1b[31m12"\n', 0x40000040),
       (".cmdline", b"root=/dev/vda quiet\0", 0x40000040), (".uname", b"6.1.0-56", 0x40000040),
       (".linux", bzimage(), 0x40000040), (".initrd", b"070701", 0x40000040))
SAMPLES = {
    "bzimage": bzimage(), "old": bzimage(0x200, 0x22), "arm64": arm64(), "riscv": riscv(), "zboot": zboot(),
    "pe": pe([(".text", b"\xc3", 0x60000020)]), "uki": pe(UKI), "gzip": gzip.compress(b"x" * 999),
    "xz": lzma.compress(b"x" * 999), "zstd": b"\x28\xb5\x2f\xfd\x24\x05\x29\x00\x00hello\x00\x00\x00\x00",
    "lz4": b"\x02\x21\x4c\x18" + bytes(32), "lz4-frame": b"\x04\x22\x4d\x18\x64\x40\xa7" + bytes(32),
    "bzip2": b"BZh91AY&SY" + bytes(32), "lzma": b"\x5d\0\0" + bytes(32), "lzo": b"\x89LZO\0\r\n\x1a\n" + bytes(32),
    "elf32": b"\x7fELF\x01\x01\x01" + bytes(9) +
    struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, 0x100000, 52, 0, 0, 52, 32, 1, 40, 0, 0) +
    struct.pack("<IIIIIIII", 1, 0, 0x100000, 0x100000, 84, 84, 5, 4096),
}


def the_kernel_at_hand():
    """Debian's kernel: every field of the header is what the file holds, by offset and width; Berth boots it"""
    folder = subprocess.run([os.path.join(ROOT, "scripts", "fetch"), "kernel"], stdout=subprocess.PIPE, check=True)
    kernel = os.path.join(folder.stdout.decode().strip(), "vmlinuz")
    answer = told(kernel)
    with open(kernel, "rb") as file:
        data = file.read()
    expect(answer["bootable"] is True and answer["size"] == len(data), f"{answer['bootable']}")
    header = [f for f in answer["fields"] if 0x1f1 <= f["offset"] < 0x26c and f["name"] != "end of the header"]
    expect(len(header) == 39, f"{len(header)} fields of the header are shown")
    for f in header:
        value = int.from_bytes(data[f["offset"]:f["offset"] + f["size"]], "little")
        expect(f["value"] == value, f"{f['name']} is shown as {f['value']:#x}, the file has {value:#x}")
    ends = sorted((f["offset"], f["offset"] + f["size"]) for f in header)
    expect(all(a[1] <= b[0] for a, b in zip(ends, ends[1:])), "fields overlap")
    named = fields(answer)
    expect(named["version"]["text"] == "2.15" and "XLF_KERNEL_64" in named["xloadflags"]["text"], f"{named['version']}")
    setup = (data[0x1f1] + 1) * 512
    offset = setup + struct.unpack_from("<I", data, 0x248)[0]
    expect(named["payload"]["offset"] == offset and "LZ4" in named["payload"]["text"], f"{named['payload']}")
    expect("cloud-amd64" in named["kernel_version text"]["text"], f"{named['kernel_version text']}")
    expect({s["name"] for s in answer["sections"]} >= {".setup", ".text"}, f"{answer['sections']}")


def every_version_has_its_fields():
    """bzImage of every protocol version: a field is shown from the version on that has it, and within the header alone"""
    since = {"setup_sects": 0, "initrd_addr_max": 0x203, "kernel_alignment": 0x205, "cmdline_size": 0x206,
             "payload_offset": 0x208, "setup_data": 0x209, "init_size": 0x20a, "handover_offset": 0x20b,
             "xloadflags": 0x20c, "kernel_info_offset": 0x20f}
    for version in (*range(0x200, 0x210), 0x220):
        named = fields(told(written("v", bzimage(version))))
        for name, first in since.items():
            expect((name in named) == (version >= first), f"{name} in {version:#x}: {name in named}")
        expect(named["version"]["text"] == f"{version >> 8}.{version & 0xff:02}", f"{named['version']}")
    short = fields(told(written("short", bzimage(0x20f, jump=0x48))))
    expect("payload_offset" not in short and "hardware_subarch_data" in short, "the header's end is not heeded")


def elf_as_readelf_has_it():
    """ELF: program headers, entry and type as readelf reads them; the loader's own file and a system's program"""
    for path in ("/bin/true", os.path.join(ROOT, "build/x86_64/berth.elf")):
        answer = told(path)
        read = subprocess.run(["readelf", "-hlW", path], stdout=subprocess.PIPE, text=True, check=True).stdout
        entry = int(re.search(r"Entry point address:\s+(0x[0-9a-f]+)", read)[1], 16)
        expect(fields(answer)["entry"]["value"] == entry, f"entry of {path}")
        rows = re.findall(r"^  ([A-Z_]+) +(0x\w+) (0x\w+) (0x\w+) (0x\w+) (0x\w+) .{3} (0x\w+)$", read, re.M)
        ours = [(s["name"], s["offset"], s["vaddr"], s["paddr"], s["filesz"], s["memsz"], s["align"])
                for s in answer["segments"]]
        expect(ours == [(r[0], *(int(n, 16) for n in r[1:])) for r in rows], f"segments of {path}: {ours}")
        expect(answer["bootable"] is False and answer["reason"], f"{path} is called bootable")
    expect(fields(told(written("e32", SAMPLES["elf32"])))["machine"]["text"] == "i386", "ELF32")


def machines_by_name():
    """ELF and PE files: the machine is called as Berth calls it everywhere, and others than Berth's by their own names"""
    for number, name in ((62, "x86-64"), (183, "arm64"), (243, "RISC-V"), (21, "PowerPC, 64 bits"), (8, "another CPU")):
        file = bytearray(SAMPLES["elf32"])
        struct.pack_into("<H", file, 18, number)
        expect(fields(told(written("m", bytes(file))))["machine"]["text"] == name, f"ELF, machine {number}")
    for number, name in ((0x14c, "i386"), (0xaa64, "arm64"), (0x5064, "RISC-V"), (0x5032, "RISC-V, 32 bits"),
                         (0x166, "another CPU")):
        file = written("m", pe([(".text", b"\xc3", 0x60000020)], machine=number))
        expect(fields(told(file))["machine"]["text"] == name, f"PE, machine {number:#x}")


def images_of_other_cpus():
    """arm64 and RISC-V Images, EFI zboot: offsets, sizes and flags by booting.rst and boot-image-header.rst"""
    named = fields(told(written("a", arm64())))
    expect(named["image_size"]["value"] == 0x1e60000 and "4 KiB pages" in named["flags"]["text"] and
           "anywhere" in named["flags"]["text"], f"{named['flags']}")
    old = fields(told(written("a", arm64(image_size=0, flags=0))))
    expect("3.17" in old["image_size"]["meaning"] and "near the start" in old["flags"]["text"], f"{old}")
    named = fields(told(written("r", riscv())))
    expect(named["text_offset"]["value"] == 0x200000 and named["version"]["text"] == "0.2", f"{named}")
    named = fields(told(written("z", zboot())))
    expect(named["payload offset"]["value"] == 512 and named["compression"]["text"] == "gzip", f"{named}")


def pe_and_unified_kernel_images():
    """PE files and UKIs: sections, texts without what a terminal would obey, and the kernel inside"""
    named = fields(told(os.path.join(ROOT, "build/x86_64/BOOTX64.EFI")))
    expect("NX_COMPAT" in named["dll characteristics"]["text"] and named["machine"]["text"] == "x86-64", f"{named}")
    answer = told(written("u", SAMPLES["uki"]))
    named = fields(answer)
    expect("UKI" in answer["format"] and "ID=debian" in named[".osrel"]["text"], f"{answer['format']}")
    expect("\x1b" not in Ran("inspect", os.path.join(FOLDER.name, "u")).out, "an escape sequence got out")
    expect([s["name"] for s in answer["sections"]] == [s[0] for s in UKI], f"{answer['sections']}")
    expect(fields(answer["kernel"])["init_size"]["value"] == 0x1234000, "the kernel inside is not shown")


def wrappers_by_name():
    """gzip, xz, zstd, LZ4 of both kinds, bzip2, lzma, lzo: named, with what their headers tell"""
    for sample, name in (("gzip", "gzip"), ("xz", "xz"), ("zstd", "zstd"), ("lz4", "LZ4, legacy"), ("lz4-frame", "LZ4"),
                         ("bzip2", "bzip2"), ("lzma", "lzma"), ("lzo", "lzo")):
        answer = told(written(sample, SAMPLES[sample]))
        expect(name in answer["format"] and answer["bootable"] is False, f"{sample}: {answer['format']}")
    expect(fields(told(written("g", SAMPLES["gzip"])))["size inflated"]["value"] == 999, "gzip's size")
    expect(fields(told(written("s", SAMPLES["zstd"])))["size inflated"]["value"] == 5, "zstd's size")


def the_verdict_is_the_loaders():
    """bootable and reason are what the loader itself would say"""
    answer = told(written("old", bzimage(0x204)))
    expect(answer["bootable"] is False and "2.05" in answer["reason"], f"{answer['reason']}")
    expect(told(written("good", bzimage()))["bootable"] is True, "a good kernel is refused")
    for older in (bzimage(0x205), bzimage(0x20b), bzimage(xloadflags=4)):
        Ran("inspect", written("older", older)).expect(0, "Berth boots it: bzImage, 32-bit entry")


def unknown_files_are_status_2():
    """Files of no known kind, or none at all: status 2, the others are shown all the same"""
    text = written("text", b"not a kernel\n")
    Ran("inspect", text).expect(2, "not a kernel, EFI file or wrapper")
    Ran("inspect", FOLDER.name).expect(2, "not a file")
    both = Ran("inspect", "--json", text, written("good", bzimage())).expect(2)
    expect([a["format"] is None for a in json.loads(both.out)] == [True, False], both.out)
    Ran("inspect", "/nonexistent").expect(2, "/nonexistent")
    Ran("inspect", written("empty", b"")).expect(2)


def whatever_the_bytes_are():
    """Every sample cut at each of its first 1,024 bytes, and 3,000 with bytes changed: no crash, and JSON that is JSON"""
    dice, paths = random.Random(0x8e57), []
    for name, data in SAMPLES.items():
        for size in range(0, min(len(data), 1024)):
            paths.append(written(f"{name}-{size}", data[:size]))
    for n in range(3000):
        name, data = dice.choice(list(SAMPLES.items()))
        data = bytearray(data)
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(min(len(data), 1024))] = dice.choice((0, 1, 0x7f, 0x80, 0xff, dice.randrange(256)))
        paths.append(written(f"changed-{n}", bytes(data)))
    for start in range(0, len(paths), 400):
        ran = Ran("inspect", "--json", *paths[start:start + 400])
        expect(ran.status in (0, 2), f"status {ran.status}: {ran.err[-2000:]}")
        expect(len(json.loads(ran.out)) == len(paths[start:start + 400]), "a file is missing")
        Ran("inspect", *paths[start:start + 400])
    for path in paths:
        os.unlink(path)


def main():
    run_tests([the_kernel_at_hand, every_version_has_its_fields, elf_as_readelf_has_it, machines_by_name,
               images_of_other_cpus, pe_and_unified_kernel_images, wrappers_by_name, the_verdict_is_the_loaders,
               unknown_files_are_status_2, whatever_the_bytes_are])


if __name__ == "__main__":
    main()
