"""Setting up a site: the first rows, the demonstration, index and matcher made ready before serving."""
