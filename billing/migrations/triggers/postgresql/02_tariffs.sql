-- The life of a tariff (E2): draft → in review → published → archived → published again. Only a draft can be edited.

CREATE TRIGGER tariff_begins_as_a_draft BEFORE INSERT ON billing_tariff
  FOR EACH ROW WHEN (NEW.status <> 'draft') EXECUTE FUNCTION billing_refuse('tariff_begins_as_a_draft');

CREATE OR REPLACE FUNCTION billing_guard_tariff() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  free text[] := CASE OLD.status WHEN 'in_review' THEN ARRAY['status', 'position', 'reviewer_id', 'published_at']
    ELSE ARRAY['status', 'position'] END;
BEGIN
  IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'published_tariff_is_immutable';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER published_tariff_is_immutable BEFORE UPDATE ON billing_tariff
  FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION billing_guard_tariff();

CREATE TRIGGER tariff_takes_the_steps_of_its_life BEFORE UPDATE ON billing_tariff
  FOR EACH ROW WHEN (OLD.status || '>' || NEW.status NOT IN (
    'draft>draft', 'draft>in_review', 'in_review>in_review', 'in_review>draft', 'in_review>published',
    'published>published', 'published>archived', 'archived>archived', 'archived>published'))
  EXECUTE FUNCTION billing_refuse('tariff_takes_the_steps_of_its_life');

CREATE TRIGGER published_tariff_never_vanishes BEFORE DELETE ON billing_tariff
  FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION billing_refuse('published_tariff_never_vanishes');
CREATE TRIGGER tariffs_are_never_emptied BEFORE TRUNCATE ON billing_tariff
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('tariffs_are_never_emptied');

-- A stepped tariff has a price in at least one of its steps (E3); the other models have a constraint.
CREATE OR REPLACE FUNCTION billing_guard_steps() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM jsonb_array_elements(NEW.steps) AS step
                 WHERE COALESCE(step ->> 'unit_price', step ->> 'total')::numeric > 0) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'no_tariff_is_zero_in_all_its_steps';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER no_tariff_is_zero_in_all_its_steps BEFORE UPDATE ON billing_tariff
  FOR EACH ROW WHEN (OLD.status = 'draft' AND NEW.status <> 'draft'
    AND NEW.price_model IN ('volume', 'graduated', 'package') AND NEW.flat_fee = 0)
  EXECUTE FUNCTION billing_guard_steps();

-- An id never passes to another tariff of its product (E5): nor does a version to another product.
CREATE OR REPLACE FUNCTION billing_guard_tariff_id() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.version > 1 OR EXISTS (
      SELECT 1 FROM SCHEMA.billing_tariff WHERE product_id = NEW.product_id AND tariff_id = NEW.tariff_id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'tariff_id_stays_with_its_tariff';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER tariff_id_stays_with_its_tariff BEFORE UPDATE ON billing_tariff
  FOR EACH ROW WHEN (OLD.tariff_id IS DISTINCT FROM NEW.tariff_id OR OLD.product_id IS DISTINCT FROM NEW.product_id)
  EXECUTE FUNCTION billing_guard_tariff_id();

-- Whether a role is paid is part of what every tariff of its product means once one has been published.
CREATE OR REPLACE FUNCTION billing_guard_role() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM SCHEMA.billing_tariff WHERE product_id = OLD.product_id AND status IN ('published', 'archived')) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'role_under_published_tariff_keeps_its_kind';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER role_under_published_tariff_keeps_its_kind BEFORE UPDATE ON accounts_role
  FOR EACH ROW WHEN (OLD.is_paid IS DISTINCT FROM NEW.is_paid OR OLD.product_id IS DISTINCT FROM NEW.product_id)
  EXECUTE FUNCTION billing_guard_role();
