"""Look after the installation and what is stored: install, check, verify, copy, clean up, measure, show, plan."""
