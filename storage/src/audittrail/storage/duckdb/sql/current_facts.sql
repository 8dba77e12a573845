-- The state of every span of the wanted traces, for roll-ups. Wanted: (owner, trace_id, low, high).
WITH versions AS (
    SELECT spans.*, version_rank(spans.phase, spans.seq) AS rank
    FROM spans
    JOIN wanted
      ON wanted.owner = spans.owner AND wanted.trace_id = spans.trace_id
     AND spans.seq BETWEEN wanted.low AND wanted.high
    WHERE spans.seq BETWEEN $low AND $high
)
SELECT
    owner,
    count(*) AS versions,
    trace_id,
    span_id,
    arg_max(parent_span_id, rank) AS parent_span_id,
    max(phase) AS phase,
    arg_max(name, rank) AS name,
    arg_max(span_type, rank) AS span_type,
    arg_max(status, rank) AS status,
    arg_max(start_ns, rank) AS start_ns,
    arg_max(end_ns, rank) AS end_ns,
    arg_max(model, rank) AS model,
    arg_max(tokens_in, rank) AS tokens_in,
    arg_max(tokens_out, rank) AS tokens_out,
    arg_max(tokens_cached, rank) AS tokens_cached,
    arg_max(tokens_cache_write, rank) AS tokens_cache_write,
    arg_max(tokens_reasoning, rank) AS tokens_reasoning,
    arg_max({'usd': cost}, rank) FILTER (cost_source IS NOT NULL) AS cost,
    arg_max(cost_source, rank) AS cost_source,
    arg_max(response_id, rank) AS response_id,
    arg_max(session_id, rank) AS session_id,
    arg_max(user_id, rank) AS user_id,
    arg_max(agent_name, rank) AS agent_name,
    arg_max(environment, rank) AS environment,
    arg_max(service_name, rank) AS service_name,
    arg_max(remote_parent, rank) AS remote_parent,
    contains(arg_max(flags, rank), '"internal"') AS internal,
    arg_max(id_form, rank) AS id_form
FROM versions
GROUP BY owner, trace_id, span_id
ORDER BY owner, trace_id, span_id
