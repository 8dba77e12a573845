DELETE FROM contents
WHERE owner = $owner
  AND id IN (SELECT id FROM uses WHERE owner = $owner AND trace_id IN (SELECT unnest(string_split($trace_ids, ' '))))
  AND id NOT IN (SELECT id FROM uses WHERE owner = $owner AND trace_id NOT IN (SELECT unnest(string_split($trace_ids, ' '))));
DELETE FROM uses WHERE owner = $owner AND trace_id IN (SELECT unnest(string_split($trace_ids, ' ')));
DELETE FROM spans WHERE owner = $owner AND trace_id IN (SELECT unnest(string_split($trace_ids, ' ')));
DELETE FROM logs WHERE owner = $owner AND trace_id IN (SELECT unnest(string_split($trace_ids, ' ')));
DELETE FROM registrations WHERE owner = $owner AND trace_id IN (SELECT unnest(string_split($trace_ids, ' ')));
DELETE FROM traces WHERE owner = $owner AND trace_id IN (SELECT unnest(string_split($trace_ids, ' ')));
DELETE FROM trace_updates WHERE owner = $owner AND trace_id IN (SELECT unnest(string_split($trace_ids, ' ')));
DELETE FROM violations WHERE owner = $owner AND trace_id IN (SELECT unnest(string_split($trace_ids, ' ')));
DELETE FROM ablation_runs WHERE owner = $owner AND trace_id IN (SELECT unnest(string_split($trace_ids, ' ')));
DELETE FROM ablation_calls WHERE owner = $owner AND trace_id IN (SELECT unnest(string_split($trace_ids, ' ')));
