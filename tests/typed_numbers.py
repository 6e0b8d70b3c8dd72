"""Finds numbers that were typed into prose: not pasted from a lab, not mathematics, not cited."""

from __future__ import annotations

import re

# Directives that hold code or what others generate; the content of every other one is prose.
NO_PROSE = {
    *("code", "code-block", "code-cell", "math", "raw", "bibliography", "toctree", "mermaid"),
    *("autofunction", "autoclass", "automodule", "autodata", "autoexception", "eval-rst"),
    *("claims-summary", "claims-table", "failed-claims", "run-times", "versions-table"),
}
NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|"
    "fifty|sixty|seventy|eighty|ninety|hundred"
)
BARE_NUMBER = re.compile(
    rf"(?<![\w.])[-+\N{{MINUS SIGN}}]?\d*[.,]?\d+\s?(?:%|‰|per\s?cent\b|percent)"
    rf"|\b(?:{NUMBER_WORDS})\s(?:per\s?cent\b|percent\b)"
    r"|(?<![\w.])\d*\.\d+(?![\w.]*\.\d)",
    re.IGNORECASE,
)
# Names that have digits in them, and are no measurement.
NAMES = re.compile(
    r"\b(?:Exercises?|Sections?|Chapters?|Python|Jupyter Book|[Vv]ersions?|CC[ -]BY(?:-SA)?|"
    r"Apache Licen[cs]e),? \d+(?:\.\d+)+(?:(?:, | and | or | to )\d+(?:\.\d+)+)*"
)
ABBREVIATIONS = re.compile(r"\b(e\.g|i\.e|et al|cf|vs|Fig|Eq|approx|ca|no)\.(?=\s)", re.IGNORECASE)


def prose(markdown: str) -> list[str]:
    """The paragraphs of a MyST page, without code, mathematics, comments and markup.

    Roles that paste a number are gone; citations are left, as ``{cite}``.
    """
    paragraphs: list[list[str]] = [[]]
    fences: list[tuple[str, bool]] = []  # what closes each open block, and whether it is prose
    text = re.sub(r"\A---\n.*?\n---\n", "", markdown, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    text = re.sub(r"(?<!\\)\$\$.*?\$\$", " MATH ", text, flags=re.DOTALL)
    head = False
    for line in text.splitlines():
        bare = line.strip().lstrip("> ")
        fence = re.match(r"(`{3,}|:{3,}|~{3,})\s*(?:\{([\w:-]+)\})?(.*)", bare)
        if fence and not (fences and not fences[-1][1] and bare != fences[-1][0]):
            if fences and bare == fences[-1][0]:
                fences.pop()
            else:
                is_prose = bool(fence[2]) and fence[2] not in NO_PROSE and "auto" not in fence[2]
                fences.append((fence[1], is_prose))
                paragraphs.append([])
                head = True
                if is_prose and "::" not in fence[3] and fence[2] not in ("figure", "image"):
                    paragraphs[-1].append(fence[3].strip() + ".")
            paragraphs.append([])
            continue
        if fences and not fences[-1][1]:
            continue
        if head and re.match(r":[\w-]+:", bare):
            continue
        head = head and not bare
        if re.match(r"%|\([\w:-]+\)=$", bare):
            continue
        if not bare or re.match(r"(#{1,6}|[-*+]|\d+\.|\|)(\s|$)", bare):
            paragraphs.append([])
        paragraphs[-1].append(re.sub(r"^(#{1,6}|[-*+]|\d+\.)\s+", "", bare))
    return [clean for lines in paragraphs if (clean := _clean(" ".join(lines)))]


def _clean(text: str) -> str:
    text = re.sub(r"\{cite(?::\w+)?\}`[^`]*`", "{cite}", text)
    text = re.sub(r"\{(term|ref|doc|numref|eq|abbr)\}`([^`<]*)[^`]*`", r"\2", text)
    text = re.sub(r"\{[\w:-]+\}`[^`]*`", " PASTED ", text)
    text = re.sub(r"(`+).+?\1", " CODE ", text)
    text = re.sub(r"(?<!\\)\$[^$]+\$", " MATH ", text)
    text = re.sub(r"(?<=\])\([^)\s]*\)", "", text)
    text = re.sub(r"<https?:[^>]*>|https?://\S+|<[^>]+>", " ", text)
    return " ".join(text.split())


def sentences(paragraph: str) -> list[str]:
    whole = ABBREVIATIONS.sub(r"\1", paragraph)
    return re.split(r"(?<=[.!?])[\"”'’*_)]*\s+(?=[^a-z\s])", whole)


def bare_numbers(markdown: str) -> list[str]:
    """Sentences with a decimal or per cent that is not pasted, not mathematics and not cited."""
    found = []
    for paragraph in prose(markdown):
        for sentence in sentences(paragraph):
            if "{cite}" in sentence:
                continue
            if BARE_NUMBER.search(NAMES.sub("", sentence)):
                found.append(sentence)
    return found
