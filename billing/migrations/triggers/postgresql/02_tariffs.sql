-- The life of a tariff (E2): draft → in review → published → archived → published again. Only a draft can be edited.

CREATE TRIGGER tariff_begins_as_a_draft BEFORE INSERT ON billing_tariff
  FOR EACH ROW WHEN (NEW.status <> 'draft') EXECUTE FUNCTION billing_refuse('tariff_begins_as_a_draft');

CREATE OR REPLACE FUNCTION billing_guard_tariff() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  free text[] := CASE OLD.status WHEN 'in_review' THEN ARRAY['status', 'reviewer_id', 'published_at'] ELSE ARRAY['status'] END;
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
