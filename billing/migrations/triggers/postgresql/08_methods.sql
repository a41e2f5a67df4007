-- Saved payment methods: what was saved stays, its removal is written once; so is what became of a wish to save one.

CREATE TRIGGER saved_method_is_removed_once BEFORE UPDATE ON billing_savedmethod
  FOR EACH ROW WHEN (OLD.removed_at IS NOT NULL OR
    to_jsonb(OLD) - ARRAY['removed_at', 'removed_by'] IS DISTINCT FROM to_jsonb(NEW) - ARRAY['removed_at', 'removed_by'])
  EXECUTE FUNCTION billing_refuse('saved_method_is_removed_once');
CREATE TRIGGER saved_method_never_vanishes BEFORE DELETE ON billing_savedmethod
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('saved_method_never_vanishes');
CREATE TRIGGER saved_methods_are_never_emptied BEFORE TRUNCATE ON billing_savedmethod
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('saved_methods_are_never_emptied');

CREATE TRIGGER settled_set_up_is_immutable BEFORE UPDATE ON billing_methodsetup
  FOR EACH ROW WHEN (OLD.settled_at IS NOT NULL OR OLD.id <> NEW.id OR OLD.account_id <> NEW.account_id
    OR OLD.provider <> NEW.provider OR OLD.created_at <> NEW.created_at OR OLD.created_by <> NEW.created_by)
  EXECUTE FUNCTION billing_refuse('settled_set_up_is_immutable');
CREATE TRIGGER set_up_never_vanishes BEFORE DELETE ON billing_methodsetup
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('set_up_never_vanishes');
CREATE TRIGGER set_ups_are_never_emptied BEFORE TRUNCATE ON billing_methodsetup
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('set_ups_are_never_emptied');

-- What an attempt is for and what it is charged to is decided when it is begun: one fact is charged once (E8, D17).
CREATE TRIGGER attempt_keeps_what_it_is_for BEFORE UPDATE ON billing_paymentattempt
  FOR EACH ROW WHEN (OLD.fact IS DISTINCT FROM NEW.fact OR OLD.method_id IS DISTINCT FROM NEW.method_id
    OR OLD.saves_method <> NEW.saves_method OR OLD.invoice_id IS DISTINCT FROM NEW.invoice_id)
  EXECUTE FUNCTION billing_refuse('attempt_keeps_what_it_is_for');

-- A provider's message was heard once and for all: nobody can make it be heard again (C5).
CREATE TRIGGER provider_event_never_changes BEFORE UPDATE ON billing_providerevent
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('provider_event_never_changes');
CREATE TRIGGER provider_event_never_vanishes BEFORE DELETE ON billing_providerevent
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('provider_event_never_vanishes');
CREATE TRIGGER provider_events_are_never_emptied BEFORE TRUNCATE ON billing_providerevent
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('provider_events_are_never_emptied');
