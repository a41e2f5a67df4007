-- Invoices and the credit that pays them (G6, G7).

-- The row of the invoice seals its lines: their count and sum, and the charges they collect, agree with it.
CREATE OR REPLACE FUNCTION billing_guard_invoice_insert() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.line_count IS DISTINCT FROM (SELECT COUNT(*) FROM SCHEMA.billing_invoiceline WHERE invoice_id = NEW.id)
    OR NEW.total_minor IS DISTINCT FROM (SELECT SUM(amount_minor) FROM SCHEMA.billing_invoiceline WHERE invoice_id = NEW.id)
    OR NEW.total_minor IS DISTINCT FROM (
      SELECT SUM(c.amount_minor) FROM SCHEMA.billing_charge c JOIN SCHEMA.billing_invoiceline l ON c.line_id = l.id
      WHERE l.invoice_id = NEW.id)
    OR NEW.open_minor <> NEW.total_minor THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'invoice_equals_its_lines';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM SCHEMA.billing_numberseries
                 WHERE "key" = NEW.series || '-' || NEW.year AND last >= NEW.sequence) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'invoice_number_was_handed_out';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoice_equals_its_lines BEFORE INSERT ON billing_invoice
  FOR EACH ROW EXECUTE FUNCTION billing_guard_invoice_insert();

CREATE OR REPLACE FUNCTION billing_guard_line() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM SCHEMA.billing_invoice WHERE id = NEW.invoice_id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'issued_invoice_takes_no_line';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER issued_invoice_takes_no_line BEFORE INSERT ON billing_invoiceline
  FOR EACH ROW EXECUTE FUNCTION billing_guard_line();

-- Only what is still open may change, and only to what the allocations leave.
CREATE OR REPLACE FUNCTION billing_guard_invoice_update() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF to_jsonb(OLD) - 'open_minor' IS DISTINCT FROM to_jsonb(NEW) - 'open_minor'
    OR NEW.open_minor <> NEW.total_minor - (
      SELECT COALESCE(SUM(amount_minor), 0) FROM SCHEMA.billing_allocation WHERE invoice_id = NEW.id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'issued_invoice_is_immutable';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER issued_invoice_is_immutable BEFORE UPDATE ON billing_invoice
  FOR EACH ROW EXECUTE FUNCTION billing_guard_invoice_update();

CREATE TRIGGER issued_invoice_never_vanishes BEFORE DELETE ON billing_invoice
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('issued_invoice_never_vanishes');
CREATE TRIGGER invoices_are_never_emptied BEFORE TRUNCATE ON billing_invoice
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('invoices_are_never_emptied');

CREATE OR REPLACE FUNCTION billing_guard_allocation() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.invoice_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM SCHEMA.billing_credit c JOIN SCHEMA.billing_invoice i ON i.account_id = c.account_id AND i.currency = c.currency
    WHERE c.id = NEW.credit_id AND i.id = NEW.invoice_id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'allocation_stays_within_one_account';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER allocation_stays_within_one_account BEFORE INSERT ON billing_allocation
  FOR EACH ROW EXECUTE FUNCTION billing_guard_allocation();

CREATE OR REPLACE FUNCTION billing_apply_allocation() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE SCHEMA.billing_credit SET unapplied_minor = amount_minor - (
    SELECT SUM(amount_minor) FROM SCHEMA.billing_allocation WHERE credit_id = NEW.credit_id)
  WHERE id = NEW.credit_id;
  UPDATE SCHEMA.billing_invoice SET open_minor = total_minor - (
    SELECT SUM(amount_minor) FROM SCHEMA.billing_allocation WHERE invoice_id = NEW.invoice_id)
  WHERE id = NEW.invoice_id;
  RETURN NULL;
END $$;
CREATE TRIGGER allocation_uses_credit_and_settles AFTER INSERT ON billing_allocation
  FOR EACH ROW EXECUTE FUNCTION billing_apply_allocation();

CREATE TRIGGER credit_starts_whole BEFORE INSERT ON billing_credit
  FOR EACH ROW WHEN (NEW.unapplied_minor <> NEW.amount_minor) EXECUTE FUNCTION billing_refuse('credit_starts_whole');

CREATE OR REPLACE FUNCTION billing_guard_credit_update() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF to_jsonb(OLD) - 'unapplied_minor' IS DISTINCT FROM to_jsonb(NEW) - 'unapplied_minor'
    OR NEW.unapplied_minor <> NEW.amount_minor - (
      SELECT COALESCE(SUM(amount_minor), 0) FROM SCHEMA.billing_allocation WHERE credit_id = NEW.id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'credit_is_what_its_allocations_leave';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER credit_is_what_its_allocations_leave BEFORE UPDATE ON billing_credit
  FOR EACH ROW EXECUTE FUNCTION billing_guard_credit_update();

CREATE TRIGGER credit_never_vanishes BEFORE DELETE ON billing_credit
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('credit_never_vanishes');
CREATE TRIGGER credits_are_never_emptied BEFORE TRUNCATE ON billing_credit
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('credits_are_never_emptied');

CREATE TRIGGER number_series_only_rises BEFORE UPDATE ON billing_numberseries
  FOR EACH ROW WHEN (NEW.last < OLD.last OR NEW."key" IS DISTINCT FROM OLD."key")
  EXECUTE FUNCTION billing_refuse('number_series_only_rises');
CREATE TRIGGER number_series_never_vanishes BEFORE DELETE ON billing_numberseries
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('number_series_never_vanishes');
CREATE TRIGGER number_series_are_never_emptied BEFORE TRUNCATE ON billing_numberseries
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('number_series_are_never_emptied');
