INSERT INTO users VALUES ($id, $email, $password_hash, $created_ns)
