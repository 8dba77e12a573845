WITH call AS (
    SELECT trace_id, span_id, phase, seq, model, cost, cost_source FROM spans
    WHERE owner = $owner AND phase > 0 AND model IS NOT NULL
    ORDER BY seq DESC
    LIMIT $limit
), latest AS (
    SELECT * FROM call
    QUALIFY row_number() OVER (
        PARTITION BY trace_id, span_id ORDER BY version_rank(phase, seq) DESC
    ) = 1
)
SELECT model, coalesce(cost_source, 'unpriced') AS cost_source, count(*) AS calls, sum(cost) AS cost
FROM latest
GROUP BY ALL
ORDER BY calls DESC, model, cost_source
