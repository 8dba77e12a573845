-- Verdicts, append-only: the row with the highest seq is the state of a violation.
CREATE TABLE violations (
    owner VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    id VARCHAR NOT NULL,
    rule_id VARCHAR NOT NULL,
    rule_digest VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    trace_id VARCHAR,
    span_id VARCHAR,
    session_id VARCHAR,
    agent_name VARCHAR,
    environment VARCHAR,
    message VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL,
    witnesses VARCHAR NOT NULL,
    at_ns BIGINT NOT NULL,
    judged_ns BIGINT NOT NULL,
    data_seq BIGINT NOT NULL,
    state VARCHAR NOT NULL
);

-- Kept for ever, also when the trace is deleted: with what they were about.
CREATE TABLE decisions (
    owner VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    id VARCHAR NOT NULL,
    violation_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    decided_by VARCHAR NOT NULL,
    decided_ns BIGINT NOT NULL,
    rule_id VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    trace_id VARCHAR,
    span_id VARCHAR,
    session_id VARCHAR,
    message VARCHAR NOT NULL
);

CREATE TABLE rule_texts (
    owner VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    rule_id VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    first_ns BIGINT NOT NULL
);

CREATE TABLE webhooks (
    owner VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    form VARCHAR NOT NULL,
    secret VARCHAR NOT NULL,
    least_severity VARCHAR NOT NULL,
    rule_ids VARCHAR NOT NULL,
    enabled BOOLEAN NOT NULL,
    created_ns BIGINT NOT NULL
);

-- Append-only like the rest: the row with the most attempts is the state of a delivery.
CREATE TABLE deliveries (
    owner VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    webhook_id VARCHAR NOT NULL,
    topic VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    attempt INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    status_code INTEGER,
    error VARCHAR,
    at_ns BIGINT NOT NULL,
    next_ns BIGINT
);
