"""Canonical answers: two drafts say the same when their canonical answers are the same string.

How an answer is found in a draft's text and made canonical depends on its kind. Texts are hostile: only a bounded part
of each is read, every quantifier of every pattern is bounded, and what cannot be read is no answer (None), never an
error. A canonical answer is meant for comparing, not for showing; of code it is comparable within one Python version.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Final

from rqgm.core.errors import UnknownNameError
from rqgm.orchestration.programs import canonical_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_HEAD: Final = 16_384
_TAIL: Final = 49_152  # answers come last
_TRIES: Final = 8  # markers of one sort that are looked at, the last first
_SPAN: Final = 400  # characters behind a marker that are read
_BARE: Final = 200  # characters up to which a text without a marker is an answer as a whole
_LINE: Final = 80  # likewise its last line


def canonical(text: str, kind: str) -> str | None:
    r"""Return the canonical answer that `text` gives, or None when it gives none that can be read.

    `kind` is a key of `KINDS`:

    - number: the last `"answer": …` of JSON, `\boxed{…}`, `#### …`, `answer is …` or short last line; decimals, LaTeX
      fractions, mixed numbers, powers of ten and thousands separators become one exact fraction. Currency, percent
      signs and units are dropped, so 60 % is 60. What is not one number (`6√2`, `x = -4, 1`) is a normalised term.
    - option: a letter from A to J, marked in one of these ways (of several `answer is …` and of several letters the
      first), or the last one that stands in parentheses near the end.
    - text: marked in one of these ways, without case, articles, punctuation or repeated spaces.
    - python: the last fenced block that is Python, or the whole text (see `rqgm.orchestration.programs`). It knows
      equal texts only; where code can be run, cluster it by `behaviour`.

    Raises UnknownNameError for another kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of answer", kind, KINDS)
    return KINDS[kind](text)


def behaviour(outcomes: Sequence[str | None]) -> str | None:
    """Return the canonical answer of a program that gave these outcomes on the caller's probe inputs, in their order.

    None = it gave nothing there (it crashed, or ran out of time); None on every probe, or no probes, is no answer.
    Equal outcomes are equal strings: rounding of floats and order of sets are the caller's business.
    """
    if all(outcome is None for outcome in outcomes):
        return None
    digest = hashlib.blake2b(digest_size=16)
    for outcome in outcomes:
        data = b"" if outcome is None else outcome.encode(errors="surrogatepass")
        digest.update(b"-" if outcome is None else b"%d:" % len(data))  # told apart from its neighbours
        digest.update(data)
    return f"behaviour:{digest.hexdigest()}"


# Where an answer stands in a text.

# Possessive quantifiers (`{1,9}+`) give nothing back, so a pattern that fails has not tried the same text in many ways.
_JSON_KEY = re.compile(r"\\{0,2}[\"'](?:final[_ ]?)?answer\\{0,2}[\"']\s{0,8}+:\s{0,8}+", re.IGNORECASE)
_PHRASE = re.compile(
    r"\banswer(?:\s{1,4}+(?:is|(?:would|must)\s{1,4}+be|(?:option|choice)\s{1,4}+is))?"
    r"[\s*]{0,4}(?:[:=]|(?<=is)|(?<=be))[\s*]{0,12}+",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"\\{0,2}+([\"'])")
_VALUE_END = re.compile(r"[\n}]")
_HASHES = re.compile(r"####\s{0,8}+")
_SENTENCE_END = re.compile(r"\n|(?<=[^\s.])\.(?=\s|\*|$)")
_BOXES = ("\\boxed", "\\fbox")


def _window(text: str) -> str:
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"


