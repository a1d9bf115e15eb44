-- Silver: views for people, always as current as the bronze tables.

-- Posts in English, one row an option. A post without options has one row, with the option ''.
CREATE VIEW posts_english_silver
COMMENT 'Posts in English, one row an option'
AS SELECT p.*, t.* EXCEPT (id_oid, translations_options), options.`index`, options.`option`
FROM posts_bronze AS p
JOIN posts_translations_bronze AS t ON t.id_oid = p.id_oid
LATERAL VIEW POSEXPLODE(IF(SIZE(t.translations_options) = 0, ARRAY(''), t.translations_options)) options AS `index`, `option`
WHERE t.translations_language = 'en';

-- Comments with their post and their author. Both may be missing.
CREATE VIEW flat_post_comments_join_silver
COMMENT 'Comments with the post and the user they belong to'
AS SELECT
  c.id_oid AS post_comments_id_oid,
  c.* EXCEPT (id_oid),
  p.* EXCEPT (id_oid, created_at_date, updated_at_date),
  p.created_at_date AS post_created_at_date,
  t.translations_title AS post_title,
  u.* EXCEPT (id_oid, created_at_date, updated_at_date),
  u.created_at_date AS user_created_at_date
FROM posts_comments_bronze AS c
LEFT JOIN posts_bronze AS p ON p.id_oid = c.post_id_oid
LEFT JOIN posts_translations_bronze AS t ON t.id_oid = c.post_id_oid AND t.translations_language = 'en'
LEFT JOIN users_bronze AS u ON u.id_oid = c.user_id_oid;

-- Votes with the option they chose and the user who voted. Either may be missing: some votes point to a post that
-- does not exist, or beyond its options.
CREATE VIEW flat_post_votes_join_silver
COMMENT 'Votes with the chosen option and the user'
AS SELECT
  v.id_oid AS vote_id_oid,
  v.* EXCEPT (id_oid),
  p.* EXCEPT (id_oid, created_at_date, updated_at_date),
  p.created_at_date AS post_created_at_date,
  u.* EXCEPT (id_oid, created_at_date, updated_at_date),
  u.created_at_date AS user_created_at_date
FROM votes_bronze AS v
LEFT JOIN posts_english_silver AS p ON p.id_oid = v.post_id_oid AND p.`index` = v.vote_index
LEFT JOIN users_bronze AS u ON u.id_oid = v.user_id_oid;
