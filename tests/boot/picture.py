# SPDX-License-Identifier: BSD-2-Clause
"""What stands on a graphics screen: QEMU's screendump, as rows of colours, as text, and as a small PNG file."""
import os
import socket
import struct
import time
import zlib

import lab

GLYPH = (8, 19)  # EDK2's font


class Picture:
    """@raw: a PPM file, which is what QEMU writes."""

    def __init__(self, raw):
        magic, size, most, pixels = raw.split(b"\n", 3)
        lab.expect((magic, most) == (b"P6", b"255"), "QEMU's picture is no PPM file of 24 bits")
        self.width, self.height = (int(n) for n in size.split())
        self.rows = [[pixels[at:at + 3] for at in range(y * self.width * 3, (y + 1) * self.width * 3, 3)]
                     for y in range(self.height)]

    def glyph(self, column, row, columns, rows):
        """(which pixels of a cell are ink, the colour of its paper); EDK2 puts so many cells into the middle of the screen."""
        width, height = GLYPH
        left, top = (self.width - columns * width) // 2 + column * width, (self.height - rows * height) // 2 + row * height
        cell = [self.rows[top + y][left + x] for y in range(height) for x in range(width)]
        paper = max(set(cell), key=cell.count)  # of all its characters, none is more ink than paper
        return tuple(pixel != paper for pixel in cell), paper

    def drawn(self):
        """(left, top, right, bottom) of what is not black."""
        rows = [y for y, row in enumerate(self.rows) if any(map(any, row))]
        columns = [x for x in range(self.width) if any(any(self.rows[y][x]) for y in rows)]
        return (min(columns), min(rows), max(columns) + 1, max(rows) + 1) if rows else (0, 0, 0, 0)

    def png(self, margin=24, whole=False):
        """What is drawn with a black margin, in as few bits a pixel as it has colours. Source: PNG 1.2, sections 3, 4 and 7."""
        left, top, right, bottom = (0, 0, self.width, self.height) if whole else self.drawn()
        part = [[self.rows[y][x] for x in range(left, right)] for y in range(top, bottom)]
        colours = sorted({pixel for row in part for pixel in row} | {b"\0\0\0"})
        bits = next(n for n in (1, 2, 4, 8) if len(colours) <= 1 << n)
        number = {colour: n for n, colour in enumerate(colours)}
        width = right - left + 2 * margin
        lines = [[0] * width] * margin + [[0] * margin + [number[p] for p in row] + [0] * margin for row in part]
        lines += [[0] * width] * margin

        def packed(line):
            line = line + [0] * (-len(line) % (8 // bits))
            return bytes(sum(v << (8 - bits * (i + 1)) for i, v in enumerate(line[at:at + 8 // bits]))
                         for at in range(0, len(line), 8 // bits))

        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        data = zlib.compress(b"".join(b"\0" + packed(line) for line in lines), 9)
        return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(lines), bits, 3, 0, 0, 0)) +
                chunk(b"PLTE", b"".join(colours)) + chunk(b"IDAT", data) + chunk(b"IEND", b""))


class Monitor:
    """QEMU's, for pictures of a machine's screen."""

    def __init__(self, folder):
        self.path, self.picture = os.path.join(folder, "monitor"), os.path.join(folder, "screen.ppm")
        self.options = ("-monitor", f"unix:{self.path},server,nowait")

    def _ask(self, words):
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(os.path.relpath(self.path))  # a socket's name has 107 bytes
            line.settimeout(30)
            said = b""
            for sent in (None, words):
                if sent is not None:
                    line.sendall(sent.encode() + b"\n")
                    said = b""
                while not said.endswith(b"(qemu) "):
                    said += line.recv(4096)

    def press(self, key):
        """A key of the machine's own keyboard, by QEMU's name."""
        self._ask(f"sendkey {key}")

    def look(self):
        """The screen, when two looks at it are the same."""
        last = None
        while True:
            self._ask(f"screendump {self.picture}")
            with open(self.picture, "rb") as file:
                raw = file.read()
            if raw == last:
                return Picture(raw)
            last = raw
            time.sleep(0.5)


def when_drawn(monitor, machine, size, where, what):
    """A picture of the screen whose drawn part @where accepts."""
    while not os.path.exists(monitor.path):
        time.sleep(0.1)
    while True:
        picture = monitor.look()
        if (picture.width, picture.height) == size and where(picture.drawn()):
            return picture
        lab.expect(time.monotonic() < machine.deadline, f"never: {what}; drawn is {picture.drawn()} of {picture.width}x{picture.height}")
