WITH chosen AS (
    SELECT * FROM traces_of($owner)
    WHERE (span_count > 0 OR registered) {filters}
    ORDER BY coalesce(start_ns, last_received_ns) DESC
    LIMIT $looked_at
), told AS (SELECT {value} AS value FROM chosen)
SELECT value, count(*) AS traces FROM told
WHERE value IS NOT NULL AND value ILIKE $prefix ESCAPE '\'
GROUP BY value
ORDER BY traces DESC, value
LIMIT $limit
