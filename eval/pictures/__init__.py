"""Pictures for the report and the data of its interactive parts: arrays in, PIL images and arrays out."""
