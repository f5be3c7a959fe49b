"""Dictionaries: districts, high-tech fields, industries and the operator's list of industry chains."""
