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
