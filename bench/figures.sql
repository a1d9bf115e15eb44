-- The figures by which Tarn and its peers are compared: one row a figure. The schema `patreon` must be the current one.
SELECT 'users_raw' AS figure, COUNT(*) AS value FROM users_raw
UNION ALL SELECT 'posts_raw', COUNT(*) FROM posts_raw
UNION ALL SELECT 'posts_comments_raw', COUNT(*) FROM posts_comments_raw
UNION ALL SELECT 'votes_raw', COUNT(*) FROM votes_raw
UNION ALL SELECT 'users_bronze', COUNT(*) FROM users_bronze
UNION ALL SELECT 'posts_bronze', COUNT(*) FROM posts_bronze
UNION ALL SELECT 'posts_translations_bronze', COUNT(*) FROM posts_translations_bronze
UNION ALL SELECT 'posts_comments_bronze', COUNT(*) FROM posts_comments_bronze
UNION ALL SELECT 'votes_bronze', COUNT(*) FROM votes_bronze
UNION ALL SELECT 'posts_english_silver', COUNT(*) FROM posts_english_silver
UNION ALL SELECT 'posts in English', COUNT(DISTINCT id_oid) FROM posts_english_silver
UNION ALL SELECT 'flat_post_comments_join_silver', COUNT(*) FROM flat_post_comments_join_silver
UNION ALL SELECT 'flat_post_votes_join_silver', COUNT(*) FROM flat_post_votes_join_silver
UNION ALL SELECT 'votes with an option', COUNT(`option`) FROM flat_post_votes_join_silver
UNION ALL SELECT 'weight of votes', SUM(vote_weight) FROM flat_post_votes_join_silver
UNION ALL SELECT 'body length', SUM(LENGTH(body)) FROM flat_post_comments_join_silver
UNION ALL SELECT 'lifetime cents', SUM(patreon_status_lifetime_support_cents) FROM users_bronze
UNION ALL SELECT 'campaign cents', SUM(patreon_status_campaign_lifetime_support_cents) FROM users_bronze
UNION ALL SELECT 'patrons', SUM(CAST(patreon_status_is_patron AS INT)) FROM users_bronze
