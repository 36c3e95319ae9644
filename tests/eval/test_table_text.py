from eval.report.tables import Cell, Row, Table
from eval.table_text import table_text


def test_a_group_with_a_long_name_widens_its_last_column():
    table = Table(("name", "a", "b"), (Row("x", (Cell("1"), Cell("2"))),), (("", 1), ("a long name", 2)))
    assert table_text(table) == "      a long name\nname   a        b\nx     1        2"
