#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""An image that the loader's relocations moved from A to B is what the system's linker makes of the same objects at B.

The images are built here, for x86-64 and i386, from tests/elf; Linux's own table is applied to Debian's kernel.
"""
import os
import re
import struct
import subprocess
import tempfile

from tap import ROOT, expect, run_tests

FOLDER = tempfile.TemporaryDirectory()
SOURCES = os.path.join(ROOT, "tests", "elf")
DRIVER = os.path.join(ROOT, "build", "host", "relocate")
TOP = 1 << 64


class Machine:
    def __init__(self, name, emulation, bits, bases):
        self.name, self.emulation, self.bits, self.bases = name, emulation, bits, bases


MACHINES = {m.name: m for m in (
    Machine("x86_64", "elf_x86_64", 64,
            ((0, 0x40000000), (0x200000, 0xffffffff80000000), (0xffff800000000000, 0x1000))),
    Machine("i386", "elf_i386", 32, ((0, 0x40000000), (0x100000, 0xc0100000), (0xfff00000, 0x8000))),
)}


def path(name):
    return os.path.join(FOLDER.name, name)


def ran(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False, cwd=ROOT)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def done(*words):
    status, out = ran(*words)
    expect(status == 0, f"{' '.join(words)}: status {status}\n{out}")
    return out


def contents(name):
    with open(name, "rb") as file:
        return file.read()


def assembled(machine, source):
    out = path(f"{source}-{machine.name}.o")
    if not os.path.exists(out):
        done("as", f"--{machine.bits}", "--defsym", f"WIDE={machine.bits // 64}", "-I", SOURCES,
             os.path.join(SOURCES, source + ".s"), "-o", out)
    return out


def linked(machine, source, base, *options):
    """@source at @base; returns the file's name."""
    out = path(f"{machine.name}-{source}-{base:x}{''.join(options)}".replace("/", "_"))
    if not os.path.exists(out):
        done("ld", "-m", machine.emulation, "-T", os.path.join(SOURCES, "image.lds"), "--defsym",
             f"BASE={base:#x}", "--build-id=none", "-z", "notext", "--no-dynamic-linker", "--no-warn-rwx-segments",
             "-z", "max-page-size=4096", *options, assembled(machine, source), "-o", out)
    return out


def moved(image, delta, how="image"):
    """The window as it lies in memory, and how many fields were written."""
    out = path("moved")
    told = done(DRIVER, how, image, f"{delta % TOP:#x}", out)
    return contents(out), int((re.search(r"fields (\d+)", told) or [0, "0"])[1])


def refused(image, delta, *words, how="image"):
    status, told = ran(DRIVER, how, image, f"{delta % TOP:#x}", path("moved"))
    expect(status == 1, f"status {status}: {told}")
    for word in words:
        expect(word in told, f"{word!r} is not in: {told}")


def first_difference(a, b):
    for n, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return f"from byte {n:#x} on: {a[n:n + 16].hex()} instead of {b[n:n + 16].hex()}"
    return f"{len(a)} bytes instead of {len(b)}"


def expect_same(a, b, what):
    expect(a == b, f"{what}: {first_difference(a, b)}")


def tables_at(image, base):
    """Where what is the same in every way of linking ends: all up to the tables."""
    return int(re.search(r"^([0-9a-f]+) \w tables$", done("nm", image), re.MULTILINE)[1], 16) - base


def position_independent(machine, options):
    """What -pie or -shared at A becomes at B is what the linker makes of it as a program that is linked for B."""
    fields = set()
    for a, b in machine.bases:
        a = 0 if "-pie" in options else a  # elsewhere ld makes it an ET_EXEC
        image = linked(machine, machine.name, a, "--no-relax", *options)
        window, n = moved(image, b - a)
        static = linked(machine, machine.name, b, "--no-relax")
        expected, _ = moved(static, 0)
        end = tables_at(image, a)
        expect_same(window[:end], expected[:end], f"{machine.name} {options} {a:#x} to {b:#x}")
        there, same = moved(linked(machine, machine.name, b, "--no-relax", *options), 0)
        expect_same(window[:end], there[:end], "linked at B")
        expect(n == same, f"{n} fields at A, {same} at B")
        jump_slots(machine, image, window, a, b)
        fields.add(n)
    expect(len(fields) == 1 and min(fields) > 270, f"fields written: {fields}")


