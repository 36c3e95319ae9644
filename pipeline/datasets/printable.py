"""Texts from data as they may reach a terminal, a table, a JSON file or a page: the one place that escapes them."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def printable(text: str) -> str:
    r"""Escape what does not print: `\x1b` for a terminal's escape, `\n` for a line end, `\udcfc` for a stray byte.

    Names of files and texts of data sets may hold anything. The result is one line that every encoding of Unicode has.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def printable_lines(text: str) -> str:
    """Escape as `printable` does, but keep the ends of lines: for text of our own that quotes data."""
    return "\n".join(map(printable, text.split("\n")))


def csv_cell(text: str) -> str:
    """Escape as `printable` does, with a quote before what a spreadsheet would take for a formula."""
    return f"'{printable(text)}" if text.startswith(_FORMULA) else printable(text)
