"""Operation: how the site is kept running. Its health, figures and logs, the work in the background, the backups."""
