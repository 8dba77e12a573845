-- What the summaries say of the wanted traces. Wanted: (owner, trace_id).
SELECT owner, trace_id, first_seq, seq, last_received_ns, id_form, violation_count, has_logs
FROM (
    SELECT * FROM traces SEMI JOIN wanted USING (owner, trace_id)
    UNION ALL
    SELECT * FROM trace_updates SEMI JOIN wanted USING (owner, trace_id)
)
QUALIFY row_number() OVER (PARTITION BY owner, trace_id ORDER BY seq DESC) = 1
