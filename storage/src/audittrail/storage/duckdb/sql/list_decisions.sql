SELECT * EXCLUDE (owner) FROM decisions
WHERE owner = $owner AND ($violation_id IS NULL OR violation_id = $violation_id)
ORDER BY seq DESC
LIMIT $limit
