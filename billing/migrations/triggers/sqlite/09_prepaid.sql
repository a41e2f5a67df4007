-- Paid time: whose it is and when it began is decided once, its end is an end, and tries to collect it are kept as they were.

CREATE TRIGGER subscription_keeps_whose_it_is BEFORE UPDATE ON billing_subscription
WHEN OLD.id IS NOT NEW.id OR OLD.public_id IS NOT NEW.public_id OR OLD.instance_id IS NOT NEW.instance_id
  OR OLD.account_id IS NOT NEW.account_id OR OLD.started_at IS NOT NEW.started_at
BEGIN
  SELECT RAISE(ABORT, 'subscription_keeps_whose_it_is');
END;

-- The first paid day is what every period is counted from (E5).
CREATE TRIGGER paid_time_begins_once BEFORE UPDATE ON billing_subscription
WHEN (OLD.paid_from IS NOT NULL AND OLD.paid_from IS NOT NEW.paid_from)
  OR (OLD.anchor_date IS NOT NULL AND OLD.anchor_date IS NOT NEW.anchor_date)
BEGIN
  SELECT RAISE(ABORT, 'paid_time_begins_once');
END;

-- Support can only lengthen a trial, and nobody gets a second one by forgetting the first (B2).
CREATE TRIGGER trial_is_never_shortened BEFORE UPDATE ON billing_subscription
WHEN OLD.trial_ends_on IS NOT NULL AND (NEW.trial_ends_on IS NULL OR NEW.trial_ends_on < OLD.trial_ends_on)
BEGIN
  SELECT RAISE(ABORT, 'trial_is_never_shortened');
END;

-- What is measured can be resumed (M13); activation after the end of paid time is a new subscription (E9).
CREATE TRIGGER ended_paid_time_is_not_revived BEFORE UPDATE ON billing_subscription
WHEN OLD.terminated_at IS NOT NULL AND OLD.terminated_at IS NOT NEW.terminated_at
  AND (NEW.terminated_at IS NOT NULL OR NOT EXISTS (
    SELECT 1 FROM billing_tariff WHERE id = OLD.tariff_id AND metric = 'peak_active'))
BEGIN
  SELECT RAISE(ABORT, 'ended_paid_time_is_not_revived');
END;

CREATE TRIGGER subscription_never_vanishes BEFORE DELETE ON billing_subscription
BEGIN
  SELECT RAISE(ABORT, 'subscription_never_vanishes');
END;

-- A period was paid for the units it was opened with; what changes them is a charge of its own (B5, E6).
CREATE TRIGGER paid_period_keeps_its_units BEFORE UPDATE ON billing_billingperiod
WHEN OLD.quantity IS NOT NEW.quantity OR OLD.counted_to IS NOT NEW.counted_to OR OLD.number IS NOT NEW.number
BEGIN
  SELECT RAISE(ABORT, 'paid_period_keeps_its_units');
END;

-- Each day's try to take the money is a fact, whatever came of it (E8).
CREATE TRIGGER collection_never_changes BEFORE UPDATE ON billing_collection
BEGIN
  SELECT RAISE(ABORT, 'collection_never_changes');
END;
CREATE TRIGGER collection_never_vanishes BEFORE DELETE ON billing_collection
BEGIN
  SELECT RAISE(ABORT, 'collection_never_vanishes');
END;
