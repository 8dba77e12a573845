-- The spans of some traces, each of which came once.
WITH wanted AS (
    SELECT trace_id, first_seq AS low, seq AS high FROM traces_of($owner)
    WHERE trace_id IN (SELECT unnest(string_split($trace_ids, ' ')))
)
SELECT {read}, {kept} FROM spans JOIN wanted USING (trace_id)
WHERE owner = $owner AND seq BETWEEN (SELECT min(low) FROM wanted) AND (SELECT max(high) FROM wanted)
  AND seq BETWEEN low AND high
  AND phase > 0 AND seq > $changed_after
