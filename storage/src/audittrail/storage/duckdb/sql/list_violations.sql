SELECT * FROM violations_of($owner)
WHERE true {conditions}
ORDER BY at_ns DESC, id DESC
LIMIT $limit
