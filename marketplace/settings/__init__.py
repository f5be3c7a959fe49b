"""How settings are read and checked, one kind a file. Which there are, and their defaults, is in `config.py` alone."""
