"""What helps readers find something: the search, and the letters at the head of the glossary.

The search knows words, decimals such as 0.37, and the Greek letters of formulas, by letter and by
name. What it shows of a page has formulas as plain text in place of TeX.
"""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

# Formulas as plain text

GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau"
GREEK += " upsilon phi chi psi omega"
LETTERS = dict(zip(GREEK.split(), "αβγδεζηθικλμνξπρστυφχψω", strict=True))
SIGNS = {name.title(): letter.upper() for name, letter in LETTERS.items()} | LETTERS
SIGNS |= {"varepsilon": "ε", "varphi": "φ", "prod": "∏", "approx": "≈", "cdot": "·", "ell": "ℓ"}
SIGNS |= {"cdots": "…", "dots": "…"}
SIGNS |= {"ge": "≥", "infty": "∞", "int": "∫", "le": "≤", "mid": "|", "odot": "⊙", "partial": "∂"}
SIGNS |= {"pm": "±", "propto": "∝", "sqrt": "√", "sum": "∑", "times": "×", "to": "→", "top": "ᵀ"}
ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304"}  # behind their letter
#: Patterns and what comes in their place, one after the other, as JavaScript also reads them.
RULES = [
    (r"\\(?:begin|end)\{\w+\}|\\[()\[\]!]|&", ""),
    (r"\{,\}", ","),
    (r"(?<=\w)(\\(?:math|text|operatorname)\w*\{)", " $1"),
    (r"\\(?:math|text|operatorname)\w*\{([^{}]*)\}", "$1"),
    (r"\\(?:math\w*|left|right|[bB]igg?[lr]?|boxed)(?![a-z])\s*", ""),
    *((rf"\\{name}\s*\{{?(\w)\}}?", f"$1{mark}") for name, mark in ACCENTS.items()),
    (r"([_^])\{([^{}]*)\}", "$1($2)"),
    (r"\\sqrt\{(\w)\}", "√$1"),
    (r"\\sqrt\{([^{}]*)\}", "√($1)"),
    (r"(\\[dt]?frac\s*\{[^{}]*\}\s*\{)(\d+[a-z]+\})", "$1 $2"),  # 1/(2k), and not 1/2k
    (r"\\(log|coth|tanh|exp)(?=\\?[a-z])", "$1 "),
    (r"\\[dt]?frac\s*(\{[^{}]*\}|\w)\s*(\{[^{}]*\}|\w)", "$1/$2"),
    *((rf"\\{name}(?![a-zA-Z])", sign) for name, sign in SIGNS.items()),
    (r"\^2(?!\w)", "²"),
    (r"\\q?quad|\\[,;\\ ]", " "),
    (r"\\([a-zA-Z]+|[%|])", "$1"),
    (r"(?<=[_^√])[{(](\w+)[})]|\{(\w*)\}", "$1$2"),
    (r"\{", "("),
    (r"\}", ")"),
    (r"\( ", "("),
]


def plain(tex: str) -> str:
    """A formula in TeX as plain text, such as "σ²/n"."""
    for pattern, text in RULES:
        tex = re.sub(pattern, re.sub(r"\$(\d)", r"\\\1", text), tex)
    return " ".join(tex.split())


# Search

#: A number, a Greek letter of a formula, or a word.
WORD = r"\d+(?:,\d{3})*(?:\.\d+)?(?!\w)|[Α-Ωα-ω]|(?:(?![Α-Ωα-ω²])\w)+"
NAMES = {letter: name for name, letter in LETTERS.items()}
SCRIPT = """
var splitQuery = (query) => query.match(/WORD/gu) ?? [];

const FORMULA = RULES.map(([pattern, text]) => [new RegExp(pattern, "gu"), text]);
Search.htmlToText = (page, anchor) => {
  const html = new DOMParser().parseFromString(page, "text/html");
  html.querySelectorAll(".headerlink, script, style").forEach((element) => element.remove());
  html.querySelectorAll(".math").forEach((formula) => {
    formula.textContent = FORMULA.reduce(
      (tex, [pattern, text]) => tex.replace(pattern, text), formula.textContent);
  });
  const place = (anchor && html.getElementById(anchor.slice(1))) || html.querySelector("article");
  return place ? place.textContent.replace(/\\s+/g, " ") : "";
};

Documentation.TRANSLATIONS["Your search did not match any documents. Please make sure that all "
  + "words are spelled correctly and that you've selected enough categories."]
  = "No page has all of these words. Whole numbers are not searched for.";
"""


def _script() -> str:
    """What the search page does otherwise than Sphinx."""

    def js(pattern: str) -> str:
        return pattern.replace(r"\w", r"[\p{L}\p{N}_]").replace("[[", "[").replace("]]", "]")

    rules = json.dumps([(js(pattern), text) for pattern, text in RULES], ensure_ascii=False)
    return SCRIPT.replace("RULES", rules).replace("WORD", js(WORD))


class Search(SearchEnglish):
    """English, with decimals and Greek letters."""

    js_splitter_code = _script()

    def split(self, text: str) -> list[str]:
        words = re.findall(WORD, plain(text) if re.search(r"[\\{]", text) else text)
        return words + [NAMES[word] for word in words if word in NAMES]

    def word_filter(self, word: str) -> bool:
        return not word.isdigit() and super().word_filter(word)  # Sphinx asks for no whole numbers


# The glossary


def add_letters(app: Sphinx, document: nodes.document) -> None:
    """Put a line of letters above a glossary, each a link to the first entry that begins so."""
    for glossary in list(document.findall(addnodes.glossary)):
        terms = [item[0] for item in glossary.findall(nodes.definition_list_item)]
        line = nodes.paragraph(classes=["letters"])
        for letter, found in groupby(terms, key=lambda term: term.astext()[0].upper()):
            line += nodes.reference("", letter, refid=next(found)["ids"][0], internal=True)
            line += nodes.Text(" ")
        glossary.parent.insert(glossary.parent.index(glossary), line)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_search_language(Search)
    app.connect("doctree-read", add_letters)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
