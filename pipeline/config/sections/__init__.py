"""The sections of the settings, each key with its default and the sentences of docs/settings.md."""
