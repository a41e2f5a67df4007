-- The ledger (G5): one currency per posting, an entry seals its postings, and balances follow the postings by themselves.

CREATE OR REPLACE FUNCTION billing_guard_posting() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (SELECT COUNT(*) FROM SCHEMA.billing_ledgeraccount
      WHERE id IN (NEW.debit_id, NEW.credit_id) AND currency = NEW.currency) <> 2 THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'posting_keeps_one_currency';
  END IF;
  IF EXISTS (SELECT 1 FROM SCHEMA.billing_entry WHERE id = NEW.entry_id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'sealed_entry_takes_no_posting';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER posting_keeps_one_currency BEFORE INSERT ON billing_posting
  FOR EACH ROW EXECUTE FUNCTION billing_guard_posting();

CREATE OR REPLACE FUNCTION billing_guard_entry() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM SCHEMA.billing_posting WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'entry_has_postings';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER entry_has_postings BEFORE INSERT ON billing_entry
  FOR EACH ROW EXECUTE FUNCTION billing_guard_entry();

-- Only customers' accounts keep a balance: a shared row touched by every posting would make all of them wait. One statement
-- may post several times: the balance moves once, by all of them, and is then the sum that its guard asks for.
CREATE OR REPLACE FUNCTION billing_move_balance() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE SCHEMA.billing_ledgeraccount AS account SET balance_minor = account.balance_minor + moved.amount_minor
  FROM (SELECT side.id, SUM(side.amount_minor) AS amount_minor
        FROM (SELECT credit_id AS id, amount_minor FROM new_postings
              UNION ALL SELECT debit_id, -amount_minor FROM new_postings) AS side
        GROUP BY side.id) AS moved
  WHERE account.id = moved.id AND account.kind = 'customer';
  RETURN NULL;
END $$;
CREATE TRIGGER posting_moves_the_balance AFTER INSERT ON billing_posting REFERENCING NEW TABLE AS new_postings
  FOR EACH STATEMENT EXECUTE FUNCTION billing_move_balance();

CREATE TRIGGER ledger_account_starts_at_zero BEFORE INSERT ON billing_ledgeraccount
  FOR EACH ROW WHEN (NEW.balance_minor <> 0) EXECUTE FUNCTION billing_refuse('ledger_account_starts_at_zero');

CREATE TRIGGER ledger_account_keeps_its_nature BEFORE UPDATE ON billing_ledgeraccount
  FOR EACH ROW WHEN (to_jsonb(OLD) - 'balance_minor' IS DISTINCT FROM to_jsonb(NEW) - 'balance_minor')
  EXECUTE FUNCTION billing_refuse('ledger_account_keeps_its_nature');

-- The balance that is kept is the sum of the postings, whoever writes it.
CREATE OR REPLACE FUNCTION billing_guard_balance() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.kind <> 'customer' OR NEW.balance_minor <> (
      SELECT COALESCE(SUM(amount_minor), 0) FROM SCHEMA.billing_posting WHERE credit_id = NEW.id) - (
      SELECT COALESCE(SUM(amount_minor), 0) FROM SCHEMA.billing_posting WHERE debit_id = NEW.id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'ledger_balance_follows_its_postings';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_balance_follows_its_postings BEFORE UPDATE ON billing_ledgeraccount
  FOR EACH ROW WHEN (OLD.balance_minor IS DISTINCT FROM NEW.balance_minor) EXECUTE FUNCTION billing_guard_balance();

CREATE TRIGGER ledger_account_never_vanishes BEFORE DELETE ON billing_ledgeraccount
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('ledger_account_never_vanishes');
CREATE TRIGGER ledger_accounts_are_never_emptied BEFORE TRUNCATE ON billing_ledgeraccount
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('ledger_accounts_are_never_emptied');
