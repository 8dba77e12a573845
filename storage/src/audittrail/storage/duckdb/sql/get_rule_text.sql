SELECT text FROM rule_texts WHERE owner = $owner AND digest = $digest
