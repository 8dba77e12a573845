SELECT min(at_ns), max(at_ns), count(*) FROM violations_of($owner)
WHERE true {conditions}
