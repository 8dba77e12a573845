SELECT seq, owner, trace_id, model, provider, coalesce(start_ns, received_ns) AS start_ns,
    tokens_in, tokens_out, tokens_cached, tokens_cache_write, tokens_reasoning, cost, cost_source
FROM spans
WHERE seq > $after AND seq <= $until AND cost_source IS DISTINCT FROM 'agent'
  AND (tokens_in IS NOT NULL OR tokens_out IS NOT NULL)
ORDER BY seq
