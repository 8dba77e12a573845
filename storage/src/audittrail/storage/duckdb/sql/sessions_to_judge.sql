SELECT {columns} FROM traces_of($owner)
WHERE list_contains($session_ids, session_id) AND span_count > 0
