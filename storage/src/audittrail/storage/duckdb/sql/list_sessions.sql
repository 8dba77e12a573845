WITH session AS (
    SELECT
        session_id,
        arg_max(user_id, last_received_ns) AS user_id,
        count(*) AS trace_count,
        min(coalesce(start_ns, last_received_ns)) AS first_ns,
        max(coalesce(end_ns, start_ns, last_received_ns)) AS last_ns,
        at_most_bigint(sum(end_ns - start_ns)) AS duration_ns,
        at_most_bigint(sum(tokens_in)) AS tokens_in,
        at_most_bigint(sum(tokens_out)) AS tokens_out,
        sum(cost) AS cost,
        CASE WHEN count(DISTINCT cost_source) > 1 THEN 'mixed' ELSE min(cost_source) END
            AS cost_source,
        sum(unpriced_spans)::BIGINT AS unpriced_spans,
        count(*) FILTER (state = 'error') AS failed_traces,
        count(*) FILTER (state = 'running' AND last_received_ns >= $idle_before) AS running_traces
    FROM traces_of($owner)
    WHERE session_id IS NOT NULL AND (span_count > 0 OR registered)
    GROUP BY session_id
)
SELECT * FROM session
WHERE true {conditions}
ORDER BY last_ns DESC, session_id DESC
LIMIT $limit
