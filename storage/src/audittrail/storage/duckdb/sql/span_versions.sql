SELECT * FROM versions_of($owner, $trace_id, $low, $high)
WHERE span_id = $span_id
ORDER BY seq
