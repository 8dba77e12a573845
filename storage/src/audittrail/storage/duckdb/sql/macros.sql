-- The one place where reads are scoped to their owner: every other query reads through these.
CREATE OR REPLACE MACRO version_rank(phase, seq) AS (phase::BIGINT << 60) + seq;

-- What a sum of BIGINTs is shown as where no BIGINT holds it; null stays null.
CREATE OR REPLACE MACRO at_most_bigint(total) AS
    CASE WHEN total > 9223372036854775807 THEN 9223372036854775807 ELSE total END::BIGINT;

CREATE OR REPLACE MACRO traces_of(the_owner) AS TABLE
    SELECT base.* FROM traces base
    ANTI JOIN (SELECT trace_id FROM trace_updates WHERE owner = the_owner) newer USING (trace_id)
    WHERE base.owner = the_owner
    UNION ALL
    SELECT * FROM trace_updates
    WHERE owner = the_owner
    QUALIFY row_number() OVER (PARTITION BY trace_id ORDER BY seq DESC) = 1;

CREATE OR REPLACE MACRO versions_of(the_owner, the_trace, low, high) AS TABLE
    SELECT * FROM spans
    WHERE owner = the_owner AND trace_id = the_trace AND seq BETWEEN low AND high;

CREATE OR REPLACE MACRO logs_of(the_owner, the_trace, low, high) AS TABLE
    SELECT * FROM logs
    WHERE owner = the_owner AND trace_id = the_trace AND seq BETWEEN low AND high;

-- What a cell says by itself: all of a short text; of a recipe the end that is too short for a part,
-- its short first entries, and how many elements it has (storage/contents/recipe.py).
CREATE OR REPLACE MACRO is_recipe(cell) AS starts_with(cell, chr(29));

CREATE OR REPLACE MACRO rest_of(cell) AS array_to_string(string_split(cell, '|')[5:], '|');

CREATE OR REPLACE MACRO inline_text(cell) AS
    CASE WHEN is_recipe(cell) THEN json_extract_string(rest_of(cell), '$[1]') ELSE cell END;

CREATE OR REPLACE MACRO inline_entries(cell) AS
    CASE WHEN is_recipe(cell) THEN json_extract(rest_of(cell), '$[2]')::VARCHAR ELSE cell END;

CREATE OR REPLACE MACRO elements(cell) AS
    CASE WHEN is_recipe(cell) THEN try_cast(string_split(cell, '|')[3] AS BIGINT)
         ELSE json_array_length(cell)::BIGINT END;

-- Whether a text has these words in it, in any case, or their pattern, which is there if JSON may
-- write them in another way (words.py). ILIKE takes four times as long as this, and a
-- CASE that gives texts makes copies of them.
CREATE OR REPLACE MACRO says(body, words, pattern) AS
    contains(lower(body), lower(words)) OR pattern <> '' AND regexp_matches(lower(body), pattern);

CREATE OR REPLACE MACRO cell_says(cell, words, pattern) AS
    CASE WHEN is_recipe(cell) THEN says(json_extract_string(rest_of(cell), '$[1]'), words, pattern)
         ELSE says(cell, words, pattern) END;

CREATE OR REPLACE MACRO parts_matching(the_owner, words, pattern) AS TABLE
    SELECT id FROM contents
    WHERE owner = the_owner
      AND CASE WHEN lead IS NULL THEN says(text, words, pattern)
               ELSE says(lead || text, words, pattern) END;

CREATE OR REPLACE MACRO spans_matching(the_owner, words, pattern) AS TABLE
    SELECT trace_id FROM spans
    WHERE owner = the_owner
      AND (says(name, words, pattern) OR cell_says(input, words, pattern)
           OR cell_says(output, words, pattern))
    UNION ALL
    SELECT trace_id FROM logs
    WHERE owner = the_owner AND trace_id IS NOT NULL AND cell_says(body, words, pattern)
    UNION ALL
    SELECT trace_id FROM uses
    WHERE owner = the_owner AND field IN ('input', 'output', 'body')
      AND id IN (FROM parts_matching(the_owner, words, pattern));

CREATE OR REPLACE MACRO violations_of(the_owner) AS TABLE
    SELECT newest.*, decided.reason AS decision_reason, decided.decided_by, decided.decided_ns,
        CASE WHEN newest.state = 'withdrawn' THEN 'withdrawn'
             WHEN coalesce(decided.kind, 'reopened') = 'reopened' THEN 'open'
             ELSE decided.kind END AS status
    FROM (
        SELECT *, min(judged_ns) OVER (PARTITION BY id) AS found_ns FROM violations
        WHERE owner = the_owner
        QUALIFY row_number() OVER (PARTITION BY id ORDER BY seq DESC) = 1
    ) newest
    LEFT JOIN (
        SELECT violation_id, kind, reason, decided_by, decided_ns FROM decisions
        WHERE owner = the_owner
        QUALIFY row_number() OVER (PARTITION BY violation_id ORDER BY seq DESC) = 1
    ) decided ON decided.violation_id = newest.id;
