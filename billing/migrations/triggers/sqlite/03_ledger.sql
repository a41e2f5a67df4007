-- The ledger (G5): one currency per posting, an entry seals its postings, and balances follow the postings by themselves.

CREATE TRIGGER posting_keeps_one_currency BEFORE INSERT ON billing_posting
WHEN (SELECT COUNT(*) FROM billing_ledgeraccount WHERE id IN (NEW.debit_id, NEW.credit_id) AND currency = NEW.currency) <> 2
BEGIN
  SELECT RAISE(ABORT, 'posting_keeps_one_currency');
END;

CREATE TRIGGER sealed_entry_takes_no_posting BEFORE INSERT ON billing_posting
WHEN EXISTS (SELECT 1 FROM billing_entry WHERE id = NEW.entry_id)
BEGIN
  SELECT RAISE(ABORT, 'sealed_entry_takes_no_posting');
END;

CREATE TRIGGER entry_has_postings BEFORE INSERT ON billing_entry
WHEN NOT EXISTS (SELECT 1 FROM billing_posting WHERE entry_id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'entry_has_postings');
END;

-- Only customers' accounts keep a balance: a shared row touched by every posting would make all of them wait.
CREATE TRIGGER posting_moves_the_balance AFTER INSERT ON billing_posting
BEGIN
  UPDATE billing_ledgeraccount SET balance_minor = balance_minor - NEW.amount_minor
  WHERE id = NEW.debit_id AND kind = 'customer';
  UPDATE billing_ledgeraccount SET balance_minor = balance_minor + NEW.amount_minor
  WHERE id = NEW.credit_id AND kind = 'customer';
END;

CREATE TRIGGER ledger_account_starts_at_zero BEFORE INSERT ON billing_ledgeraccount
WHEN NEW.balance_minor <> 0
BEGIN
  SELECT RAISE(ABORT, 'ledger_account_starts_at_zero');
END;

CREATE TRIGGER ledger_account_keeps_its_nature BEFORE UPDATE ON billing_ledgeraccount
WHEN OLD.id IS NOT NEW.id OR OLD.seller_id IS NOT NEW.seller_id OR OLD.kind IS NOT NEW.kind
  OR OLD.currency IS NOT NEW.currency OR OLD.billing_account_id IS NOT NEW.billing_account_id
BEGIN
  SELECT RAISE(ABORT, 'ledger_account_keeps_its_nature');
END;

-- The balance that is kept is the sum of the postings, whoever writes it.
CREATE TRIGGER ledger_balance_follows_its_postings BEFORE UPDATE ON billing_ledgeraccount
WHEN OLD.balance_minor IS NOT NEW.balance_minor AND (NEW.kind <> 'customer' OR NEW.balance_minor <> (
  SELECT COALESCE(SUM(amount_minor), 0) FROM billing_posting WHERE credit_id = NEW.id) - (
  SELECT COALESCE(SUM(amount_minor), 0) FROM billing_posting WHERE debit_id = NEW.id))
BEGIN
  SELECT RAISE(ABORT, 'ledger_balance_follows_its_postings');
END;

CREATE TRIGGER ledger_account_never_vanishes BEFORE DELETE ON billing_ledgeraccount
BEGIN
  SELECT RAISE(ABORT, 'ledger_account_never_vanishes');
END;
