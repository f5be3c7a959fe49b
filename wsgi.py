"""The door of the server: `application` for gunicorn and for `flask`. The only importer of `config`."""

from config import Config
from marketplace import create_app

application = create_app(Config.from_env())
