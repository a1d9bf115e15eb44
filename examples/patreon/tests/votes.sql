-- test: number and weight of votes in the exports are those of the votes view
WITH versions AS (
  SELECT id_oid, vote.`index` AS vote_index, vote.weight AS vote_weight,
    ROW_NUMBER() OVER (
      PARTITION BY id_oid, vote.`index`
      ORDER BY COALESCE(updated_at_date, created_at_date, TIMESTAMP '1901-01-01') DESC) AS age
  FROM read_files('${source}/votes{,-*}.json{,.gz,.zst}', format => 'mongo')
  LATERAL VIEW EXPLODE(votes) exploded AS vote
),
expected AS (SELECT COUNT(*) AS votes, SUM(vote_weight) AS weight FROM versions WHERE age = 1),
actual AS (SELECT COUNT(*) AS votes, SUM(vote_weight) AS weight FROM main.patreon.flat_post_votes_join_silver)
SELECT e.votes AS expected_votes, a.votes AS votes, e.weight AS expected_weight, a.weight AS weight
FROM expected AS e CROSS JOIN actual AS a
WHERE NOT (e.votes <=> a.votes AND e.weight <=> a.weight);
