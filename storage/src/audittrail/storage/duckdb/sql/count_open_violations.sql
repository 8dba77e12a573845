-- By trace; of those in ids, which are hex.
SELECT trace_id, count(*) FILTER (status IN ('open', 'acknowledged')) AS violations
FROM violations_of($owner)
WHERE trace_id IN (SELECT unnest(string_split($trace_ids, ' ')))
GROUP BY trace_id
