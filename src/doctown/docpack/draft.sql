-- What a draft holds beside the tables of the pack. None of it is copied when the draft is sealed.

CREATE TABLE stages (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, state TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE facts (file_id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;

-- Documents whose entry in the full-text index is missing or was taken out because its text changed.
CREATE TABLE unindexed (document INTEGER PRIMARY KEY) STRICT;
