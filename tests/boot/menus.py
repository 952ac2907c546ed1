# SPDX-License-Identifier: BSD-2-Clause
"""The menu on a real serial console: what a terminal shows after each key, and what Linux is told in the end."""
import hashlib
import os
import struct
import time
import wave

import lab
from boots import REPORT, boots, check_healthy, plain, str16, told
from lab import OLDER_OVMF, Guest, Machine, expect
from picture import Monitor, when_drawn
from terminal import Terminal


class Watched(Machine):
    """A machine whose serial line goes to a terminal of @size."""

    def __init__(self, esp, size, *options, **more):
        self.size = size
        super().__init__(esp, *options, **more)

    def screen(self):
        """What stands there since the menu was drawn for the first time: what firmware wrote before is not looked at."""
        raw = bytes(self.raw)
        start = raw.rfind(b"\x1b[2J")
        return Terminal(*self.size).feed(raw[start:])

    def until(self, is_so, what):
        while not is_so(self.screen()):
            if time.monotonic() > self.deadline or not self.reader.is_alive():
                raise lab.Failure(f"never: {what}; the screen is\n" + "\n".join(self.screen().lines()))
            time.sleep(0.1)

    def until_chosen(self, words):
        self.until(lambda screen: len(screen.chosen()) == 1 and words in screen.chosen()[0], f"{words} is chosen")
        expect(self.screen().wraps == 0, "something had no room on the screen:\n" + "\n".join(self.screen().lines()))

    def until_line(self, words):
        self.until(lambda screen: any(words in line for line in screen.lines()), f"a line with {words}")


def many(esp, n):
    for i in range(n):
        esp.entry(f"e{i:02}", f"title Entry {i:02}", f"sort-key e{i:02}", "linux /vmlinuz")


@boots(waits=True)
def menu_on_a_terminal(esp):
    """On a serial line of 80x25: the bar moves, Page Down is no Esc, Esc asks, the plan shows, and an edited line boots"""
    plain(esp, "sort-key f", options=REPORT)
    many(esp, 30)
    esp.conf("timeout menu-force", "default debian", "console-mode 0")
    with Watched(esp, (80, 25)) as machine:
        machine.until_chosen("> * Debian")
        expect(any("31 of 3" in line for line in machine.screen().lines()), "\n".join(machine.screen().lines()))
        machine.press("k")
        machine.until_chosen(">   Entry 29")
        machine.process.stdin.write(b"\x1b[5~")  # Page Up of xterm, which EDK2 2022.11 does not know
        machine.process.stdin.flush()
        machine.until_chosen(">   Entry 11")
        machine.press("escape")
        machine.until_line("Enter restarts into firmware's setup; any other key does not.")
        machine.press("j")
        machine.until(lambda screen: not any("restarts" in line for line in screen.lines()), "the question goes")
        machine.until_chosen(">   Entry 11")
        machine.process.stdin.write(b"\x1b[F")
        machine.process.stdin.flush()
        machine.until_chosen(">   Reboot Into Firmware Interface")
        machine.press("k")
        machine.until_chosen("> * Debian")
        machine.press("x")
        machine.until_line("kernel    0x")
        machine.until_line("one is ")
        expect(not machine.screen().chosen(), "a bar stands on the page")
        machine.press("q")
        machine.until_chosen("> * Debian")
        machine.press("e")
        machine.until(lambda screen: any(REPORT.split()[0] in words for words in screen.chosen()), "the command line")
        machine.press(" edited=yes")
        machine.press("enter")
        guest = Guest(machine.finish())
    check_healthy(guest, REPORT + " edited=yes")


LONG, JAPANESE = "0123456789" * 20, "日本 grüße"


