# SPDX-License-Identifier: BSD-2-Clause
"""Boots over HTTP: firmware fetches Berth itself, and an image that an entry names by its URL, from a server beside QEMU."""
import contextlib
import functools
import http.server
import os
import struct
import threading
import urllib.parse

import lab
from boots import KERNEL, REPORT, boot, boots, str16, told
from chain import unified_image, whole
from lab import expect

GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"  # UEFI 2.10, 3.3: the vendor of BootOrder
CARD = ("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=")
HERE = "10.0.2.2"  # in the network that QEMU makes


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # EDK2 understands no other answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(esp, **files):
    """A server with these files; what it is for the machine, whose network QEMU makes."""
    folder = os.path.join(esp.path, "served")
    os.makedirs(folder, exist_ok=True)
    for name, data in files.items():
        with open(os.path.join(folder, name + ".efi"), "wb") as file:
            file.write(data)
    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield urllib.parse.urlunsplit(("http", f"{HERE}:{server.server_port}", "", "", ""))
        server.shutdown()


def system(words):
    return unified_image([(".osrel", b'PRETTY_NAME="System 7"\nID=system\n'), (".cmdline", f"{REPORT} {words}".encode()),
                          (".uname", b"6.1"), (".initrd", whole(KERNEL["initrd"])), (".linux", whole(KERNEL["file"]))])


@boots
def image_by_its_url(esp):
    """`uki-url`: firmware fetches a unified kernel image over HTTP, by a card that nothing has needed before, and it boots"""
    with served(esp, system=system("by=url")) as url:
        esp.entry("net", "title Net", f"uki-url {url}/system.efi")
        guest = boot(esp, more=CARD)
    expect(guest.one("cmdline") == f"{REPORT} by=url", f"/proc/cmdline is {guest.one('cmdline')!r}")
    variables = told(guest)
    expect(variables["LoaderEntrySelected"][1] == str16("net.conf"), variables["LoaderEntrySelected"])
    expect("LoaderDeviceURL" not in variables, "Berth says that it was fetched itself")


@boots(sampled=True)
def berth_by_its_url(esp):
    """Firmware fetches Berth over HTTP: LoaderDeviceURL tells from where, and `uki-url :NAME` is the image beside it"""
    with served(esp, berth=whole(os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI")), system=system("by=name")) as url:
        esp.entry("net", "title Net", "uki-url :system.efi")
        node = f"{url}/berth.efi".encode()
        path = struct.pack("<BBH", 3, 24, 4 + len(node)) + node + b"\x7f\xff\4\0"  # UEFI 2.10, 10.3.4.23
        option = struct.pack("<IH", 1, len(path)) + str16("Berth by HTTP") + path  # 3.1.3
        store = os.path.join(esp.path, "vars.fd")
        lab.variable_store(os.path.join(lab.newer_ovmf()[1], "OVMF_VARS_4M.fd"), store,
                           {("Boot0000", GLOBAL): option, ("BootOrder", GLOBAL): b"\0\0"})
        guest = boot(esp, "--vars", store, more=CARD)
    expect(guest.one("cmdline") == f"{REPORT} by=name", f"/proc/cmdline is {guest.one('cmdline')!r}")
    variables = told(guest)
    expect(variables["LoaderDeviceURL"][1] == str16(f"{url}/berth.efi"), variables.get("LoaderDeviceURL"))
