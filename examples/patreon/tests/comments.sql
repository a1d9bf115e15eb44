-- test: number and total body length of comments in the exports are those of the comments view
WITH versions AS (
  SELECT id_oid, body,
    ROW_NUMBER() OVER (
      PARTITION BY id_oid
      ORDER BY COALESCE(updated_at_date, created_at_date, TIMESTAMP '1901-01-01') DESC) AS age
  FROM read_files('${source}/posts_comments{,-*}.json{,.gz,.zst}', format => 'mongo')
),
expected AS (SELECT COUNT(*) AS comments, SUM(LENGTH(body)) AS body_length FROM versions WHERE age = 1),
actual AS (SELECT COUNT(*) AS comments, SUM(LENGTH(body)) AS body_length FROM main.patreon.flat_post_comments_join_silver)
SELECT e.comments AS expected_comments, a.comments AS comments, e.body_length AS expected_body_length, a.body_length AS body_length
FROM expected AS e CROSS JOIN actual AS a
WHERE NOT (e.comments <=> a.comments AND e.body_length <=> a.body_length);
