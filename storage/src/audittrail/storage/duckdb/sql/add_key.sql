INSERT INTO api_keys VALUES
    ($id, $owner, $name, $scopes, $prefix, $secret_hash, $created_ns, $last_used_ns)