def jump_slots(machine, image, window, a, b):
    """Slots of the PLT, which no program at a fixed address has: the symbols' addresses."""
    width = machine.bits // 8
    for slot in re.finditer(r"^([0-9a-f]+) +[0-9a-f]+ R_\S+_JU?MP_SL\S* +([0-9a-f]+) +\S+", done(
            "readelf", "-rW", image), re.MULTILINE):
        at = int(slot[1], 16) - a
        held = int.from_bytes(window[at:at + width], "little")
        expect(held == (int(slot[2], 16) + b - a) % (1 << machine.bits), f"the slot at {at:#x} holds {held:#x}")


def types_of(image):
    return set(re.findall(r" (R_[A-Z0-9_]+)", done("readelf", "-rW", image)))


def pie(machine):
    def test():
        position_independent(machine, ("-pie",))
        has = types_of(linked(machine, machine.name, machine.bases[0][0], "--no-relax", "-pie"))
        expect(any(t.endswith("_RELATIVE") for t in has), f"{has}")
    test.__doc__ = f"e2: {machine.name}: -pie at A, moved to B, is what ld links at B"
    return test


def shared(machine):
    def test():
        position_independent(machine, ("-shared",))
        has = types_of(linked(machine, machine.name, machine.bases[0][0], "--no-relax", "-shared"))
        expect(len(has) >= 3, f"symbols' relocations are missing: {has}")
    test.__doc__ = f"e2: {machine.name}: -shared at A, with symbols and a PLT, moved to B, is what ld links at B"
    return test


def packed(machine):
    def test():
        position_independent(machine, ("-pie", "-z", "pack-relative-relocs"))
        image = linked(machine, machine.name, machine.bases[0][0], "--no-relax", "-pie", "-z", "pack-relative-relocs")
        expect("RELR" in done("readelf", "-dW", image), "there is no DT_RELR")
    test.__doc__ = f"e2: {machine.name}: -pie -z pack-relative-relocs, DT_RELR, moved to B, is what ld links at B"
    return test


def not_movable():
    """e1: a program at a fixed address is moved nowhere; others neither off their alignment nor past the last address"""
    x86 = MACHINES["x86_64"]
    image = linked(x86, "x86_64", 0x1000000, "--no-relax")
    refused(image, 0x200000, "runs nowhere else", "0x1000000", "[E1]")
    moved(image, 0)
    refused(linked(x86, "x86_64", 0x1000000, "--no-relax", "-pie"), 0x200000, "ET_EXEC", "[E1]")
    refused(linked(x86, "x86_64", 0, "--no-relax", "-pie"), 0x1800, "not a multiple of its alignment, 0x1000", "[E1]")
    refused(linked(x86, "x86_64", 0, "--no-relax", "-pie"), -0x1000, "past the end of 64-bit addresses", "[E1]")


def assembled_here(name, text, *options):
    """What ld makes of these lines of x86_64's assembler."""
    with open(path(name + ".s"), "w", encoding="utf-8") as file:
        file.write("\t.globl start\nstart:\n" + text)
    done("as", path(name + ".s"), "-o", path(name + ".o"))
    done("ld", *options, "-T", os.path.join(SOURCES, "image.lds"), "--defsym", "BASE=0", path(name + ".o"), "-o",
         path(name))
    return path(name)


def unknown_type():
    """e2: a type that is not known, of an address that only a function can tell, refuses the image and is told"""
    image = assembled_here("indirect", "\t.type indirect, @gnu_indirect_function\nindirect:\n\tret\n\t.data\n"
                           "\t.quad indirect\n", "-pie", "--no-dynamic-linker")
    expect("R_X86_64_IRELATIVE" in types_of(image), "ld did not leave it to the program")
    refused(image, 0x200000, "type 37 is not known here for e_machine 62", "[E2]")


def undefined():
    """e2: an undefined symbol refuses the image and is told by name"""
    image = assembled_here("undefined", "\t.data\n\t.quad nobody_defines_this\n", "-shared")
    refused(image, 0x200000, "nobody_defines_this", "undefined", "[E2]")


# ---- Linux's own table ----

