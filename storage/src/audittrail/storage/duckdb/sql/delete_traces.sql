DELETE FROM spans WHERE owner = $owner AND list_contains($trace_ids, trace_id);
DELETE FROM logs WHERE owner = $owner AND list_contains($trace_ids, trace_id);
DELETE FROM registrations WHERE owner = $owner AND list_contains($trace_ids, trace_id);
DELETE FROM traces WHERE owner = $owner AND list_contains($trace_ids, trace_id);
DELETE FROM trace_updates WHERE owner = $owner AND list_contains($trace_ids, trace_id);
