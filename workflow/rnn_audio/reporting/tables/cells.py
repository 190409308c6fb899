"""Table cells: how a number or a text is written in Markdown, HTML and LaTeX.

Rounded to three significant digits: tables are for reading, the CSV keeps every digit.
"""

import html
import math
from abc import ABC, abstractmethod
from enum import StrEnum

Cell = str | int | float | None

DASH = "–"  # for a value that is missing or could not be measured

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

_LATEX_TEXT = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "±": r"$\pm$",
        "×": r"$\times$",
        "−": "$-$",
        "‰": r"\textperthousand{}",
        "–": "--",
        "\n": " ",
    }
)


class Format(StrEnum):
    """What a column holds, which determines how its cells are rounded.

    TEXT is written unchanged, and so is PROSE, in lines that break; INTEGER without decimals; NUMBER with three
    significant digits, and with a power of ten only below 0.01 and from a million; LEVEL is in decibels, with two
    decimals; PERCENT is a fraction, written as the NUMBER of its hundredths, with the sign in the header; SCIENTIFIC
    always has a power of ten; DURATION is in seconds, written as 3 min 22 s.
    """

    TEXT = "text"
    PROSE = "prose"
    INTEGER = "integer"
    NUMBER = "number"
    LEVEL = "level"
    PERCENT = "percent"
    SCIENTIFIC = "scientific"
    DURATION = "duration"


WORDS = (Format.TEXT, Format.PROSE)
"""Formats of columns that hold words."""


class Notation(ABC):
    """How one output language writes text, numbers and powers of ten."""

    plus_minus = "±"

    @abstractmethod
    def text(self, text: str) -> str:
        """The text with the language's special characters escaped."""

    def number(self, digits: str) -> str:
        """A number that is already rounded and formatted."""
        return digits.replace("-", "−")

    @abstractmethod
    def scientific(self, mantissa: str, exponent: int) -> str:
        """The mantissa times ten to the exponent."""


class MarkdownNotation(Notation):
    """GitHub's Markdown, with Unicode superscripts, because it has no markup for them."""

    def text(self, text: str) -> str:
        """HTML's angle brackets and ampersand, backslashes, pipes and emphasis escaped; newlines become spaces."""
        escaped = html.escape(text, quote=False).replace("\\", r"\\").replace("\n", " ")
        for character in "|*_`[]":
            escaped = escaped.replace(character, f"\\{character}")
        return escaped

    def scientific(self, mantissa: str, exponent: int) -> str:
        """As in 5.13×10⁻³."""
        return f"{self.number(mantissa)}×10{str(exponent).translate(_SUPERSCRIPTS)}"


class HtmlNotation(Notation):
    """HTML 5."""

    def text(self, text: str) -> str:
        """The five special characters of HTML escaped."""
        return html.escape(text)

    def scientific(self, mantissa: str, exponent: int) -> str:
        """With the exponent in a superscript element."""
        return f"{self.number(mantissa)}×10<sup>{self.number(str(exponent))}</sup>"


class LatexNotation(Notation):
    """LaTeX, numbers in math mode."""

    plus_minus = r"\pm"

    def text(self, text: str) -> str:
        """LaTeX's ten special characters escaped; symbols without a glyph in text fonts become commands."""
        escaped = text.translate(_LATEX_TEXT)
        # After the end of a row, a bracket or an asterisk would be an argument of that command.
        return f"{{}}{escaped}" if escaped.startswith(("[", "*")) else escaped

    def number(self, digits: str) -> str:
        """In math mode, so that a minus sign is not a hyphen."""
        return f"${digits}$"

    def scientific(self, mantissa: str, exponent: int) -> str:
        r"""As in $5.13\times10^{-3}$."""
        return rf"${mantissa}\times10^{{{exponent}}}$"


def is_missing(value: Cell) -> bool:
    """Whether a cell is empty: None, or NaN in a data frame."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def format_cell(value: Cell, kind: Format, notation: Notation) -> str:
    """One value, rounded by its column's format.

    A text in a column of numbers (a published "about 200") is written unchanged; a missing value is an en dash.
    """
    if is_missing(value):
        return notation.text(DASH)
    if isinstance(value, str) or kind in WORDS:
        return notation.text(str(value))
    if math.isinf(value):
        return notation.text(f"{value:+} (diverged)")
    if kind is Format.PERCENT:
        return format_cell(100 * value, Format.NUMBER, notation)
    if kind is Format.DURATION:
        return notation.text(_duration(value))
    if kind is Format.INTEGER:
        return notation.number(f"{value:.0f}")
    if kind is Format.LEVEL:
        return notation.number(f"{value:.2f}")
    if _as_power(value, kind):
        return notation.scientific(f"{value / 10.0 ** _exponent(value):.2f}", _exponent(value))
    return notation.number(f"{value:.{_decimals(value)}f}")


def format_spread(mean: Cell, spread: Cell, kind: Format, notation: Notation) -> str:
    """A mean and its standard deviation in one cell, with one power of ten: (5.13 ± 0.12)×10⁻³.

    The spread has the mean's decimals. If it is missing (a single seed), the mean stands alone.
    """
    if is_missing(mean) or is_missing(spread):
        return format_cell(mean, kind, notation)
    if math.isinf(mean) or math.isinf(spread):
        return notation.text(" ± ").join(format_cell(value, kind, notation) for value in (mean, spread))
    if kind is Format.PERCENT:
        return format_spread(100 * mean, 100 * spread, Format.NUMBER, notation)
    if _as_power(mean, kind):
        exponent = _exponent(mean)
        scale = 10.0**exponent
        return notation.scientific(f"({mean / scale:.2f} {notation.plus_minus} {spread / scale:.2f})", exponent)
    decimals = _decimals(mean)
    return notation.number(f"{mean:.{decimals}f} {notation.plus_minus} {spread:.{decimals}f}")


def _as_power(value: float, kind: Format) -> bool:
    if value == 0:
        return False
    return kind is Format.SCIENTIFIC or not -2 <= _exponent(value) < 6


def _exponent(value: float) -> int:
    """The power of ten of the value rounded to three digits: 0.9999 has 0, because it is written 1.00."""
    return int(f"{value:.2e}".partition("e")[2])


def _decimals(value: float) -> int:
    return 0 if value == 0 else max(0, 2 - _exponent(value))


def _duration(seconds: float) -> str:
    if seconds < 59.95:
        return f"{seconds:.{_decimals(seconds)}f} s"
    minutes, remainder = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min {remainder} s" if hours else f"{minutes} min {remainder} s"
