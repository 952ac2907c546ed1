# SPDX-License-Identifier: BSD-2-Clause
"""Writes device trees and overlays. Source: Devicetree Specification v0.4, chapter 5."""
import struct


def padded(data):
    return data + b"\0" * (-len(data) % 4)


def tree(root):
    """A file of nodes, {name: node or value}; a value is text, a number or bytes."""
    names = bytearray()

    def structure(name, node):
        out = struct.pack(">I", 1) + padded(name.encode() + b"\0")
        for key, value in sorted(node.items(), key=lambda pair: isinstance(pair[1], dict)):
            if isinstance(value, dict):
                out += structure(key, value)
                continue
            data = (value if isinstance(value, bytes) else struct.pack(">I", value) if isinstance(value, int) else
                    value.encode() + b"\0")
            out += struct.pack(">III", 3, len(data), len(names)) + padded(data)
            names.extend(key.encode() + b"\0")
        return out + struct.pack(">I", 2)

    nodes = structure("", root) + struct.pack(">I", 9)
    head = struct.pack(">10I", 0xd00dfeed, 56 + len(nodes) + len(names), 56, 56 + len(nodes), 40, 17, 16, 0, len(names),
                       len(nodes))
    return head + bytes(16) + nodes + bytes(names)


def overlay(target, contents):
    """An overlay that puts @contents into the node at the path @target."""
    return tree({"fragment@0": {"target-path": target, "__overlay__": contents}})


# One that refers to a label of the tree's, and to a node of its own; and a tree that it is for.
BASE = tree({"chosen": {}, "uart": {"phandle": 7}, "__symbols__": {"uart0": "/uart"}})
WHOLE = tree({
    "fragment@0": {"target-path": "/chosen", "__overlay__": {"told": "yes", "leaf": {"phandle": 1}}},
    "fragment@1": {"target": 0xffffffff, "__overlay__": {"status": "okay", "refers": 1}},
    "__fixups__": {"uart0": "/fragment@1:target:0"},
    "__local_fixups__": {"fragment@1": {"__overlay__": {"refers": 0}}},
    "__symbols__": {"new": "/fragment@0/__overlay__/leaf"},
})


def two_overlays(esp):
    """Two that say the same thing otherwise, and one thing alone; between them one for another machine. The entry's line."""
    esp.put("first.dtbo", overlay("/", {"berth,one": "first", "berth,two": "first"}))
    esp.put("other.dtbo", overlay("/of-another-machine", {"berth,other": "other"}))
    esp.put("second.dtbo", overlay("/", {"berth,two": "second"}))
    return "devicetree-overlay /first.dtbo /other.dtbo /second.dtbo"


def expect_overlays(guest, expect):
    """What the booted system sees of them, and what the loader said of the one that does not fit."""
    told = dict(line.split() for line in guest.all("tree"))
    expect(told == {"berth,one": b"first\0".hex(), "berth,two": b"second\0".hex()}, f"of the overlays the system sees {told}")
    expect("berth: \\other.dtbo: cannot be merged into the device tree: " in guest.text, "the log does not name the other one")
