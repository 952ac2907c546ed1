#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes a bzImage whose payload, packed by gzip, is the stand-in kernel as a vmlinux: to be entered without a decompressor.

usage: make_direct.py FLAT OUT [FIELD=NUMBER]...

Fields are make_probe.py's. The vmlinux is linked as Linux is: 16 MiB physical, __START_KERNEL_map and 16 MiB virtual; its
entry is the stand-in's 64-bit one. In front of the payload the protected-mode part has halts: nobody may enter there.
"""
import gzip
import struct
import sys

from make_probe import FACTS_AT, HEAD_AT, HEAD_SIZE, header

KERNEL_MAP = 0xffffffff80000000  # arch/x86/include/asm/page_64_types.h
LINKED, ENTRY, CODE_AT, STUB = 16 << 20, 0x200, 0x1000, 0x400


def elf(code):
    """System V gABI: an ET_EXEC for x86-64 of one segment; e_entry is physical, as vmlinux.lds.S has it."""
    ident = b"\x7fELF" + bytes((2, 1, 1)) + bytes(9)
    head = struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, LINKED + ENTRY, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 7, CODE_AT, KERNEL_MAP + LINKED, LINKED, len(code), len(code), 0x200000)
    return (ident + head + segment).ljust(CODE_AT, b"\0") + bytes(code)


def packed_to(image, size):
    """Packed by gzip, whose own end is the length that Linux appends to others; of @size bytes, if it can be."""
    packed = gzip.compress(image, 1, mtime=0)
    spare = size - len(packed)
    if spare < 2:
        return packed
    # RFC 1952, 2.3.1: with this flag a field of any length follows the header's ten bytes, behind its length.
    return packed[:3] + b"\4" + packed[4:10] + struct.pack("<H", spare - 2) + bytes(spare - 2) + packed[10:]


def make(flat, out, **fields):
    """
    Writes the image. The header that the stand-in expects is in it, and says how long it is when it is packed: so it is
    packed once to see, and then to a few bytes more, which no other number in it can change.
    """
    with open(flat, "rb") as file:
        code = bytearray(file.read())
    room = 0
    while True:
        size = STUB + room + -(STUB + room) % 16
        head = header({**fields, "payload_offset": STUB, "payload_length": room, "kernel_info_offset": 0}, STUB, size)
        code[HEAD_AT:HEAD_AT + HEAD_SIZE] = head
        code[FACTS_AT:FACTS_AT + 24] = bytes(24)
        image = elf(code)
        packed = packed_to(image, room)
        if len(packed) == room:
            break
        room = len(packed) + 16
    sectors = fields.get("setup_sects", 3) or 4
    with open(out, "wb") as file:
        file.write(head + b"\xaa" * ((sectors + 1) * 512 - len(head)))
        file.write((b"\xf4" * STUB + packed).ljust(size, b"\0"))


def main():
    if len(sys.argv) < 3 or "--help" in sys.argv:
        print(__doc__)
        return 0 if "--help" in sys.argv else 2
    make(sys.argv[1], sys.argv[2], **{name: int(value, 0) for name, value in
                                      (word.split("=", 1) for word in sys.argv[3:])})
    return 0


if __name__ == "__main__":
    sys.exit(main())
