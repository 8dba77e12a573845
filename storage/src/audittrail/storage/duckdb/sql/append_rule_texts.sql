INSERT INTO rule_texts BY NAME
SELECT * FROM incoming
ANTI JOIN rule_texts USING (owner, digest)
