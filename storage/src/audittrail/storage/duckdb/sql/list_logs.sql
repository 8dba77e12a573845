SELECT * FROM logs_of($owner, $trace_id, $low, $high)
QUALIFY row_number() OVER (PARTITION BY digest ORDER BY seq) = 1
ORDER BY coalesce(nullif(time_ns, 0), observed_ns), seq
