# SPDX-License-Identifier: BSD-2-Clause
"""The kernel in memory, byte for byte, at the moment it is entered: by its own decompressor, and by Berth.

Both machines stop at that instruction and their memory is dumped. It must be what tests/elf/relocate, made of the
loader's own objects, makes of the same payload for the same move.
"""
import os
import re
import struct
import subprocess

import lab
from boots import REPORT, boots
from debugger import Debugger
from direct import ALIGN, KERNEL_MAP, KERNEL_MAP_END, LINKED, debian, unpacked
from lab import Machine, expect

RELOCATE = os.path.join(lab.ROOT, "build/host/relocate")
PT_LOAD = 1


class Kernel:
    """What is in a payload: its loaded parts, and the whole window as the loader's objects make it."""

    def __init__(self, esp, release):
        self.path = os.path.join(esp.path, "payload")
        self.image = unpacked(debian(release)["file"])
        with open(self.path, "wb") as file:
            file.write(self.image)
        self.window, told = self.moved(0)
        self.start, self.entry, self.virtual = (int(re.search(rf"{word} (\S+)", told)[1], 16)
                                                for word in ("window", "entry", "virtual"))
        self.fields = sum(int(n) for n in re.search(r"lists (\d+) (\d+) (\d+)", told).groups())

    def moved(self, delta):
        out = self.path + ".moved"
        told = subprocess.run([RELOCATE, "linux", self.path, hex(delta), out], stdout=subprocess.PIPE, text=True,
                              check=False)
        expect(told.returncode == 0, f"relocate: {told.stdout}")
        with open(out, "rb") as file:
            window = file.read()
        os.unlink(out)
        return window, told.stdout

    def loads(self):
        """(p_offset, p_paddr, p_filesz) of each PT_LOAD (System V gABI, Program Header)."""
        at, size, count = (struct.unpack_from(form, self.image, offset)[0]
                           for form, offset in (("<Q", 32), ("<H", 54), ("<H", 56)))
        for n in range(count):
            kind, _, offset, _, physical, filesz = struct.unpack_from("<IIQQQQ", self.image, at + n * size)
            if kind == PT_LOAD:
                yield offset, physical, filesz

    def file_parts(self):
        """(start, end) in the window of what the file has of each."""
        return [(at - self.start, at - self.start + filesz) for _, at, filesz in self.loads()]

    def parts_of_file(self):
        """And (start, end) in the file."""
        return [(offset, offset + filesz) for offset, _, filesz in self.loads()]

    def delta_in(self, memory):
        """By how much the last field of 32 bits was moved: one field of some 500,000, which the others must agree with."""
        at = struct.unpack_from("<i", self.image, len(self.image) - 4)[0] + (1 << 64) - self.virtual
        held, linked = (struct.unpack_from("<I", of, at)[0] for of in (memory, self.window))
        return (held - linked) % (1 << 32)

    def expect_in(self, memory, start, end, delta):
        expected = self.moved(delta)[0]
        if memory[start:end] == expected[start:end]:
            return
        wrong = [n for n in range(start, end) if memory[n] != expected[n]]
        raise lab.Failure(f"{len(wrong)} bytes of {start:#x}-{end:#x} differ, the first at {wrong[0]:#x}: "
                          f"{memory[wrong[0]:wrong[0] + 16].hex()} instead of {expected[wrong[0]:wrong[0] + 16].hex()}")


def decompressors_jump(path, load):
    """
    Address of the jump into the kernel proper. Linux arch/x86/boot/compressed/head_64.S: the decompressor copies itself
    to the window's end, to load + init_size - _end, and leaves by `movq %r15, %rsi; jmp *%rax`.
    """
    with open(path, "rb") as file:
        data = file.read()
    code = data[(data[0x1f1] + 1) * 512:]
    ends = re.findall(rb"\x8b\x9e\x60\x02\x00\x00\x81\xeb(....)\x48\x01\xeb", code, re.DOTALL)
    jumps = [found.start() + 3 for found in re.finditer(rb"\x4c\x89\xfe\xff\xe0", code)]
    expect(len(ends) == len(jumps) == 1, f"{path}: {len(ends)} computations of its end, {len(jumps)} jumps")
    return load + struct.unpack_from("<I", data, 0x260)[0] - struct.unpack("<I", ends[0])[0] + jumps[0]


