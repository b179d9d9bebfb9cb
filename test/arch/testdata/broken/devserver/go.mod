module github.com/seed-44180607/lastgood/devserver
