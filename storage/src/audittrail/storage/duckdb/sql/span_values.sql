WITH chosen AS (
    SELECT trace_id, first_seq, seq FROM traces_of($owner)
    WHERE (span_count > 0 OR registered) {filters}
    ORDER BY coalesce(start_ns, last_received_ns) DESC
    LIMIT $looked_at
), told AS (
    SELECT trace_id, {value} AS value FROM spans
    WHERE owner = $owner AND phase > 0
      AND seq BETWEEN (SELECT min(first_seq) FROM chosen) AND (SELECT max(seq) FROM chosen)
      AND trace_id IN (SELECT trace_id FROM chosen)
)
SELECT value, count(DISTINCT trace_id) AS traces FROM told
WHERE value IS NOT NULL AND value ILIKE $prefix ESCAPE '\'
GROUP BY value
ORDER BY traces DESC, value
LIMIT $limit
