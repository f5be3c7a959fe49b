"""The door of the server: `application` for gunicorn and for `flask`. The only importer of `config`."""

import sys

from config import Config, ConfigError

try:
    config = Config.from_env()
    config.take_folder()
except ConfigError as error:
    # A sentence and no traceback: anyone who starts the site has to change a setting, not the program.
    sys.exit(f"The site does not start: {error}")

# Only now: what is wrong with the settings is answered at once, without loading the site for three seconds.
from marketplace import create_app

application = create_app(config)
