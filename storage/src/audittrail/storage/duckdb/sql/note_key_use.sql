UPDATE api_keys SET last_used_ns = incoming.used_ns
FROM incoming
WHERE api_keys.id = incoming.id
  AND (api_keys.last_used_ns IS NULL OR api_keys.last_used_ns < incoming.used_ns)
