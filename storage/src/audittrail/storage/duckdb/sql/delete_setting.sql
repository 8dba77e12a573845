DELETE FROM settings WHERE owner = $owner AND name = $name
