SELECT * FROM spans WHERE owner = $owner AND seq IN ({seqs})
