#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""berth check says before a boot what becomes of it: each verdict is held against a boot of the same files on the same memory.

The boots are those of the simulated firmware (tests/sim), which build/host/booted makes of a folder and a map: where
it enters the kernel, check must have said so, with the same places, and where it does not, the loader's sentence. By a log that
such a boot left check is certain; by a map alone it never is. tests/boot/foretold.py does the same with real firmware.
"""
import gzip
import hashlib
import json
import os
import re
import struct
import subprocess
import tempfile

from installed import GLOBAL, image_of
from tap import ROOT, Ran, expect, run_tests
from test_corpus import DEBIAN, GIB, KIB, MIB, Kernel
from test_inspect import bzimage, pe
import test_prepare

FOLDER = tempfile.TemporaryDirectory()
BOOTED = os.path.join(ROOT, "build", "host", "booted")
MAPS = os.path.join(ROOT, "tests", "maps")
LOG = "BerthLog-d7e85280-5e34-48c9-b575-1fb6e8ff7d03"
DATABASE = "d719b2cb-3d3a-4596-a3bc-dad00e67656f"


# ---- machines and trees ----


def path_of(*names):
    return os.path.join(FOLDER.name, *names)


def put(path, data):
    """A file of these bytes; an integer: of so many, without any of them on the disk."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        if isinstance(data, int):
            file.truncate(data)
        else:
            file.write(data.encode() if isinstance(data, str) else data)
    return path


def of_kernel(kernel):
    kernel.write(FOLDER.name)
    with open(path_of(kernel.name), "rb") as file:
        return file.read()


BZIMAGE = of_kernel(DEBIAN)
FIXED = of_kernel(Kernel("fixed", init_size=20 * MIB, relocatable=0))
AT_1M = of_kernel(Kernel("at-1m", init_size=6 * MIB, pref=MIB, relocatable=0))
I386 = of_kernel(Kernel("i386", init_size=17 * MIB, align=16 * MIB, least=13, xload=0))
LOW_INITRD = of_kernel(Kernel("low-initrd", xload=1, initrd_max=0x37ffffff))
OF_2G = of_kernel(Kernel("of-2g", init_size=2 * GIB - 4 * KIB))
VMLINUX = test_prepare.vmlinux()
PACKED = test_prepare.bzimage(VMLINUX)
PLAIN = "title T\nlinux /vmlinuz\ninitrd /initrd.img\noptions quiet nokaslr\n"
BARE = "title T\nlinux /vmlinuz\noptions quiet\n"
MAP_2G, MAP_6G = "1M-2G free\n", "0-640K free\n1M-3G free\n4G-6G free\n"


def tree(name, entry, kernel=BZIMAGE, initrd=3 * MIB, conf="", more=()):
    folder = path_of("trees", name)
    put(os.path.join(folder, "loader/entries/t.conf"), entry)
    put(os.path.join(folder, "loader/loader.conf"), conf)
    for path, data in {"vmlinuz": kernel, "initrd.img": initrd, **dict(more)}.items():
        if data is not None:
            put(os.path.join(folder, path), data)
    return folder


def map_of(name, text):
    """A map of tests/maps by its name, or these lines."""
    return put(path_of("maps", name), text) if "\n" in text else os.path.join(MAPS, text)


