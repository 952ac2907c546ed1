#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The page and the picture of a plan in a real browser, without a network: at the widths of a phone and of a screen, in
light and in dark, by mouse, by keyboard, without scripts, and on paper. What it sees is left in build/pictures/.

Wants what scripts/deps pictures installs, as scripts/test --all does; skipped where there is no chromium.
"""
import os
import sys
import tempfile

from browser import CHROMIUM, Page
from tap import ROOT, Ran, expect, run_tests
from test_corpus import DEBIAN, MAPS

FOLDER = tempfile.TemporaryDirectory()
PICTURES = os.path.join(ROOT, "build", "pictures")
PHONE, SCREEN = 390, 1280


def path_of(name):
    return os.path.join(FOLDER.name, name)


def page_of(name, map_name, *words):
    """A page, and its picture beside it."""
    Ran("plan", path_of("debian"), "--memmap", os.path.join(MAPS, map_name), *words, "--html", path_of(name + ".html"),
        "--svg", path_of(name + ".svg"))
    return path_of(name + ".html")


def panel(page):
    return page.value("document.getElementById('panel').innerText")


def quiet(page, what):
    expect(not page.complaints, f"{what}: the browser complains or asks the network: {page.complaints}")


def it_fits_phones_and_screens_in_light_and_dark():
    """390 and 1280 pixels, light and dark: nothing is loaded from elsewhere, no page is wider than its screen, colours follow"""
    grounds = {}
    for name in ("plan", "none"):
        for width, dark in ((PHONE, False), (PHONE, True), (SCREEN, False), (SCREEN, True)):
            what = f"{name}-{width}-{'dark' if dark else 'light'}"
            with Page(path_of(name + ".html"), width, dark) as page:
                page.shot(os.path.join(PICTURES, what + ".png"))
                wide = page.value("document.scrollingElement.scrollWidth")
                expect(wide <= width, f"{what}: {wide} pixels wide")
                ground = page.value("getComputedStyle(document.documentElement).backgroundColor + "
                                    "getComputedStyle(document.querySelector('.strip .paper')).fill")
                grounds.setdefault(dark, set()).add(ground)
                quiet(page, what)
    expect(len(grounds[False]) == 1 and len(grounds[True]) == 1 and grounds[False] != grounds[True], f"grounds: {grounds}")


def a_page_that_asks_the_network_is_noticed():
    """A page with an image from elsewhere and a script that fails has complaints: the others do not pass for want of eyes"""
    with open(path_of("bad.html"), "w", encoding="ascii") as file:
        file.write(f"<!DOCTYPE html><script>nosuch()</script><img src='{'https:' + 2 * '/'}nowhere.invalid/x.png'>")
    with Page(path_of("bad.html"), PHONE) as page:
        said = str(page.complaints)
        expect("nowhere.invalid" in said and "nosuch" in said, f"it said only: {said}")


def the_strip_can_be_read_on_a_phone():
    """On a phone kinds, sizes, addresses and refusals' numbers are on the screen, in letters of nine pixels or more"""
    with Page(path_of("plan.html"), PHONE) as page:
        outside = page.value("""Array.from(document.querySelectorAll('.strip .slice text, .strip .placed text, .strip .mark'))
            .filter(t => { let r = t.getBoundingClientRect(); return r.left < 0 || r.right > innerWidth || r.height < 9; }).length""")
        addresses = page.value("""Array.from(document.querySelectorAll('.strip text[text-anchor=end]'))
            .filter(t => { let r = t.getBoundingClientRect(); return r.left < innerWidth && r.left < 0; }).length""")
        expect((outside, addresses) == (0, 0), f"{outside} texts of the strip, {addresses} addresses are not on the screen")


def pointing_shows_and_a_click_pins():
    """A pointer over a part shows it with its rule and the rule's source; a click pins it, Escape lets it go"""
    for width in (PHONE, SCREEN):
        with Page(path_of("plan.html"), width) as page:
            page.point(".strip a[href='#p1']")
            for word in ("initrd", "0x1f9c00000", "48.0 MiB", "C3 says", "the highest aligned address above 4 GiB", "ZONE_DMA32"):
                expect(word in panel(page), f"{width}: {word} is not in {panel(page)}")
            page.click(".strip a[href='#p2']")
            expect("boot_params" in panel(page) and "page tables" in panel(page), f"{width}: {panel(page)}")
            page.shot(os.path.join(PICTURES, f"pinned-{width}.png"), whole=False)
            page.value("scrollTo(0, 0)")
            page.point(".strip a[href='#p0']")
            expect("boot_params" in panel(page), f"{width}: what was pinned went away")
            page.key("Escape", 27)
            expect("boot_params" not in page.value("document.getElementById('panel').textContent"), f"{width}: Escape does nothing")
            page.point(".strip a[href='#r1']")
            expect("for the highest from" in panel(page) and "C7 says" in panel(page), f"{width}: {panel(page)}")
            quiet(page, width)
    with Page(path_of("many.html"), SCREEN) as page:
        count = page.value("+document.querySelector('.strip a[data-count]:not([data-count=\"1\"])').dataset.count")
        page.point(".strip a[data-count='%d']" % count)
        told = page.value("document.querySelectorAll('#panel h2').length")
        expect(told == count > 1, f"a mark of {count} refusals tells of {told}")


