-- test: distinct posts with an English list of options, and how many of them take several votes, are those of the posts view
WITH documents AS (
  SELECT id_oid, multiple_votes, translations, COALESCE(updated_at_date, created_at_date, TIMESTAMP '1901-01-01') AS changed_at
  FROM read_files('${source}/posts{,-*}.json{,.gz,.zst}', format => 'mongo')
),
posts AS (
  SELECT id_oid, multiple_votes, ROW_NUMBER() OVER (PARTITION BY id_oid ORDER BY changed_at DESC) AS age
  FROM documents
),
english AS (
  SELECT id_oid, translation.options AS options, ROW_NUMBER() OVER (PARTITION BY id_oid ORDER BY changed_at DESC) AS age
  FROM documents
  LATERAL VIEW EXPLODE(translations) exploded AS translation
  WHERE translation.language = 'en'
),
expected AS (
  SELECT COUNT(*) AS posts, SUM(CAST(p.multiple_votes AS INT)) AS multiple_votes
  FROM posts AS p
  JOIN english AS e ON e.id_oid = p.id_oid
  WHERE p.age = 1 AND e.age = 1 AND e.options IS NOT NULL
),
actual AS (
  SELECT COUNT(*) AS posts, SUM(CAST(multiple_votes AS INT)) AS multiple_votes
  FROM (SELECT DISTINCT id_oid, multiple_votes FROM main.patreon.posts_english_silver) AS distinct_posts
)
SELECT e.posts AS expected_posts, a.posts AS posts, e.multiple_votes AS expected_multiple_votes, a.multiple_votes AS multiple_votes
FROM expected AS e CROSS JOIN actual AS a
WHERE NOT (e.posts <=> a.posts AND e.multiple_votes <=> a.multiple_votes);
