"""Changes of an object that a field has seen: a part takes the texture of another object's part."""
