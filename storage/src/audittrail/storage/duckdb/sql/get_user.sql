SELECT id, email, password_hash, created_ns FROM users WHERE id = $id
