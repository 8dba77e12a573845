-- The states of the spans of some traces. Most spans came once: only others are merged.
WITH wanted AS (
    SELECT trace_id, first_seq AS low, seq AS high FROM traces_of($owner)
    WHERE trace_id IN (SELECT unnest(string_split($trace_ids, ' ')))
), versions AS (
    SELECT {read}, {kept}, version_rank(phase, seq) AS rank
    FROM spans JOIN wanted USING (trace_id)
    WHERE owner = $owner AND seq BETWEEN (SELECT min(low) FROM wanted) AND (SELECT max(high) FROM wanted)
      AND seq BETWEEN low AND high
      AND ($changed_after < 0 OR span_id IN (
          SELECT span_id FROM spans JOIN wanted USING (trace_id)
          WHERE owner = $owner AND seq > $changed_after AND seq <= high
      ))
), repeated AS (
    SELECT trace_id, span_id FROM versions GROUP BY ALL HAVING count(*) > 1
)
SELECT {columns}, cost, cost_source, seq FROM versions
ANTI JOIN repeated USING (trace_id, span_id)
WHERE phase > 0
UNION ALL BY NAME
SELECT trace_id, span_id, max(phase) AS phase, max(seq) AS seq,
    arg_max({{'usd': cost}}, rank) FILTER (cost_source IS NOT NULL).usd AS cost,
    arg_max(COLUMNS(* EXCLUDE (trace_id, span_id, phase, seq, cost, rank)), rank) AS "\0"
FROM versions
SEMI JOIN repeated USING (trace_id, span_id)
GROUP BY trace_id, span_id
HAVING max(phase) > 0
