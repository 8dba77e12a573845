-- A trace is found by the seq that the list told: the scan skips row groups that cannot hold it.
SELECT * FROM traces_of($owner) WHERE seq IN ({seqs})
