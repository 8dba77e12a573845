SELECT (at_ns // $width) * $width AS start, count(*) AS violations FROM violations_of($owner)
WHERE true {conditions}
GROUP BY start
ORDER BY start