def _marked(text: str, *, first: bool = False) -> Iterator[str]:
    """Yield what the text marks as its answer, likeliest first; of `answer is …` the last ones, or the `first`."""
    for start in _ends(_JSON_KEY, text)[: -_TRIES - 1 : -1]:
        yield _json_value(text[start : start + _SPAN])
    for box in _BOXES:
        end = len(text)
        for _ in range(_TRIES):
            end = text.rfind(box, 0, end)
            if end < 0:
                break
            yield _group(text[end + len(box) : end + _SPAN])
    for pattern in (_HASHES, _PHRASE):
        starts = _ends(pattern, text)
        for start in starts[:_TRIES] if first else starts[: -_TRIES - 1 : -1]:
            sentence = _SENTENCE_END.split(text[start : start + _SPAN], maxsplit=1)[0]
            yield _group("{" + sentence)  # up to where braces around all of it close


def _bare(text: str) -> Iterator[str]:
    """Yield what may be an answer by itself: a short text, or the short last line of a longer one."""
    shown = text.strip()
    if 0 < len(shown) <= _BARE:
        yield shown
    _, newline, line = shown[-_LINE - 1 :].rpartition("\n")
    if newline:
        yield line


def _ends(pattern: re.Pattern[str], text: str) -> list[int]:
    return [found.end() for found in pattern.finditer(text)]


def _json_value(text: str) -> str:
    r"""Return the JSON value at the start of `text`, a string without its quotes.

    Models write LaTeX into JSON without doubling its backslashes: before a letter, only \n is read as an escape.
    """
    quote = _QUOTE.match(text)
    if quote is None:
        return _VALUE_END.split(text, maxsplit=1)[0].rstrip(", ")
    found: list[str] = []
    rest = iter(text[quote.end() :])
    for char in rest:
        if char == quote[1]:
            break
        if char == "\\":
            after = next(rest, "")
            if after == quote[1] and len(quote[0]) > 1:
                break  # the whole object stood inside a string
            found.append({"n": "\n", '"': '"', "\\": "\\"}.get(after, char + after))
        else:
            found.append(char)
    return "".join(found)


def _group(text: str) -> str:
    """Return the inside of the braces at the start of `text`, or the word that stands there without any."""
    text = text.lstrip()
    if not text.startswith("{"):
        return text.split(maxsplit=1)[0] if text else ""
    depth = 0
    for place, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return text[1:place]
    return text[1:]


# Numbers.

_NUMERAL = r"(?:\d{1,3}+(?:,\d{3}){1,12}+(?!\d)|\d{1,60}+)(?:\.\d{0,60}+)?|\.\d{1,60}+"
_VALUE = re.compile(
    rf"(?P<sign>[-+]?)(?:(?P<whole>\d{{1,20}}+) (?P<part>\d{{1,20}}+/\d{{1,20}}+)|(?P<numeral>{_NUMERAL})"
    r"(?: ?/ ?(?P<divisor>\d{1,20}+)(?![\d.])"
    r"|e(?P<exponent>[-+]?\d{1,3}+)(?!\w)"
    r"| ?\* ?10 ?\^ ?[{(]?(?P<power>[-+]?\d{1,3}+)[)}]?)?)(?!\d)"
)
_LISTED = re.compile(r"(?:[,;]|\band\b|\bor\b)\s{0,3}+(?:(?:and|or)\s{1,3}+)?[A-Za-z]\w{0,3}+\s{0,3}+=")  # x = 1, y = 2
_OPERATOR = re.compile(r"[+*^_<>|!\\{}\[\]~√]|(?<![A-Za-z])-|-(?![A-Za-z])|(?<![A-Za-z ])/|/(?![A-Za-z ])|\d")
_SIGN_APART = re.compile(r"^([\s(]{0,8}+[-+]) ")
_WORD = re.compile(r"[^\W\d_]{1,64}+")
_UNITS = frozenset(  # a unit may stand right after its number
    "m km cm mm g kg mg t lb lbs oz l ml cl h hr hrs min mins s sec secs ms mph kph ft yd mi in hz "  # noqa: SIM905
    "w kw kwh v j c f "
    "am pm st nd rd th".split()
)
_SINGLE = frozenset("aimglhsvjcfwt")  # words of one letter that, after a space, are no variables
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_TERM_WORDS = frozenset(("pi", "sqrt", "log", "ln", "sin", "cos", "tan", "infinity", "infinite", "infinitely"))
_NOTHING = frozenset(("", "nan", "none", "null", "n/a", "answer"))
_TERM = 64  # characters up to which what is not one number is a term, not prose

