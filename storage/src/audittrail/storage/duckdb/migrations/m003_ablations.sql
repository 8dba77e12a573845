-- Append-only while a run goes on: the row with the highest revision is its state.
CREATE TABLE ablation_runs (
    owner VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    trace_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    created_ns BIGINT NOT NULL,
    updated_ns BIGINT NOT NULL,
    started_ns BIGINT,
    ended_ns BIGINT,
    calls_trace_id VARCHAR,
    request VARCHAR NOT NULL,
    plan VARCHAR NOT NULL,
    progress VARCHAR NOT NULL,
    result VARCHAR,
    error VARCHAR
);

-- place counts the calls of a run from 0. mask is hexadecimal: a step may have any number of sources.
CREATE TABLE ablation_calls (
    owner VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    trace_id VARCHAR NOT NULL,
    place INTEGER NOT NULL,
    step INTEGER NOT NULL,
    mask VARCHAR NOT NULL,
    sample INTEGER NOT NULL,
    answer VARCHAR NOT NULL,
    finish_reason VARCHAR,
    model VARCHAR,
    tokens_in BIGINT,
    tokens_out BIGINT,
    tokens_cached BIGINT,
    cost DOUBLE,
    cost_source VARCHAR,
    duration_ms DOUBLE,
    at_ns BIGINT NOT NULL
);
