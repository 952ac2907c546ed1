# SPDX-License-Identifier: BSD-2-Clause
"""A terminal that reads what firmware's serial console sends, and knows what stands on its screen.

Of ECMA-48 and ISO 6429 it knows what EDK2's terminal driver writes: CUP (H), ED (J), SGR (m), and characters, in UTF-8.
Another sequence is an error, so that no test looks at a screen that was understood by half.
"""
import re
import unicodedata

SEQUENCE = re.compile(rb"\x1b\[([0-9;=?]*)([A-Za-z])")


class Terminal:
    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.clear()

    def clear(self):
        self.screen = [[" "] * self.columns for _ in range(self.rows)]
        self.reversed = [[False] * self.columns for _ in range(self.rows)]
        self.row = self.column = 0
        self.colours = (37, 40)
        self.wraps = 0  # characters that had no room in their line

    def feed(self, raw):
        at = 0
        while at < len(raw):
            if raw[at] == 0x1b:
                found = SEQUENCE.match(raw, at)
                if not found:
                    if len(raw) - at < 12:
                        return self  # cut within a sequence
                    raise ValueError(f"an unknown sequence: {raw[at:at + 12]!r}")
                self._obey(found[1].decode(), found[2].decode())
                at = found.end()
                continue
            length = next((n for n, lead in ((4, 0xf0), (3, 0xe0), (2, 0xc0)) if raw[at] >= lead), 1)
            if at + length > len(raw):
                return self  # cut within a character
            self._put(raw[at:at + length].decode())
            at += length
        return self

    def _obey(self, parameters, letter):
        numbers = [int(n) for n in parameters.split(";") if n.isdigit()]
        if letter == "H":
            self.row, self.column = (numbers + [1, 1])[0] - 1, (numbers + [1, 1])[1] - 1
            self.wraps += self.row >= self.rows
            self.row = min(self.row, self.rows - 1)
        elif letter == "J":
            colours = self.colours
            self.clear()
            self.colours = colours
        elif letter == "m":
            for n in numbers:
                if n == 0:
                    self.colours = (37, 40)
                elif 30 <= n <= 37:
                    self.colours = (n, self.colours[1])
                elif 40 <= n <= 47:
                    self.colours = (self.colours[0], n)
        elif letter not in "hl":  # modes, of which none changes what stands there
            raise ValueError(f"an unknown sequence: {parameters}{letter}")

    def _put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character >= " ":
            cells = [character, ""] if unicodedata.east_asian_width(character) in "WF" else [character]
            if self.column + len(cells) > self.columns:
                self.wraps += 1
                self.row, self.column = self.row + 1, 0
                self._scroll()
            for cell in cells:  # a wide one has two, and is in the first of them
                self.screen[self.row][self.column] = cell
                self.reversed[self.row][self.column] = self.colours == (30, 47)
                self.column += 1
        self._scroll()

    def _scroll(self):
        if self.row >= self.rows:
            self.screen = self.screen[1:] + [[" "] * self.columns]
            self.reversed = self.reversed[1:] + [[False] * self.columns]
            self.row = self.rows - 1

    def lines(self):
        return ["".join(row).rstrip() for row in self.screen]

    def chosen(self):
        """The text of the one line that is shown in other colours."""
        rows = [i for i in range(self.rows) if any(self.reversed[i])]
        return [self.lines()[i].strip() for i in rows]
