SELECT trace_id FROM traces_of($owner)
WHERE last_received_ns < $before
ORDER BY last_received_ns
LIMIT $limit
