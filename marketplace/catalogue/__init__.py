"""The front: home, search and the site's own small pages."""
