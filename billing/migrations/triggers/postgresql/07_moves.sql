-- Other terms that were decided for later: what was decided stays, what became of it is written once.

CREATE TRIGGER tariff_move_never_changes BEFORE UPDATE ON billing_tariffmove
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('tariff_move_never_changes');
CREATE TRIGGER tariff_move_never_vanishes BEFORE DELETE ON billing_tariffmove
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('tariff_move_never_vanishes');
CREATE TRIGGER tariff_moves_are_never_emptied BEFORE TRUNCATE ON billing_tariffmove
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('tariff_moves_are_never_emptied');

CREATE TRIGGER decided_change_is_settled_once BEFORE UPDATE ON billing_termschange
  FOR EACH ROW WHEN (OLD.applied_at IS NOT NULL OR OLD.cancelled_at IS NOT NULL OR
    to_jsonb(OLD) - ARRAY['applied_at', 'cancelled_at', 'cancelled_by']
    IS DISTINCT FROM to_jsonb(NEW) - ARRAY['applied_at', 'cancelled_at', 'cancelled_by'])
  EXECUTE FUNCTION billing_refuse('decided_change_is_settled_once');
CREATE TRIGGER decided_change_never_vanishes BEFORE DELETE ON billing_termschange
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('decided_change_never_vanishes');
CREATE TRIGGER decided_changes_are_never_emptied BEFORE TRUNCATE ON billing_termschange
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('decided_changes_are_never_emptied');
