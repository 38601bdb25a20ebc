UPDATE wp_posts SET post_title = 'Written before the redeploy' WHERE ID = 1;
