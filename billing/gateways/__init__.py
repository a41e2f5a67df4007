"""Payment providers behind one small protocol (`billing.gateways.base`), found by a setting (`billing.gateways.registry`)."""
