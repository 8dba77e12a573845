INSERT INTO violations BY NAME SELECT * FROM incoming
