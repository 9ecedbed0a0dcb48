-- The tables of a docpack, version 2. `docs/format.md` explains every one of them.
--
-- A reader compares the schema of a pack, statement by statement, with this file, so a change here is a change of
-- the format. Names with `_rows`, `_lists` or `_labels` are compact storage; the views carry the contract's names.

CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE terms (id INTEGER PRIMARY KEY, term TEXT NOT NULL) STRICT;

CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;

CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;

CREATE TABLE edge_labels (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, tier TEXT NOT NULL, reason TEXT NOT NULL) STRICT;

CREATE TABLE unresolved_labels (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, reason TEXT NOT NULL) STRICT;

CREATE TABLE page_labels (
  id INTEGER PRIMARY KEY, origin TEXT NOT NULL, model TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;

CREATE TABLE series (i INTEGER PRIMARY KEY) STRICT;

CREATE TABLE file_rows (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL, language INTEGER NOT NULL, size INTEGER NOT NULL,
  lines INTEGER NOT NULL, sha256 BLOB NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL,
  redactions INTEGER NOT NULL, cluster_id INTEGER, digest BLOB
) STRICT;

CREATE INDEX files_by_path ON file_rows (path);

CREATE TABLE sources (file_id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;

CREATE TABLE symbol_rows (
  id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL, parent_id INTEGER, qualified_name TEXT NOT NULL,
  name ANY NOT NULL, ordinal INTEGER NOT NULL, kind INTEGER NOT NULL, language INTEGER, start_byte INTEGER NOT NULL,
  end_byte INTEGER NOT NULL, start_line INTEGER NOT NULL, end_line INTEGER NOT NULL, visibility INTEGER NOT NULL,
  centrality INTEGER NOT NULL DEFAULT 0, signature ANY NOT NULL
) STRICT;

CREATE INDEX symbols_by_file ON symbol_rows (file_id);

CREATE TABLE docstrings (symbol_id INTEGER PRIMARY KEY, docstring TEXT NOT NULL) STRICT;

CREATE TABLE edge_lists (
  source_id INTEGER NOT NULL, part INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (source_id, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE incoming_lists (target_id INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT;

CREATE TABLE unresolved_lists (source_id INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT;

CREATE TABLE chunks (
  id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL, symbol_id INTEGER, start_byte INTEGER NOT NULL,
  end_byte INTEGER NOT NULL, tokens INTEGER NOT NULL
) STRICT;

CREATE TABLE vector_rows (
  chunk_id INTEGER PRIMARY KEY, model INTEGER NOT NULL, scale REAL, data BLOB NOT NULL
) STRICT;

CREATE TABLE clusters (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, parent_id INTEGER, label TEXT NOT NULL, size INTEGER NOT NULL
) STRICT;

CREATE TABLE page_rows (
  id INTEGER PRIMARY KEY, label_id INTEGER NOT NULL, title ANY NOT NULL, summary ANY NOT NULL,
  folding INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;

CREATE TABLE claim_rows (
  page_id INTEGER NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL, file_id INTEGER NOT NULL,
  start_line INTEGER NOT NULL, end_line INTEGER NOT NULL, digest BLOB NOT NULL, verdict INTEGER NOT NULL,
  PRIMARY KEY (page_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE answers (digest BLOB PRIMARY KEY, data TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE artifacts (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, file_id INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  summary TEXT NOT NULL, detail TEXT NOT NULL, start_line INTEGER NOT NULL, end_line INTEGER NOT NULL,
  target TEXT NOT NULL
) STRICT;

CREATE TABLE entry_rows (
  symbol_id INTEGER NOT NULL, position INTEGER NOT NULL, kind INTEGER NOT NULL, file_id INTEGER, name TEXT,
  line INTEGER, PRIMARY KEY (symbol_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX entries_elsewhere ON entry_rows (file_id) WHERE file_id IS NOT NULL;

CREATE VIRTUAL TABLE search USING fts5(
  name, scope, text, content='', columnsize=0, detail=none, tokenize='unicode61 remove_diacritics 2'
);

CREATE VIRTUAL TABLE search_names USING fts5(
  name, content='', columnsize=0, detail=none, tokenize='unicode61 remove_diacritics 2'
);

CREATE VIEW files (id, path, language, size, lines, sha256, status, reason, redactions, cluster_id) AS
SELECT f.id, f.path, l.term, f.size, f.lines, lower(hex(f.sha256)), s.term, f.reason, f.redactions, f.cluster_id
FROM file_rows f LEFT JOIN terms l ON l.id = f.language LEFT JOIN terms s ON s.id = f.status;

CREATE VIEW symbols (
  id, key, name, qualified_name, kind, language, file_id, parent_id, start_byte, end_byte, start_line, end_line,
  signature, docstring, visibility, cluster_id, centrality
) AS
SELECT s.id,
  f.path || '#' || s.qualified_name || CASE WHEN s.ordinal > 1 THEN '~' || s.ordinal ELSE '' END,
  CASE typeof(s.name) WHEN 'integer' THEN substr(s.qualified_name, -s.name) ELSE s.name END,
  s.qualified_name, k.term, l.term, s.file_id, s.parent_id, s.start_byte, s.end_byte, s.start_line, s.end_line,
  replace(CASE typeof(s.signature) WHEN 'integer' THEN (SELECT text FROM texts WHERE id = s.signature)
    ELSE s.signature END, char(22),
    CASE typeof(s.name) WHEN 'integer' THEN substr(s.qualified_name, -s.name) ELSE s.name END),
  coalesce(d.docstring, ''), v.term, f.cluster_id, s.centrality / 1e9
FROM symbol_rows s
LEFT JOIN file_rows f ON f.id = s.file_id
LEFT JOIN docstrings d ON d.symbol_id = s.id
LEFT JOIN terms k ON k.id = s.kind
LEFT JOIN terms l ON l.id = coalesce(s.language, f.language)
LEFT JOIN terms v ON v.id = s.visibility;

CREATE VIEW edges (source_id, target_id, kind, tier, reason, line) AS
SELECT e.source_id,
  (unicode(substr(e.data, 4 * n.i + 1, 1)) - 1) * 2048 + unicode(substr(e.data, 4 * n.i + 2, 1)) - 1,
  l.kind, l.tier, l.reason,
  unicode(substr(e.data, 4 * n.i + 4, 1))
    - CASE WHEN unicode(substr(e.data, 4 * n.i + 4, 1)) < 0xD800 THEN 1 ELSE 0x801 END
FROM edge_lists e
CROSS JOIN series n ON n.i < length(e.data) / 4
CROSS JOIN edge_labels l ON l.id = unicode(substr(e.data, 4 * n.i + 3, 1))
  - CASE WHEN unicode(substr(e.data, 4 * n.i + 3, 1)) < 0xD800 THEN 1 ELSE 0x801 END;

CREATE VIEW unresolved (source_id, name, kind, line, reason) AS
SELECT u.source_id, m.name, l.kind,
  unicode(substr(u.data, 4 * n.i + 4, 1))
    - CASE WHEN unicode(substr(u.data, 4 * n.i + 4, 1)) < 0xD800 THEN 1 ELSE 0x801 END,
  l.reason
FROM unresolved_lists u
CROSS JOIN series n ON n.i < length(u.data) / 4
CROSS JOIN names m
  ON m.id = (unicode(substr(u.data, 4 * n.i + 1, 1)) - 1) * 2048 + unicode(substr(u.data, 4 * n.i + 2, 1)) - 1
CROSS JOIN unresolved_labels l ON l.id = unicode(substr(u.data, 4 * n.i + 3, 1))
  - CASE WHEN unicode(substr(u.data, 4 * n.i + 3, 1)) < 0xD800 THEN 1 ELSE 0x801 END;

CREATE VIEW entry_points (kind, name, symbol_id, path, line) AS
SELECT k.term, coalesce(e.name, s.qualified_name), e.symbol_id, f.path, coalesce(e.line, s.start_line)
FROM entry_rows e
LEFT JOIN symbol_rows s ON s.id = e.symbol_id
LEFT JOIN file_rows f ON f.id = coalesce(e.file_id, s.file_id)
LEFT JOIN terms k ON k.id = e.kind;

CREATE VIEW vectors (chunk_id, model, scale, data, coded) AS
SELECT v.chunk_id, t.term, coalesce(v.scale, 0.002), v.data, v.scale IS NULL FROM vector_rows v LEFT JOIN terms t ON t.id = v.model;

CREATE VIEW pages (id, subject_kind, subject_id, title, summary, body, origin, model, status, reason) AS
SELECT p.id,
  CASE p.id & 7 WHEN 0 THEN 'symbol' WHEN 1 THEN 'file' WHEN 2 THEN 'cluster' WHEN 3 THEN 'repository'
    WHEN 4 THEN 'artifact' END,
  CASE p.id & 7 WHEN 3 THEN NULL ELSE p.id >> 3 END,
  CASE typeof(p.title)
    WHEN 'integer' THEN CASE p.title
      WHEN 1 THEN CASE p.id & 7 WHEN 1 THEN f.path ELSE s.qualified_name END
      ELSE CASE typeof(s.name) WHEN 'integer' THEN substr(s.qualified_name, -s.name) ELSE s.name END END
    ELSE p.title END,
  CASE typeof(p.summary) WHEN 'integer' THEN CASE WHEN p.summary < 0
    THEN (SELECT text FROM texts WHERE id = -p.summary) ELSE substr(d.docstring, 1, p.summary) END ELSE p.summary END,
  CASE WHEN p.folding = 0 THEN p.body WHEN p.folding = 3 THEN
    replace((SELECT group_concat(CASE WHEN j.key & 1 = 0 THEN j.value
      WHEN substr(j.value, 1, 1) = '#' THEN '[`' || substr(j.value, 2) || '`](<doctown:symbol/' || f.path || j.value || '>)'
      ELSE '[`' || j.value || '`](<doctown:file/' || j.value || '>)' END, '')
    FROM json_each(p.body) j), char(24), f.path)
  ELSE
    replace(replace(replace(replace(p.body,
      char(23), coalesce(s.qualified_name, '')), char(24), f.path), char(25), coalesce(replace(
        CASE typeof(s.signature) WHEN 'integer' THEN (SELECT text FROM texts WHERE id = s.signature)
          ELSE s.signature END, char(22),
        CASE typeof(s.name) WHEN 'integer' THEN substr(s.qualified_name, -s.name) ELSE s.name END), '')), char(26),
      CASE p.folding WHEN 1 THEN coalesce(d.docstring, '')
        ELSE substr(d.docstring, instr(d.docstring, char(10, 10)) + 2) END)
    END,
  l.origin, l.model, l.status, l.reason
FROM page_rows p
LEFT JOIN page_labels l ON l.id = p.label_id
LEFT JOIN symbol_rows s ON s.id = CASE p.id & 7 WHEN 0 THEN p.id >> 3 END
LEFT JOIN file_rows f ON f.id = CASE p.id & 7 WHEN 0 THEN s.file_id WHEN 1 THEN p.id >> 3 END
LEFT JOIN docstrings d ON d.symbol_id = s.id;

CREATE VIEW claims (page_id, position, text, path, start_line, end_line, digest, verdict) AS
SELECT c.page_id, c.position, c.text, f.path, c.start_line, c.end_line, lower(hex(c.digest)), v.term
FROM claim_rows c LEFT JOIN file_rows f ON f.id = c.file_id LEFT JOIN terms v ON v.id = c.verdict;
