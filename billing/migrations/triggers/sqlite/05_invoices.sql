-- Invoices and the credit that pays them (G6, G7).

-- The row of the invoice seals its lines: their count and sum, and the charges they collect, agree with it.
CREATE TRIGGER invoice_equals_its_lines BEFORE INSERT ON billing_invoice
WHEN NEW.line_count IS NOT (SELECT COUNT(*) FROM billing_invoiceline WHERE invoice_id = NEW.id)
  OR NEW.total_minor IS NOT (SELECT SUM(amount_minor) FROM billing_invoiceline WHERE invoice_id = NEW.id)
  OR NEW.total_minor IS NOT (
    SELECT SUM(c.amount_minor) FROM billing_charge c JOIN billing_invoiceline l ON c.line_id = l.id
    WHERE l.invoice_id = NEW.id)
  OR NEW.open_minor <> NEW.total_minor
BEGIN
  SELECT RAISE(ABORT, 'invoice_equals_its_lines');
END;

CREATE TRIGGER invoice_number_was_handed_out BEFORE INSERT ON billing_invoice
WHEN NOT EXISTS (
  SELECT 1 FROM billing_numberseries WHERE "key" = NEW.series || '-' || NEW.year AND last >= NEW.sequence)
BEGIN
  SELECT RAISE(ABORT, 'invoice_number_was_handed_out');
END;

CREATE TRIGGER issued_invoice_takes_no_line BEFORE INSERT ON billing_invoiceline
WHEN EXISTS (SELECT 1 FROM billing_invoice WHERE id = NEW.invoice_id)
BEGIN
  SELECT RAISE(ABORT, 'issued_invoice_takes_no_line');
END;

-- Only what is still open may change, and only to what the allocations leave.
CREATE TRIGGER issued_invoice_is_immutable BEFORE UPDATE ON billing_invoice
WHEN OLD.id IS NOT NEW.id OR OLD.number IS NOT NEW.number OR OLD.series IS NOT NEW.series OR OLD.year IS NOT NEW.year
  OR OLD.sequence IS NOT NEW.sequence OR OLD.seller_id IS NOT NEW.seller_id OR OLD.account_id IS NOT NEW.account_id
  OR OLD."key" IS NOT NEW."key" OR OLD.kind IS NOT NEW.kind OR OLD.currency IS NOT NEW.currency
  OR OLD.locale IS NOT NEW.locale OR OLD.period_start IS NOT NEW.period_start OR OLD.period_end IS NOT NEW.period_end
  OR OLD.issue_date IS NOT NEW.issue_date OR OLD.due_date IS NOT NEW.due_date OR OLD.issued_at IS NOT NEW.issued_at
  OR OLD.line_count IS NOT NEW.line_count OR OLD.total_minor IS NOT NEW.total_minor OR OLD.tax_minor IS NOT NEW.tax_minor
  OR OLD.tax_percent IS NOT NEW.tax_percent OR OLD.credit_applied_minor IS NOT NEW.credit_applied_minor
  OR OLD.amount_due_minor IS NOT NEW.amount_due_minor OR OLD.seller_snapshot IS NOT NEW.seller_snapshot
  OR OLD.buyer_snapshot IS NOT NEW.buyer_snapshot
  OR NEW.open_minor <> NEW.total_minor - (
    SELECT COALESCE(SUM(amount_minor), 0) FROM billing_allocation WHERE invoice_id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'issued_invoice_is_immutable');
END;

CREATE TRIGGER issued_invoice_never_vanishes BEFORE DELETE ON billing_invoice
BEGIN
  SELECT RAISE(ABORT, 'issued_invoice_never_vanishes');
END;

CREATE TRIGGER allocation_stays_within_one_account BEFORE INSERT ON billing_allocation
WHEN NEW.invoice_id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM billing_credit c JOIN billing_invoice i ON i.account_id = c.account_id AND i.currency = c.currency
  WHERE c.id = NEW.credit_id AND i.id = NEW.invoice_id)
BEGIN
  SELECT RAISE(ABORT, 'allocation_stays_within_one_account');
END;

CREATE TRIGGER allocation_uses_credit_and_settles AFTER INSERT ON billing_allocation
BEGIN
  UPDATE billing_credit SET unapplied_minor = amount_minor - (
    SELECT SUM(amount_minor) FROM billing_allocation WHERE credit_id = NEW.credit_id)
  WHERE id = NEW.credit_id;
  UPDATE billing_invoice SET open_minor = total_minor - (
    SELECT SUM(amount_minor) FROM billing_allocation WHERE invoice_id = NEW.invoice_id)
  WHERE id = NEW.invoice_id;
END;

CREATE TRIGGER credit_starts_whole BEFORE INSERT ON billing_credit
WHEN NEW.unapplied_minor <> NEW.amount_minor
BEGIN
  SELECT RAISE(ABORT, 'credit_starts_whole');
END;

CREATE TRIGGER credit_is_what_its_allocations_leave BEFORE UPDATE ON billing_credit
WHEN OLD.id IS NOT NEW.id OR OLD.account_id IS NOT NEW.account_id OR OLD.kind IS NOT NEW.kind
  OR OLD.currency IS NOT NEW.currency OR OLD.amount_minor IS NOT NEW.amount_minor OR OLD.at IS NOT NEW.at
  OR OLD.entry_id IS NOT NEW.entry_id
  OR NEW.unapplied_minor <> NEW.amount_minor - (
    SELECT COALESCE(SUM(amount_minor), 0) FROM billing_allocation WHERE credit_id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'credit_is_what_its_allocations_leave');
END;

CREATE TRIGGER credit_never_vanishes BEFORE DELETE ON billing_credit
BEGIN
  SELECT RAISE(ABORT, 'credit_never_vanishes');
END;

CREATE TRIGGER number_series_only_rises BEFORE UPDATE ON billing_numberseries
WHEN NEW.last < OLD.last OR NEW."key" IS NOT OLD."key"
BEGIN
  SELECT RAISE(ABORT, 'number_series_only_rises');
END;

CREATE TRIGGER number_series_never_vanishes BEFORE DELETE ON billing_numberseries
BEGIN
  SELECT RAISE(ABORT, 'number_series_never_vanishes');
END;
