"""What a reader of the report can touch: matches of one pair and the surface that the field knows, as stored."""
