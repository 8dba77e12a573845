INSERT INTO contents BY NAME SELECT * FROM incoming
