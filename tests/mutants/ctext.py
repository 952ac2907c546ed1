# SPDX-License-Identifier: BSD-2-Clause
"""Just enough of C to change it on purpose: tokens, functions, and the statements in them."""

import re

TOKEN = re.compile(
    r"(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<string>\"(?:\\.|[^\"\\])*\")|(?P<char>'(?:\\.|[^'\\])+')"
    r"|(?P<hash>^[ \t]*\#(?:\\\n|[^\n])*)|(?P<name>[A-Za-z_]\w*)|(?P<number>\d\w*)"
    r"|(?P<mark>->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||\.\.\.|[-+*/%&|^]=|[^\s\w])", re.S | re.M)
CLOSES = {"(": ")", "[": "]", "{": "}"}


class Token:
    def __init__(self, kind, text, at):
        self.kind, self.text, self.at = kind, text, at
        self.end = at + len(text)


class Statement:
    """kind: block if for while do switch return jump declaration expression; tokens [first, end)."""

    def __init__(self, kind, first, end, **more):
        self.kind, self.first, self.end = kind, first, end
        self.condition = more.get("condition")  # tokens of what stands in the parentheses
        self.parts = more.get("parts", [])      # the statements in it
        self.has_else = more.get("has_else", False)


class Source:
    def __init__(self, path, text):
        self.path, self.text = path, text
        self.tokens = [Token(m.lastgroup, m.group(), m.start()) for m in TOKEN.finditer(text)
                       if m.lastgroup not in ("comment", "hash")]
        self.starts = [0] + [m.end() for m in re.finditer("\n", text)]
        self.match = self._matches()

    def _matches(self):
        match, open_ = {}, []
        for i, token in enumerate(self.tokens):
            if token.kind != "mark":
                continue
            if token.text in CLOSES:
                open_.append(i)
            elif token.text in CLOSES.values():
                match[open_[-1]] = i
                match[i] = open_.pop()
        return match

    def line_of(self, at):
        """The number, from 1, of the line in which the offset lies."""
        low, high = 0, len(self.starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.starts[middle] <= at else (low, middle)
        return low + 1

    def lines_around(self, at, end):
        """The whole lines from the one with @at to the one with the last byte before @end, as offsets."""
        start = self.starts[self.line_of(at) - 1]
        stop = self.text.find("\n", max(end - 1, at))
        return start, len(self.text) if stop < 0 else stop

    def is_mark(self, i, *texts):
        return i < len(self.tokens) and self.tokens[i].kind in ("mark", "name") and self.tokens[i].text in texts

    def functions(self):
        """(name, its body) of every function; what else has braces at the top is a declaration."""
        i = 0
        while i < len(self.tokens):
            if not self.is_mark(i, "{"):
                i += 1
                continue
            if i > 0 and self.is_mark(i - 1, ")"):
                name = self.tokens[self.match[i - 1] - 1].text
                yield name, self.statement(i)
            i = self.match[i] + 1

    def statement(self, i):
        text = self.tokens[i].text
        if text == "{":
            return self._block(i)
        if text in ("if", "for", "while", "switch"):
            return self._controlled(i)
        if text == "do":
            body = self.statement(i + 1)
            condition = (body.end + 2, self.match[body.end + 1])
            return Statement("do", i, condition[1] + 2, condition=condition, parts=[body])
        if text in ("case", "default"):
            while not self.is_mark(i, ":"):
                i += 1
            return self.statement(i + 1) if not self.is_mark(i + 1, "}") else Statement("block", i, i + 1)
        end = self._semicolon(i)
        if text == "return":
            return Statement("return", i, end)
        if text in ("break", "continue", "goto"):
            return Statement("jump", i, end)
        return Statement("declaration" if self._declares(i) else "expression", i, end)

    def _block(self, i):
        parts, at, end = [], i + 1, self.match[i]
        while at < end:
            parts.append(self.statement(at))
            at = max(parts[-1].end, at + 1)
        return Statement("block", i, end + 1, parts=parts)

    def _controlled(self, i):
        close = self.match[i + 1]
        parts = [self.statement(close + 1)]
        has_else = self.tokens[i].text == "if" and self.is_mark(parts[0].end, "else")
        if has_else:
            parts.append(self.statement(parts[0].end + 1))
        return Statement(self.tokens[i].text, i, parts[-1].end, condition=(i + 2, close), parts=parts,
                         has_else=has_else)

    def _semicolon(self, i):
        while not self.is_mark(i, ";"):
            i = self.match[i] + 1 if self.tokens[i].text in CLOSES and self.tokens[i].kind == "mark" else i + 1
        return i + 1

    def _declares(self, i):
        """Two names in a row, or a type and a star: `size_t n`, `struct x *y`, `static const ...`."""
        if self.tokens[i].text in ("static", "const", "struct", "enum", "unsigned", "_Static_assert"):
            return True
        if self.tokens[i].kind != "name":
            return False
        after = i + 1
        while self.is_mark(after, "*"):
            after += 1
        return self.tokens[after].kind == "name" and self.is_mark(after + 1, "=", ";", ",", "[", "*")
