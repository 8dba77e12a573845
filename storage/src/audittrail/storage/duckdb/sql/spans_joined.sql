-- Spans of some types, spans that link to others, and what those link to; by start.
WITH found AS (
    SELECT
        span_id,
        arg_max(span_type, version_rank(phase, seq)) AS span_type,
        arg_max(start_ns, version_rank(phase, seq)) AS start_ns,
        arg_max(
            CASE WHEN is_recipe(links) THEN $linked
                 ELSE json_extract_string(links, '$[*].span_id') END,
            version_rank(phase, seq)) AS linked
    FROM versions_of($owner, $trace_id, $low, $high)
    GROUP BY span_id
    HAVING max(phase) > 0
)
SELECT span_id
FROM found
WHERE list_contains($types, span_type)
    OR len(linked) > 0
    OR span_id IN (SELECT unnest(linked) FROM found)
ORDER BY start_ns, span_id
LIMIT $limit
