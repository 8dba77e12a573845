SELECT
    span_id,
    arg_max(parent_span_id, version_rank(phase, seq)) AS parent_span_id,
    max(phase) AS phase,
    arg_max(name, version_rank(phase, seq)) AS name,
    arg_max(span_type, version_rank(phase, seq)) AS span_type,
    arg_max(status, version_rank(phase, seq)) AS status,
    arg_max(start_ns, version_rank(phase, seq)) AS start_ns,
    arg_max(end_ns, version_rank(phase, seq)) AS end_ns,
    arg_max(model, version_rank(phase, seq)) AS model,
    arg_max(tokens_in, version_rank(phase, seq)) AS tokens_in,
    arg_max(tokens_out, version_rank(phase, seq)) AS tokens_out,
    arg_max(tokens_cached, version_rank(phase, seq)) AS tokens_cached,
    arg_max(tokens_reasoning, version_rank(phase, seq)) AS tokens_reasoning,
    arg_max({'usd': cost}, version_rank(phase, seq)) FILTER (cost_source IS NOT NULL) AS cost,
    arg_max(cost_source, version_rank(phase, seq)) AS cost_source,
    arg_max(ttft_ms, version_rank(phase, seq)) AS ttft_ms,
    arg_max(elements(events), version_rank(phase, seq)) AS events,
    arg_max(agent_name, version_rank(phase, seq)) AS agent_name,
    arg_max(remote_parent, version_rank(phase, seq)) AS remote_parent,
    arg_max(id_form, version_rank(phase, seq)) AS id_form,
    arg_max(flags, version_rank(phase, seq)) AS flags,
    max(seq) AS seq
FROM versions_of($owner, $trace_id, $low, $high)
GROUP BY span_id
HAVING max(phase) > 0 AND max(seq) > $after_seq
ORDER BY start_ns, span_id
LIMIT $most
