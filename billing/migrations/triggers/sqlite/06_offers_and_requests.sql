-- Offers, requests and payments online: what was sent, uploaded or settled stays as it was.

-- The figures of an offer are those the customer was sent; only what becomes of it is written later (M11).
CREATE TRIGGER offer_keeps_its_figures BEFORE UPDATE ON billing_offer
WHEN OLD.id IS NOT NEW.id OR OLD.number IS NOT NEW.number OR OLD.series IS NOT NEW.series OR OLD.year IS NOT NEW.year
  OR OLD.sequence IS NOT NEW.sequence OR OLD.account_id IS NOT NEW.account_id
  OR OLD.subscription_id IS NOT NEW.subscription_id OR OLD.currency IS NOT NEW.currency OR OLD.people IS NOT NEW.people
  OR OLD.months IS NOT NEW.months OR OLD.unit_price IS NOT NEW.unit_price OR OLD.month_minor IS NOT NEW.month_minor
  OR OLD.full_minor IS NOT NEW.full_minor OR OLD.discount_percent IS NOT NEW.discount_percent
  OR OLD.discount_minor IS NOT NEW.discount_minor OR OLD.pay_minor IS NOT NEW.pay_minor
  OR OLD.valid_until IS NOT NEW.valid_until OR OLD.sent_at IS NOT NEW.sent_at OR OLD.sent_by IS NOT NEW.sent_by
BEGIN
  SELECT RAISE(ABORT, 'offer_keeps_its_figures');
END;
-- Paid, it stays as it is; only the taking back of its payment opens it again (G5).
CREATE TRIGGER paid_offer_is_settled BEFORE UPDATE ON billing_offer
WHEN OLD.paid_at IS NOT NULL AND (NEW.paid_at IS NOT NULL OR OLD.accepted_at IS NOT NEW.accepted_at
  OR OLD.accepted_by IS NOT NEW.accepted_by OR OLD.withdrawn_at IS NOT NEW.withdrawn_at)
BEGIN
  SELECT RAISE(ABORT, 'paid_offer_is_settled');
END;
CREATE TRIGGER offer_never_vanishes BEFORE DELETE ON billing_offer
BEGIN
  SELECT RAISE(ABORT, 'offer_never_vanishes');
END;

CREATE TRIGGER offer_payment_never_changes BEFORE UPDATE ON billing_offerpayment
BEGIN
  SELECT RAISE(ABORT, 'offer_payment_never_changes');
END;
CREATE TRIGGER offer_payment_never_vanishes BEFORE DELETE ON billing_offerpayment
BEGIN
  SELECT RAISE(ABORT, 'offer_payment_never_vanishes');
END;

CREATE TRIGGER offer_document_never_changes BEFORE UPDATE ON billing_offerdocument
BEGIN
  SELECT RAISE(ABORT, 'offer_document_never_changes');
END;
CREATE TRIGGER offer_document_never_vanishes BEFORE DELETE ON billing_offerdocument
BEGIN
  SELECT RAISE(ABORT, 'offer_document_never_vanishes');
END;

-- A request is answered once; what was asked is never rewritten (M12).
CREATE TRIGGER request_is_answered_once BEFORE UPDATE ON billing_customerrequest
WHEN OLD.answered_at IS NOT NULL OR OLD.id IS NOT NEW.id OR OLD.kind IS NOT NEW.kind
  OR OLD.account_id IS NOT NEW.account_id OR OLD.instance_id IS NOT NEW.instance_id
  OR OLD.subscription_id IS NOT NEW.subscription_id OR OLD.requested_by IS NOT NEW.requested_by
  OR OLD.requested_at IS NOT NEW.requested_at OR OLD.text IS NOT NEW.text OR OLD.answer_by IS NOT NEW.answer_by
BEGIN
  SELECT RAISE(ABORT, 'request_is_answered_once');
END;
CREATE TRIGGER request_never_vanishes BEFORE DELETE ON billing_customerrequest
BEGIN
  SELECT RAISE(ABORT, 'request_never_vanishes');
END;

CREATE TRIGGER request_file_never_changes BEFORE UPDATE ON billing_requestfile
BEGIN
  SELECT RAISE(ABORT, 'request_file_never_changes');
END;

-- What a provider said in the end is the end of an attempt, and its sum is what was begun with.
CREATE TRIGGER settled_attempt_is_immutable BEFORE UPDATE ON billing_paymentattempt
WHEN OLD.settled_at IS NOT NULL OR OLD.id IS NOT NEW.id OR OLD.account_id IS NOT NEW.account_id
  OR OLD.currency IS NOT NEW.currency OR OLD.amount_minor IS NOT NEW.amount_minor OR OLD.provider IS NOT NEW.provider
BEGIN
  SELECT RAISE(ABORT, 'settled_attempt_is_immutable');
END;
CREATE TRIGGER payment_attempt_never_vanishes BEFORE DELETE ON billing_paymentattempt
BEGIN
  SELECT RAISE(ABORT, 'payment_attempt_never_vanishes');
END;

-- A relief is granted for a time that nobody lengthens afterwards; it may only end early (M16).
CREATE TRIGGER relief_keeps_its_end BEFORE UPDATE ON billing_relief
WHEN OLD.id IS NOT NEW.id OR OLD.instance_id IS NOT NEW.instance_id OR OLD.starts_at IS NOT NEW.starts_at
  OR OLD.ends_at IS NOT NEW.ends_at OR OLD.reason IS NOT NEW.reason OR OLD.granted_by IS NOT NEW.granted_by
BEGIN
  SELECT RAISE(ABORT, 'relief_keeps_its_end');
END;
CREATE TRIGGER relief_never_vanishes BEFORE DELETE ON billing_relief
BEGIN
  SELECT RAISE(ABORT, 'relief_never_vanishes');
END;
