-- Everybody's traces, for those who judge them.
SELECT owner, trace_id, seq, first_seq, span_count, state, last_received_ns, session_id, has_logs
FROM (FROM traces UNION ALL FROM trace_updates)
WHERE seq > $after {conditions}
QUALIFY row_number() OVER (PARTITION BY owner, trace_id ORDER BY seq DESC) = 1
ORDER BY seq
LIMIT $limit
