-- Decisions in the order in which they were committed; each gets its hash a moment later, over the one before it.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB
);
CREATE INDEX audit_open ON audit (number) WHERE hash IS NULL;
INSERT INTO audit (conversation, seq)
    SELECT conversation, seq FROM events WHERE thread IS NOT NULL AND json_extract(body, '$.type') IN (
        'RequestOpened', 'ResponseGiven', 'ResponseRefused', 'RequestEscalated', 'RequestSettled', 'OperationRefused',
        'ToolStarted', 'ToolFinished', 'RunResumed', 'ThreadForked', 'ThreadAttached'
    ) ORDER BY at, conversation, seq;
