-- Saved payment methods: what was saved stays, its removal is written once; so is what became of a wish to save one.

CREATE TRIGGER saved_method_is_removed_once BEFORE UPDATE ON billing_savedmethod
WHEN OLD.removed_at IS NOT NULL OR OLD.id IS NOT NEW.id OR OLD.public_id IS NOT NEW.public_id
  OR OLD.account_id IS NOT NEW.account_id OR OLD.provider IS NOT NEW.provider
  OR OLD.external_id IS NOT NEW.external_id OR OLD.title IS NOT NEW.title OR OLD.expires_on IS NOT NEW.expires_on
  OR OLD.saved_at IS NOT NEW.saved_at OR OLD.saved_by IS NOT NEW.saved_by
BEGIN
  SELECT RAISE(ABORT, 'saved_method_is_removed_once');
END;
CREATE TRIGGER saved_method_never_vanishes BEFORE DELETE ON billing_savedmethod
BEGIN
  SELECT RAISE(ABORT, 'saved_method_never_vanishes');
END;

CREATE TRIGGER settled_set_up_is_immutable BEFORE UPDATE ON billing_methodsetup
WHEN OLD.settled_at IS NOT NULL OR OLD.id IS NOT NEW.id OR OLD.account_id IS NOT NEW.account_id
  OR OLD.provider IS NOT NEW.provider OR OLD.created_at IS NOT NEW.created_at OR OLD.created_by IS NOT NEW.created_by
BEGIN
  SELECT RAISE(ABORT, 'settled_set_up_is_immutable');
END;
CREATE TRIGGER set_up_never_vanishes BEFORE DELETE ON billing_methodsetup
BEGIN
  SELECT RAISE(ABORT, 'set_up_never_vanishes');
END;

-- What an attempt is for and what it is charged to is decided when it is begun: one fact is charged once (E8, D17).
CREATE TRIGGER attempt_keeps_what_it_is_for BEFORE UPDATE ON billing_paymentattempt
WHEN OLD.fact IS NOT NEW.fact OR OLD.method_id IS NOT NEW.method_id OR OLD.saves_method IS NOT NEW.saves_method
  OR OLD.invoice_id IS NOT NEW.invoice_id
BEGIN
  SELECT RAISE(ABORT, 'attempt_keeps_what_it_is_for');
END;

-- A provider's message was heard once and for all: nobody can make it be heard again (C5).
CREATE TRIGGER provider_event_never_changes BEFORE UPDATE ON billing_providerevent
BEGIN
  SELECT RAISE(ABORT, 'provider_event_never_changes');
END;
CREATE TRIGGER provider_event_never_vanishes BEFORE DELETE ON billing_providerevent
BEGIN
  SELECT RAISE(ABORT, 'provider_event_never_vanishes');
END;
