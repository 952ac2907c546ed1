# SPDX-License-Identifier: BSD-2-Clause
"""Which small wrong things can be done to a C file, each at one place: the mutants."""

import hashlib
import re

from ctext import Source

REVERSED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
EDGE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
OTHER = {"&&": "||", "||": "&&", "+=": "-=", "-=": "+=", "++": "--", "--": "++", "<<": ">>", ">>": "<<",
         "|=": "&=", "&=": "|="}
BINARY = {"+": "-", "-": "+", "&": "|", "|": "&"}
# Their arguments are only what a log or a message says.
MESSAGES = ("fail", "fail_by", "fail_add", "fw_log", "fw_progress")
NEVER_DROPPED = MESSAGES + ("va_start", "va_end")
DEFINE = re.compile(r"^#define[ \t]+(\w+)[ \t]+([^\n]*)$", re.M)
NUMBER = re.compile(r"\b(?<![\w.])(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)\b")


class Mutant:
    def __init__(self, source, function, kind, at, end, new):
        first, last = source.lines_around(at, end)
        self.path, self.function, self.kind = source.path, function, kind
        self.at, self.end, self.new = at, end, new
        self.line = source.line_of(at)
        self.original = " ".join(source.text[first:last].split())
        self.mutated = " ".join((source.text[first:at] + new + source.text[end:last]).split())
        self.ordinal = 0  # of those that read alike

    @property
    def key(self):
        return self.path, self.function, self.original, self.mutated

    def rank(self, seed):
        """Its place in the order that a seed gives: edits elsewhere do not change it."""
        return hashlib.sha256("\0".join((seed, *self.key, str(self.ordinal))).encode()).hexdigest()

    def apply(self, text):
        return text[:self.at] + self.new + text[self.end:]


def neighbours(text):
    """The number one up and one down, written as it was."""
    match = NUMBER.fullmatch(text)
    if not match:
        return []
    value = int(match[1], 8 if re.fullmatch("0[0-7]+", match[1]) else 0)
    write = hex if match[1][:2].lower() == "0x" else str
    return [write(n) + match[2] for n in (value + 1, value - 1) if n >= 0]


