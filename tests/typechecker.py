"""The tests' run-time type checker: beartype, for which an int is a float where one is asked for, as for mypy."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