def loaders_enter(esp):
    """Address of the loader's last function, x86_enter, where firmware puts the loader on this machine."""
    with Machine(esp) as machine:
        machine.wait_for(" runs at 0x")
        base = int(machine.rest_of_line(), 16)
    symbols = subprocess.run(["nm", os.path.join(lab.ROOT, "build/x86_64/berth.elf")], stdout=subprocess.PIPE, text=True,
                             check=True).stdout
    return base + int(re.search(r"^([0-9a-f]+) T x86_enter$", symbols, re.MULTILINE)[1], 16)


def set_up(esp, release, *lines):
    """With no5lvl the kernel is entered by x86_enter itself, and not by the code that switches levels."""
    esp.put("kernel", link=debian(release)["file"])
    esp.put("initrd.cpio", link=debian(release)["initrd"])
    esp.entry("entered", "title Entered", "linux /kernel", "initrd /initrd.cpio", f"options {REPORT} no5lvl", *lines)
    esp.conf("log debug")


def by_its_decompressor(esp, release):
    """Dumps the kernel when its decompressor enters it; every byte that the file has must be as expected."""
    kernel = Kernel(esp, release)
    set_up(esp, release)
    enter = loaders_enter(esp)
    with Debugger() as debugger, Machine(esp, more=debugger.options, timeout=280) as machine:
        debugger.attach(machine)
        load = debugger.run_to(enter)["rdx"] - 0x200  # the third argument: the entry
        entry = debugger.run_to(decompressors_jump(debian(release)["file"], load))["rax"]
        place = entry - kernel.entry
        expect(place % ALIGN == 0, f"the kernel is entered at {entry:#x}")
        memory = debugger.memory(place, len(kernel.window))
    delta = kernel.delta_in(memory)
    expect(delta % ALIGN == 0 and KERNEL_MAP <= LINKED + delta < KERNEL_MAP_END, f"it was moved by {delta:#x}")
    for start, end in kernel.file_parts():
        kernel.expect_in(memory, start, end, delta)
    print(f"# {sum(end - start for start, end in kernel.file_parts())} bytes with {kernel.fields} fields moved by "
          f"{delta:#x}, at {place:#x}: equal", flush=True)
    expect(kernel.fields > 100000, f"only {kernel.fields} fields were moved")


def by_berth(esp, release):
    """The same when Berth enters it, with only zeros behind, which a decompressor does not make."""
    kernel = Kernel(esp, release)
    set_up(esp, release, "decompress loader")
    enter = loaders_enter(esp)
    with Debugger() as debugger, Machine(esp, more=debugger.options, timeout=280) as machine:
        debugger.attach(machine)
        place = debugger.run_to(enter)["rdx"] - kernel.entry
        memory = debugger.memory(place, len(kernel.window))
        text = machine.text()
    told = re.findall(r"^berth: place kernel (0x[0-9a-f]+) ", text, re.MULTILINE)
    virtual = re.findall(r"^berth: virtual (0x[0-9a-f]+) moved by (0x[0-9a-f]+) ", text, re.MULTILINE)
    expect([int(n, 16) for n in told] == [place] and len(virtual) == 1, f"the log says {told}, {virtual}")
    kernel.expect_in(memory, 0, len(memory), int(virtual[0][1], 16))


@boots
def entered_by_its_decompressor(esp):
    """X10: what Linux's own decompressor makes of its kernel with KASLR, the loader's objects make too, byte for byte"""
    by_its_decompressor(esp, 12)


@boots
def entered_by_berth(esp):
    """X10, E2: every byte of the window that Berth enters, and the zeros behind, is what the file and the move give"""
    by_berth(esp, 12)


@boots(large=True, sampled=True)
def entered_debian_13(esp):
    """X10: the same of Debian 13's kernel, by its decompressor and by Berth"""
    by_its_decompressor(esp, 13)
    by_berth(esp, 13)
