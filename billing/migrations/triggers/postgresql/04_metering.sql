-- Periods and charges: a closed period is never recalculated, periods do not overlap, a charge is only ever collected once.

CREATE OR REPLACE FUNCTION billing_guard_period() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM SCHEMA.billing_billingperiod
             WHERE subscription_id = NEW.subscription_id AND opened_at < NEW.ended_at AND ended_at > NEW.opened_at) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'periods_do_not_overlap';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER periods_do_not_overlap BEFORE INSERT ON billing_billingperiod
  FOR EACH ROW EXECUTE FUNCTION billing_guard_period();

CREATE TRIGGER closed_period_is_immutable BEFORE UPDATE ON billing_billingperiod
  FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL OR OLD.subscription_id IS DISTINCT FROM NEW.subscription_id
    OR OLD.start IS DISTINCT FROM NEW.start OR OLD.tariff_id IS DISTINCT FROM NEW.tariff_id OR OLD.opened_at IS DISTINCT FROM NEW.opened_at
    OR NEW."end" > OLD."end" OR NEW.ended_at > OLD.ended_at)
  EXECUTE FUNCTION billing_refuse('closed_period_is_immutable');

CREATE TRIGGER period_never_vanishes BEFORE DELETE ON billing_billingperiod
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('period_never_vanishes');
CREATE TRIGGER periods_are_never_emptied BEFORE TRUNCATE ON billing_billingperiod
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('periods_are_never_emptied');

CREATE TRIGGER charge_is_collected_once BEFORE UPDATE ON billing_charge
  FOR EACH ROW WHEN (OLD.line_id IS NOT NULL OR NEW.line_id IS NULL
    OR to_jsonb(OLD) - 'line_id' IS DISTINCT FROM to_jsonb(NEW) - 'line_id')
  EXECUTE FUNCTION billing_refuse('charge_is_collected_once');

CREATE TRIGGER charge_starts_uncollected BEFORE INSERT ON billing_charge
  FOR EACH ROW WHEN (NEW.line_id IS NOT NULL) EXECUTE FUNCTION billing_refuse('charge_starts_uncollected');

-- An issued invoice is the sum of its charges and takes no other.
CREATE OR REPLACE FUNCTION billing_guard_charge_line() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM SCHEMA.billing_invoiceline l JOIN SCHEMA.billing_invoice i ON i.id = l.invoice_id WHERE l.id = NEW.line_id) THEN
    RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'charge_joins_no_issued_invoice';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER charge_joins_no_issued_invoice BEFORE UPDATE ON billing_charge
  FOR EACH ROW EXECUTE FUNCTION billing_guard_charge_line();

CREATE TRIGGER charge_never_vanishes BEFORE DELETE ON billing_charge
  FOR EACH ROW EXECUTE FUNCTION billing_refuse('charge_never_vanishes');
CREATE TRIGGER charges_are_never_emptied BEFORE TRUNCATE ON billing_charge
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse('charges_are_never_emptied');
