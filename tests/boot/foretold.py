# SPDX-License-Identifier: BSD-2-Clause
"""What `berth check` says before a boot is what real firmware then does.

A first boot leaves its log in BerthLog; check reads it and the disk; and the next boot, of the same entry or another one, comes to
what was said: the kernel and all other parts at those addresses, or the same sentence.
"""
import json
import os
import subprocess

import lab
import plans
from boots import REPORT, boot, boots, check_healthy, plain
from lab import GIB, MIB, expect

OPTIONS = REPORT + " nokaslr berth.log"


def foretold(image, log, entry):
    """What check says of an entry, by the log of the boot before."""
    done = subprocess.run([plans.BERTH, "check", "--image", image, "--arch", "x64", "--memmap", log, "--json"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    expect(done.returncode in (0, 1), f"berth check ended with {done.returncode}: {done.stderr}")
    return next(e for e in json.loads(done.stdout)["entries"] if e["id"] == entry)


def expect_same(told, seen):
    expect(told["verdict"] == "will boot", f"{told}, and it booted: {seen}")
    placed = {p["name"]: (p["address"], p["size"], p["align"], p["rule"]) for p in told["placements"]}
    expect(placed == seen, f"{told['id']}: foretold {placed}, and it was {seen}")


def add_entries(esp, conf, *more):
    """The image, with these entries beside the first, which boots."""
    plain(esp, options=OPTIONS)
    for name, *lines in more:
        esp.entry(name, f"title {name}", "linux /vmlinuz", "initrd /initrd.cpio", f"options {OPTIONS}", *lines)
    esp.conf(f"{conf}\ndefault debian")
    return esp.image()


@boots
def the_next_boot_lies_where_check_said(esp):
    """1 GiB: by the log of a boot berth check tells every address of the next one, of the same entry and of a new one with another place"""
    image = add_entries(esp, "log normal", ("other", "placement low"))
    log, _ = plans.left(esp, boot(esp, image=image, memory="1G"))
    for entry in ("debian.conf", "other.conf"):
        told = foretold(image, log, entry)
        lab.put_into_image(image, "/loader/loader.conf", f"log normal\ndefault {entry}\n")
        guest = boot(esp, image=image, memory="1G")
        check_healthy(guest, OPTIONS)
        expect_same(told, plans.on_console(guest.text))
        expect(guest.kernel_at() == told["placements"][0]["address"], f"{entry}: the kernel runs at {guest.kernel_at():#x}")
    os.unlink(image)


# ---- those that end where the plan is told: what comes then is the same in other boots ----


def planned(esp, image, entry, memory):
    """The console up to the plan of this entry, or to the reason why there is none."""
    lab.put_into_image(image, "/loader/loader.conf", f"log debug\ndefault {entry}\n")
    with open(plans.until_planned(esp, image, memory), "rb") as file:
        return lab.ANSI.sub(b"", file.read()).decode("utf-8", "replace").replace("\r", "")


def first_log(esp, image, memory):
    log = os.path.join(esp.path, "first.log")
    with open(log, "w", encoding="utf-8") as file:
        file.write(planned(esp, image, "debian.conf", memory))
    return log


@boots(sampled=True)
def what_will_not_boot_is_known_before(esp):
    """2 GiB: an initrd too large, and a place that firmware holds: the loader says at the boot what check said before it"""
    esp.put("large.cpio")
    os.truncate(os.path.join(esp.tree, "large.cpio"), 2 * GIB - 64 * MIB)
    image = add_entries(esp, "log debug", ("held", "placement 0x7d000000"), ("large", "initrd /large.cpio"))
    log = first_log(esp, image, "2G")
    for entry in ("held.conf", "large.conf"):
        told, seen = foretold(image, log, entry), planned(esp, image, entry, "2G")
        expect(told["verdict"] == "will not boot" and told["would_boot"], f"{entry}: {told}")
        for line in told["reason"].splitlines():
            expect(line in seen, f"{entry}: the loader did not say {line!r}:\n{seen}")
    os.unlink(image)


@boots(sampled=True)
def six_gib_and_a_copy_after_exit_are_foretold(esp):
    """6 GiB: above 4 GiB, an exact place, and one that boot services hold, where the kernel is copied to after exit"""
    image = add_entries(esp, "log debug", ("exact", "placement 5G"), ("copied", "placement 0x1000000"))
    log = first_log(esp, image, "6G")
    for entry, rule in (("debian.conf", "C3"), ("exact.conf", "C5"), ("copied.conf", "C6")):
        told, seen = foretold(image, log, entry), plans.on_console(planned(esp, image, entry, "6G"))
        expect_same(told, seen)
        expect(seen["kernel"][3] == rule, f"{entry}: {seen}")
    os.unlink(image)
