-- test: number of users and their lifetime support in the exports are those of users_bronze
WITH versions AS (
  SELECT id_oid, patreon_status_lifetime_support_cents,
    ROW_NUMBER() OVER (
      PARTITION BY id_oid
      ORDER BY COALESCE(updated_at_date, created_at_date, TIMESTAMP '1901-01-01') DESC) AS age
  FROM read_files('${source}/users{,-*}.json{,.gz,.zst}', format => 'mongo')
),
expected AS (SELECT COUNT(*) AS users, SUM(patreon_status_lifetime_support_cents) AS cents FROM versions WHERE age = 1),
actual AS (SELECT COUNT(*) AS users, SUM(patreon_status_lifetime_support_cents) AS cents FROM main.patreon.users_bronze)
SELECT e.users AS expected_users, a.users AS users, e.cents AS expected_cents, a.cents AS cents
FROM expected AS e CROSS JOIN actual AS a
WHERE NOT (e.users <=> a.users AND e.cents <=> a.cents);
