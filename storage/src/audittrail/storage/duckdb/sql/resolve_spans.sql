-- The states of all spans, or of the chosen ones. The dropped columns are those that the caller does
-- not want. What belongs together (a cost and its source, a text and the attribute it came from)
-- comes from one version.
WITH versions AS (
    SELECT * EXCLUDE (owner {dropped}) REPLACE ({{'usd': cost}} AS cost {paired}),
        version_rank(phase, seq) AS rank
    FROM versions_of($owner, $trace_id, $low, $high)
    {chosen}
)
SELECT
    span_id,
    trace_id,
    count(*) AS versions,
    max(seq) AS seq,
    max(phase) AS phase,
    max(received_ns) AS received_ns,
    arg_max(cost, rank) FILTER (cost_source IS NOT NULL) AS cost,
    arg_max(
        COLUMNS(* EXCLUDE (span_id, trace_id, seq, phase, received_ns, cost, rank)), rank
    ) AS "\0"
FROM versions
GROUP BY span_id, trace_id
HAVING max(phase) > 0
