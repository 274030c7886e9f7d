-- Times are microseconds since the Unix epoch, identities are ULIDs in text, durations are milliseconds.

-- How far the spool is loaded: the last record taken, in the same transaction as its rows.
CREATE TABLE loaded (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    file   INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    record TEXT    NOT NULL
);

-- Every record once; loading twice is loading once by `id`.
CREATE TABLE event (
    id     TEXT    PRIMARY KEY,
    tenant TEXT    NOT NULL,
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    type   TEXT    NOT NULL,
    call   TEXT,
    fact   TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX event_number ON event (tenant, number);
CREATE INDEX event_type ON event (tenant, type, at);
CREATE INDEX event_call ON event (call, number) WHERE call IS NOT NULL;

-- One row for each call from its arrival on; `cause` is null until its CDR is there.
CREATE TABLE call (
    call           TEXT    PRIMARY KEY,
    tenant         TEXT    NOT NULL,
    cause          TEXT,
    trunk          TEXT,
    account        TEXT,
    caller_raw     TEXT    NOT NULL,
    caller         TEXT    NOT NULL,
    caller_kind    TEXT    NOT NULL DEFAULT '',
    region         TEXT    NOT NULL DEFAULT '',
    called         TEXT    NOT NULL,
    sip_call_id    TEXT    NOT NULL,
    flow           TEXT    NOT NULL DEFAULT '',
    t_in           INTEGER NOT NULL,
    t_ivr          INTEGER,
    t_req          INTEGER,
    t_offer        INTEGER,
    t_ans          INTEGER,
    t_talk_end     INTEGER,
    t_end          INTEGER,
    wait_ms        INTEGER NOT NULL DEFAULT 0,
    talk_ms        INTEGER NOT NULL DEFAULT 0,
    hold_ms        INTEGER NOT NULL DEFAULT 0,
    total_ms       INTEGER NOT NULL DEFAULT 0,
    ended_by       TEXT,
    sip_status     INTEGER NOT NULL DEFAULT 0,
    queue          TEXT,
    agent          TEXT,
    offers         INTEGER NOT NULL DEFAULT 0,
    survey_invited INTEGER NOT NULL DEFAULT 0,
    rating         INTEGER,
    recording      TEXT,
    keys           TEXT    NOT NULL DEFAULT '',
    legs           TEXT    NOT NULL DEFAULT '[]'
) WITHOUT ROWID;
CREATE INDEX call_time ON call (tenant, t_in, call);
CREATE INDEX call_caller ON call (tenant, caller, t_in, call);
CREATE INDEX call_called ON call (tenant, called, t_in, call);
CREATE INDEX call_agent ON call (tenant, agent, t_in, call) WHERE agent IS NOT NULL;
CREATE INDEX call_queue ON call (tenant, queue, t_in, call) WHERE queue IS NOT NULL;
CREATE INDEX call_cause ON call (tenant, cause, t_in, call);
CREATE INDEX call_rating ON call (tenant, rating, t_in, call) WHERE rating IS NOT NULL;
CREATE INDEX call_recording ON call (recording) WHERE recording IS NOT NULL;

CREATE TABLE agent_event (
    id          TEXT    PRIMARY KEY,
    tenant      TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    agent       TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    reason      TEXT,
    state       TEXT    NOT NULL,
    call        TEXT,
    previous_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX agent_event_agent ON agent_event (tenant, agent, at, id);
CREATE INDEX agent_event_time ON agent_event (tenant, at, id);

-- `kind`: entered, left, offered, offer_ended; `result`: why it was left or how the offer ended.
CREATE TABLE queue_event (
    id     TEXT    PRIMARY KEY,
    tenant TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    call   TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    queue  TEXT,
    agent  TEXT,
    result TEXT,
    ms     INTEGER
) WITHOUT ROWID;
CREATE INDEX queue_event_call ON queue_event (call, at);
CREATE INDEX queue_event_queue ON queue_event (tenant, queue, at);

CREATE TABLE recording (
    recording TEXT    PRIMARY KEY,
    tenant    TEXT    NOT NULL,
    call      TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    left_is   TEXT    NOT NULL DEFAULT '',
    right_is  TEXT    NOT NULL DEFAULT '',
    length_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX recording_call ON recording (call);
CREATE INDEX recording_time ON recording (tenant, at, recording);

CREATE TABLE voicemail (
    recording TEXT    PRIMARY KEY,
    tenant    TEXT    NOT NULL,
    call      TEXT    NOT NULL,
    box       TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    length_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX voicemail_box ON voicemail (tenant, box, at, recording);
CREATE INDEX voicemail_time ON voicemail (tenant, at, recording);

CREATE TABLE stranger (
    id     TEXT    PRIMARY KEY,
    at     INTEGER NOT NULL,
    source TEXT    NOT NULL,
    count  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX stranger_time ON stranger (at);

CREATE TABLE alarm (
    id      TEXT    PRIMARY KEY,
    at      INTEGER NOT NULL,
    alarm   TEXT    NOT NULL,
    what    TEXT    NOT NULL,
    cleared INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX alarm_time ON alarm (at);
