-- The keys of the page first, from few columns; the whole rows then.
WITH page AS (
    SELECT trace_id, {sort} AS sort_key
    FROM traces_of($owner)
    WHERE (span_count > 0 OR registered) {filters}
    ORDER BY sort_key {direction} NULLS LAST, trace_id {direction}
    LIMIT $limit
)
SELECT trace.*, page.sort_key
FROM traces_of($owner) AS trace JOIN page USING (trace_id)
ORDER BY page.sort_key {direction} NULLS LAST, trace_id {direction}
