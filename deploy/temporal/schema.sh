#!/bin/sh
# Creates Temporal's databases in PostgreSQL, or brings their schema up to the
# version of the temporal-sql-tool that runs it. Safe to run again and again.
#
# Reads SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD, as the tool does.
set -eu

# bring DATABASE SCHEMA: an existing database, and the versions it already has,
# are left as they are.
bring() {
	echo "$1: schema $2"
	temporal-sql-tool --database "$1" create-database
	temporal-sql-tool --database "$1" setup-schema --version 0.0
	temporal-sql-tool --database "$1" update-schema --schema-name "$2"
}

bring temporal postgresql/v12/temporal
bring temporal_visibility postgresql/v12/visibility
echo "schema is up to date"