def odd(esp):
    """Titles that a console has no letters, or no room, for, and a group of entries; the first of the former is the default."""
    plain(esp, "sort-key b", options="console=ttyS0", name="b")
    for name, title, key in ((*((f"a{n}", f"Version {n}", "a") for n in range(4)), ("b", JAPANESE, "b"),
                              ("c", "Plain", "c"), ("d", LONG, "d"))):
        esp.entry(name, f"title {title}", f"sort-key {key}", "linux /vmlinuz")
    esp.conf("timeout menu-force", "default b.conf", "console-mode 0", "menu-fold 3", "auto-firmware no")


def rows_of(screen):
    """Of the menu, without the lines above and below."""
    lines = screen.lines()
    start = lines.index("  " + BERTH)
    return lines[start + 2:lines.index("", start + 2)]


BERTH = "Berth " + lab.version()
# 80 columns, of which the last stays free: a line that was filled would move on at once.
PLAIN = ["      Plain", "      " + LONG[:79 - 6 - 3] + "..."]
GROUP = ["      Version 3", "      + 3 more of a"]
OPENED = ["      Version 3", "      - 3 more of a", *(f"        Version {n}" for n in (2, 1, 0))]


def at(rows, number):
    """With the bar's mark in this row."""
    return [f"  > {row[4:]}" if n == number else row for n, row in enumerate(rows)]


def go_through(machine, odd_rows):
    """The menu of odd(), row by row, with its group closed and open, and the pages of two keys."""
    def shown(rows, number, what):
        machine.until(lambda screen: len(screen.chosen()) == 1 and rows_of(screen) == at(rows + odd_rows, number), what)
        bar = next(row for row in machine.screen().reversed if any(row))
        expect(bar == [True] * 79 + [False], "the bar does not go from the first column to the last but one:\n" +
               "".join("#" if cell else "." for cell in bar))
        expect(machine.screen().wraps == 0, "something had no room on the screen:\n" + "\n".join(machine.screen().lines()))

    shown(GROUP, 2, "the menu with a closed group")
    machine.press("j")
    machine.press("j")
    shown(GROUP, 4, "the bar on the long title")
    machine.press("kkk")
    machine.press("enter")
    shown(OPENED, 1, "the group is open, and nothing is left of the rows that moved")
    machine.press("enter")
    shown(GROUP, 1, "the group is closed")
    for key, line in (("h", "l, w, a, s            the next Linux, Windows, macOS, shell"), ("p", "version         " + BERTH)):
        machine.press(key)
        machine.until(lambda screen: any(line in words for words in screen.lines()), f"the page of {key}")
        expect(not machine.screen().chosen(), "a bar stands on the page")
        machine.press("q")
        shown(GROUP, 1, f"the menu behind the page of {key}")


@boots(sampled=True, waits=True)
def odd_titles_on_a_terminal(esp):
    """Titles beyond ASCII on a serial line: as they are where it takes UTF-8, else "?" of their width; "..." where there is no room; groups, pages"""
    odd(esp)
    for firmware, title in ((OLDER_OVMF, "    * ???? gr??e"), (lab.newer_ovmf(), f"    * {JAPANESE}")):
        with Watched(esp, (80, 25), *firmware) as machine:
            go_through(machine, [title, *PLAIN])
            machine.stop()


@boots(sampled=True)
def menu_at_every_size(esp):
    """At each size of a serial console the menu has its bar, its frame and no more columns and rows than there are"""
    plain(esp, options=REPORT)
    many(esp, 70)
    for mode, size in enumerate(((80, 25), (80, 50), (100, 31))):
        esp.conf("timeout menu-force", "default e40", f"console-mode {mode}")
        with Watched(esp, size) as machine:
            machine.until_chosen("> * Entry 40")
            lines = machine.screen().lines()
            expect(sum("Entry" in line for line in lines) >= size[1] - 8, "\n".join(lines))
            expect(any(line.strip().startswith("Enter boot") for line in lines), "\n".join(lines))
            machine.stop()


