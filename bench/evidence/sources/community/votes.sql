SELECT date_trunc('month', day) AS month, country, patron, vote_index, count(*) AS votes, sum(weight) AS weighted FROM votes GROUP BY ALL
