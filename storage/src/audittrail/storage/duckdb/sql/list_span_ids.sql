WITH span AS (
    SELECT span_id, coalesce(arg_max(start_ns, version_rank(phase, seq)), 0) AS start_ns
    FROM versions_of($owner, $trace_id, $low, $high)
    GROUP BY span_id
    HAVING max(phase) > 0
)
SELECT start_ns, span_id FROM span
WHERE (start_ns, span_id) > ($after_start, $after_id)
ORDER BY start_ns, span_id
LIMIT $limit
