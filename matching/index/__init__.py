"""The index of a catalogue: features as posting lists, with the loops over them, and how it lies on disk.
Not here: what a feature is (features), how kinds of features make one score (ranking).
"""