PASSWORD = ("grub.pbkdf2.sha512.10000.73616C7473616C74."
            + hashlib.pbkdf2_hmac("sha512", b"open sesame", b"saltsalt", 10000).hex().upper())


@boots(waits=True)
def password_before_the_editor(esp):
    """A hash of GRUB's in loader.conf: without its password nobody edits, with it the edited line boots"""
    plain(esp, options=REPORT)
    esp.conf("timeout menu-force", f"editor-password {PASSWORD}")
    with Machine(esp) as machine:
        machine.wait_for("Enter boot")
        machine.press("e")
        machine.wait_for("password: ")
        machine.press("open")
        machine.press("enter")
        machine.wait_for("asks for it again")
        machine.press("e")
        machine.press("open sesame")
        machine.press("enter")
        machine.wait_for(REPORT.split()[0])
        machine.press(" edited=yes")
        machine.press("enter")
        guest = Guest(machine.finish())
    check_healthy(guest, REPORT + " edited=yes")
    expect("sesame" not in guest.text, "the password was shown")


def check_same(picture, terminal):
    """
    The screen shows what the serial line says: firmware sends both the same, so that each character has one shape, and
    each shape is one character's. The bar stands where the terminal has it. Returns the rows with a bar.
    """
    shapes, bars = {}, set()
    for row in range(terminal.rows):
        for column in range(terminal.columns):
            shape, paper = picture.glyph(column, row, terminal.columns, terminal.rows)
            character = terminal.screen[row][column]
            expect(shapes.setdefault(shape, character) == character,
                   f"in row {row}, column {column} stands {shapes[shape]!r}, and not {character!r}")
            expect((paper != b"\0\0\0") == terminal.reversed[row][column], f"the paper in row {row}, column {column} is {paper}")
            if paper != b"\0\0\0":
                bars.add(row)
    expect(len(set(shapes.values())) == len(shapes), "a character has several shapes")
    return bars


def look_at(esp, size):
    """A menu, its pages and its editor on a screen of this size, held against the serial line."""
    monitor = Monitor(esp.path)
    with Watched(esp, size, "--vga", more=monitor.options) as machine:
        machine.until_chosen("> * Entry 05")
        machine.until_line("Enter boot")
        first = check_same(monitor.look(), machine.screen())
        machine.press("j")
        machine.until_chosen(">   Entry 06")
        second = check_same(monitor.look(), machine.screen())
        expect(len(first) == 1 and second == {row + 1 for row in first}, f"the bar stands in the rows {first}, then {second}")
        machine.press("x")
        machine.until_line("back to the menu")
        check_same(monitor.look(), machine.screen())
        machine.press("q")
        machine.until_chosen(">   Entry 06")
        machine.press("e")
        machine.until_line("Enter boots with this line")
        time.sleep(1)
        terminal, picture = machine.screen(), monitor.look()
        shape, _ = picture.glyph(terminal.column, terminal.row, terminal.columns, terminal.rows)
        expect(any(shape), f"no cursor is seen in row {terminal.row}, column {terminal.column}")
        machine.stop()


@boots(sampled=True)
def menu_on_a_screen(esp):
    """On a graphics screen of 100x31 and of 80x25 stands, cell by cell, what the serial line says, and the bar is one row, which moves by one"""
    plain(esp, options=REPORT)
    many(esp, 12)
    for size, conf in (((100, 31), ()), ((80, 25), ("console-mode 0",))):
        esp.conf("timeout menu-force", "default e05", *conf)
        look_at(esp, size)


