-- Parts of long texts, stored once per owner: a cell that begins with U+001D is a recipe of them
-- (storage/contents/recipe.py). The lead is the text before a part that was cut within a sentence.
CREATE TABLE contents (
    owner VARCHAR NOT NULL,
    id BIGINT NOT NULL,
    lead VARCHAR,
    text VARCHAR NOT NULL USING COMPRESSION zstd
);

-- Which parts a trace needs, and in which column. A row may repeat.
CREATE TABLE uses (
    owner VARCHAR NOT NULL,
    trace_id VARCHAR NOT NULL,
    field VARCHAR NOT NULL,
    id BIGINT NOT NULL
);
