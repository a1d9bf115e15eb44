SELECT count(DISTINCT user_id) AS voters, count(*) AS votes, sum(weight) AS weighted, count(*) FILTER (WHERE choice IS NULL) AS lost FROM votes