@boots(sampled=True)
def menu_on_a_large_screen(esp):
    """A screen of 1920x1280 alone, 240x67 characters: 60 rows in a block of 96 columns in the middle, and a page there"""
    columns, rows, left, width = 240, 67, 71, 96
    plain(esp, "sort-key f", options=REPORT)
    many(esp, 70)
    esp.conf("timeout menu-force", "default debian", "auto-firmware no")
    monitor = Monitor(esp.path)
    lines = ["  Berth 0.1   71 of 71", "", *(f"      Entry {i}" for i in range(11, 70)), "  > * Debian".ljust(width), "",
             f"  linux /vmlinuz  initrd /initrd.cpio  {REPORT}", "", "  Enter boot   e edit   x plan   p status   h help   Esc firmware"]
    wanted = Terminal(columns, rows)
    for row, line in enumerate(lines):
        wanted.feed(f"\x1b[{row + 1};{left + 1}H\x1b[{'30;47' if '>' in line else '37;40'}m{line}".encode())
    with Machine(esp, "--no-serial", more=(*monitor.options, "-device", "VGA,xres=1920,yres=1280")) as machine:
        left_pixel = left * 8
        menu = when_drawn(monitor, machine, (1920, 1280), lambda at: at[0] == left_pixel and at[3] > 1200, "the menu")
        expect(check_same(menu, wanted) == {lines.index("  > * Debian".ljust(width))}, "the bar stands elsewhere")
        monitor.press("x")
        page = when_drawn(monitor, machine, (1920, 1280), lambda at: at[0] >= left_pixel and at[3] < 600, "the page of the plan")
        expect(page.drawn()[2] <= (left + width) * 8, f"the page goes to {page.drawn()}")
        monitor.press("q")
        expect(check_same(when_drawn(monitor, machine, (1920, 1280), lambda at: at[3] > 1200, "the menu again"), wanted), "no bar")
        machine.stop()


def tone_in(path):
    """(seconds, Hz) of a recording, which QEMU makes, of 16 bits in two channels, while the speaker is on and then alone."""
    with wave.open(path) as file:
        rate, frames = file.getframerate(), file.readframes(file.getnframes())
    left = struct.unpack(f"<{len(frames) // 2}h", frames)[::2]
    waves = sum(now > 0 >= before for before, now in zip(left, left[1:]))
    return len(left) / rate, waves * rate / max(1, len(left))


@boots(sampled=True, waits=True)
def the_menu_is_heard(esp):
    """`beep yes`: the PC's speaker, as QEMU records it, has a tone of 500 Hz for the first row, and two for the second"""
    plain(esp, "sort-key a")
    esp.entry("b", "title B", "sort-key b", "linux /vmlinuz")
    esp.conf("timeout menu-force", "beep yes")
    path = os.path.join(esp.path, "speaker.wav")
    more = ("-audiodev", f"wav,id=heard,path={path}", "-machine", "pcspk-audiodev=heard")
    with Machine(esp, more=more) as machine:
        machine.wait_for("> * Debian")
        machine.wait_for("Enter boot")
        time.sleep(2)
        machine.press("j")
        machine.wait_for(">   B")
        time.sleep(3)
        machine.press("Q")
        time.sleep(1)
    seconds, hertz = tone_in(path)
    expect(0.25 < seconds < 0.35 and 450 < hertz < 550, f"heard: {seconds} s of {hertz} Hz, not three times 0.1 s of 500 Hz")


@boots(sampled=True)
def settings_of_the_menu_stay(esp):
    """What d and t set in the menu stands in the variables that the booted system finds"""
    plain(esp, options=REPORT)
    esp.conf("timeout menu-force", "auto-firmware no")
    with Machine(esp) as machine:
        machine.wait_for("Enter boot")
        machine.press("d")
        machine.wait_for("preferred: debian.conf, unless its tries are used up")
        machine.press("tttt")
        machine.wait_for("timeout: 2 s")
        machine.press("enter")
        guest = Guest(machine.finish())
    check_healthy(guest, REPORT)
    variables = told(guest)
    expect(variables["LoaderEntryPreferred"][1] == str16("debian.conf"), f"{variables.get('LoaderEntryPreferred')}")
    expect(variables["LoaderConfigTimeout"][1] == str16("2"), f"{variables.get('LoaderConfigTimeout')}")
