-- After every `migrate`, as bihuan_owner: takes from the application what it must never do, on every table that is
-- append-only (it has triggers named <table>_no_update, _no_delete, _no_truncate).
--   psql -U bihuan_owner -f deploy/grants.sql bihuan

DO $$
DECLARE guarded record;
BEGIN
  FOR guarded IN
    SELECT c.relname AS name, bool_and(t.tgqual IS NULL) AS always
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE t.tgname IN (c.relname || '_no_update', c.relname || '_no_delete') AND NOT t.tgisinternal
    GROUP BY c.relname
  LOOP
    EXECUTE format('REVOKE TRUNCATE ON %I FROM bihuan_app', guarded.name);
    IF guarded.always THEN  -- vouchers may still be drafts: there the trigger decides row by row
      EXECUTE format('REVOKE UPDATE, DELETE ON %I FROM bihuan_app', guarded.name);
    END IF;
  END LOOP;
END $$;
