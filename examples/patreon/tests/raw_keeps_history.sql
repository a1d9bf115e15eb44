-- test: every document of every export is in its raw table, once
WITH exported AS (
  SELECT 'users_raw' AS table_name, COUNT(*) AS documents
  FROM read_files('${source}/users{,-*}.json{,.gz,.zst}', format => 'mongo')
  UNION ALL
  SELECT 'posts_raw', COUNT(*) FROM read_files('${source}/posts{,-*}.json{,.gz,.zst}', format => 'mongo')
  UNION ALL
  SELECT 'posts_comments_raw', COUNT(*) FROM read_files('${source}/posts_comments{,-*}.json{,.gz,.zst}', format => 'mongo')
  UNION ALL
  SELECT 'votes_raw', COUNT(*) FROM read_files('${source}/votes{,-*}.json{,.gz,.zst}', format => 'mongo')
),
stored AS (
  SELECT 'users_raw' AS table_name, COUNT(*) AS documents FROM main.patreon.users_raw
  UNION ALL
  SELECT 'posts_raw', COUNT(*) FROM main.patreon.posts_raw
  UNION ALL
  SELECT 'posts_comments_raw', COUNT(*) FROM main.patreon.posts_comments_raw
  UNION ALL
  SELECT 'votes_raw', COUNT(*) FROM main.patreon.votes_raw
)
SELECT e.table_name, e.documents AS exported, s.documents AS stored
FROM exported AS e JOIN stored AS s USING (table_name)
WHERE e.documents <> s.documents;
