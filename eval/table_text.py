"""A table as plain text, for a terminal."""

from eval.report.tables import Table

GAP = "  "


def table_text(table: Table) -> str:
    """Lay out a table's cells in columns, without the small lines below them. A `*` marks the best of a column."""
    lines = [list(table.heads)]
    lines += [
        [row.name, *(f"{cell.text}*" if cell.best else f"{cell.text} " for cell in row.cells)] for row in table.rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.heads))]
    groups, column = "", 0
    for name, span in table.groups:
        width = sum(widths[column : column + span]) + len(GAP) * (span - 1)
        widths[column + span - 1] += max(len(name) - width, 0)
        groups += f"{name:^{width}}{GAP}"
        column += span
    body = [
        GAP.join(
            [f"{line[0]:<{widths[0]}}", *(f"{text:>{width}}" for text, width in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    ]
    return "\n".join(text.rstrip() for text in ([groups] if table.groups else []) + body)
