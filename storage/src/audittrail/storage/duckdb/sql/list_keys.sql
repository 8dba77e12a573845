SELECT id, owner, name, scopes, prefix, secret_hash, created_ns, last_used_ns
FROM api_keys
WHERE $owner IS NULL OR owner = $owner
ORDER BY created_ns DESC, id
