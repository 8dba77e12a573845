-- The texts of parts by id; the range tells the scan what row groups to skip.
SELECT id, text FROM contents
WHERE owner = $owner AND id BETWEEN $low AND $high
  AND id IN (SELECT unnest(string_split($ids, ' '))::BIGINT)
