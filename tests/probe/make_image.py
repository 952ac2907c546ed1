#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes an Image for RISC-V or arm64 of the flat stand-in kernel, with any header, so that every case of a header boots for real.

usage: make_image.py FLAT OUT [FIELD=NUMBER]...

Fields are those of boot-image-header.rst or arm64's booting.rst by name, and: arm64 (1: it is one), file_size (bytes of the file; what is behind the code is a
pattern with a checksum).
"""
import struct
import sys
import zlib

from make_probe import pattern

MIB = 1 << 20
# Offset, width, default: those of a present-day kernel.
FIELDS = {"text_offset": (8, 8, 2 * MIB), "image_size": (16, 8, 32 * MIB - 12345), "flags": (24, 8, 0),
          "version": (32, 4, 2), "magic": (48, 8, 0x5643534952), "magic2": (56, 4, 0x05435352)}
ARM64 = {"text_offset": (8, 8, 0), "image_size": (16, 8, 32 * MIB - 12288), "flags": (24, 8, 0xa),
         "magic": (56, 4, 0x644d5241)}
FACTS_AT = 0x40  # entry.S of both


def make(flat, out, **fields):
    """Writes the image; fields by their names. Unknown names are an error."""
    known = ARM64 if fields.pop("arm64", 0) else FIELDS
    unknown = set(fields) - set(known) - {"file_size"}
    if unknown:
        raise ValueError(f"no such field: {', '.join(sorted(unknown))}")
    with open(flat, "rb") as file:
        code = bytearray(file.read())
    size = max(fields.get("file_size", 0), len(code))
    checksum = 1
    for piece in pattern(size - len(code)):
        checksum = zlib.adler32(piece, checksum)
    for name, (offset, width, default) in known.items():
        code[offset:offset + width] = fields.get(name, default).to_bytes(width, "little")
    facts = struct.pack("<QQQQ", fields.get("image_size", known["image_size"][2]), len(code), size - len(code), checksum)
    if known is ARM64:
        facts += struct.pack("<Q", fields.get("text_offset", 0))
    code[FACTS_AT:FACTS_AT + len(facts)] = facts
    with open(out, "wb") as file:
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
