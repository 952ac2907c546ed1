# SPDX-License-Identifier: BSD-2-Clause
"""What the machine hands through the loader to Linux: a random seed. Seen on the disk, and from inside."""
import os
import re

import boots
import lab
from boots import REPORT, boot, plain
from lab import expect

SEED = "loader/random-seed"
LOUD = REPORT.replace(" quiet", "")  # Linux's own log is on the console


@boots.boots
def a_random_seed_each_boot(esp):
    """Linux finds a seed in firmware's table, and the file on the disk has another one after each boot"""
    old = bytes(range(32))  # as long as that of `bootctl random-seed`
    plain(esp, options=LOUD + " nokaslr")
    esp.put(SEED, old)
    esp.conf("log debug")
    image = esp.image()
    contents = [old]
    for _ in range(2):
        guest = boot(esp, "--write", image=image)
        expect("berth: random seed: \\loader\\random-seed is renewed" in guest.text, "the loader does not tell of a seed")
        table = re.search(r"efi: .*\bRNG=0x([0-9a-f]+)", guest.text)
        expect(table, "Linux has found no table with a seed")
        contents.append(lab.bytes_in_image(image, "/" + SEED))
    os.unlink(image)
    expect([len(content) for content in contents] == [32, 32, 32] and len(set(contents)) == 3,
           f"the file has held {[content.hex() for content in contents]}")
