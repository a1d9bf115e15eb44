-- Raw: every version of every document that was ever exported, as it came.
--
-- format 'mongo' reads MongoDB's Extended JSON: `_id.$oid` becomes id_oid, `created_at.$date` the TIMESTAMP created_at_date,
-- patreon_status.is_patron becomes patreon_status_is_patron. A field never seen before becomes a new column.
-- Exports are called users.json or users-2024-02-01_12:00:00.json, plain or compressed. The pattern takes no other file:
-- posts* would swallow posts_comments.

CREATE OR REFRESH STREAMING TABLE users_raw (
  CONSTRAINT key_is_present EXPECT (id_oid IS NOT NULL),
  CONSTRAINT created_at_is_present EXPECT (created_at_date IS NOT NULL)
)
COMMENT 'Users, every exported version'
AS SELECT *, _metadata.file_path AS _source_file, current_timestamp() AS _ingested_at
FROM STREAM read_files('${source}/users{,-*}.json{,.gz,.zst}', format => 'mongo');

CREATE OR REFRESH STREAMING TABLE posts_raw (
  CONSTRAINT key_is_present EXPECT (id_oid IS NOT NULL),
  CONSTRAINT created_at_is_present EXPECT (created_at_date IS NOT NULL)
)
COMMENT 'Posts and polls with their translations, every exported version'
AS SELECT *, _metadata.file_path AS _source_file, current_timestamp() AS _ingested_at
FROM STREAM read_files('${source}/posts{,-*}.json{,.gz,.zst}', format => 'mongo');

CREATE OR REFRESH STREAMING TABLE posts_comments_raw (
  CONSTRAINT key_is_present EXPECT (id_oid IS NOT NULL),
  CONSTRAINT created_at_is_present EXPECT (created_at_date IS NOT NULL)
)
COMMENT 'Comments on posts, every exported version'
AS SELECT *, _metadata.file_path AS _source_file, current_timestamp() AS _ingested_at
FROM STREAM read_files('${source}/posts_comments{,-*}.json{,.gz,.zst}', format => 'mongo');

CREATE OR REFRESH STREAMING TABLE votes_raw (
  CONSTRAINT key_is_present EXPECT (id_oid IS NOT NULL),
  CONSTRAINT created_at_is_present EXPECT (created_at_date IS NOT NULL)
)
COMMENT 'Votes in polls with their list of options, every exported version'
AS SELECT *, _metadata.file_path AS _source_file, current_timestamp() AS _ingested_at
FROM STREAM read_files('${source}/votes{,-*}.json{,.gz,.zst}', format => 'mongo');
