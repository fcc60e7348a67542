"""The tables, as an ordered list of migrations: position + 1 is the `user_version` that a migration leads to.

`event` is the truth; `piece` holds the text deltas of an attempt in batches, with marks (sequence, seconds,
length). `turn`, `attempt`, `tally`, `pattern`, `usual`, `rating`, `sign`, `embedding` and `search` are projections:
each can be made again from the events.
"""

from __future__ import annotations

FIRST = """
CREATE TABLE session (
    id TEXT PRIMARY KEY,
    program TEXT NOT NULL,
    profile TEXT NOT NULL,
    started_s REAL NOT NULL,
    ended_s REAL
) STRICT;

CREATE TABLE chat (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    titled_by_user INTEGER NOT NULL DEFAULT 0,
    created_s REAL NOT NULL,
    updated_s REAL NOT NULL,
    deleted_s REAL,
    draft TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX chat_recent ON chat (deleted_s, updated_s DESC);

CREATE TABLE blob (
    hash TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    turn TEXT NOT NULL,
    seq INTEGER NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (turn, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE piece (
    attempt TEXT NOT NULL,
    seq INTEGER NOT NULL,
    channel TEXT NOT NULL,
    text TEXT NOT NULL,
    marks TEXT NOT NULL,
    PRIMARY KEY (attempt, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE turn (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    chat TEXT NOT NULL,
    parent TEXT,
    session TEXT NOT NULL,
    profile TEXT NOT NULL,
    started_s REAL NOT NULL,
    status TEXT,
    prompt TEXT NOT NULL,
    reply TEXT NOT NULL DEFAULT '',
    prompt_newlines INTEGER NOT NULL,
    reply_newlines INTEGER NOT NULL DEFAULT 0,
    provider TEXT,
    model TEXT,
    task TEXT,
    confidence REAL,
    latency_s REAL,
    first_token_s REAL,
    simulated INTEGER NOT NULL DEFAULT 0,
    baseline_nusd INTEGER NOT NULL DEFAULT 0,
    escalations INTEGER NOT NULL DEFAULT 0,
    failovers INTEGER NOT NULL DEFAULT 0,
    indexed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX turn_chat ON turn (chat, n);
CREATE INDEX turn_session ON turn (session, n);
CREATE INDEX turn_open ON turn (session) WHERE status IS NULL;
CREATE INDEX turn_unindexed ON turn (n) WHERE indexed = 0 AND status IS NOT NULL;

CREATE TABLE attempt (
    id TEXT PRIMARY KEY,
    turn TEXT NOT NULL,
    n INTEGER NOT NULL,
    purpose TEXT NOT NULL DEFAULT 'answer',
    provider TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    tier TEXT NOT NULL DEFAULT '',
    simulated INTEGER NOT NULL,
    day TEXT NOT NULL,
    reserved_nusd INTEGER NOT NULL CHECK (reserved_nusd >= 0),
    spend_nusd INTEGER CHECK (spend_nusd >= 0),
    basis TEXT,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    outcome TEXT
) STRICT;
CREATE INDEX attempt_turn ON attempt (turn, n);
CREATE INDEX attempt_day ON attempt (day);

CREATE TABLE day (
    day TEXT NOT NULL,
    simulated INTEGER NOT NULL,
    spent_nusd INTEGER NOT NULL DEFAULT 0 CHECK (spent_nusd >= 0),
    held_nusd INTEGER NOT NULL DEFAULT 0 CHECK (held_nusd >= 0),
    PRIMARY KEY (day, simulated)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5 (prompt, reply, tokenize = 'unicode61 remove_diacritics 2');
"""

TURN_PURPOSE = """
ALTER TABLE turn ADD COLUMN purpose TEXT NOT NULL DEFAULT 'answer';
"""

STRUCTURED_AND_ATTACHED = """
ALTER TABLE attempt ADD COLUMN valid INTEGER;
ALTER TABLE turn ADD COLUMN attached TEXT NOT NULL DEFAULT '';
CREATE INDEX attempt_valid ON attempt (model) WHERE valid IS NOT NULL;
UPDATE attempt SET valid = (
    SELECT MAX(json_extract(part.value, '$.name') = 'JSON parses')
    FROM event, json_each(event.body, '$.parts') AS part
    WHERE event.turn = attempt.turn AND event.type = 'ConfidenceMeasured'
        AND json_extract(event.body, '$.attempt') = attempt.id
        AND json_extract(part.value, '$.name') IN ('JSON parses', 'JSON', 'schema')
);
"""
"""`attempt.valid`: whether the JSON that was asked for came, NULL where none was; before this version only the parts
of the confidence told. `turn.attached`: what was attached to the prompt, a line each."""

