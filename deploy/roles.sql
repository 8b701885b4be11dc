-- Roles of the production database (RELIABILITY R21). Run once as superuser, in the database `bihuan`:
--   psql -v app_password=… -v owner_password=… -v reader_password=… -v backup_password=… -f deploy/roles.sql bihuan
-- bihuan_owner owns the tables and runs `migrate`; bihuan_app is what web, worker and beat use: no DDL, and on the
-- ledgers and the audit trail no UPDATE, DELETE or TRUNCATE. bihuan_reader is for reports by SQL, bihuan_backup for pg_dump.

CREATE ROLE bihuan_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE bihuan_app LOGIN PASSWORD :'app_password';
CREATE ROLE bihuan_reader LOGIN PASSWORD :'reader_password';
CREATE ROLE bihuan_backup LOGIN PASSWORD :'backup_password';

REVOKE ALL ON DATABASE bihuan FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE bihuan TO bihuan_owner, bihuan_app, bihuan_reader, bihuan_backup;
GRANT USAGE, CREATE ON SCHEMA public TO bihuan_owner;
GRANT USAGE ON SCHEMA public TO bihuan_app, bihuan_reader, bihuan_backup;

ALTER DEFAULT PRIVILEGES FOR ROLE bihuan_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO bihuan_app;
ALTER DEFAULT PRIVILEGES FOR ROLE bihuan_owner IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO bihuan_app;
ALTER DEFAULT PRIVILEGES FOR ROLE bihuan_owner IN SCHEMA public GRANT SELECT ON TABLES TO bihuan_reader, bihuan_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE bihuan_owner IN SCHEMA public GRANT SELECT ON SEQUENCES TO bihuan_backup;
