"""The office: the operators' review queue, dictionaries and figures, and the site's own commands."""
