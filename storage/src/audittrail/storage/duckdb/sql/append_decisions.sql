-- With what each is about.
INSERT INTO decisions BY NAME
SELECT incoming.*, found.rule_id, found.severity, found.trace_id, found.span_id,
    found.session_id, found.message
FROM incoming
JOIN violations_of($owner) found ON found.id = incoming.violation_id
