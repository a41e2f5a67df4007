-- Other terms that were decided for later: what was decided stays, what became of it is written once.

CREATE TRIGGER tariff_move_never_changes BEFORE UPDATE ON billing_tariffmove
BEGIN
  SELECT RAISE(ABORT, 'tariff_move_never_changes');
END;
CREATE TRIGGER tariff_move_never_vanishes BEFORE DELETE ON billing_tariffmove
BEGIN
  SELECT RAISE(ABORT, 'tariff_move_never_vanishes');
END;

CREATE TRIGGER decided_change_is_settled_once BEFORE UPDATE ON billing_termschange
WHEN OLD.applied_at IS NOT NULL OR OLD.cancelled_at IS NOT NULL OR OLD.id IS NOT NEW.id
  OR OLD.subscription_id IS NOT NEW.subscription_id OR OLD.tariff_id IS NOT NEW.tariff_id
  OR OLD.quantity IS NOT NEW.quantity OR OLD.effective_date IS NOT NEW.effective_date OR OLD.move_id IS NOT NEW.move_id
  OR OLD.decided_at IS NOT NEW.decided_at OR OLD.decided_by IS NOT NEW.decided_by
BEGIN
  SELECT RAISE(ABORT, 'decided_change_is_settled_once');
END;
CREATE TRIGGER decided_change_never_vanishes BEFORE DELETE ON billing_termschange
BEGIN
  SELECT RAISE(ABORT, 'decided_change_never_vanishes');
END;
