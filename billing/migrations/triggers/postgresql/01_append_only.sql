-- Functions run with the rights and the settings of whoever writes, so each fixes its search_path, the temporary schema last,
-- and names its tables with their schema: SCHEMA stands for it, `billing/triggers.py` fills it in. Otherwise a temporary table
-- of the same name would be what a guard looks at.

-- Tables that only grow. One function refuses for all of them; its argument is the sentence of the refusal.

CREATE OR REPLACE FUNCTION billing_refuse() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = TG_ARGV[0];
END $$;

-- Reports about people are facts: charges are worked out from them (I-10).
CREATE TRIGGER member_change_never_changes BEFORE UPDATE ON accounts_memberchange
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('member_change_never_changes');
CREATE TRIGGER member_change_never_vanishes BEFORE DELETE ON accounts_memberchange
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('member_change_never_vanishes');
CREATE TRIGGER member_change_is_never_emptied BEFORE TRUNCATE ON accounts_memberchange
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('member_change_is_never_emptied');
-- A confirmation only grows: what was reported once more is never taken back (D5).
CREATE TRIGGER confirmation_only_grows BEFORE UPDATE ON accounts_memberconfirmation
  FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.member_id <> NEW.member_id OR OLD.status <> NEW.status OR OLD.role_id <> NEW.role_id
    OR NOT starts_with(NEW.instants, OLD.instants))
  EXECUTE FUNCTION billing_refuse('confirmation_only_grows');
CREATE TRIGGER confirmation_never_vanishes BEFORE DELETE ON accounts_memberconfirmation
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('confirmation_never_vanishes');
CREATE TRIGGER confirmations_are_never_emptied BEFORE TRUNCATE ON accounts_memberconfirmation
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('confirmations_are_never_emptied');

-- A mistake in the ledger is reversed by a new entry (G5).
CREATE TRIGGER entry_never_changes BEFORE UPDATE ON billing_entry
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('entry_never_changes');
CREATE TRIGGER entry_never_vanishes BEFORE DELETE ON billing_entry
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('entry_never_vanishes');
CREATE TRIGGER entry_is_never_emptied BEFORE TRUNCATE ON billing_entry
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('entry_is_never_emptied');

-- A mistake in the ledger is reversed by a new entry (G5).
CREATE TRIGGER posting_never_changes BEFORE UPDATE ON billing_posting
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('posting_never_changes');
CREATE TRIGGER posting_never_vanishes BEFORE DELETE ON billing_posting
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('posting_never_vanishes');
CREATE TRIGGER posting_is_never_emptied BEFORE TRUNCATE ON billing_posting
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('posting_is_never_emptied');

-- What is wrong on an issued invoice is put right by a credit note (G6).
CREATE TRIGGER invoice_line_never_changes BEFORE UPDATE ON billing_invoiceline
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('invoice_line_never_changes');
CREATE TRIGGER invoice_line_never_vanishes BEFORE DELETE ON billing_invoiceline
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('invoice_line_never_vanishes');
CREATE TRIGGER invoice_line_is_never_emptied BEFORE TRUNCATE ON billing_invoiceline
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('invoice_line_is_never_emptied');

-- An issued document is served as it was first rendered (G6).
CREATE TRIGGER invoice_document_never_changes BEFORE UPDATE ON billing_invoicedocument
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('invoice_document_never_changes');
CREATE TRIGGER invoice_document_never_vanishes BEFORE DELETE ON billing_invoicedocument
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('invoice_document_never_vanishes');
CREATE TRIGGER invoice_document_is_never_emptied BEFORE TRUNCATE ON billing_invoicedocument
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('invoice_document_is_never_emptied');

-- A credit note is a document: it stays as it was issued (D9).
CREATE TRIGGER credit_note_never_changes BEFORE UPDATE ON billing_creditnote
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('credit_note_never_changes');
CREATE TRIGGER credit_note_never_vanishes BEFORE DELETE ON billing_creditnote
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('credit_note_never_vanishes');
CREATE TRIGGER credit_note_is_never_emptied BEFORE TRUNCATE ON billing_creditnote
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('credit_note_is_never_emptied');

-- A payment recorded by mistake is reversed, never edited (D13).
CREATE TRIGGER payment_never_changes BEFORE UPDATE ON billing_payment
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('payment_never_changes');
CREATE TRIGGER payment_never_vanishes BEFORE DELETE ON billing_payment
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('payment_never_vanishes');
CREATE TRIGGER payment_is_never_emptied BEFORE TRUNCATE ON billing_payment
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('payment_is_never_emptied');

-- An allocation is undone by a negative one (G7).
CREATE TRIGGER allocation_never_changes BEFORE UPDATE ON billing_allocation
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('allocation_never_changes');
CREATE TRIGGER allocation_never_vanishes BEFORE DELETE ON billing_allocation
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('allocation_never_vanishes');
CREATE TRIGGER allocation_is_never_emptied BEFORE TRUNCATE ON billing_allocation
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('allocation_is_never_emptied');

-- The stream of events tells what happened, once and for all (E9); only its place in it is given afterwards, once.
CREATE TRIGGER event_never_changes BEFORE UPDATE ON billing_event
  FOR EACH ROW WHEN (OLD.position IS NOT NULL OR NEW.position IS NULL
    OR (OLD.id, OLD.public_id, OLD.type, OLD.at, OLD.account_id,
      OLD.instance_id, OLD.subscription_id, OLD.sequence, OLD.fact, OLD.data::text)
    IS DISTINCT FROM
      (NEW.id, NEW.public_id, NEW.type, NEW.at, NEW.account_id,
      NEW.instance_id, NEW.subscription_id, NEW.sequence, NEW.fact, NEW.data::text))
  EXECUTE FUNCTION billing_refuse('event_never_changes');
CREATE TRIGGER event_never_vanishes BEFORE DELETE ON billing_event
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('event_never_vanishes');
CREATE TRIGGER event_is_never_emptied BEFORE TRUNCATE ON billing_event
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('event_is_never_emptied');

-- Who did what and why is never rewritten (D15).
CREATE TRIGGER audit_record_never_changes BEFORE UPDATE ON billing_auditrecord
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('audit_record_never_changes');
CREATE TRIGGER audit_record_never_vanishes BEFORE DELETE ON billing_auditrecord
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('audit_record_never_vanishes');
CREATE TRIGGER audit_record_is_never_emptied BEFORE TRUNCATE ON billing_auditrecord
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('audit_record_is_never_emptied');

-- A subscription's steps are kept with who asked for them (M12).
CREATE TRIGGER subscription_change_never_changes BEFORE UPDATE ON billing_subscriptionchange
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('subscription_change_never_changes');
CREATE TRIGGER subscription_change_never_vanishes BEFORE DELETE ON billing_subscriptionchange
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('subscription_change_never_vanishes');
CREATE TRIGGER subscription_change_is_never_emptied BEFORE TRUNCATE ON billing_subscriptionchange
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('subscription_change_is_never_emptied');

-- What was announced was announced (D3).
CREATE TRIGGER access_announcement_never_changes BEFORE UPDATE ON billing_accessannouncement
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('access_announcement_never_changes');
CREATE TRIGGER access_announcement_never_vanishes BEFORE DELETE ON billing_accessannouncement
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('access_announcement_never_vanishes');
CREATE TRIGGER access_announcement_is_never_emptied BEFORE TRUNCATE ON billing_accessannouncement
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('access_announcement_is_never_emptied');
