#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes an ELF file of the flat stand-in kernel for PVH, with any header and notes, so that every case boots for real.

usage: make_pvh.py FLAT OUT [FIELD=NUMBER]...

Fields: bits (64, or 32), machine, movable (1: ET_DYN, with relocations), at (where it is linked), align (p_align),
payload, zeros (bytes of the second segment from the file, and behind that), entry (of the note, from the first byte),
owner_size, note_size (of the note that is written), has_note (0: none), has_limits, limit_align, limit_min, limit_last
(of PHYS32_RELOC), room (bytes between the segments and the notes).
"""
import struct
import sys
import zlib

from make_probe import pattern

MIB = 1 << 20
FACTS_AT, WORDS_AT, DYNAMIC_AT, RELOCATIONS_AT = 0x800, 0x800 + 80, 0x900, 0xa00  # pvh/entry.S, clauses_pvh.h
N_WORDS = 4
DEFAULTS = {"bits": 64, "machine": None, "movable": 0, "at": 64 * MIB, "align": 0x1000, "payload": MIB + 777,
            "zeros": 2 * MIB, "entry": 0, "owner_size": 4, "note_size": None, "has_note": 1, "has_limits": 0,
            "limit_align": 2 * MIB, "limit_min": 16 * MIB, "limit_last": (1 << 32) - 1, "room": 4096}


def note(kind, value, owner_size=4):
    return struct.pack("<III", owner_size, len(value), kind) + b"Xen\0" + value + b"\0" * (-len(value) % 4)


def notes(f):
    out = struct.pack("<III", 4, 4, 1) + b"Any\0" + b"\1\2\3\4"
    if f["has_limits"]:
        out += note(19, struct.pack("<III", f["limit_align"], f["limit_min"], f["limit_last"]))
    if f["has_note"]:
        size = f["note_size"] or (8 if f["bits"] == 64 else 4)
        out += note(18, (f["at"] + f["entry"]).to_bytes(size, "little"), f["owner_size"])
    return out


def dynamic(f, code):
    """Words that hold their own addresses, and the tables that say so. gABI, "Dynamic Section"; psABI, RELATIVE is 8."""
    if f["bits"] == 64:
        tags = ((7, f["at"] + RELOCATIONS_AT), (8, 24 * N_WORDS), (9, 24), (0, 0))
        table = b"".join(struct.pack("<QQ", *tag) for tag in tags)
        entries = b"".join(struct.pack("<QQq", f["at"] + WORDS_AT + 8 * i, 8, f["at"] + WORDS_AT + 8 * i)
                           for i in range(N_WORDS))
    else:
        tags = ((17, f["at"] + RELOCATIONS_AT), (18, 8 * N_WORDS), (19, 8), (0, 0))
        table = b"".join(struct.pack("<II", *tag) for tag in tags)
        entries = b"".join(struct.pack("<II", f["at"] + WORDS_AT + 8 * i, 8) for i in range(N_WORDS))
        for i in range(N_WORDS):
            code[WORDS_AT + 8 * i:WORDS_AT + 8 * i + 4] = (f["at"] + WORDS_AT + 8 * i).to_bytes(4, "little")
    code[DYNAMIC_AT:DYNAMIC_AT + len(table)] = table
    code[RELOCATIONS_AT:RELOCATIONS_AT + len(entries)] = entries
    return len(table)


def facts(f, code, window, checksum):
    least, first, last = f["align"], f["at"], f["at"] + window - 1
    if f["has_limits"]:
        least, first, last = max(least, f["limit_align"]), f["limit_min"], f["limit_last"]
    elif f["movable"]:
        first, last = 0, (1 << 32) - 1
    return struct.pack("<8QIIII", f["at"], window, len(code), f["payload"], 0, least, first, last, checksum,
                       f["bits"] == 32, N_WORDS if f["movable"] else 0, 0)


def segment_header(f, kind, flags, offset, at, filesz, memsz, align):
    if f["bits"] == 64:
        return struct.pack("<IIQQQQQQ", kind, flags, offset, at, at, filesz, memsz, align)
    return struct.pack("<IIIIIIII", kind, offset, at, at, filesz, memsz, flags, align)


def headers(f, code_at, code_size, notes_at, notes_size, dynamic_size):
    at, payload_at = f["at"], code_at + code_size
    rows = [(1, 7, code_at, at, code_size, code_size, f["align"]),
            (1, 6, payload_at, at + code_size, f["payload"], f["payload"] + f["zeros"], 0x1000),
            (4, 4, notes_at, 0, notes_size, notes_size, 4)]
    if f["movable"]:
        rows.append((2, 6, code_at + DYNAMIC_AT, at + DYNAMIC_AT, dynamic_size, dynamic_size, 8))
    machine = f["machine"] or (62 if f["bits"] == 64 else 3)
    kind = 3 if f["movable"] else 2
    ident = b"\x7fELF" + bytes((2 if f["bits"] == 64 else 1, 1, 1)) + bytes(9)
    if f["bits"] == 64:
        head = struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, at + 0x200, 64, 0, 0, 64, 56, len(rows), 64, 0, 0)
    else:
        head = struct.pack("<HHIIIIIHHHHHH", kind, machine, 1, at + 0x200, 52, 0, 0, 52, 32, len(rows), 40, 0, 0)
    return ident + head + b"".join(segment_header(f, *row) for row in rows)


def make(flat, out, **fields):
    """Writes the file; fields by their names. Unknown names are an error."""
    unknown = set(fields) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"no such field: {', '.join(sorted(unknown))}")
    f = {**DEFAULTS, **fields}
    with open(flat, "rb") as file:
        code = bytearray(file.read())
    payload = b"".join(pattern(f["payload"]))
    dynamic_size = dynamic(f, code) if f["movable"] else 0
    told = facts(f, code, len(code) + f["payload"] + f["zeros"], zlib.adler32(payload))
    code[FACTS_AT:FACTS_AT + len(told)] = told
    code_at = 0x1000
    notes_at = code_at + len(code) + f["payload"] + f["room"]
    notes_at += -notes_at % 4
    tail = notes(f)
    head = headers(f, code_at, len(code), notes_at, len(tail), dynamic_size)
    with open(out, "wb") as file:
        file.write(head + bytes(code_at - len(head)) + code + payload)
        file.write(bytes(notes_at - file.tell()) + tail)


def main():
    if len(sys.argv) < 3 or "--help" in sys.argv:
        print(__doc__)
        return 0 if "--help" in sys.argv else 2
    make(sys.argv[1], sys.argv[2], **{name: int(value, 0) for name, value in
                                      (word.split("=", 1) for word in sys.argv[3:])})
    return 0


if __name__ == "__main__":
    sys.exit(main())
