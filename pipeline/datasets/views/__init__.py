"""Collections of views that were rendered or photographed elsewhere."""
