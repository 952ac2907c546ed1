# SPDX-License-Identifier: BSD-2-Clause
"""Windows' boot configuration data, a registry hive as Windows writes one: lists of keys sorted, with the first letters of each
key's name, and a first page whose sum is right.

Source: libyal's "Windows NT Registry File (REGF) format", 3 (file header), 5 (hive bins), 6 (cells); the objects and elements
are those that `bcdedit /v` and `/enum all` list.
"""
import functools
import operator
import struct

PAGE, NONE = 4096, 0xffffffff
MANAGER = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
SZ, MULTI_SZ = 1, 7


class Hive:
    def __init__(self):
        self.cells = bytearray(32)  # the bin's header, made last

    def _cell(self, data):
        """Its place, as others name it: from the end of the first page. Multiples of 8 bytes, a negative size when in use."""
        at, size = len(self.cells), (4 + len(data) + 7) // 8 * 8
        self.cells += struct.pack("<i", -size) + data.ljust(size - 4, b"\0")
        return at

    def value(self, name, kind, text):
        data = text.encode("utf-16-le") + b"\0\0"
        return self._cell(struct.pack("<2sHIIIHH", b"vk", len(name), len(data), self._cell(data), kind, 1, 0) + name.encode())

    def key(self, name, keys=(), value=None, flags=0x20):
        """@keys: (name, place) of those in it. @flags: the name is in ASCII."""
        keys = sorted(keys)
        listed = self._cell(struct.pack("<2sH", b"lf", len(keys)) + b"".join(
            struct.pack("<I4s", at, inner.encode()[:4]) for inner, at in keys)) if keys else NONE
        values = NONE if value is None else self._cell(struct.pack("<I", value))
        return name, self._cell(struct.pack("<2sHQIIIIIIIIIIIIIIIHH", b"nk", flags, 0, 0, NONE, len(keys), 0, listed, NONE,
                                            int(value is not None), values, NONE, NONE, 0, 0, 0, 0, 0, len(name), 0) + name.encode())

    def bytes(self, root):
        size = (len(self.cells) + PAGE - 1) // PAGE * PAGE
        rest = size - len(self.cells)
        if rest:
            self.cells += struct.pack("<i", rest).ljust(rest, b"\0")  # one free cell
        struct.pack_into("<4sII", self.cells, 0, b"hbin", 0, size)
        first = bytearray(struct.pack("<4sIIQIIIIIII", b"regf", 1, 1, 0, 1, 3, 0, 1, root[1], size, 1).ljust(PAGE, b"\0"))
        struct.pack_into("<I", first, 508, functools.reduce(operator.xor, struct.unpack("<127I", first[:508])))
        return bytes(first + self.cells)


def bcd_of(*titles):
    """The hive of a boot manager that offers systems of these titles, in this order."""
    hive = Hive()
    systems = [f"{{{n:08x}-89ab-11ee-8123-456789abcdef}}" for n in range(1, len(titles) + 1)]

    def an_object(name, kind, text, element):
        elements = hive.key("Elements", [hive.key(element, value=hive.value("Element", kind, text))])
        return hive.key(name, [hive.key("Description"), elements])

    objects = [an_object(MANAGER, MULTI_SZ, "\0".join(systems) + "\0", "24000001"),
               *(an_object(system, SZ, title, "12000004") for system, title in zip(systems, titles))]
    return hive.bytes(hive.key("NewStoreRoot", [hive.key("Description"), hive.key("Objects", objects)], flags=0x2c))