class Finder:
    def __init__(self, source):
        self.source, self.found, self.function = source, [], ""

    def add(self, kind, at, end, new):
        self.found.append(Mutant(self.source, self.function, kind, at, end, new))

    def span(self, first, end):
        return self.source.tokens[first].at, self.source.tokens[end - 1].end

    def text(self, first, end):
        at, stop = self.span(first, end)
        return self.source.text[at:stop]

    def all(self):
        for name, body in self.source.functions():
            self.function = name
            self.walk(body, None)
        if self.source.path.endswith(".c"):
            self.defines()
        return self.found

    def defines(self):
        for define in DEFINE.finditer(self.source.text):
            self.function = "#define " + define[1]
            value = re.sub(r"/\*.*", lambda m: " " * len(m[0]), define[2])
            for number in NUMBER.finditer(re.sub(r'"[^"]*"', lambda m: " " * len(m[0]), value)):
                at = define.start(2) + number.start()
                for new in neighbours(number[0]):
                    self.add("constant", at, at + len(number[0]), new)

    # ---- statements ----

    def walk(self, s, parent):
        if s.kind == "if":
            at, end = self.span(*s.condition)
            condition = self.source.text[at:end]
            if not self.is_one_equality(*s.condition):
                self.add("negated condition", at, end, f"!({condition})")
            self.add("condition never true", at, end, f"({condition}) && 0")
        lone = parent is not None and parent.kind == "if" and not parent.has_else
        if s.kind in ("expression", "jump") and not lone:
            self.drop(s)
        if s.kind == "return":
            self.other_truth(s)
        if s.kind in ("return", "expression", "declaration"):
            self.expressions(s.first, s.end, s.kind == "declaration")
        elif s.kind in ("if", "while", "do", "switch", "for"):
            self.expressions(*s.condition, False)
        for part in s.parts:
            self.walk(part, s)

    def is_one_equality(self, first, end):
        """a == b: negating it is changing its operator."""
        marks = [t.text for t in self.source.tokens[first:end] if t.text in EDGE or t.text in ("&&", "||")]
        return marks in (["=="], ["!="])

    def drop(self, s):
        name = self.source.tokens[s.first].text
        at, end = self.span(s.first, s.end)
        if name == "TRY":
            self.add("error not passed on", at, end, "(void)" + self.text(s.first + 1, s.end))
        if name not in NEVER_DROPPED and self.text(s.first, s.end) != ";":
            self.add("statement removed", at, end, ";")

    def other_truth(self, s):
        value = self.text(s.first + 1, s.end)
        if value in ("true;", "false;"):
            at, end = self.span(s.first + 1, s.end)
            self.add("other truth", at, end, "false;" if value == "true;" else "true;")

    # ---- expressions ----

    def expressions(self, first, end, is_declaration):
        tokens, i = self.source.tokens, first
        if is_declaration:
            if tokens[i].text in ("static", "_Static_assert"):
                return
            while i < end and not self.source.is_mark(i, "="):
                i += 1
        while i < end:
            token = tokens[i]
            if token.kind == "name" and self.source.is_mark(i + 1, "("):
                if token.text in MESSAGES:
                    i = self.source.match[i + 1] + 1
                    continue
                if token.text.startswith("checked_"):
                    at, stop = self.span(i, self.source.match[i + 1] + 1)
                    self.add("check ignored", at, stop, f"({self.source.text[at:stop]}, 0)")
            self.token(i)
            i += 1

    def token(self, i):
        tokens = self.source.tokens
        token, before = tokens[i], tokens[i - 1]
        is_binary = before.kind in ("name", "number", "char") and before.text != "return" or \
            before.text == "]" or before.text == ")" and not self.is_cast(i - 1)
        if token.kind == "number" and not self.is_sign(i) and not (before.text == "{" and tokens[i + 1].text == "}"):
            for new in neighbours(token.text):
                self.add("constant", token.at, token.end, new)
        elif token.kind == "char":
            self.edge_character(i)
        elif token.kind == "mark":
            for table in (EDGE, OTHER, BINARY if is_binary else {}):
                if token.text in table:
                    self.add("operator", token.at, token.end, table[token.text])
            if token.text in REVERSED and self.chooses(i):
                self.add("reversed", token.at, token.end, REVERSED[token.text])
            if token.text == "?":
                self.plain_choice(i)

    def is_sign(self, i):
        """`? -1 : 1`, of a comparison: only the sign is looked at."""
        around = " ".join(t.text for t in self.source.tokens[max(i - 4, 0):i + 4])
        return self.source.tokens[i].text == "1" and ("? - 1 : 1" in around or "? 1 : - 1" in around)

    def is_cast(self, close):
        open_ = self.source.match[close]
        inner = [t.text for t in self.source.tokens[open_ + 1:close]]
        return self.source.tokens[open_ - 1].kind != "name" and (
            inner[-1:] == ["*"] or len(inner) == 1 and inner[0].endswith("_t") or inner[:1] == ["unsigned"])

    def edge_character(self, i):
        token = self.source.tokens[i]
        near = {self.source.tokens[i - 1].text, self.source.tokens[i + 1].text}
        if near & set(REVERSED) and len(token.text) == 3:
            for code in (ord(token.text[1]) + 1, ord(token.text[1]) - 1):
                self.add("constant", token.at, token.end, str(code))

    def chooses(self, i):
        """Whether the comparison is what stands before a question mark."""
        depth = 0
        for token in self.source.tokens[i + 1:]:
            if token.text in ("(", "["):
                depth += 1
            elif token.text in (")", "]"):
                depth -= 1
            elif depth == 0 and token.text == "?":
                return True
            if depth < 0 or depth == 0 and token.text in (";", ",", ":", "&&", "||"):
                return False
        return False

    def plain_choice(self, i):
        """`flag ? a : b`: a condition without an operator, which no other mutant turns around."""
        first = i
        while first > 0:
            before = self.source.tokens[first - 1]
            if before.text in (")", "]"):
                first = self.source.match[first - 1]
            elif before.kind == "name" and before.text != "return" or before.text in ("->", ".", "!"):
                first -= 1
            else:
                break
        before = self.source.tokens[first - 1].text
        if first < i and before not in EDGE and before not in OTHER and before not in ("+", "-", "*", "%", "&", "|"):
            at, end = self.span(first, i)
            self.add("negated condition", at, end, f"!({self.source.text[at:end]})")


def mutants_of(path, text):
    found = Finder(Source(path, text)).all()
    alike = {}
    for mutant in found:
        mutant.ordinal = alike[mutant.key] = alike.get(mutant.key, -1) + 1
    return found
