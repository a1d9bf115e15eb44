SELECT * FROM comments
