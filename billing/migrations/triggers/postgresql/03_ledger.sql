-- The ledger (G5): one currency per posting, an entry seals its postings, and balances follow the postings by themselves.

CREATE OR REPLACE FUNCTION billing_guard_posting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT COUNT(*) FROM billing_ledgeraccount
      WHERE id IN (NEW.debit_id, NEW.credit_id) AND currency = NEW.currency) <> 2 THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'posting_keeps_one_currency';
  END IF;
  IF EXISTS (SELECT 1 FROM billing_entry WHERE id = NEW.entry_id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'sealed_entry_takes_no_posting';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER posting_keeps_one_currency BEFORE INSERT ON billing_posting
  FOR EACH ROW EXECUTE FUNCTION billing_guard_posting();

CREATE OR REPLACE FUNCTION billing_guard_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM billing_posting WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'entry_has_postings';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER entry_has_postings BEFORE INSERT ON billing_entry
  FOR EACH ROW EXECUTE FUNCTION billing_guard_entry();

-- Only customers' accounts keep a balance: a shared row touched by every posting would make all of them wait.
CREATE OR REPLACE FUNCTION billing_move_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE billing_ledgeraccount SET balance_minor = balance_minor - NEW.amount_minor
  WHERE id = NEW.debit_id AND kind = 'customer';
  UPDATE billing_ledgeraccount SET balance_minor = balance_minor + NEW.amount_minor
  WHERE id = NEW.credit_id AND kind = 'customer';
  RETURN NULL;
END $$;
CREATE TRIGGER posting_moves_the_balance AFTER INSERT ON billing_posting
  FOR EACH ROW EXECUTE FUNCTION billing_move_balance();

CREATE TRIGGER ledger_account_starts_at_zero BEFORE INSERT ON billing_ledgeraccount
  FOR EACH ROW WHEN (NEW.balance_minor <> 0) EXECUTE FUNCTION billing_refuse('ledger_account_starts_at_zero');

CREATE TRIGGER ledger_account_keeps_its_nature BEFORE UPDATE ON billing_ledgeraccount
  FOR EACH ROW WHEN (to_jsonb(OLD) - 'balance_minor' IS DISTINCT FROM to_jsonb(NEW) - 'balance_minor')
  EXECUTE FUNCTION billing_refuse('ledger_account_keeps_its_nature');

-- The balance moves with a posting and by no other hand: the first level is a statement, the second the postings' trigger.
CREATE OR REPLACE FUNCTION billing_guard_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 2 OR NEW.kind <> 'customer' THEN
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
