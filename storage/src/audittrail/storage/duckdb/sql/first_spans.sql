-- Where a trace's beginning is told: its root, its first model call, and the last version of each.
WITH wanted AS (
    SELECT trace_id, root_span_id, first_seq, seq FROM traces_of($owner)
    WHERE trace_id IN (SELECT unnest(string_split($trace_ids, ' ')))
), candidate AS (
    SELECT span.trace_id, span.seq, span.start_ns, span.span_type, span.phase,
        span.span_id = wanted.root_span_id AS is_root
    FROM spans span JOIN wanted USING (trace_id)
    WHERE span.owner = $owner AND span.phase > 0
      AND span.seq BETWEEN (SELECT min(first_seq) FROM wanted) AND (SELECT max(seq) FROM wanted)
)
SELECT
    arg_max(seq, version_rank(phase, seq)) FILTER (is_root) AS root,
    arg_min(seq, {'start': start_ns, 'rank': -version_rank(phase, seq)})
        FILTER (span_type = 'llm' AND start_ns IS NOT NULL) AS first_call
FROM candidate
GROUP BY trace_id
