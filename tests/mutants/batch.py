# SPDX-License-Identifier: BSD-2-Clause
"""Many mutants of one file as one source, which is compiled and linked once: each of its functions is there as it is and
once for each of its mutants, and asks at its beginning which one the environment chooses; a macro that is a number asks where
it is used."""

import re

from ctext import Source
from mutations import DEFINE
from yard import BuildError

CHOOSES = "CHOSEN_MUTANT"  # the environment's word for it
MOST = 120  # in one source: what a compiler takes in some seconds
# In a section of its own: what simulates a machine may set back the loader's variables.
CHOICE = f"""
extern char *getenv(const char *name);
__attribute__((section("chosen"))) static unsigned int chosen_mutant = 0;
__attribute__((constructor)) static void choose_mutant(void) {{
	for (const char *digit = getenv("{CHOOSES}"); digit && *digit; digit++)
		chosen_mutant = chosen_mutant * 10 + (unsigned int)(*digit - '0');
}}
"""
REFUSED = re.compile(r"^mutant-(\d+):\d+:\d+: (?:fatal )?error:", re.M)


class Function:
    """Where it stands in the text, its head and its body, and what a call hands on; @handed is None where it cannot be."""

    def __init__(self, source, body):
        tokens, close = source.tokens, body.first - 1
        open_ = source.match[close]
        first = open_
        while first > 0 and tokens[first - 1].text not in (";", "}"):
            first -= 1
        self.at, self.body, self.end = tokens[first].at, tokens[body.first].at, tokens[body.end - 1].end
        self.named = tokens[open_ - 1].at, tokens[open_ - 1].end
        self.name = tokens[open_ - 1].text
        self.is_static = any(token.text == "static" for token in tokens[first:open_])
        self.handed = parameters(source, open_ + 1, close)


def parameters(source, first, end):
    """Their names; None where there are more than have names."""
    names, at = [], first
    while at < end:
        stop = at
        while stop < end and source.tokens[stop].text != ",":
            stop = source.match[stop] + 1 if source.tokens[stop].text in ("(", "[") else stop + 1
        part = source.tokens[at:stop]
        words = [token.text for token in part]
        if words == ["..."]:
            return None
        if words != ["void"]:
            if "(" in words:  # a pointer to a function, named behind its star
                part = part[:words.index(")")]
            elif "[" in words:
                part = part[:words.index("[")]
            names.append(part[-1].text)
        at = stop + 1
    return names


# What a macro may be to be asked like that: one expression in numbers. A comma would stand in a list.
EXPRESSION = re.compile(r"[\w\s()+*/<>|&~-]+")
COMMENT = re.compile(r"/\*.*")


def asks(source, functions):
    """{name: where its value is in the text} of the macros each of whose uses may be something else at run time."""
    found = {}
    for define in DEFINE.finditer(source.text):
        value = COMMENT.sub("", define[2]).rstrip()
        words = re.compile(rf"\b{define[1]}\b")
        directives = [line for line in re.findall(r"^[ \t]*#(?:\\\n|[^\n])*", source.text, re.M) if words.search(line)]
        inside = any(f.at <= define.start() < f.end for f in functions)
        if EXPRESSION.fullmatch(value) and len(directives) == 1 and not inside and all(
                is_computed(source, functions, i) for i, token in enumerate(source.tokens) if token.text == define[1]):
            found["#define " + define[1]] = define.start(2), define.start(2) + len(value)
    return found


def is_computed(source, functions, i):
    """Whether the token may be what is known only at run time: it is in a function, and no size, case or initializer."""
    tokens, at = source.tokens, source.tokens[i].at
    if not any(f.body <= at < f.end for f in functions) or tokens[i - 1].text == "case":
        return False
    around = [j for j, end in source.match.items() if j < i < end]
    if any(tokens[j].text == "[" or tokens[j].text == "{" and tokens[j - 1].text in ("=", ",", "{", "]") for j in around):
        return False
    while tokens[i].text not in (";", "{", "}"):
        i -= 1
    return tokens[i + 1].text not in ("static", "_Static_assert", "enum")


