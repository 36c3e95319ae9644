"""`pipeline import ...` and `pipeline export ...`: importing this package adds their commands to the two groups."""

from pipeline.cli.exchange import common_formats, released_code
from pipeline.cli.exchange.groups import export, import_

__all__ = ["common_formats", "export", "import_", "released_code"]
