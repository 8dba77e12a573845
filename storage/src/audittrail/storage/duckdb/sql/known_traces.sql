SELECT owner, trace_id FROM traces
UNION ALL
SELECT owner, trace_id FROM trace_updates
