SELECT {by} AS value, count(*) AS violations FROM violations_of($owner)
WHERE true {conditions}
GROUP BY value
ORDER BY violations DESC, value
