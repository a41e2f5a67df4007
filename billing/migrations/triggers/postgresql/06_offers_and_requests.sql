-- Offers, requests and payments online: what was sent, uploaded or settled stays as it was.

-- The figures of an offer are those the customer was sent; only what becomes of it is written later (M11).
CREATE TRIGGER offer_keeps_its_figures BEFORE UPDATE ON billing_offer
  FOR EACH ROW WHEN (to_jsonb(OLD) - ARRAY['accepted_at', 'accepted_by', 'paid_at', 'withdrawn_at']
    IS DISTINCT FROM to_jsonb(NEW) - ARRAY['accepted_at', 'accepted_by', 'paid_at', 'withdrawn_at'])
  EXECUTE FUNCTION billing_refuse('offer_keeps_its_figures');
-- Paid, it stays as it is; only the taking back of its payment opens it again (G5).
CREATE TRIGGER paid_offer_is_settled BEFORE UPDATE ON billing_offer
  FOR EACH ROW WHEN (OLD.paid_at IS NOT NULL AND (NEW.paid_at IS NOT NULL
    OR OLD.accepted_at IS DISTINCT FROM NEW.accepted_at OR OLD.accepted_by IS DISTINCT FROM NEW.accepted_by
    OR OLD.withdrawn_at IS DISTINCT FROM NEW.withdrawn_at))
  EXECUTE FUNCTION billing_refuse('paid_offer_is_settled');
CREATE TRIGGER offer_never_vanishes BEFORE DELETE ON billing_offer
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('offer_never_vanishes');
CREATE TRIGGER offers_are_never_emptied BEFORE TRUNCATE ON billing_offer
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('offers_are_never_emptied');

CREATE TRIGGER offer_payment_never_changes BEFORE UPDATE ON billing_offerpayment
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('offer_payment_never_changes');
CREATE TRIGGER offer_payment_never_vanishes BEFORE DELETE ON billing_offerpayment
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('offer_payment_never_vanishes');
CREATE TRIGGER offer_payments_are_never_emptied BEFORE TRUNCATE ON billing_offerpayment
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('offer_payments_are_never_emptied');

CREATE TRIGGER offer_document_never_changes BEFORE UPDATE ON billing_offerdocument
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('offer_document_never_changes');
CREATE TRIGGER offer_document_never_vanishes BEFORE DELETE ON billing_offerdocument
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('offer_document_never_vanishes');

-- A request is answered once; what was asked is never rewritten (M12).
CREATE TRIGGER request_is_answered_once BEFORE UPDATE ON billing_customerrequest
  FOR EACH ROW WHEN (OLD.answered_at IS NOT NULL OR
    to_jsonb(OLD) - ARRAY['answered_at', 'answered_by', 'outcome', 'answer']
    IS DISTINCT FROM to_jsonb(NEW) - ARRAY['answered_at', 'answered_by', 'outcome', 'answer'])
  EXECUTE FUNCTION billing_refuse('request_is_answered_once');
CREATE TRIGGER request_never_vanishes BEFORE DELETE ON billing_customerrequest
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('request_never_vanishes');
CREATE TRIGGER requests_are_never_emptied BEFORE TRUNCATE ON billing_customerrequest
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('requests_are_never_emptied');

CREATE TRIGGER request_file_never_changes BEFORE UPDATE ON billing_requestfile
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('request_file_never_changes');

-- What a provider said in the end is the end of an attempt, and its sum is what was begun with.
CREATE TRIGGER settled_attempt_is_immutable BEFORE UPDATE ON billing_paymentattempt
  FOR EACH ROW WHEN (OLD.settled_at IS NOT NULL OR OLD.id IS DISTINCT FROM NEW.id
    OR OLD.account_id IS DISTINCT FROM NEW.account_id OR OLD.currency IS DISTINCT FROM NEW.currency
    OR OLD.amount_minor IS DISTINCT FROM NEW.amount_minor OR OLD.provider IS DISTINCT FROM NEW.provider)
  EXECUTE FUNCTION billing_refuse('settled_attempt_is_immutable');
CREATE TRIGGER payment_attempt_never_vanishes BEFORE DELETE ON billing_paymentattempt
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('payment_attempt_never_vanishes');
CREATE TRIGGER payment_attempts_are_never_emptied BEFORE TRUNCATE ON billing_paymentattempt
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('payment_attempts_are_never_emptied');

-- A relief is granted for a time that nobody lengthens afterwards; it may only end early (M16).
CREATE TRIGGER relief_keeps_its_end BEFORE UPDATE ON billing_relief
  FOR EACH ROW WHEN (to_jsonb(OLD) - ARRAY['withdrawn_at', 'withdrawn_by', 'end_told_at']
    IS DISTINCT FROM to_jsonb(NEW) - ARRAY['withdrawn_at', 'withdrawn_by', 'end_told_at'])
  EXECUTE FUNCTION billing_refuse('relief_keeps_its_end');
CREATE TRIGGER relief_never_vanishes BEFORE DELETE ON billing_relief
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('relief_never_vanishes');
CREATE TRIGGER reliefs_are_never_emptied BEFORE TRUNCATE ON billing_relief
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('reliefs_are_never_emptied');