MONEY_BY_SCOPE = """
CREATE TABLE tally (
    period TEXT NOT NULL,
    scope TEXT NOT NULL,
    simulated INTEGER NOT NULL,
    spent_nusd INTEGER NOT NULL DEFAULT 0 CHECK (spent_nusd >= 0),
    held_nusd INTEGER NOT NULL DEFAULT 0 CHECK (held_nusd >= 0),
    PRIMARY KEY (period, scope, simulated)
) STRICT, WITHOUT ROWID;
INSERT INTO tally SELECT day, 'all', simulated, spent_nusd, held_nusd FROM day;
INSERT INTO tally
    SELECT day, 'provider:' || provider, simulated, SUM(COALESCE(spend_nusd, 0)),
        SUM(iif(spend_nusd IS NULL, reserved_nusd, 0)) FROM attempt GROUP BY 1, 2, 3
    UNION ALL
    SELECT day, 'tier:' || tier, simulated, SUM(COALESCE(spend_nusd, 0)),
        SUM(iif(spend_nusd IS NULL, reserved_nusd, 0)) FROM attempt GROUP BY 1, 2, 3;
DROP TABLE day;

ALTER TABLE attempt ADD COLUMN session TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN scopes TEXT NOT NULL DEFAULT '["all"]';
UPDATE attempt SET scopes = json_array('all', 'provider:' || provider, 'tier:' || tier) WHERE spend_nusd IS NULL;
ALTER TABLE attempt ADD COLUMN role TEXT NOT NULL DEFAULT 'first';
ALTER TABLE attempt ADD COLUMN saved_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN saved_nusd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE turn ADD COLUMN route TEXT NOT NULL DEFAULT '';
ALTER TABLE turn ADD COLUMN policy TEXT NOT NULL DEFAULT '';
ALTER TABLE turn ADD COLUMN taken TEXT;
CREATE INDEX turn_started ON turn (started_s);

CREATE TABLE raised (
    day TEXT NOT NULL,
    simulated INTEGER NOT NULL,
    amount_nusd INTEGER NOT NULL CHECK (amount_nusd > 0),
    reason TEXT NOT NULL,
    wall_s REAL NOT NULL,
    session TEXT NOT NULL
) STRICT;
CREATE INDEX raised_day ON raised (day);

CREATE TABLE pattern (
    model TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    seen INTEGER NOT NULL,
    of_ INTEGER NOT NULL,
    PRIMARY KEY (model, kind, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE summary (
    hash TEXT PRIMARY KEY,
    chat TEXT NOT NULL,
    turn TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX summary_chat ON summary (chat);
"""
"""`tally` holds what a local day, or a session, has spent and holds, by scope; it takes the place of `day`. `raised`
are the overrides of a day's cap, `pattern` what models got wrong, `summary` old parts of
chats by what they say, with the turn that summarised them."""

RATINGS = """
CREATE TABLE rating (
    attempt TEXT PRIMARY KEY,
    turn TEXT NOT NULL,
    model TEXT NOT NULL,
    task TEXT NOT NULL,
    shown REAL,
    measured REAL,
    propensity REAL,
    good INTEGER,
    wall_s REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX rating_turn ON rating (turn);
"""
"""`rating`: what users say of answers, beside the confidence that was shown with each; `measured` are its
log-odds before ratings moved them. `propensity` is NULL where
nobody asked, `good` where nobody answered."""

COMPARISONS = """
CREATE TABLE sign (
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    other TEXT NOT NULL DEFAULT '',
    turn TEXT NOT NULL,
    model TEXT NOT NULL,
    task TEXT NOT NULL,
    measured REAL NOT NULL,
    good INTEGER,
    wall_s REAL NOT NULL,
    PRIMARY KEY (attempt, kind, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_turn ON sign (turn);
CREATE INDEX sign_recent ON sign (wall_s);
"""
"""`sign`: what is known of answers beside ratings: compared with one another (`other`), asked again, gone on from,
copied; `good` is NULL where two that were compared are alike."""

USUAL_LOGPROBS = """
CREATE TABLE usual (
    model TEXT NOT NULL,
    name TEXT NOT NULL,
    code INTEGER NOT NULL,
    answers INTEGER NOT NULL,
    x INTEGER NOT NULL,
    y INTEGER NOT NULL,
    xx INTEGER NOT NULL,
    xy INTEGER NOT NULL,
    PRIMARY KEY (model, name, code)
) STRICT, WITHOUT ROWID;
"""
"""`usual`: of each statistic of the logprobs of a model's answers, the sums that make a line over their length, in
whole numbers: see `routing.confidence.usual`."""

EMBEDDINGS = """
CREATE TABLE embedding (
    turn TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    space TEXT NOT NULL DEFAULT '',
    bits BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX embedding_key ON embedding (key);
"""
"""`embedding`: the turns that asked what a text means, which a hash of it names, and what they found out: `bits` in the
`space` of one model. NULL: nothing."""

MIGRATIONS: tuple[str, ...] = (
    FIRST,
    TURN_PURPOSE,
    STRUCTURED_AND_ATTACHED,
    MONEY_BY_SCOPE,
    RATINGS,
    COMPARISONS,
    EMBEDDINGS,
    USUAL_LOGPROBS,
)
