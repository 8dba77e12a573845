SELECT span_id, arg_max(id_form, version_rank(phase, seq)) AS id_form
FROM versions_of($owner, $trace_id, $low, $high)
GROUP BY span_id
HAVING max(phase) > 0 AND bool_or(
    says(name, $words, $pattern) OR cell_says(input, $words, $pattern)
    OR cell_says(output, $words, $pattern)
    OR CASE WHEN is_recipe(input) THEN list_has_any(part_ids(input), $parts) ELSE false END
    OR CASE WHEN is_recipe(output) THEN list_has_any(part_ids(output), $parts) ELSE false END
)
ORDER BY min(start_ns), span_id
LIMIT $limit
