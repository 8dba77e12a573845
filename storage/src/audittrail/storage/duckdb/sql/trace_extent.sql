SELECT
    min(coalesce(start_ns, last_received_ns)) AS low,
    max(coalesce(start_ns, last_received_ns)) AS high,
    count(*) AS total
FROM traces_of($owner)
WHERE (span_count > 0 OR registered) {filters}
