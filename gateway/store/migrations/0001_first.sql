-- Conversations and their logs. An event without a thread is a fact that some part put in; with one, a decision.
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL DEFAULT 0,
    ready INTEGER NOT NULL DEFAULT 0,
    state BLOB NOT NULL DEFAULT '{}'
);
CREATE INDEX conversations_ready ON conversations (id) WHERE ready = 1;

CREATE TABLE events (
    conversation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at REAL NOT NULL,
    thread TEXT,
    body BLOB NOT NULL,
    PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
CREATE INDEX events_thread ON events (thread, seq) WHERE thread IS NOT NULL;

CREATE TABLE dedupe (
    key TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    expires REAL NOT NULL
) WITHOUT ROWID;

-- Index rows: what can be looked up without reading a log.
CREATE TABLE threads (
    id TEXT PRIMARY KEY,
    conversation INTEGER NOT NULL,
    root TEXT NOT NULL,
    agent TEXT NOT NULL,
    version TEXT NOT NULL,
    branch TEXT NOT NULL,
    status TEXT NOT NULL,
    note TEXT NOT NULL,
    updated_at REAL NOT NULL,
    run_seq INTEGER NOT NULL,
    origin TEXT,
    origin_seq INTEGER,
    fork_seq INTEGER
) WITHOUT ROWID;
CREATE INDEX threads_root ON threads (conversation, root);

CREATE TABLE requests (
    id TEXT PRIMARY KEY,
    conversation INTEGER NOT NULL,
    opened_seq INTEGER NOT NULL,
    thread TEXT NOT NULL,
    status TEXT NOT NULL,
    due REAL NOT NULL,
    patience REAL NOT NULL,
    first_sent REAL,
    body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX requests_due ON requests (due) WHERE status = 'open';
CREATE INDEX requests_open ON requests (thread) WHERE status = 'open';

-- `until` is when the copy was settled; an open one has no end yet (9e15).
CREATE TABLE copies (
    conversation INTEGER NOT NULL,
    request TEXT NOT NULL,
    until REAL NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (conversation, request)
) WITHOUT ROWID;
CREATE INDEX copies_until ON copies (conversation, until);

-- Deliveries; their bodies stand apart and go when the receipt comes.
CREATE TABLE deliveries (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation INTEGER NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    request TEXT,
    target TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL,
    deadline REAL NOT NULL,
    refused_since REAL,
    message_id TEXT,
    receipt BLOB,
    reason TEXT NOT NULL DEFAULT '',
    created_at REAL NOT NULL
);
CREATE INDEX deliveries_lane ON deliveries (conversation, number) WHERE status IN ('new', 'claimed', 'unknown');
CREATE INDEX deliveries_due ON deliveries (due) WHERE status IN ('new', 'unknown') AND due IS NOT NULL;
CREATE INDEX deliveries_message ON deliveries (conversation, message_id) WHERE request IS NOT NULL;

CREATE TABLE delivery_bodies (
    id TEXT PRIMARY KEY,
    body BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE timers (
    id TEXT PRIMARY KEY,
    conversation INTEGER NOT NULL,
    due REAL NOT NULL,
    thread TEXT NOT NULL,
    key TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX timers_due ON timers (due);

-- Written to see whether anything can be written.
CREATE TABLE pulse (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at REAL NOT NULL
);

CREATE TABLE blobs (
    digest TEXT PRIMARY KEY,
    body BLOB NOT NULL,
    expires REAL
) WITHOUT ROWID;
