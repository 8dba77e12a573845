-- Span data has no key and no index: every received version is a new row with a rising seq, and
-- readers resolve the latest (docs/adr/001-append-only-revisions.md).
CREATE TABLE spans (
    owner VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    received_ns BIGINT NOT NULL,
    origin VARCHAR NOT NULL,
    phase SMALLINT NOT NULL,
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR NOT NULL,
    parent_span_id VARCHAR,
    id_form SMALLINT NOT NULL,
    remote_parent BOOLEAN NOT NULL,
    name VARCHAR,
    span_type VARCHAR,
    kind SMALLINT,
    status VARCHAR,
    status_message VARCHAR,
    start_ns BIGINT,
    end_ns BIGINT,
    input VARCHAR,
    input_key VARCHAR,
    output VARCHAR,
    output_key VARCHAR,
    model VARCHAR,
    request_model VARCHAR,
    provider VARCHAR,
    framework VARCHAR,
    response_id VARCHAR,
    finish_reason VARCHAR,
    tokens_in BIGINT,
    tokens_out BIGINT,
    tokens_cached BIGINT,
    tokens_cache_write BIGINT,
    tokens_reasoning BIGINT,
    ttft_ms DOUBLE,
    cost DOUBLE,
    cost_source VARCHAR,
    tool_calls VARCHAR,
    session_id VARCHAR,
    user_id VARCHAR,
    agent_name VARCHAR,
    environment VARCHAR,
    service_name VARCHAR,
    attributes VARCHAR,
    events VARCHAR,
    links VARCHAR,
    resource VARCHAR,
    scope VARCHAR,
    extra VARCHAR,
    trace_flags BIGINT,
    dialect VARCHAR,
    flags VARCHAR
);

CREATE TABLE logs (
    owner VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    received_ns BIGINT NOT NULL,
    trace_id VARCHAR,
    span_id VARCHAR,
    time_ns BIGINT,
    observed_ns BIGINT,
    severity SMALLINT,
    severity_text VARCHAR,
    event_name VARCHAR,
    response_id VARCHAR,
    body VARCHAR,
    attributes VARCHAR,
    resource VARCHAR,
    scope VARCHAR,
    trace_flags BIGINT,
    digest VARCHAR NOT NULL
);

CREATE TABLE registrations (
    owner VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    received_ns BIGINT NOT NULL,
    trace_id VARCHAR NOT NULL,
    id_form SMALLINT NOT NULL,
    name VARCHAR,
    agent_name VARCHAR,
    environment VARCHAR,
    session_id VARCHAR,
    user_id VARCHAR,
    metadata VARCHAR
);

CREATE TABLE traces (
    owner VARCHAR NOT NULL,
    trace_id VARCHAR NOT NULL,
    id_form BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_received_ns BIGINT NOT NULL,
    name VARCHAR,
    root_span_id VARCHAR,
    state VARCHAR NOT NULL,
    start_ns BIGINT,
    end_ns BIGINT,
    span_count BIGINT NOT NULL,
    open_spans BIGINT NOT NULL,
    error_count BIGINT NOT NULL,
    missing_parents BIGINT NOT NULL,
    llm_calls BIGINT NOT NULL,
    tool_calls BIGINT NOT NULL,
    tokens_in BIGINT,
    tokens_out BIGINT,
    tokens_cached BIGINT,
    tokens_cache_write BIGINT,
    tokens_reasoning BIGINT,
    cost DOUBLE,
    cost_source VARCHAR,
    unpriced_spans BIGINT NOT NULL,
    violation_count BIGINT NOT NULL,
    agent_name VARCHAR,
    environment VARCHAR,
    session_id VARCHAR,
    user_id VARCHAR,
    service_name VARCHAR,
    models VARCHAR NOT NULL,
    metadata VARCHAR,
    has_logs BOOLEAN NOT NULL,
    registered BOOLEAN NOT NULL
);

-- Newer rows of traces, moved there in bulk; the latest seq of a trace is its state.
CREATE TABLE trace_updates AS FROM traces WITH NO DATA;

CREATE TABLE users (
    id VARCHAR NOT NULL,
    email VARCHAR NOT NULL,
    password_hash VARCHAR NOT NULL,
    created_ns BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    scopes VARCHAR[] NOT NULL,
    prefix VARCHAR NOT NULL,
    secret_hash VARCHAR NOT NULL,
    created_ns BIGINT NOT NULL,
    last_used_ns BIGINT
);

CREATE TABLE settings (
    owner VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    value VARCHAR NOT NULL
);
