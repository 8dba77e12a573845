-- How ids were written, of some traces and some of their spans.
WITH wanted AS (
    SELECT trace_id, id_form, first_seq AS low, seq AS high FROM traces_of($owner)
    WHERE trace_id IN (SELECT unnest(string_split($trace_ids, ' ')))
), written AS (
    SELECT trace_id, span_id, max(spans.id_form) AS span_form
    FROM spans JOIN wanted USING (trace_id)
    WHERE owner = $owner
      AND seq BETWEEN (SELECT min(low) FROM wanted) AND (SELECT max(high) FROM wanted)
      AND span_id IN (SELECT unnest(string_split($span_ids, ' ')))
    GROUP BY trace_id, span_id
)
SELECT trace_id, id_form, span_id, span_form FROM wanted LEFT JOIN written USING (trace_id)
