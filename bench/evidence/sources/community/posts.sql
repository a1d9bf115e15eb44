SELECT * FROM posts
