-- What clients said of the wanted traces, oldest first. Wanted: (owner, trace_id).
SELECT owner, trace_id, id_form, name, agent_name, environment, session_id, user_id, metadata
FROM registrations SEMI JOIN wanted USING (owner, trace_id)
ORDER BY registrations.seq
