-- test: no bronze table has a key twice, or without a value
SELECT 'users_bronze' AS table_name, id_oid AS key, COUNT(*) AS rows
FROM main.patreon.users_bronze GROUP BY id_oid HAVING COUNT(*) > 1 OR id_oid IS NULL
UNION ALL
SELECT 'posts_bronze', id_oid, COUNT(*)
FROM main.patreon.posts_bronze GROUP BY id_oid HAVING COUNT(*) > 1 OR id_oid IS NULL
UNION ALL
SELECT 'posts_translations_bronze', CONCAT(id_oid, ' ', translations_language), COUNT(*)
FROM main.patreon.posts_translations_bronze GROUP BY id_oid, translations_language
HAVING COUNT(*) > 1 OR id_oid IS NULL OR translations_language IS NULL
UNION ALL
SELECT 'posts_comments_bronze', id_oid, COUNT(*)
FROM main.patreon.posts_comments_bronze GROUP BY id_oid HAVING COUNT(*) > 1 OR id_oid IS NULL
UNION ALL
SELECT 'votes_bronze', CONCAT(id_oid, ' ', CAST(vote_index AS STRING)), COUNT(*)
FROM main.patreon.votes_bronze GROUP BY id_oid, vote_index
HAVING COUNT(*) > 1 OR id_oid IS NULL OR vote_index IS NULL;
