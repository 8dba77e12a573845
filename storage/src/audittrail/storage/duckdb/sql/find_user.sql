SELECT id, email, password_hash, created_ns FROM users WHERE lower(email) = lower($email)