def booted(folder, memory, cpu="x64", *words):
    """What the simulated boot came to, and where its log is."""
    log = path_of("log")
    done = subprocess.run([BOOTED, folder, "t.conf", memory, cpu, log, *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    expect(done.returncode == 0, f"{folder}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout), log


def checked(folder, memory, *words, cpu="x64", entry="t.conf"):
    """What check says of the entry, and of the machine; its status fits."""
    ran = Ran("check", "--esp", folder, "--arch", cpu, "--memmap", memory, "--json", *words)
    expect(ran.status in (0, 1), f"status {ran.status}: {ran.err}")
    answer = json.loads(ran.out)
    expect(ran.status == (0 if answer["good"] else 1), f"status {ran.status} of {answer}")
    found = next(e for e in answer["entries"] if e["file"] == entry)
    expect(answer["good"] or answer["wrong"] or any(e["wrong"] for e in answer["entries"]), f"not good, and nothing is wrong: {answer}")
    return found, answer["memory"]


def placed(found):
    return {p["name"]: p["address"] for p in found["placements"]}


# name: entry, memory, what comes of it ("boots", or words of the reason), and what is otherwise than in tree()
MACHINES = {
    "plain": (PLAIN, MAP_6G, "boots", {}),
    "no-initrd": (BARE, MAP_6G, "boots", {}),
    "low": (PLAIN + "placement low\n", MAP_6G, "boots", {}),
    "preferred": (PLAIN + "placement preferred\n", MAP_6G, "boots", {}),
    "preferred-is-held": (PLAIN + "placement preferred\n", "held-at-16m.map", "boots", {}),
    "exact": (PLAIN + "placement 0x40000000\n", MAP_6G, "boots", {}),
    "exact-in-a-hole": (PLAIN + "placement 0xd0000000\n", MAP_6G, "cannot lie at 0xd0000000", {}),
    "exact-not-aligned": (PLAIN + "placement 0x40001000\n", MAP_6G, "needs a multiple of", {}),
    "exact-in-boot-services": (PLAIN + "placement 0x1000000\n", "held-at-16m.map", "boots", {}),
    "window": (PLAIN + "placement 1G-1280M\n", MAP_6G, "boots", {}),
    "window-too-small": (PLAIN + "placement 1G-1060M\n", MAP_6G, "no free memory holds the kernel", {}),
    "fixed": (PLAIN, MAP_6G, "boots", {"kernel": FIXED}),
    "fixed-in-boot-services": (PLAIN, "held-at-16m.map", "boots", {"kernel": FIXED}),
    "fixed-in-a-hole": (PLAIN, "1M-16M free\n32M-2G free\n", "cannot lie at 0x1000000", {"kernel": FIXED}),
    "at-1m": (PLAIN, MAP_2G, "boots", {"kernel": AT_1M}),
    "i386": (PLAIN, MAP_6G, "boots", {"kernel": I386}),
    "of-2g": (PLAIN, MAP_6G, "boots", {"kernel": OF_2G}),
    "of-2g-in-pieces": (PLAIN, "low-in-pieces.map", "boots", {"kernel": OF_2G}),
    "of-2g-without-room": (PLAIN, MAP_2G, "no free memory holds the kernel", {"kernel": OF_2G}),
    "low-initrd": (PLAIN, "nothing-below-4g.map", "", {"kernel": LOW_INITRD}),
    "only-40m": (PLAIN, "only-40m.map", "no free memory holds the kernel", {}),
    "below-16m-alone": (PLAIN, "below-16m-alone.map", "no free memory holds the kernel", {}),
    "numa-holes": (PLAIN, "numa-holes.map", "boots", {}),
    "mirrored": (PLAIN, "mirrored-part.map", "boots", {}),
    "soft-reserved": (PLAIN, "soft-reserved-alone-above.map", "boots", {}),
    "crash-kernel": (PLAIN, "crash-kernel-window.map", "boots", {}),
    "fragments": (PLAIN, "fragments-between-gib-pages.map", "boots", {}),
    "boot-services-everywhere": (PLAIN, "boot-services-everywhere.map", "boots", {}),
    "overlapping": (PLAIN, "overlapping.map", "boots", {}),
    "unsorted": (PLAIN, "unsorted.map", "boots", {}),
    "of-one-gib": (PLAIN, "ovmf-2022.11-1g.log", "boots", {}),
    "of-128m": (PLAIN, "ovmf-2022.11-128m.log", "", {}),
    "of-64m": (PLAIN, "ovmf-2022.11-64m.log", "no free memory holds the kernel", {}),
    "initrd-too-large": (PLAIN, "1M-96M free\n", "no arrangement holds them together", {"initrd": 60 * MIB}),
    "initrd-just-fits": (PLAIN, "1M-96M free\n", "boots", {"initrd": 20 * MIB}),
    # nvmevirt: memmap= takes memory for a driver, and the kernel must not lie there.
    "memmap-taken": (PLAIN.replace("quiet", "memmap=1G$1G"), MAP_2G, "boots", {}),
    "memmap-takes-all": (PLAIN.replace("quiet", "memmap=2G$0"), MAP_2G, "no free memory holds the kernel", {}),
    "mem": (PLAIN.replace("quiet", "mem=1G"), MAP_6G, "boots", {}),
    "mem-too-little": (PLAIN.replace("quiet", "mem=40M"), MAP_6G, "no free memory holds the kernel", {}),
    "kept-free": (PLAIN, MAP_6G, "boots", {"conf": "keep-free-below-4g 2G\n"}),
    "kept-too-much": (PLAIN, MAP_2G, "", {"conf": "keep-free-below-4g 2000M\n"}),
    "line-too-long": (PLAIN + "options " + "x" * 3000 + "\n", MAP_6G, "cmdline_size", {}),
    "two-initrds": (PLAIN + "initrd /second\n", MAP_6G, "boots", {"more": {"second": b"x" * 12345}}),
    "second-is-missing": (PLAIN + "initrd /second\n", MAP_6G, r"\second: no such file", {}),
    "kernel-is-missing": (PLAIN, MAP_6G, r"\vmlinuz: no such file", {"kernel": None}),
    "kernel-is-empty": (PLAIN, MAP_6G, r"\vmlinuz: the file is empty", {"kernel": b""}),
    "kernel-is-text": (PLAIN, MAP_6G, "not a kernel that Berth knows", {"kernel": b"#!/bin/sh\n" * 99}),
    "kernel-is-cut": (PLAIN, MAP_6G, "", {"kernel": BZIMAGE[:len(BZIMAGE) // 2]}),
    "kernel-of-arm64": (PLAIN, MAP_6G, "a kernel for arm64, and this loader is one for x86-64", {"kernel": test_prepare.arm64()}),
    "vmlinux": (PLAIN, MAP_6G, "boots", {"kernel": VMLINUX}),
    "vmlinux-gz": (PLAIN, MAP_6G, "boots", {"kernel": gzip.compress(VMLINUX)}),
    "vmlinux-gz-is-cut": (PLAIN, MAP_6G, "", {"kernel": gzip.compress(VMLINUX)[:-900]}),
    "unpacked": (PLAIN + "decompress loader\n", MAP_6G, "boots", {"kernel": PACKED}),
    "unpacked-and-broken": (PLAIN + "decompress loader\n", MAP_6G, "", {"kernel": PACKED[:22000] + b"\xff" * 64 + PACKED[22064:]}),
    "unpacked-of-no-payload": (PLAIN + "decompress loader\n", MAP_6G, "", {}),
    "random": (PLAIN.replace(" nokaslr", "") + "placement random\n", MAP_6G, "boots", {"kernel": VMLINUX}),
    "table-beside": (PLAIN.replace(" nokaslr", ""), MAP_6G, "", {"kernel": VMLINUX, "more": {"vmlinuz.relocs": test_prepare.TABLE}}),
    "table-is-no-table": (PLAIN, MAP_6G, "", {"kernel": VMLINUX, "more": {"vmlinuz.relocs": b"xyz"}}),
    "tree-on-x86": (PLAIN + "devicetree /none.dtb\n", MAP_6G, "boots", {}),
    "quoted": ('  title "T"\n linux "/EFI/kernels/Debian(old)/vmlinuz"\ninitrd "/initrd.img"\noptions quiet nokaslr\n', MAP_6G, "boots",
               {"more": {"EFI/kernels/Debian(old)/vmlinuz": BZIMAGE}}),
    "xen-hypervisor": (PLAIN, "0-634K free\n1M-2G free\n2G-2100M reserved\n4G-6G free\n", "boots", {}),
}


def expect_the_boots(found, boot, name, verdict):
    """The verdict is that of the boot; every part lies where that put it, unless places are drawn."""
    if not boot["entered"]:
        expect(found["verdict"] == "will not boot", f"{name}: {found}, and the boot: {boot}")
        expect(found["reason"] == boot["reason"], f"{name}: {found['reason']!r}, and the loader said {boot['reason']!r}")
        return
    expect(found["verdict"] == verdict, f"{name}: {found}, and the boot: {boot}")
    seen = {part: at for part, at in placed(found).items() if part in boot["placements"]}
    expect(found["random"] or seen == boot["placements"], f"{name}: {seen} foretold, {boot['placements']} in the boot")


def each_machine_boots_as_it_was_said():
    """60 machines: by the log of a boot the verdict is certain and every address that boot's; by a map alone it is likely"""
    counts, wrong = {"boots": 0, "fails": 0}, []
    for name, (entry, memory, comes, more) in MACHINES.items():
        folder, memory = tree(name, entry, **more), map_of(name, memory)
        boot, log = booted(folder, memory)
        counts["boots" if boot["entered"] else "fails"] += 1
        expect(comes == "" or boot["entered"] == (comes == "boots"), f"{name}: {boot}")
        expect(comes in ("", "boots") or comes in boot["reason"], f"{name}: {boot}")
        found, known = checked(folder, memory)
        if not memory.endswith(".log"):
            expect(not known["exact"] and found["verdict"] != "will boot", f"{name}: certain by a map alone: {found}")
            expect_the_boots(found, boot, name, "likely boots")
        with open(log, encoding="utf-8") as file:
            has_map = "berth: facts " in file.read()
        if has_map:
            found, known = checked(folder, log)
            expect(known["exact"] or not boot["entered"], f"{name}: {known}")
            expect_the_boots(found, boot, name, "will boot")
    expect(counts["boots"] >= 30 and counts["fails"] >= 15, f"{counts}")


def other_cpus_are_never_certain():
    """Kernels for arm64 and RISC-V, and 32-bit firmware: what boots likely boots, as nobody here knows the device tree"""
    for cpu, kernel, certain in (("aa64", test_prepare.arm64(), False), ("riscv64", test_prepare.riscv(), False), ("ia32", BZIMAGE, True),
                                 ("aa64", BZIMAGE, None), ("aa64", test_prepare.zboot(test_prepare.arm64()), False)):
        folder = tree(f"{cpu}-{len(kernel)}", PLAIN, kernel)
        boot, log = booted(folder, map_of("cpu", MAP_6G), cpu)
        expect(boot["entered"] == (certain is not None), f"{cpu}: {boot}")
        if certain is None:
            expect_the_boots(checked(folder, map_of("cpu", MAP_6G), cpu=cpu)[0], boot, cpu, "likely boots")
            continue
        found, _ = checked(folder, log, cpu=cpu)
        expect_the_boots(found, boot, cpu, "will boot" if certain else "likely boots")


def what_firmware_holds_is_not_in_the_kernels_map():
    """By /sys/firmware/memmap it is likely, and what that hides is named: a place that only boot services hold looks free there"""
    sysfs, log = (os.path.join(MAPS, "captures", f"ovmf-2022.11-6g.{form}") for form in ("sysfs", "berth.txt"))
    held = tree("held", PLAIN + "placement 0x7b000000\n")
    found, known = checked(held, sysfs)
    expect(found["verdict"] == "likely boots" and not known["exact"], f"{found}")
    expect(any("boot services" in line and "hold" in line for line in known["unknown"]), f"{known}")
    found, _ = checked(held, log)
    expect(found["verdict"] == "will not boot" and "loader code" in found["reason"], f"{found}")
    found, _ = checked(tree("sysfs-plain", PLAIN), sysfs)
    expect(found["verdict"] == "likely boots" and set(placed(found)) >= {"kernel", "initrd"}, f"{found}")


def captured_boots_come_out_again():
    """By consoles of real boots, one in which firmware refused places that its map calls free: every part where it lay then"""
    for name, refuses in (("berth", False), ("berth-refused", True)):
        console = os.path.join(MAPS, "captures", f"ovmf-2022.11-6g.{name}.txt")
        with open(console, encoding="utf-8", errors="replace") as file:
            text = file.read()
        seen = {part: (int(at, 16), int(size, 16)) for part, at, size in
                re.findall(r"berth: place (\w+) (0x[0-9a-f]+) size (0x[0-9a-f]+)", text)}
        expect(("berth: refused 0x" in text) == refuses and len(seen) == 4, f"{name}: {seen}")
        found, known = checked(tree(f"captured-{name}", PLAIN, initrd=seen["initrd"][1]), console)
        told = {p["name"]: (p["address"], p["size"]) for p in found["placements"]}
        expect(known["exact"] and found["verdict"] == "will boot" and told == seen, f"{name}: {told} of {seen}: {found}")


def what_would_fit_is_to_the_byte():
    """Of an initrd that is too large the bytes are told by which: so many less boot, and one more of them does not"""
    folder, memory = tree("cut", PLAIN, initrd=60 * MIB + 123), map_of("cut", "1M-96M free\n")
    _, log = booted(folder, memory)
    found, _ = checked(folder, log)
    way, = [line for line in found["would_boot"] if "smaller by" in line]
    expect(way.startswith(r"\initrd.img smaller by "), way)
    cut = int(way.split("smaller by ")[1].split()[0])
    for size, boots in ((60 * MIB + 123 - cut, True), (60 * MIB + 124 - cut, False)):
        boot, _ = booted(tree("cut", PLAIN, initrd=size), memory)
        expect(boot["entered"] == boots, f"cut by {cut}: {size} bytes: {boot}")
    at = int(way.split("initrd at ")[1].split()[0], 16)
    boot, _ = booted(tree("cut", PLAIN, initrd=60 * MIB + 123 - cut), memory)
    expect(boot["placements"]["initrd"] == at, f"{way}, and {boot}")


def other_ways_are_tried():
    """Without its placement, without keep-free-below-4g, by the kernel's own decompressor: told where that boots, and only there"""
    exact = checked(tree("way-exact", PLAIN + "placement 0xd0000000\n"), map_of("ways", MAP_6G))[0]["would_boot"]
    expect([line.split(":")[0] for line in exact] == ["without its `placement`"], exact)
    boot, _ = booted(tree("way-high", PLAIN), map_of("ways", MAP_6G))
    expect(f"kernel at {boot['placements']['kernel']:#x} [C3]" in exact[0], f"{exact}, and {boot}")
    kept = checked(tree("way-kept", PLAIN, conf="keep-free-below-4g 2040M\n"), map_of("way-kept", MAP_2G))[0]
    expect(kept["verdict"] == "will not boot" and kept["would_boot"][0].startswith("without `keep-free-below-4g`"), f"{kept}")
    expect(checked(tree("way-none", PLAIN), os.path.join(MAPS, "only-40m.map"))[0]["would_boot"] == [], "a way that leads nowhere")
    expect(checked(tree("way-text", PLAIN, kernel=b"text" * 99), map_of("ways", MAP_6G))[0]["would_boot"] == [], "of no kernel")


def another_entry_finds_other_memory():
    """By the log of another entry a plan that only just stands is likely; one with memory to spare is certain"""
    roomy, tight = map_of("roomy", MAP_6G), map_of("tight", "1M-16M reserved\n16M-0x4379000 free\n0x5000000-0x6000000 free\n")
    for memory, kernel, verdict, doubt in ((roomy, BZIMAGE, "will boot", None), (tight, BZIMAGE, "likely boots", "to spare"),
                                           (roomy, gzip.compress(VMLINUX), "will boot", None)):
        folder = tree(f"another-{len(kernel)}-{verdict[:4]}", PLAIN, kernel)
        boot, log = booted(folder, memory)
        expect(boot["entered"], f"{boot}")
        found, _ = checked(folder, log)
        expect(found["verdict"] == "will boot", f"of the last entry: {found}")
        put(os.path.join(folder, "loader/entries/u.conf"), PLAIN)
        found, _ = checked(folder, log, entry="u.conf")
        expect(found["verdict"] == verdict and placed(found)["kernel"] == boot["placements"]["kernel"], f"{found}")
        expect([doubt in line for line in found["unknown"]] == ([True] if doubt else []), f"{found}")


def a_file_that_is_measured_first_is_likely():
    """With a TPM the file of a kernel that Berth unpacks lies somewhere before all is planned: where, the log does not tell"""
    memory = map_of("measures", MAP_6G)
    for entry, kernel, verdict in ((PLAIN, signed_bzimage(), "will boot"),
                                   (PLAIN + "decompress loader\n", signed_bzimage(base=PACKED), "likely boots")):
        folder = tree(f"measures-{verdict[:4]}", entry, kernel)
        boot, log = booted(folder, memory, "x64", "measures")
        expect_the_boots(checked(folder, log)[0], boot, verdict, verdict)
    expect("is measured before Berth plans" in checked(folder, log)[0]["unknown"][0], "what is not known is not named")


def a_log_that_is_cut_is_not_believed():
    """Wherever a log ends, check is certain of nothing that its missing memory could change, and says what is missing"""
    folder, memory = tree("cut-log", PLAIN), "ovmf-2022.11-1g.log"
    _, log = booted(folder, os.path.join(MAPS, memory))
    with open(log, encoding="utf-8") as file:
        text = file.read()
    facts = text.index("berth: facts ")
    for end in [*range(facts, text.index("berth: place "), 97), len(text)]:
        ran = Ran("check", "--esp", folder, "--arch", "x64", "--json", "--memmap", put(path_of("part.log"), text[:end]),
                  "--variables", variables("cut-log", False))
        whole = end == len(text)
        expect(ran.status in ((0,) if whole else (0, 1, 2)), f"{end}: {ran.err}")
        if ran.status != 2 and not whole:
            answer = json.loads(ran.out)
            expect(answer["entries"][0]["verdict"] in ("likely boots", "unknown"), f"cut at {end}: {answer}")
            expect(not answer["memory"]["exact"], f"cut at {end}: {answer}")


# ---- Secure Boot ----


def variables(name, secure=True, **lists):
    folder = path_of("variables", name)
    put(os.path.join(folder, f"SecureBoot-{GLOBAL}"), b"\6\0\0\0" + bytes([secure]))
    put(os.path.join(folder, f"SetupMode-{GLOBAL}"), b"\6\0\0\0\0")
    for list_name, data in lists.items():
        put(os.path.join(folder, f"{list_name}-{DATABASE}"), b"\x27\0\0\0" + data)
    return folder


def signed_bzimage(signed=True, base=BZIMAGE[:64 * KIB]):
    """A bzImage that is a PE file too, as with an EFI stub: with a directory of signatures, or an empty one."""
    data = bytearray(base + bytes(-len(base) % 16))
    struct.pack_into("<2s", data, 0, b"MZ")
    struct.pack_into("<I", data, 0x3c, 0x40)
    struct.pack_into("<4sHHIIIHH", data, 0x40, b"PE\0\0", 0x8664, 1, 0, 0, 0, 160, 0x206)
    struct.pack_into("<H", data, 0x58, 0x20b)
    struct.pack_into("<II", data, 0x58 + 32, 4096, 512)
    struct.pack_into("<II", data, 0x58 + 56, 0x1000000, 0x400)
    struct.pack_into("<I", data, 0x58 + 108, 6)
    struct.pack_into("<8sIIIIIIHHI", data, 0x58 + 160, b".text", len(data) - 0x400, 0x1000, len(data) - 0x400, 0x400, 0, 0, 0, 0, 0x60000020)
    struct.pack_into("<I", data, 0x1f4, (len(data) - 512 * (data[0x1f1] + 1)) // 16)
    if signed:
        struct.pack_into("<II", data, 0x58 + 112 + 4 * 8, len(data), 8)
        data += bytes(8)
    return bytes(data)


def authenticode(data):
    """Of a file without a signature: all of it but its checksum and the directory of signatures."""
    return hashlib.sha256(data[:0x98] + data[0x9c:0xe8] + data[0xf0:]).digest()


def with_secure_boot_on():
    """What nobody has signed will not boot, with the loader's words for what cannot be; what is signed is likely, as only firmware knows"""
    memory, on = map_of("secure", MAP_6G), variables("on")
    signed, unsigned = signed_bzimage(), signed_bzimage(False)
    for name, entry, kernel, boots in (("signed", PLAIN, signed, True), ("unsigned", PLAIN, unsigned, False),
                                       ("elf", PLAIN, VMLINUX, False), ("packed", PLAIN, gzip.compress(VMLINUX), False),
                                       ("not-pe", PLAIN, BZIMAGE, False), ("by-loader", PLAIN + "decompress loader\n", signed, False)):
        folder = tree(f"secure-{name}", entry, kernel)
        boot, log = booted(folder, memory, "x64", "secure")
        expect(boot["entered"] == boots, f"{name}: {boot}")
        found, _ = checked(folder, log if boots else memory, "--variables", on)
        expect(found["verdict"] == ("likely boots" if boots else "will not boot"), f"{name}: {found}")
        if boots:
            expect(placed(found)["kernel"] == boot["placements"]["kernel"], f"{name}: {found}, {boot}")
            expect(["whether firmware knows who has signed it"] == found["unknown"], f"{found}")
        elif name != "unsigned":
            expect(found["reason"] == boot["reason"], f"{name}: {found['reason']}, {boot['reason']}")
        expect(name in ("signed", "unsigned", "by-loader") or "cannot be signed" in found["reason"], f"{name}: {found}")
        found, _ = checked(folder, memory, "--variables", variables("off", False))
        expect(name == "by-loader" or found["verdict"] == "likely boots", f"{name}, off: {found}")
    sum_of = authenticode(unsigned)
    folder = tree("secure-unsigned", PLAIN, unsigned)
    expect(checked(folder, memory, "--variables", variables("db", db=b"x" * 40 + sum_of))[0]["verdict"] == "likely boots", "its sum is in db")
    expect(checked(folder, memory, "--variables", variables("both", db=sum_of, dbx=sum_of))[0]["verdict"] == "will not boot", "and in dbx")


def with_signature(data):
    """Of a PE32+ file: with one in its directory, whoever has made it."""
    at = struct.unpack_from("<I", data, 0x3c)[0] + 24 + 112 + 4 * 8
    return data[:at] + struct.pack("<II", len(data), 8) + data[at + 8:] + bytes(8)


def records_count_when_somebody_has_signed_them():
    """With Secure Boot on a kernel that cannot be signed boots by its record in berth.sums, if that is signed, and all is as it says"""
    memory, on = map_of("sums", MAP_6G), ("--variables", variables("sums"))
    folder = tree("sums", PLAIN, VMLINUX)
    sums = os.path.join(folder, "loader/berth.sums")
    Ran("sums", "--esp", folder, "--arch", "x64", "--version", "3", "--least", "3", "-o", sums).expect(0)
    with open(sums, "rb") as file:
        data = file.read()
    found, _ = checked(folder, memory, *on)
    expect(found["verdict"] == "will not boot" and "cannot be signed" in found["reason"], f"nobody has signed berth.sums: {found}")
    put(sums, with_signature(data))
    expect(checked(folder, memory, *on)[0]["verdict"] == "likely boots", "by its record it does not boot")
    put(os.path.join(folder, "loader/entries/u.conf"), PLAIN)
    found, _ = checked(folder, memory, *on, entry="u.conf")
    expect(found["verdict"] == "will not boot" and "has no record in" in found["reason"], f"{found}")
    os.unlink(os.path.join(folder, "loader/entries/u.conf"))
    put(os.path.join(folder, "initrd.img"), b"another")
    found, _ = checked(folder, memory, *on)
    expect(found["verdict"] == "will not boot" and r"\initrd.img" in found["reason"] and "berth.sums" in found["reason"], f"{found}")


def what_firmware_starts_is_likely():
    """An image, a program, and a kernel by its stub: firmware places them; another CPU's or an unsigned one will not boot"""
    entries = {"loader/entries/efi.conf": "efi /tool.efi\n", "loader/entries/stub.conf": PLAIN + "handoff stub\n",
               "loader/entries/arm.conf": "efi /arm.efi\n", "loader/entries/text.conf": "efi /text.efi\n", "tool.efi": image_of("Tool 1"),
               "loader/entries/signed.conf": "efi /signed.efi\n", "signed.efi": signed_bzimage(),
               "loader/entries/url.conf": "uki-url http:a.efi\n",
               "arm.efi": image_of("Tool 1", 0xaa64), "text.efi": b"text", "EFI/Linux/image.efi": pe([
                   (".osrel", b"ID=a\n", 0x40000040), (".linux", b"kernel", 0x40000040)])}
    folder = tree("programs", PLAIN, signed_bzimage(), more=entries)
    for on, likely, not_known in ((False, ("efi", "stub", "signed"), "firmware loads it"), (True, ("stub", "signed"), "who has signed it")):
        for name in ("efi", "stub", "arm", "text", "signed", "image"):
            found, _ = checked(folder, map_of("programs", MAP_6G), "--variables", variables(f"programs-{on}", on),
                               entry="image.efi" if name == "image" else f"{name}.conf")
            will = name in likely or (name == "image" and not on)
            expect(found["verdict"] == ("likely boots" if will else "will not boot") and found["placements"] == [], f"{on} {name}: {found}")
            expect(not will or any(not_known in line for line in found["unknown"]), f"{on} {name}: {found}")
    expect(checked(folder, map_of("programs", MAP_6G), entry="url.conf")[0]["verdict"] == "likely boots", "a URL is not looked at")
    found, _ = checked(folder, map_of("unaccepted", MAP_6G + "6G-7G unaccepted\n"))
    expect(found["verdict"] == "likely boots" and "EFI stub" in found["unknown"][0] and found["placements"] == [], f"{found}")


# ---- the command ----


def the_machines_own_log_is_found():
    """Without --memmap the log in BerthLog counts, and what it tells of Secure Boot and of the last entry"""
    folder = tree("own", PLAIN)
    boot, log = booted(folder, map_of("own", MAP_6G))
    own = variables("own", False)
    with open(log, "rb") as file:
        put(os.path.join(own, LOG), b"\6\0\0\0" + file.read())
    ran = Ran("check", "--esp", folder, "--arch", "x64", "--variables", own).expect(0, "will boot; kernel at ", "Berth's log")
    expect(f"kernel at {boot['placements']['kernel']:#x} [C3], initrd at {boot['placements']['initrd']:#x} [C3]" in ran.out, ran.out)
    expect("not known" not in ran.out, ran.out)
    Ran("check", "--esp", folder, "--arch", "x64", "--variables", own, "--certain").expect(0)
    expect("in a state" not in checked(folder, log)[0]["verdict"] and checked(folder, log)[1]["unknown"] == [], "Secure Boot is in the log")


def statuses_are_for_scripts():
    """0: nothing is wrong; with --certain 1 as well for what is only likely; 1: an entry will not boot; 2: a map that is none"""
    folder, memory = tree("status", PLAIN), map_of("status", MAP_6G)
    words = ("check", "--esp", folder, "--arch", "x64", "--memmap")
    Ran(*words, memory).expect(0, "likely boots; kernel at 0x", "not known", "Secure Boot")
    Ran(*words, memory, "--certain").expect(1, "likely boots")
    Ran(*words, os.path.join(MAPS, "only-40m.map")).expect(1, "will not boot", "no free memory holds the kernel", "C1  ")
    Ran(*words, "/nowhere").expect(2, "/nowhere")
    Ran(*words, put(path_of("no.map"), "nothing\n")).expect(2, "no memory map that Berth knows")
    Ran(*words).expect(2, "--memmap needs a value")
    Ran("check", "--image", "/nowhere").expect(2, "/nowhere")
    Ran("check", "--image", "/nowhere", "--esp", folder).expect(2, "--image goes with neither")
    out = Ran(*words, "none").expect(0).out
    expect("boots; " not in out and "not known" not in out and "memory of" not in out, out)
    Ran(*words, "none", "--certain").expect(1)


def a_dry_boot_leaves_nothing():
    """Files and folders are as before, down to their times; a file that changes no boot is not made"""
    folder = tree("nothing", PLAIN + "decompress loader\n", PACKED)
    before = {path: os.stat(os.path.join(at, path)) for at, folders, files in os.walk(folder) for path in folders + files}
    checked(folder, map_of("nothing", MAP_6G))
    after = {path: os.stat(os.path.join(at, path)) for at, folders, files in os.walk(folder) for path in folders + files}
    expect({p: (s.st_size, s.st_mtime_ns, s.st_ctime_ns) for p, s in before.items()} ==
           {p: (s.st_size, s.st_mtime_ns, s.st_ctime_ns) for p, s in after.items()}, f"{before} became {after}")


def a_disk_image_is_read():
    """--image: the partition of a disk image, of whose machine nothing is known until a map is given; no copy stays"""
    image, folder = path_of("disk.img"), tree("image", PLAIN, initrd=MIB)
    put(image, 64 * MIB)
    env = {**os.environ, "MTOOLS_SKIP_CHECK": "1"}
    subprocess.run(["mformat", "-i", image, "-F", "::"], check=True, env=env)
    subprocess.run(["mcopy", "-s", "-i", image, *(os.path.join(folder, name) for name in os.listdir(folder)), "::"], check=True, env=env)
    temporary = path_of("temporary")
    os.makedirs(temporary)
    out = Ran("check", "--image", image, "--arch", "x64", env={"TMPDIR": temporary}).expect(0, "t.conf boots when").out
    expect("boots; " not in out, out)
    Ran("check", "--image", image, "--arch", "x64", "--memmap", map_of("image", MAP_6G), env={"TMPDIR": temporary}).expect(0, "likely boots; kernel at")
    expect(os.listdir(temporary) == [], f"left: {os.listdir(temporary)}")


def more_than_can_be_tried_is_unknown():
    """Memory above 16 TiB is more than the command can touch: it says that, and not that the machine fails"""
    found, _ = checked(tree("above", PLAIN), os.path.join(MAPS, "across-64t.map"))
    expect(found["verdict"] == "unknown" and "more than can be tried here" in found["reason"] and not found["wrong"], f"{found}")


def a_large_initrd_is_not_read():
    """An initrd of 3 GiB is planned for and not read: no file is larger than this machine's memory"""
    found, _ = checked(tree("large", PLAIN, initrd=3 * GIB), map_of("large", "1M-3G free\n4G-16G free\n"))
    expect(found["verdict"] == "likely boots", f"{found}")


if __name__ == "__main__":
    run_tests([each_machine_boots_as_it_was_said, other_cpus_are_never_certain, captured_boots_come_out_again,
               what_firmware_holds_is_not_in_the_kernels_map,
               what_would_fit_is_to_the_byte, other_ways_are_tried, another_entry_finds_other_memory, a_file_that_is_measured_first_is_likely, a_log_that_is_cut_is_not_believed,
               with_secure_boot_on, records_count_when_somebody_has_signed_them, what_firmware_starts_is_likely, the_machines_own_log_is_found, statuses_are_for_scripts,
               a_dry_boot_leaves_nothing, a_disk_image_is_read, more_than_can_be_tried_is_unknown, a_large_initrd_is_not_read])