class Batch:
    """@mutants: of one file; self.taken are those that can be chosen, by their numbers from 1."""

    def __init__(self, path, text, mutants):
        self.path, self.text = path, text
        source = Source(path, text)
        self.functions = [Function(source, body) for _, body in source.functions()]
        self.asked = asks(source, self.functions)
        self.taken = {}
        for mutant in mutants:
            if mutant.function in self.asked if is_of_macro(mutant) else self.function_of(mutant).handed is not None:
                self.taken[len(self.taken) + 1] = mutant

    def function_of(self, mutant):
        return next(f for f in self.functions if f.at <= mutant.at < f.end)

    def drop(self, said):
        """Those that the compiler refuses, by what it @said; false when it complains of none."""
        refused = {int(number) for number in REFUSED.findall(said)}
        for number in refused:
            self.taken.pop(number, None)
        return bool(refused)

    def drop_macros(self):
        """What a compiler says of them it says elsewhere; false when there are none."""
        count = len(self.taken)
        self.taken = {number: mutant for number, mutant in self.taken.items() if not is_of_macro(mutant)}
        return len(self.taken) < count

    def source(self):
        of, values = {}, {}
        for number, mutant in self.taken.items():
            if is_of_macro(mutant):
                values.setdefault(self.asked[mutant.function], []).append((number, mutant))
            else:
                of.setdefault(self.function_of(mutant), []).append((number, mutant))
        parts, at = [CHOICE, self.place(0)], 0
        for function in self.functions:
            if function in of:
                parts += [self.outside(at, function.at, values), *self.choices(function, of[function])]
                at = function.body + 1
        return "".join(parts) + self.outside(at, len(self.text), values)

    def outside(self, first, last, values):
        """The text there, in which each of these macros has the value that is chosen."""
        parts = []
        for (at, end), mutants in sorted(values.items()):
            if not first <= at < last:
                continue
            parts += [self.text[first:at], "("]
            parts += [f"chosen_mutant == {number} ? ({self.text[at:m.at]}{m.new}{self.text[m.end:end]}) : " for number, m in mutants]
            parts += ["(", self.text[at:end], "))"]
            first = end
        return "".join(parts) + self.text[first:last]

    def place(self, at):
        """What a compiler says of the text from there on is said of the file itself."""
        return f'\n#line {self.text.count(chr(10), 0, at) + 1} "{self.path}"\n'

    def choices(self, function, mutants):
        """The mutants of a function as functions, and its own beginning."""
        head = self.text[function.at:function.body]
        line = self.text.count("\n", 0, function.at) + 1
        yield head + ";\n"
        for number, mutant in mutants:
            name = f"{function.name}_mutant_{number}"
            yield f'#line {line} "mutant-{number}"\n'
            yield "" if function.is_static else "static "
            yield "__attribute__((noinline)) "
            yield self.text[function.at:function.named[0]] + name
            yield self.text[function.named[1]:mutant.at] + mutant.new + self.text[mutant.end:function.end] + "\n"
        yield self.place(function.at) + head + "{ switch (chosen_mutant) {\n"
        for number, _ in mutants:
            yield f"case {number}: return {function.name}_mutant_{number}({', '.join(function.handed)});\n"
        yield "}\n" + self.place(function.body)


def is_of_macro(mutant):
    return mutant.function.startswith("#define")


def compile_together(batch, compile_source):
    """Compiles @batch without those that the compiler refuses, which are dropped from it; what @compile_source made of its
    source, or None when none is left."""
    while batch.taken:
        try:
            return compile_source(batch.source())
        except BuildError as error:
            if not batch.drop(str(error)) and not batch.drop_macros():
                raise
    return None


def chosen(number):
    """What a test's environment has to say for a mutant."""
    return {CHOOSES: str(number)}
