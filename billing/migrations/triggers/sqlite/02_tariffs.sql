-- The life of a tariff (E2): draft → in review → published → archived → published again. Only a draft can be edited.

CREATE TRIGGER tariff_begins_as_a_draft BEFORE INSERT ON billing_tariff
WHEN NEW.status <> 'draft'
BEGIN
  SELECT RAISE(ABORT, 'tariff_begins_as_a_draft');
END;

CREATE TRIGGER published_tariff_is_immutable BEFORE UPDATE ON billing_tariff
WHEN OLD.status <> 'draft' AND (
  OLD.product_id IS NOT NEW.product_id OR OLD.seller_id IS NOT NEW.seller_id OR OLD.tariff_id IS NOT NEW.tariff_id
  OR OLD.version IS NOT NEW.version OR OLD.name IS NOT NEW.name OR OLD.name_ru IS NOT NEW.name_ru
  OR OLD.timing IS NOT NEW.timing OR OLD.metric IS NOT NEW.metric OR OLD.price_model IS NOT NEW.price_model
  OR OLD.unit_price IS NOT NEW.unit_price OR OLD.unit_price_currency IS NOT NEW.unit_price_currency
  OR OLD.included_quantity IS NOT NEW.included_quantity OR OLD.quota_mode IS NOT NEW.quota_mode
  OR OLD.interval_months IS NOT NEW.interval_months OR OLD.payment_days IS NOT NEW.payment_days
  OR OLD.steps IS NOT NEW.steps OR OLD.flat_fee IS NOT NEW.flat_fee OR OLD.price_months IS NOT NEW.price_months
  OR OLD.discount_percent IS NOT NEW.discount_percent OR OLD.trial_days IS NOT NEW.trial_days
  OR OLD.trial_people IS NOT NEW.trial_people OR OLD.cycle IS NOT NEW.cycle OR OLD.change_rule IS NOT NEW.change_rule
  OR OLD.renewal IS NOT NEW.renewal OR OLD.features IS NOT NEW.features OR OLD.audience IS NOT NEW.audience
  OR OLD.audience_ru IS NOT NEW.audience_ru OR OLD."plan" IS NOT NEW."plan"
  OR OLD.author_id IS NOT NEW.author_id OR OLD.id IS NOT NEW.id
  OR (OLD.status <> 'in_review' AND (OLD.reviewer_id IS NOT NEW.reviewer_id OR OLD.published_at IS NOT NEW.published_at)))
BEGIN
  SELECT RAISE(ABORT, 'published_tariff_is_immutable');
END;

CREATE TRIGGER tariff_takes_the_steps_of_its_life BEFORE UPDATE ON billing_tariff
WHEN OLD.status || '>' || NEW.status NOT IN (
  'draft>draft', 'draft>in_review', 'in_review>in_review', 'in_review>draft', 'in_review>published',
  'published>published', 'published>archived', 'archived>archived', 'archived>published')
BEGIN
  SELECT RAISE(ABORT, 'tariff_takes_the_steps_of_its_life');
END;

CREATE TRIGGER published_tariff_never_vanishes BEFORE DELETE ON billing_tariff
WHEN OLD.status <> 'draft'
BEGIN
  SELECT RAISE(ABORT, 'published_tariff_never_vanishes');
END;

-- A stepped tariff has a price in at least one of its steps (E3); the other models have a constraint.
CREATE TRIGGER no_tariff_is_zero_in_all_its_steps BEFORE UPDATE ON billing_tariff
WHEN OLD.status = 'draft' AND NEW.status <> 'draft' AND NEW.price_model IN ('volume', 'graduated', 'package')
  AND NEW.flat_fee = 0 AND NOT EXISTS (
    SELECT 1 FROM json_each(NEW.steps) AS step
    WHERE CAST(COALESCE(json_extract(step.value, '$.unit_price'), json_extract(step.value, '$.total')) AS NUMERIC) > 0)
BEGIN
  SELECT RAISE(ABORT, 'no_tariff_is_zero_in_all_its_steps');
END;

-- An id never passes to another tariff of its product (E5): nor does a version to another product.
CREATE TRIGGER tariff_id_stays_with_its_tariff BEFORE UPDATE ON billing_tariff
WHEN (OLD.tariff_id IS NOT NEW.tariff_id OR OLD.product_id IS NOT NEW.product_id) AND (OLD.version > 1 OR EXISTS (
  SELECT 1 FROM billing_tariff WHERE product_id = NEW.product_id AND tariff_id = NEW.tariff_id))
BEGIN
  SELECT RAISE(ABORT, 'tariff_id_stays_with_its_tariff');
END;

-- Whether a role is paid is part of what every tariff of its product means once one has been published.
CREATE TRIGGER role_under_published_tariff_keeps_its_kind BEFORE UPDATE ON accounts_role
WHEN (OLD.is_paid IS NOT NEW.is_paid OR OLD.product_id IS NOT NEW.product_id) AND EXISTS (
  SELECT 1 FROM billing_tariff WHERE product_id = OLD.product_id AND status IN ('published', 'archived'))
BEGIN
  SELECT RAISE(ABORT, 'role_under_published_tariff_keeps_its_kind');
END;
