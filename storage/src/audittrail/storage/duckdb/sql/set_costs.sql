UPDATE spans SET cost = priced.cost, cost_source = priced.cost_source
FROM incoming AS priced
WHERE spans.seq = priced.seq AND spans.seq > $after AND spans.seq <= $until
