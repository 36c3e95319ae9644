"""Which objects a category has, in which split and pairs, and what was dropped."""
