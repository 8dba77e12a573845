SELECT * FROM traces_of($owner)
WHERE trace_id = $trace_id AND (span_count > 0 OR registered)
