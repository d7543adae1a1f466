"""Superset as `make bi` runs it: on this machine alone, without a word to anyone."""

import os
from pathlib import Path

HOME = Path(os.environ["SUPERSET_HOME"])
SECRET_KEY = "a key for a Superset that lives as long as one check"
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"
# DuckDB and SQLite are files here, and this is no public server.
PREVENT_UNSAFE_DB_CONNECTIONS = False
TALISMAN_ENABLED = False
WTF_CSRF_ENABLED = False
SCARF_ANALYTICS = False
FEATURE_FLAGS = {"DASHBOARD_NATIVE_FILTERS": True}
RATELIMIT_ENABLED = False
IN_MEMORY = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 600}
CACHE_CONFIG = DATA_CACHE_CONFIG = FILTER_STATE_CACHE_CONFIG = EXPLORE_FORM_DATA_CACHE_CONFIG = IN_MEMORY
# Whoever opens it on this machine sees it without a password.
AUTH_ROLE_PUBLIC = "Admin"
