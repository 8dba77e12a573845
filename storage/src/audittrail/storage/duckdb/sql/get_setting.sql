SELECT value FROM settings WHERE owner = $owner AND name = $name
