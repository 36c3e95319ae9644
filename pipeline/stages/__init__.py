"""One module per stage: settings in, stores and receipts out."""
