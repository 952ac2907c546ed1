# SPDX-License-Identifier: BSD-2-Clause
"""Many mutants of one file as one source, which is compiled and linked once: each of its functions is there as it is and
once for each of its mutants, and asks at its beginning which one the environment chooses."""

import re

from ctext import Source
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


class Batch:
    """@mutants: of one file; self.taken are those that can be chosen, by their numbers from 1."""

    def __init__(self, path, text, mutants):
        self.path, self.text = path, text
        source = Source(path, text)
        self.functions = [Function(source, body) for _, body in source.functions()]
        self.taken = {}
        for mutant in mutants:
            if not mutant.function.startswith("#define") and self.function_of(mutant).handed is not None:
                self.taken[len(self.taken) + 1] = mutant

    def function_of(self, mutant):
        return next(f for f in self.functions if f.at <= mutant.at < f.end)

    def drop(self, said):
        """Those that the compiler refuses, by what it @said; false when it complains of none."""
        refused = {int(number) for number in REFUSED.findall(said)}
        for number in refused:
            self.taken.pop(number, None)
        return bool(refused)

    def source(self):
        of = {}
        for number, mutant in self.taken.items():
            of.setdefault(self.function_of(mutant), []).append((number, mutant))
        parts, at = [CHOICE, self.place(0)], 0
        for function in self.functions:
            if function in of:
                parts += [self.text[at:function.at], *self.choices(function, of[function])]
                at = function.body + 1
        return "".join(parts) + self.text[at:]

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


def compile_together(batch, compile_source):
    """Compiles @batch without those that the compiler refuses, which are dropped from it; what @compile_source made of its
    source, or None when none is left."""
    while batch.taken:
        try:
            return compile_source(batch.source())
        except BuildError as error:
            if not batch.drop(str(error)):
                raise
    return None


def chosen(number):
    """What a test's environment has to say for a mutant."""
    return {CHOOSES: str(number)}
