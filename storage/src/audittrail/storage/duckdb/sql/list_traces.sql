-- The keys of a page, from few columns. The rows that they name come by traces_by_seq.
SELECT trace_id, {sort} AS sort_key, seq
FROM traces_of($owner)
WHERE (span_count > 0 OR registered) {filters}
ORDER BY sort_key {direction} NULLS LAST, trace_id {direction}
LIMIT $limit
