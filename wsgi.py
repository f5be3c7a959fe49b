"""The door of the server: `application` for gunicorn and for `flask`. The only importer of `config`."""

import sys

from config import Config, ConfigError
from marketplace import create_app

try:
    config = Config.from_env()
    config.take_folder()
except ConfigError as error:
    # A sentence and no traceback: anyone who starts the site has to change a setting, not the program.
    sys.exit(f"The site does not start: {error}")
application = create_app(config)
