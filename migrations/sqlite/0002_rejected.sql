-- Records that the tables did not take. Nothing is lost: each stands here as it was.
CREATE TABLE rejected (
    record TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    why TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
