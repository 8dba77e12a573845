SELECT * FROM traces_of($owner)
WHERE session_id = $session_id AND (span_count > 0 OR registered)
ORDER BY coalesce(start_ns, last_received_ns), trace_id
LIMIT $limit
