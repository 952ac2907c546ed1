# SPDX-License-Identifier: BSD-2-Clause
"""The libvirt domains of docs/images.md boot: libvirt itself starts them, as a user's own, in a process that ends with them."""
import os
import re
import shutil
import subprocess
import tempfile
import time

import lab
from boots import REPORT, boots, check_healthy, plain
from lab import Guest, expect

# What a domain needs besides; docs/images.md has what is Berth's.
DOMAIN = """<domain type='qemu'>
  <name>berth</name>
  <memory unit='GiB'>6</memory>
  <vcpu>1</vcpu>
  <cpu mode='maximum'/>
%s
</domain>
"""
CONSOLE = "<serial type='file'><source path='%s'/><target port='0'/></serial>"


def domains():
    """Those of the section: a disk, and Berth as the kernel."""
    with open(os.path.join(lab.ROOT, "docs/images.md"), encoding="utf-8") as file:
        section = file.read().split("\n## libvirt\n")[1].split("\n## ")[0]
    found = re.findall(r"^```\n(<os.*?)^```$", section, re.M | re.S)
    expect(len(found) == 2 and "<kernel>" in found[1], f"docs/images.md has {found}")
    return found


def said_in(folder):
    with open(os.path.join(folder, "said"), encoding="utf-8") as file:
        return file.read()


def run_domain(folder, root):
    """Until the machine is off: virt-qemu-run of Debian 12 stays, for all that it has seen QEMU end."""
    words = ["virt-qemu-run", "--root", root, os.path.join(folder, "domain.xml")]
    if os.getuid() == 0:
        subprocess.run(["chown", "-R", "nobody:nogroup", folder], check=True)
        words = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *words]
    log, until = os.path.join(root, "log/qemu/berth.log"), time.monotonic() + 300
    with open(os.path.join(folder, "said"), "w", encoding="utf-8") as said:
        process = subprocess.Popen(words, env={"PATH": os.environ["PATH"], "HOME": folder, "XDG_RUNTIME_DIR": folder},
                                   stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None and time.monotonic() < until and not is_off(log):
                time.sleep(0.5)
        finally:
            process.terminate()
            process.wait()


def is_off(log):
    if not os.path.exists(log):
        return False
    with open(log, encoding="utf-8") as file:
        return "shutting down, reason=" in file.read()


def started(parts, files):
    """
    The guest of a domain of these parts, in which the names of files are those of @files: {name in it: file here}. By a
    user without rights, for root's libvirt wants users of the package libvirt-daemon-system.
    """
    with tempfile.TemporaryDirectory() as folder:
        console = os.path.join(folder, "console.log")
        for name, file in files.items():
            expect(name in parts, f"the domain has no {name}")
            copy = os.path.join(folder, os.path.basename(name))
            shutil.copy(file, copy)
            parts = parts.replace(name, copy)
        if "<devices>" not in parts:
            parts += "<devices></devices>"
        with open(os.path.join(folder, "domain.xml"), "w", encoding="utf-8") as file:
            file.write(DOMAIN % parts.replace("</devices>", CONSOLE % console + "</devices>"))
        root = os.path.join(folder, "root")
        os.makedirs(os.path.join(root, "etc"))
        with open(os.path.join(root, "etc/qemu.conf"), "w", encoding="utf-8") as file:
            file.write('stdio_handler = "file"\n')  # else a daemon stays behind
        run_domain(folder, root)
        expect(os.path.exists(console), f"virt-qemu-run has started nothing:\n{said_in(folder)}")
        with open(console, "rb") as file:
            return Guest(lab.ANSI.sub(b"", file.read()).decode("utf-8", "replace").replace("\r", ""))


@boots(sampled=True, large=True)
def domains_of_libvirt(esp):
    """libvirt starts both domains of docs/images.md: a disk with Berth on it, and Berth as the kernel of a disk without"""
    lab.script("deps", "libvirt")
    disk, kernel = domains()
    plain(esp)
    image = "/var/lib/libvirt/images/disk.img"
    check_healthy(started(disk, {image: esp.image()}), REPORT + " nokaslr")
    os.unlink(os.path.join(esp.tree, "EFI/BOOT/BOOTX64.EFI"))
    kernel += disk[disk.index("<devices>"):]  # it reads its entries from a disk of the machine
    guest = started(kernel, {image: esp.image(), "/usr/lib/berth/BOOTX64.EFI": os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI")})
    # Firmware sets no BootCurrent, which check_healthy wants to read, where QEMU brings the program.
    expect(guest.one("cmdline") == REPORT + " nokaslr" and not guest.all("complaint"), f"{guest.one('cmdline')} {guest.all('complaint')}")
