-- Bronze: the latest state, one row a key.
--
-- AUTO CDC upserts the newest row by the time of its last change; a document that arrives late, with an older time than
-- the row that is there, loses. Nothing is ever deleted: an export lacks what was removed, it does not say so.

CREATE OR REFRESH STREAMING TABLE users_bronze (
  CONSTRAINT key_is_present EXPECT (id_oid IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT created_at_is_present EXPECT (created_at_date IS NOT NULL),
  CONSTRAINT support_is_not_negative EXPECT (
    COALESCE(patreon_status_lifetime_support_cents, 0) >= 0 AND COALESCE(patreon_status_campaign_lifetime_support_cents, 0) >= 0)
)
COMMENT 'Users, one row each';

CREATE FLOW users_bronze_flow AS AUTO CDC INTO users_bronze
FROM STREAM(users_raw)
KEYS (id_oid)
SEQUENCE BY COALESCE(updated_at_date, created_at_date, TIMESTAMP '1901-01-01')
COLUMNS * EXCEPT (_source_file, _ingested_at, _rescued_data)
STORED AS SCD TYPE 1;

CREATE OR REFRESH STREAMING TABLE posts_bronze (
  CONSTRAINT key_is_present EXPECT (id_oid IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT created_at_is_present EXPECT (created_at_date IS NOT NULL)
)
COMMENT 'Posts and polls, one row each; their texts stand in posts_translations_bronze';

CREATE FLOW posts_bronze_flow AS AUTO CDC INTO posts_bronze
FROM STREAM(posts_raw)
KEYS (id_oid)
SEQUENCE BY COALESCE(updated_at_date, created_at_date, TIMESTAMP '1901-01-01')
COLUMNS * EXCEPT (translations, _source_file, _ingested_at, _rescued_data)
STORED AS SCD TYPE 1;

CREATE TEMPORARY VIEW posts_translations_exploded AS
SELECT
  id_oid,
  translation.description AS translations_description,
  translation.language AS translations_language,
  translation.options AS translations_options,
  translation.title AS translations_title,
  translation.created_at_date AS translations_created_at_date,
  COALESCE(updated_at_date, created_at_date, TIMESTAMP '1901-01-01') AS changed_at
FROM STREAM(posts_raw)
LATERAL VIEW EXPLODE(translations) exploded AS translation;

CREATE OR REFRESH STREAMING TABLE posts_translations_bronze (
  CONSTRAINT key_is_present EXPECT (id_oid IS NOT NULL AND translations_language IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT created_at_is_present EXPECT (translations_created_at_date IS NOT NULL)
)
COMMENT 'Title, description and options of posts, one row a post and language';

CREATE FLOW posts_translations_bronze_flow AS AUTO CDC INTO posts_translations_bronze
FROM STREAM(posts_translations_exploded)
KEYS (id_oid, translations_language)
SEQUENCE BY changed_at
COLUMNS * EXCEPT (changed_at)
STORED AS SCD TYPE 1;

CREATE OR REFRESH STREAMING TABLE posts_comments_bronze (
  CONSTRAINT key_is_present EXPECT (id_oid IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT created_at_is_present EXPECT (created_at_date IS NOT NULL),
  CONSTRAINT post_and_user_are_present EXPECT (post_id_oid IS NOT NULL AND user_id_oid IS NOT NULL)
)
COMMENT 'Comments on posts, one row each';

CREATE FLOW posts_comments_bronze_flow AS AUTO CDC INTO posts_comments_bronze
FROM STREAM(posts_comments_raw)
KEYS (id_oid)
SEQUENCE BY COALESCE(updated_at_date, created_at_date, TIMESTAMP '1901-01-01')
COLUMNS * EXCEPT (_source_file, _ingested_at, _rescued_data)
STORED AS SCD TYPE 1;

CREATE TEMPORARY VIEW votes_exploded AS
SELECT
  * EXCEPT (votes, vote, _source_file, _ingested_at, _rescued_data),
  vote.`index` AS vote_index,
  vote.weight AS vote_weight
FROM STREAM(votes_raw)
LATERAL VIEW EXPLODE(votes) exploded AS vote;

CREATE OR REFRESH STREAMING TABLE votes_bronze (
  CONSTRAINT key_is_present EXPECT (id_oid IS NOT NULL AND vote_index IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT created_at_is_present EXPECT (created_at_date IS NOT NULL),
  CONSTRAINT weight_is_not_negative EXPECT (vote_weight >= 0)
)
COMMENT 'Votes in polls, one row a vote and chosen option';

CREATE FLOW votes_bronze_flow AS AUTO CDC INTO votes_bronze
FROM STREAM(votes_exploded)
KEYS (id_oid, vote_index)
SEQUENCE BY COALESCE(updated_at_date, created_at_date, TIMESTAMP '1901-01-01')
STORED AS SCD TYPE 1;
