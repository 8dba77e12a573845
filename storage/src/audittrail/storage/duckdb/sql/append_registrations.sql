INSERT INTO registrations BY NAME SELECT * FROM incoming
