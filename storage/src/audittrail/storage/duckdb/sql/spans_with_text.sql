SELECT span_id, arg_max(id_form, version_rank(phase, seq)) AS id_form
FROM versions_of($owner, $trace_id, $low, $high)
GROUP BY span_id
HAVING max(phase) > 0 AND bool_or(
    name ILIKE $pattern ESCAPE '\'
    OR input ILIKE $pattern ESCAPE '\' OR input ILIKE $escaped_pattern ESCAPE '\'
    OR output ILIKE $pattern ESCAPE '\' OR output ILIKE $escaped_pattern ESCAPE '\'
)
ORDER BY min(start_ns), span_id
LIMIT $limit
