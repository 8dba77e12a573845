SELECT max(seq) FROM (
    SELECT max(seq) AS seq FROM spans
    UNION ALL SELECT max(seq) FROM logs
    UNION ALL SELECT max(id) FROM contents
    UNION ALL SELECT max(seq) FROM registrations
    UNION ALL SELECT max(seq) FROM traces
    UNION ALL SELECT max(seq) FROM violations
    UNION ALL SELECT max(seq) FROM decisions
    UNION ALL SELECT max(seq) FROM trace_updates)
