"""The tables of the job database, and how a database of an earlier version becomes one of this version.

Statements are SQLAlchemy's, so that SQLite and PostgreSQL get the same. The queue's own tables are DBOS's business and
are migrated by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from doctown.errors import InputError

if TYPE_CHECKING:
    import sqlite3

METADATA: Final = sa.MetaData()
JOBS: Final = sa.Table(
    "doctown_jobs",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(64), unique=True),  # of the order; null once another job stands for it
    sa.Column("order", sa.Text, nullable=False),  # JSON
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("created", sa.Float(53), nullable=False, index=True),
    sa.Column("started", sa.Float(53), nullable=False),
    sa.Column("finished", sa.Float(53), nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("cancel", sa.Boolean, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("docpack_id", sa.String(64), nullable=False, index=True),
    sa.Column("report", sa.Text, nullable=False),  # JSON
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("mend", sa.Text, nullable=False),
    sa.Column("trace", sa.String(32), nullable=False),
)
EVENTS: Final = sa.Table(
    "doctown_events",
    METADATA,
    sa.Column("job", sa.String(64), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),  # the envelope, JSON
)
EXECUTORS: Final = sa.Table(
    "doctown_executors",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("beat", sa.Integer, nullable=False),  # grows while it lives
    sa.Column("place", sa.String(200), nullable=False),  # machine, process and its start, for those on the same machine
)
_VERSION: Final = sa.Table("doctown_schema", sa.MetaData(), sa.Column("version", sa.Integer, nullable=False))

Migration = Callable[[sa.Connection], None]


def _first(connection: sa.Connection) -> None:
    METADATA.create_all(connection)


MIGRATIONS: Final[Sequence[Migration]] = (_first,)  # each brings a database from the version of its index to the next
_CONNECT: Final = 10  # seconds that PostgreSQL may take to answer, where the URL does not say
_LOCK: Final = 0x444F4354  # of PostgreSQL's advisory locks: two Builders that start at once migrate one after the other


def migrate(engine: sa.Engine, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Brings the database to this version, in one transaction, and returns the version that it had. Raises InputError
    for one that a later version of Doctown has changed already."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        _VERSION.create(connection, checkfirst=True)
        found = connection.execute(sa.select(_VERSION.c.version)).scalar()
        if found is None:
            connection.execute(_VERSION.insert().values(version=0))
        version = found or 0
        if version > len(migrations):
            raise InputError(
                f"the job database is of version {version}, and this Doctown knows {len(migrations)}",
                "start the newer Doctown again, or give another DOCTOWN_DATABASE_URL",
            )
        for step in migrations[version:]:
            step(connection)
        connection.execute(_VERSION.update().values(version=len(migrations)))
        return version


def engine_for(url: str) -> sa.Engine:
    """A pool of connections to the database at `url` (`sqlite:///PATH`, `postgresql://…`). Raises InputError for a URL
    of another kind."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise InputError("DOCTOWN_DATABASE_URL is no URL", "set it to postgresql://USER:PASSWORD@HOST/NAME") from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        # A host that does not answer would otherwise be waited for as long as the system has patience: minutes.
        patience = {} if "connect_timeout" in parsed.query else {"connect_timeout": _CONNECT}
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=10, connect_args=patience
        )
    if backend != "sqlite":
        raise InputError(f"DOCTOWN_DATABASE_URL names {backend}", "use postgresql://… or sqlite:///PATH")
    engine = sa.create_engine(parsed, connect_args={"timeout": 30})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.isolation_level = "IMMEDIATE"
