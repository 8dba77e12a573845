SELECT {columns} FROM traces_of($owner)
WHERE trace_id IN (SELECT unnest(string_split($trace_ids, ' ')))
