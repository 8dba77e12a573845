DELETE FROM api_keys WHERE owner = $owner AND id = $id
