-- Paid time: whose it is and when it began is decided once, its end is an end, and tries to collect it are kept as they were.

CREATE TRIGGER subscription_keeps_whose_it_is BEFORE UPDATE ON billing_subscription
  FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.public_id <> NEW.public_id OR OLD.instance_id <> NEW.instance_id
    OR OLD.account_id <> NEW.account_id OR OLD.started_at <> NEW.started_at)
  EXECUTE FUNCTION billing_refuse('subscription_keeps_whose_it_is');

-- The first paid day is what every period is counted from (E5).
CREATE TRIGGER paid_time_begins_once BEFORE UPDATE ON billing_subscription
  FOR EACH ROW WHEN ((OLD.paid_from IS NOT NULL AND OLD.paid_from IS DISTINCT FROM NEW.paid_from)
    OR (OLD.anchor_date IS NOT NULL AND OLD.anchor_date IS DISTINCT FROM NEW.anchor_date))
  EXECUTE FUNCTION billing_refuse('paid_time_begins_once');

-- Support can only lengthen a trial, and nobody gets a second one by forgetting the first (B2).
CREATE TRIGGER trial_is_never_shortened BEFORE UPDATE ON billing_subscription
  FOR EACH ROW WHEN (OLD.trial_ends_on IS NOT NULL AND (NEW.trial_ends_on IS NULL OR NEW.trial_ends_on < OLD.trial_ends_on))
  EXECUTE FUNCTION billing_refuse('trial_is_never_shortened');

-- What is measured can be resumed (M13); activation after the end of paid time is a new subscription (E9).
CREATE OR REPLACE FUNCTION billing_guard_end() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.terminated_at IS NOT NULL OR NOT EXISTS (
      SELECT 1 FROM SCHEMA.billing_tariff WHERE id = OLD.tariff_id AND metric = 'peak_active') THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'ended_paid_time_is_not_revived';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ended_paid_time_is_not_revived BEFORE UPDATE ON billing_subscription
  FOR EACH ROW WHEN (OLD.terminated_at IS NOT NULL AND OLD.terminated_at IS DISTINCT FROM NEW.terminated_at)
  EXECUTE FUNCTION billing_guard_end();

CREATE TRIGGER subscription_never_vanishes BEFORE DELETE ON billing_subscription
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('subscription_never_vanishes');
CREATE TRIGGER subscriptions_are_never_emptied BEFORE TRUNCATE ON billing_subscription
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('subscriptions_are_never_emptied');

-- A period was paid for the units it was opened with; what changes them is a charge of its own (B5, E6).
CREATE TRIGGER paid_period_keeps_its_units BEFORE UPDATE ON billing_billingperiod
  FOR EACH ROW WHEN (OLD.quantity <> NEW.quantity OR OLD.counted_to <> NEW.counted_to OR OLD.number <> NEW.number)
  EXECUTE FUNCTION billing_refuse('paid_period_keeps_its_units');

-- Each day's try to take the money is a fact, whatever came of it (E8).
CREATE TRIGGER collection_never_changes BEFORE UPDATE ON billing_collection
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('collection_never_changes');
CREATE TRIGGER collection_never_vanishes BEFORE DELETE ON billing_collection
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('collection_never_vanishes');
CREATE TRIGGER collections_are_never_emptied BEFORE TRUNCATE ON billing_collection
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('collections_are_never_emptied');
