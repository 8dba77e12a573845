SELECT count(*) AS traces FROM traces_of($owner) WHERE last_received_ns < $before
