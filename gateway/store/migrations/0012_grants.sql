-- Standing grants that count: one that is used up, revoked or over has no row.
CREATE TABLE grants (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL
) WITHOUT ROWID;
