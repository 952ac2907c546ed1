#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes a bzImage of the flat stand-in kernel, with any setup header, so that every case of a header boots for real.

usage: make_probe.py FLAT OUT [FIELD=NUMBER]...

Fields are those of boot.rst by name, and: header_end (where the header ends, by its jump byte), file_size (bytes of the
protected-mode part; what is behind the code is a pattern with a checksum), setup_type_max (of kernel_info; 0: none),
filler (0xaa: the byte around the header, so that a loader that copies too much is noticed; the sentinel is 0xff).
"""
import random
import struct
import sys
import zlib

MIB = 1 << 20
# boot.rst, "Details of Header Fields": offset, width, since which version, default. The defaults are those of a
# present-day kernel.
FIELDS = {
    "setup_sects": (0x1f1, 1, 0x200, 3),
    "root_flags": (0x1f2, 2, 0x200, 1),
    "syssize": (0x1f4, 4, 0x204, None),
    "vid_mode": (0x1fa, 2, 0x200, 0xffff),
    "boot_flag": (0x1fe, 2, 0x200, 0xaa55),
    "header": (0x202, 4, 0x200, 0x53726448),
    "version": (0x206, 2, 0x200, 0x20f),
    "start_sys_seg": (0x20c, 2, 0x200, 0x1000),
    "loadflags": (0x211, 1, 0x200, 1),
    "setup_move_size": (0x212, 2, 0x200, 0x8000),
    "code32_start": (0x214, 4, 0x200, 0x100000),
    "heap_end_ptr": (0x224, 2, 0x201, 0x5a10),
    "initrd_addr_max": (0x22c, 4, 0x203, 0x7fffffff),
    "kernel_alignment": (0x230, 4, 0x205, 2 * MIB),
    "relocatable_kernel": (0x234, 1, 0x205, 1),
    "min_alignment": (0x235, 1, 0x20a, 21),
    "xloadflags": (0x236, 2, 0x20c, 0x63),
    "cmdline_size": (0x238, 4, 0x206, 2047),
    "payload_offset": (0x248, 4, 0x208, None),
    "payload_length": (0x24c, 4, 0x208, None),
    "pref_address": (0x258, 8, 0x20a, 16 * MIB),
    "init_size": (0x260, 4, 0x20a, 32 * MIB),
    "handover_offset": (0x264, 4, 0x20b, 0),
    "kernel_info_offset": (0x268, 4, 0x20f, None),
}
# Where the header of each version ends.
ENDS = {0x20f: 0x26c, 0x20b: 0x268, 0x20a: 0x264, 0x209: 0x258, 0x208: 0x250, 0x207: 0x248, 0x206: 0x23c, 0x205: 0x238,
        0x204: 0x230}
# In the flat image: room for facts (x86_64/main.c, struct facts), and for kernel_info.
HEAD_AT, HEAD_SIZE, FACTS_AT, INFO_AT = 0x600, 1024, 0xa00, 0xb00
SETUP_INDIRECT_AND_RNG_SEED = 0x80000009


def pattern(size):
    """Pieces of a file that compress to nothing and of which no two are the same."""
    block = random.Random(2024).randbytes(MIB - 8)
    for number in range(0, size, MIB):
        yield (number.to_bytes(8, "little") + block)[:size - number]


def header(fields, code_size, size):
    version = fields.get("version", FIELDS["version"][3])
    end = fields.get("header_end") or next(ENDS[v] for v in sorted(ENDS, reverse=True) if v <= version)
    head = bytearray(bytes((fields.get("filler", 0xaa),)) * HEAD_SIZE)
    head[0x1ef] = 0xff  # bootparam.h, sentinel
    head[0x1f1:end] = bytes(end - 0x1f1)
    if end > 0x26c:
        head[0x26c:end] = b"\xbb" * (end - 0x26c)  # of a version that nobody knows yet
    known = {"syssize": size // 16, "kernel_info_offset": INFO_AT, "payload_offset": code_size,
             "payload_length": size - code_size}
    for name, (offset, width, since, default) in FIELDS.items():
        value = fields.get(name, known.get(name, default))
        if version >= since and offset + width <= end:
            head[offset:offset + width] = value.to_bytes(width, "little")
    head[0x200:0x202] = bytes((0xeb, end - 0x202))
    return bytes(head)


def make(flat, out, **fields):
    """Writes the image; fields by their names. Unknown names are an error."""
    unknown = set(fields) - set(FIELDS) - {"header_end", "file_size", "setup_type_max", "filler"}
    if unknown:
        raise ValueError(f"no such field: {', '.join(sorted(unknown))}")
    with open(flat, "rb") as file:
        code = bytearray(file.read())
    size = max(fields.get("file_size", 0), len(code))
    size += -size % 16
    head = header(fields, len(code), size)
    checksum = 1
    for piece in pattern(size - len(code)):
        checksum = zlib.adler32(piece, checksum)
    newest = fields.get("version", 0x20f) >= 0x20f
    highest = fields.get("setup_type_max", SETUP_INDIRECT_AND_RNG_SEED if newest else 0)
    code[HEAD_AT:HEAD_AT + HEAD_SIZE] = head
    code[FACTS_AT:FACTS_AT + 24] = struct.pack("<QQII", len(code), size - len(code), checksum, highest)
    code[INFO_AT:INFO_AT + 16] = struct.pack("<4sIII", b"LToP", 16, 16, highest)
    sectors = fields.get("setup_sects", 3) or 4
    with open(out, "wb") as file:
        file.write(head + b"\xaa" * ((sectors + 1) * 512 - len(head)))
        file.write(code)
        for piece in pattern(size - len(code)):
            file.write(piece)


def main():
    if len(sys.argv) < 3 or "--help" in sys.argv:
        print(__doc__)
        return 0 if "--help" in sys.argv else 2
    make(sys.argv[1], sys.argv[2], **{name: int(value, 0) for name, value in
                                      (word.split("=", 1) for word in sys.argv[3:])})
    return 0


if __name__ == "__main__":
    sys.exit(main())
