"""Jobs that survive: orders for docpacks, kept in a database, run one after the other, and taken over when whoever ran
them dies.

`nouns` says what a job is, `ledger` keeps jobs and their events (through SQLAlchemy, on SQLite or PostgreSQL), `queue`
runs them on DBOS, `worker` is one run of one job in a process of its own, `child` is that process, and `events` gives
what happens its published form. What speaks HTTP is `services`.
"""
