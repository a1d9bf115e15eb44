SELECT post_id, any_value(title) AS title, choice, country, count(*) AS votes, sum(weight) AS weighted
FROM votes WHERE choice IS NOT NULL AND choice <> '' GROUP BY ALL