_FRACTION = re.compile(r"\\[dtc]?frac ?(?:\{([^{}]{1,80}+)\}|(\d)) ?(?:\{([^{}]{1,80}+)\}|(\d))")
_ROOT = re.compile(r"(?:\\?sqrt|√) ?(?:\{([^{}]{1,80}+)\}|\(([^()]{1,80}+)\)|(\d{1,20}+|\w))")
_WRAPPER = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|mbox|boxed|fbox) ?\{([^{}]{0,200}+)\}")
_THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|\\!|\\,|,\\!)(?=\d{3}(?!\d))")
_NOISE = re.compile(r"\^ ?\{? ?\\circ ?\}?|\\(?:left|right|displaystyle|circ|degree|[,;:! ()\[\]$%])|\*\*|[$€£¥°`%]")
_COMMANDS = {"\\cdot": "*", "\\times": "*", "\\pi": " pi ", "\\infty": "infinity", "\\approx": "=", "\\div": "/"}
_SIGNS = {"×": "*", "·": "*", "⋅": "*", "−": "-", "–": "-", "—": "-", "π": " pi ", "∞": "infinity", "≈": "=", "⁄": "/"}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def _number(text: str) -> str | None:
    text = _window(text)
    marked = (_number_in(span, terms=True) for span in _marked(text))
    bare = (_number_in(span, terms=False) for span in _bare(text))
    return next((found for found in chain(marked, bare) if found is not None), None)


def _number_in(span: str, *, terms: bool) -> str | None:
    """Return the one number that `span` comes to, else its term (if `terms`), else None."""
    flat = _flat(span[:_SPAN])
    if flat.casefold().strip(" .") in _NOTHING or not any(char.isalnum() for char in flat):
        return None
    if not _LISTED.search(flat):
        value = _one_value(flat.rpartition("=")[2])
        if value is not None:
            return value
    term = flat.casefold().replace(" ", "").replace("*", "").strip(".")
    return term if terms and len(term) <= _TERM else None


def _one_value(flat: str) -> str | None:
    """Return the number that stands in `flat` among nothing but words and units, or None.

    The same number twice is one. A letter, sign or bracket that may make it a term is not passed: 9n, 3(x + 1), 5!.
    """
    flat = _SIGN_APART.sub(r"\1", flat.strip())
    values: set[Fraction] = set()
    rest: list[str] = []
    end = 0
    for found in _VALUE.finditer(flat):
        before, after = flat[end : found.start()], flat[found.end() : found.end() + 65]
        glued = _WORD.match(after)
        if before[-1:].isalpha() or after[:1] in ("(", "^", "!", "_", ":") or after[:2] == "- ":
            return None
        if glued and glued[0].casefold() not in _UNITS:
            return None
        value = _value(found)
        if value is None:
            return None
        scale = _WORD.match(after.lstrip())
        values.add(value * _SCALES.get(scale[0].casefold(), 1) if scale else value)
        rest.append(before)
        end = found.end()
    rest.append(flat[end:])
    words = _WORD.findall(" ".join(rest))
    if len(values) != 1 or any(_OPERATOR.search(part) for part in rest):
        return None
    if any(word.casefold() in _TERM_WORDS or (len(word) == 1 and word.casefold() not in _SINGLE) for word in words):
        return None
    return str(values.pop())


def _value(found: re.Match[str]) -> Fraction | None:
    """Return the number that `_VALUE` found, or None when it divides by zero."""
    try:
        if found["whole"]:
            value = Fraction(found["whole"]) + Fraction(found["part"])
        else:
            value = Fraction(found["numeral"].replace(",", "").rstrip("."))
            value /= Fraction(found["divisor"] or 1)
            value *= Fraction(10) ** int(found["exponent"] or found["power"] or 0)
    except ZeroDivisionError:
        return None
    return -value if found["sign"] == "-" else value


