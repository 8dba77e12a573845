-- Traces whose summary counts other violations than there are.
WITH newest AS (
    SELECT * FROM violations
    QUALIFY row_number() OVER (PARTITION BY owner, id ORDER BY seq DESC) = 1
), decided AS (
    SELECT * FROM decisions
    QUALIFY row_number() OVER (PARTITION BY owner, violation_id ORDER BY seq DESC) = 1
), counted AS (
    SELECT newest.owner, newest.trace_id,
        count(*) FILTER (state = 'open' AND coalesce(kind, '') <> 'waived') AS violations
    FROM newest
    LEFT JOIN decided ON decided.owner = newest.owner AND decided.violation_id = newest.id
    GROUP BY ALL
)
SELECT summary.trace_id, violation_count, coalesce(violations, 0) AS violations
FROM (
    SELECT owner, trace_id, violation_count FROM (FROM traces UNION ALL FROM trace_updates)
    QUALIFY row_number() OVER (PARTITION BY owner, trace_id ORDER BY seq DESC) = 1
) summary
LEFT JOIN counted ON counted.owner = summary.owner AND counted.trace_id = summary.trace_id
WHERE violation_count <> coalesce(violations, 0)
