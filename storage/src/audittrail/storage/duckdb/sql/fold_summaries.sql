-- Moves trace_updates into traces.
DELETE FROM traces
WHERE EXISTS (
    SELECT 1 FROM trace_updates newer
    WHERE newer.owner = traces.owner AND newer.trace_id = traces.trace_id);
INSERT INTO traces
    SELECT * FROM trace_updates
    QUALIFY row_number() OVER (PARTITION BY owner, trace_id ORDER BY seq DESC) = 1;
DELETE FROM trace_updates;
