INSERT INTO settings VALUES ($owner, $name, $value)
