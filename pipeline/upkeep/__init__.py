"""Look after what is stored: verify, copy, clean up, measure, show, plan."""
