-- Tables that only grow. Each refusal names itself, so that an error message tells which wall was run into.

-- Reports about people are facts: charges are worked out from them (I-10).
CREATE TRIGGER member_change_never_changes BEFORE UPDATE ON accounts_memberchange
BEGIN
  SELECT RAISE(ABORT, 'member_change_never_changes');
END;
CREATE TRIGGER member_change_never_vanishes BEFORE DELETE ON accounts_memberchange
BEGIN
  SELECT RAISE(ABORT, 'member_change_never_vanishes');
END;
-- A confirmation only grows: what was reported once more is never taken back (D5).
CREATE TRIGGER confirmation_only_grows BEFORE UPDATE ON accounts_memberconfirmation
WHEN OLD.id IS NOT NEW.id OR OLD.member_id IS NOT NEW.member_id OR OLD.status IS NOT NEW.status OR OLD.role_id IS NOT NEW.role_id
  OR substr(NEW.instants, 1, length(OLD.instants)) IS NOT OLD.instants
BEGIN
  SELECT RAISE(ABORT, 'confirmation_only_grows');
END;
CREATE TRIGGER confirmation_never_vanishes BEFORE DELETE ON accounts_memberconfirmation
BEGIN
  SELECT RAISE(ABORT, 'confirmation_never_vanishes');
END;

-- A mistake in the ledger is reversed by a new entry (G5).
CREATE TRIGGER entry_never_changes BEFORE UPDATE ON billing_entry
BEGIN
  SELECT RAISE(ABORT, 'entry_never_changes');
END;
CREATE TRIGGER entry_never_vanishes BEFORE DELETE ON billing_entry
BEGIN
  SELECT RAISE(ABORT, 'entry_never_vanishes');
END;

-- A mistake in the ledger is reversed by a new entry (G5).
CREATE TRIGGER posting_never_changes BEFORE UPDATE ON billing_posting
BEGIN
  SELECT RAISE(ABORT, 'posting_never_changes');
END;
CREATE TRIGGER posting_never_vanishes BEFORE DELETE ON billing_posting
BEGIN
  SELECT RAISE(ABORT, 'posting_never_vanishes');
END;

-- What is wrong on an issued invoice is put right by a credit note (G6).
CREATE TRIGGER invoice_line_never_changes BEFORE UPDATE ON billing_invoiceline
BEGIN
  SELECT RAISE(ABORT, 'invoice_line_never_changes');
END;
CREATE TRIGGER invoice_line_never_vanishes BEFORE DELETE ON billing_invoiceline
BEGIN
  SELECT RAISE(ABORT, 'invoice_line_never_vanishes');
END;

-- An issued document is served as it was first rendered (G6).
CREATE TRIGGER invoice_document_never_changes BEFORE UPDATE ON billing_invoicedocument
BEGIN
  SELECT RAISE(ABORT, 'invoice_document_never_changes');
END;
CREATE TRIGGER invoice_document_never_vanishes BEFORE DELETE ON billing_invoicedocument
BEGIN
  SELECT RAISE(ABORT, 'invoice_document_never_vanishes');
END;

-- A credit note is a document: it stays as it was issued (D9).
CREATE TRIGGER credit_note_never_changes BEFORE UPDATE ON billing_creditnote
BEGIN
  SELECT RAISE(ABORT, 'credit_note_never_changes');
END;
CREATE TRIGGER credit_note_never_vanishes BEFORE DELETE ON billing_creditnote
BEGIN
  SELECT RAISE(ABORT, 'credit_note_never_vanishes');
END;

-- A payment recorded by mistake is reversed, never edited (D13).
CREATE TRIGGER payment_never_changes BEFORE UPDATE ON billing_payment
BEGIN
  SELECT RAISE(ABORT, 'payment_never_changes');
END;
CREATE TRIGGER payment_never_vanishes BEFORE DELETE ON billing_payment
BEGIN
  SELECT RAISE(ABORT, 'payment_never_vanishes');
END;

-- An allocation is undone by a negative one (G7).
CREATE TRIGGER allocation_never_changes BEFORE UPDATE ON billing_allocation
BEGIN
  SELECT RAISE(ABORT, 'allocation_never_changes');
END;
CREATE TRIGGER allocation_never_vanishes BEFORE DELETE ON billing_allocation
BEGIN
  SELECT RAISE(ABORT, 'allocation_never_vanishes');
END;

-- The stream of events tells what happened, once and for all (E9); only its place in it is given afterwards, once.
CREATE TRIGGER event_never_changes BEFORE UPDATE ON billing_event
WHEN OLD.position IS NOT NULL OR NEW.position IS NULL
  OR OLD.id IS NOT NEW.id OR OLD.public_id IS NOT NEW.public_id OR OLD.type IS NOT NEW.type OR OLD.at IS NOT NEW.at
  OR OLD.account_id IS NOT NEW.account_id
  OR OLD.instance_id IS NOT NEW.instance_id OR OLD.subscription_id IS NOT NEW.subscription_id
  OR OLD.sequence IS NOT NEW.sequence OR OLD.fact IS NOT NEW.fact
  OR OLD.data IS NOT NEW.data
BEGIN
  SELECT RAISE(ABORT, 'event_never_changes');
END;
CREATE TRIGGER event_never_vanishes BEFORE DELETE ON billing_event
BEGIN
  SELECT RAISE(ABORT, 'event_never_vanishes');
END;

-- Who did what and why is never rewritten (D15).
CREATE TRIGGER audit_record_never_changes BEFORE UPDATE ON billing_auditrecord
BEGIN
  SELECT RAISE(ABORT, 'audit_record_never_changes');
END;
CREATE TRIGGER audit_record_never_vanishes BEFORE DELETE ON billing_auditrecord
BEGIN
  SELECT RAISE(ABORT, 'audit_record_never_vanishes');
END;

-- A subscription's steps are kept with who asked for them (M12).
CREATE TRIGGER subscription_change_never_changes BEFORE UPDATE ON billing_subscriptionchange
BEGIN
  SELECT RAISE(ABORT, 'subscription_change_never_changes');
END;
CREATE TRIGGER subscription_change_never_vanishes BEFORE DELETE ON billing_subscriptionchange
BEGIN
  SELECT RAISE(ABORT, 'subscription_change_never_vanishes');
END;

-- What was announced was announced (D3).
CREATE TRIGGER access_announcement_never_changes BEFORE UPDATE ON billing_accessannouncement
BEGIN
  SELECT RAISE(ABORT, 'access_announcement_never_changes');
END;
CREATE TRIGGER access_announcement_never_vanishes BEFORE DELETE ON billing_accessannouncement
BEGIN
  SELECT RAISE(ABORT, 'access_announcement_never_vanishes');
END;