def _flat(span: str) -> str:
    """Return `span` in ASCII digits and plain signs, LaTeX unwrapped, units of currency and degrees left out."""
    span = _plain(span)
    span = _THOUSANDS.sub(",", span)
    for _ in range(3):  # inner first
        span = _WRAPPER.sub(r"\1", span)
        span = _ROOT.sub(lambda root: f"sqrt({root[1] or root[2] or root[3]})", span)
        span = _FRACTION.sub(_divided, span)
    for command, sign in _COMMANDS.items():
        span = span.replace(command, sign)
    return " ".join(_NOISE.sub("", span).split())


def _divided(fraction: re.Match[str]) -> str:
    top, bottom = (fraction[1] or fraction[2]).strip(), (fraction[3] or fraction[4]).strip()
    if top.removeprefix("-").isdecimal() and bottom.isdecimal():
        return f" {top}/{bottom}"
    return f"({top})/({bottom})"


def _plain(text: str) -> str:
    """Return `text` with every script's digits as ASCII digits, superscripts as powers, fraction signs as fractions."""
    kept: list[str] = []
    for char in text:
        if char.isascii():
            kept.append(char)
        elif char in _SIGNS:
            kept.append(_SIGNS[char])
        elif ord(char) in _SUPERSCRIPTS:
            kept.append("^" + char.translate(_SUPERSCRIPTS))
        elif unicodedata.decomposition(char).startswith("<fraction>"):
            kept.append(" " + unicodedata.normalize("NFKC", char).replace("⁄", "/"))
        elif char.isdecimal():
            kept.append(str(unicodedata.decimal(char)))
        else:
            kept.append(unicodedata.normalize("NFKC", char))
    return "".join(kept)


# Options.

_OPTION = re.compile(r"[\s(*\[{$`\"']{0,8}+(?:\\?(?:text|mathrm|textbf)\s?\{\s?\(?)?([A-Ja-j])(?![A-Za-z0-9'])")
_GOES_ON = re.compile(r"\s[a-z]")
_BRACKETED = re.compile(r"\(([A-J])\)")
_CLOSING = 200  # characters at a text's end where a letter in parentheses is what it comes to


def _option(text: str) -> str | None:
    # The first, since models that go on after their answer answer something else: measured, see the tests.
    text = _window(text)
    letters: list[str] = _BRACKETED.findall(text[-_CLOSING:])
    bare = _bare(text) if len(set(letters)) < 2 else ()  # noqa: PLR2004 (it may speak of one, then choose another)
    for span in chain(_marked(text, first=True), bare):
        found = _option_in(_plain(span))
        if found is not None:
            return found
    return letters[-1] if letters else None


def _option_in(span: str) -> str | None:
    """Return the letter at the start of `span`, unless it is a word there (A cat, I think, a)."""
    found = _OPTION.match(span)
    if found is None:
        return None
    bracketed, rest = found[0][-2:-1] == "(", span[found.end() :]
    if not bracketed and found[1] in "AI" and _GOES_ON.match(rest):
        return None
    if not bracketed and found[1].islower() and rest.strip(" .)*}`\"'"):
        return None
    return found[1].upper()


# Short texts.

_TOKEN = re.compile(r"\w{1,400}+")
_ARTICLES = frozenset(("a", "an", "the"))


def _text(text: str) -> str | None:
    text = _window(text)
    for span in chain(_marked(text), _bare(text)):
        words = _TOKEN.findall(unicodedata.normalize("NFKC", span[:_SPAN]).casefold())
        kept = [word for word in words if word not in _ARTICLES] or words
        if kept:
            return " ".join(kept)
    return None


KINDS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "number": _number,
    "option": _option,
    "text": _text,
    "python": canonical_program,
}
