SELECT * FROM spans
WHERE seq > $after AND seq <= $until AND origin = 'otlp'
ORDER BY seq
