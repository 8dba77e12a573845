INSERT INTO trace_updates BY NAME SELECT * FROM incoming