def keys_reach_everything():
    """Tab goes to each thing in the picture once, with a name and a frame around it; Enter pins it"""
    with Page(path_of("plan.html"), SCREEN) as page:
        wanted = page.value("Array.from(document.querySelectorAll('.strip a:not([tabindex])')).map(a => a.getAttribute('href'))")
        reached = []
        for _ in wanted:
            page.key("Tab", 9)
            reached.append(page.value("document.activeElement.getAttribute('href')"))
            frame = page.value("getComputedStyle(document.activeElement).outlineStyle")
            expect(frame == "solid", f"{reached[-1]}: no frame shows where the focus is")
        expect(reached == wanted and len(set(wanted)) == len(wanted) > 20, f"reached: {reached}, not {wanted}")
        page.value("document.querySelector('.strip a[href=\"#p0\"]').focus()")
        page.key("Enter", 13)
        expect("kernel" in panel(page) and not page.value("document.getElementById('unpin').hidden"), panel(page))
        names = [node.get("name", {}).get("value", "") for node in page.ask("Accessibility.getFullAXTree")["nodes"]
                 if node.get("role", {}).get("value") in ("link", "SvgRoot", "group", "graphics-document")]
        expect(any("kernel 0x1fcc00000-0x1fff78000" in name for name in names), f"no link is called kernel: {names}")
        expect(any("not taken: bounce by rule C7" in name for name in names), f"no link for what was refused: {names}")
        quiet(page, "keys")


def without_scripts_everything_is_there():
    """Without scripts: no panel that says nothing, and what is clicked in the picture leads to its row"""
    with Page(path_of("plan.html"), SCREEN, script=False) as page:
        expect(page.value("getComputedStyle(document.getElementById('panel')).display") == "none", "an empty panel is shown")
        page.click(".strip a[href='#p0']")
        expect(page.value("document.querySelector(':target') && document.querySelector(':target').id") == "p0", "the link leads nowhere")
        expect(page.value("document.querySelectorAll('tbody tr').length") > 100, "tables are missing")


def paper_is_white():
    """On paper: light colours even where the screen is dark, no panel, nothing cut off at the right"""
    with Page(path_of("none.html"), 720, dark=True) as page:
        page.media("print")
        expect(page.value("getComputedStyle(document.querySelector('.strip .paper')).fill") == "rgb(255, 255, 255)", "dark paper")
        expect(page.value("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)", "a dark page")
        expect(page.value("getComputedStyle(document.getElementById('panel')).display") == "none", "the panel is printed")
        expect(page.value("document.scrollingElement.scrollWidth") <= 720, "the page is wider than the paper")
        expect(page.value("document.querySelector('.strip svg').getBoundingClientRect().right") <= 720, "the picture is cut off")
        page.shot(os.path.join(PICTURES, "paper.png"))


def the_picture_alone_is_shown_in_both_schemes():
    """The SVG file by itself: one document, light and dark, no complaint"""
    for dark in (False, True):
        with Page(path_of("copy.svg"), 960, dark) as page:
            fill = page.value("getComputedStyle(document.querySelector('.paper')).fill")
            expect((fill == "rgb(255, 255, 255)") != dark, f"dark {dark}: {fill}")
            quiet(page, "the picture")
            page.shot(os.path.join(PICTURES, f"picture-{'dark' if dark else 'light'}.png"))


def main():
    tests = [it_fits_phones_and_screens_in_light_and_dark, a_page_that_asks_the_network_is_noticed, the_strip_can_be_read_on_a_phone, pointing_shows_and_a_click_pins,
             keys_reach_everything, without_scripts_everything_is_there, paper_is_white,
             the_picture_alone_is_shown_in_both_schemes]
    if CHROMIUM is None:
        for number, test in enumerate(tests, 1):
            print(f"ok {number} - {test.__doc__} # SKIP no chromium: scripts/deps pictures")
        return
    os.makedirs(PICTURES, exist_ok=True)
    DEBIAN.write(FOLDER.name)
    page_of("plan", "ovmf-2022.11-6g.log", "--initrd", "48M")
    page_of("none", "ovmf-2022.11-2g.log", "--initrd", "3G")
    page_of("many", "held-at-16m.map", "--initrd", "48M")
    page_of("copy", "ovmf-2022.11-6g.log", "--initrd", "48M", "--placement", "0x1000000")
    run_tests(tests)


if __name__ == "__main__":
    sys.exit(main())
