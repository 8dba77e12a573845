-- A row if one of the spans of some traces came more than once.
WITH wanted AS (
    SELECT trace_id, first_seq AS low, seq AS high FROM traces_of($owner)
    WHERE trace_id IN (SELECT unnest(string_split($trace_ids, ' ')))
)
SELECT 1 FROM spans JOIN wanted USING (trace_id)
WHERE owner = $owner AND seq BETWEEN (SELECT min(low) FROM wanted) AND (SELECT max(high) FROM wanted)
  AND seq BETWEEN low AND high
GROUP BY trace_id, span_id HAVING count(*) > 1
LIMIT 1