def vmlinux():
    """Debian's kernel out of its bzImage (boot.rst, payload_offset and payload_length): the ELF file, and the table."""
    folder = done(os.path.join(ROOT, "scripts", "fetch"), "kernel").splitlines()[-1]
    data = contents(os.path.join(folder, "vmlinuz"))
    start = (data[0x1f1] + 1) * 512 + struct.unpack_from("<I", data, 0x248)[0]
    payload = data[start:start + struct.unpack_from("<I", data, 0x24c)[0]]
    expect(payload[:4] == bytes.fromhex("02214c18"), f"the payload is not an LZ4 legacy frame: {payload[:4].hex()}")
    with open(path("payload.lz4"), "wb") as file:
        file.write(payload[:-4])  # the last word is the unpacked size
    done("lz4", "-d", "-q", "-f", path("payload.lz4"), path("vmlinux"))
    image = contents(path("vmlinux"))
    expect(len(image) == struct.unpack("<I", payload[-4:])[0], f"{len(image)} bytes came out of the payload")
    return image


def elf_end(image):
    """Where section headers, the last part of what ld writes, end."""
    shoff, = struct.unpack_from("<Q", image, 0x28)
    return shoff + struct.unpack_from("<H", image, 0x3c)[0] * 64


def by_hand(image, window, base, delta):
    """handle_relocations() of Linux's misc.c, in Python; returns the lists' lengths."""
    at, counts = len(image), []
    for width, sign in ((4, 1), (4, -1), (8, 1)):
        counts.append(0)
        while True:
            at -= 4
            word, = struct.unpack_from("<i", image, at)
            if word == 0:
                break
            place = word % TOP - base
            held = int.from_bytes(window[place:place + width], "little")
            window[place:place + width] = ((held + sign * delta) % (1 << 8 * width)).to_bytes(width, "little")
            counts[-1] += 1
    expect(at == elf_end(image), f"the table begins at {at:#x}, the ELF file ends at {elf_end(image):#x}")
    return counts


def debians_kernel():
    """e2: Debian's kernel moved by 32 MiB is what misc.c's loop makes of it; moved back it is what it was"""
    image, delta = vmlinux(), 0x2000000
    before, _ = moved(path("vmlinux"), 0, "linux")
    window = bytearray(before)
    counts = by_hand(image, window, 0xffffffff81000000, delta)
    told = done(DRIVER, "linux", path("vmlinux"), f"{delta:#x}", path("moved"))
    expect(f"lists {counts[0]} {counts[1]} {counts[2]}\n" in told, f"{counts} instead of {told}")
    expect(min(counts) > 1000, f"{counts}")
    expect_same(contents(path("moved")), bytes(window), "moved by 32 MiB")
    expect(bytes(window) != before, "nothing was moved")
    write_back(image, bytes(window))
    back, _ = moved(path("vmlinux.moved"), -delta, "linux")
    expect_same(back, before, "moved back")


def write_back(image, window):
    """The ELF file with its segments as they lie in @window."""
    changed = bytearray(image)
    lowest = None
    for n in range(struct.unpack_from("<H", image, 0x38)[0]):
        kind, _, offset, _, paddr, size = struct.unpack_from("<IIQQQQ", image, 64 + 56 * n)
        if kind == 1:
            lowest = paddr if lowest is None else lowest
            changed[offset:offset + size] = window[paddr - lowest:paddr - lowest + size]
    with open(path("vmlinux.moved"), "wb") as file:
        file.write(changed)


def cut_tables():
    """e2: a table that does not end where the ELF file ends, or is cut off, refuses the kernel"""
    image = vmlinux()
    end = elf_end(image)
    for data, words in ((image[:end], "RANDOMIZE_BASE"), (image[:-1], "not a multiple of 4"),
                        (image[:end] + image[end + 4:], "unterminated"), (image[:end + 4], "one list in 4 bytes"),
                        (image[:end] + bytes(8) + image[end:], "a fourth 0"), (image[:end - 1], "truncated"),
                        (image[:-4] + struct.pack("<I", 0x80ffffff), "lies outside of the image")):
        with open(path("cut"), "wb") as file:
            file.write(data)
        refused(path("cut"), 0x2000000, words, how="linux")


if __name__ == "__main__":
    done("make", "-s", "build/host/relocate")
    run_tests([*(pie(m) for m in MACHINES.values()), *(shared(m) for m in MACHINES.values()),
               packed(MACHINES["x86_64"]), packed(MACHINES["i386"]), not_movable, unknown_type, undefined,
               debians_kernel, cut_tables])
