-- Periods and charges: a closed period is never recalculated, periods do not overlap, a charge is only ever collected once.

CREATE TRIGGER periods_do_not_overlap BEFORE INSERT ON billing_billingperiod
WHEN EXISTS (
  SELECT 1 FROM billing_billingperiod
  WHERE subscription_id = NEW.subscription_id AND opened_at < NEW.ended_at AND ended_at > NEW.opened_at)
BEGIN
  SELECT RAISE(ABORT, 'periods_do_not_overlap');
END;

CREATE TRIGGER closed_period_is_immutable BEFORE UPDATE ON billing_billingperiod
WHEN OLD.closed_at IS NOT NULL OR OLD.subscription_id IS NOT NEW.subscription_id
  OR OLD.start IS NOT NEW.start OR OLD.tariff_id IS NOT NEW.tariff_id OR OLD.opened_at IS NOT NEW.opened_at
  OR NEW."end" > OLD."end" OR NEW.ended_at > OLD.ended_at
BEGIN
  SELECT RAISE(ABORT, 'closed_period_is_immutable');
END;

CREATE TRIGGER period_never_vanishes BEFORE DELETE ON billing_billingperiod
BEGIN
  SELECT RAISE(ABORT, 'period_never_vanishes');
END;

CREATE TRIGGER charge_is_collected_once BEFORE UPDATE ON billing_charge
WHEN OLD.line_id IS NOT NULL OR NEW.line_id IS NULL
  OR OLD.id IS NOT NEW.id OR OLD.account_id IS NOT NEW.account_id OR OLD.subscription_id IS NOT NEW.subscription_id
  OR OLD.period_id IS NOT NEW.period_id OR OLD.kind IS NOT NEW.kind OR OLD.amount_minor IS NOT NEW.amount_minor
  OR OLD.currency IS NOT NEW.currency OR OLD.explanation IS NOT NEW.explanation OR OLD.occurred_at IS NOT NEW.occurred_at
  OR OLD.posted_at IS NOT NEW.posted_at OR OLD.billing_month IS NOT NEW.billing_month OR OLD.entry_id IS NOT NEW.entry_id
BEGIN
  SELECT RAISE(ABORT, 'charge_is_collected_once');
END;

CREATE TRIGGER charge_starts_uncollected BEFORE INSERT ON billing_charge
WHEN NEW.line_id IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'charge_starts_uncollected');
END;

-- An issued invoice is the sum of its charges and takes no other.
CREATE TRIGGER charge_joins_no_issued_invoice BEFORE UPDATE ON billing_charge
WHEN EXISTS (
  SELECT 1 FROM billing_invoiceline l JOIN billing_invoice i ON i.id = l.invoice_id WHERE l.id = NEW.line_id)
BEGIN
  SELECT RAISE(ABORT, 'charge_joins_no_issued_invoice');
END;

CREATE TRIGGER charge_never_vanishes BEFORE DELETE ON billing_charge
BEGIN
  SELECT RAISE(ABORT, 'charge_never_vanishes');
END;
