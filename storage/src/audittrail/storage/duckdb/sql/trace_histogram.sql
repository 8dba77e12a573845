SELECT
    (coalesce(start_ns, last_received_ns) - $low) // $width AS place,
    count(*) AS traces,
    count(*) FILTER (state = 'error') AS failed
FROM traces_of($owner)
WHERE (span_count > 0 OR registered) {filters}
GROUP BY place
