SELECT owner, value FROM settings WHERE name = $name ORDER BY owner
