#!/bin/sh
# tables MYSQL-CONTAINER DATABASE: how many tables it has; 0 also where there is no database
docker exec -i "$1" mariadb -N -B -e \
    "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '$2'"
