-- The roastery's books. They are loaded into memory anew for each run.
CREATE TABLE stock (product TEXT, kg INTEGER, kg_per_week INTEGER);
INSERT INTO stock VALUES
  ('washed arabica, green', 410, 95),
  ('natural arabica, green', 220, 40),
  ('robusta, green', 130, 12);

CREATE TABLE purchases (supplier TEXT, day TEXT, product TEXT, kg INTEGER, euros_per_kg REAL);
INSERT INTO purchases VALUES
  ('Finca Alba', '2026-03-02', 'washed arabica, green', 900, 8.35),
  ('Finca Alba', '2026-06-15', 'washed arabica, green', 900, 8.20),
  ('Kawah Timur', '2026-07-01', 'robusta, green', 200, 4.60),
  ('Finca Alba', '2026-09-21', 'washed arabica, green', 900, 8.40);

CREATE TABLE offers (supplier TEXT, product TEXT, euros_per_kg REAL, valid_until TEXT);
INSERT INTO offers VALUES
  ('Finca Alba', 'washed arabica, green', 8.55, '2027-01-31'),
  ('Monte Claro', 'washed arabica, green', 7.90, '2027-02-28');
