"""The composition root: settings, addresses, the API's mount, how errors are rendered.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database that two processes write (fixed in
3.51.3), and Debian 12's Python links 3.40. Where there is a wheel of pysqlite3, which
bundles a newer SQLite, it takes the place of the standard library's before Django loads.
"""

import sys

try:
    import pysqlite3
except ImportError:  # no wheel for this platform: checks.py warns when SQLite is too old
    pass
else:
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
